"""The page of macros: a reader's own, and the site's for those who write templates."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from reporting import access
from reporting.forms.macros import MacroForm
from reporting.http import ReaderRequest
from reporting.models import Macro
from reporting.services import macros
from reporting.services.errors import ServiceError

PAGE = "reporting/macros.html"


def _form(request: ReaderRequest, macro: Macro | None = None) -> MacroForm:
    return MacroForm(
        request.POST or None,
        instance=macro,
        sites=access.macro_sites_for(request.user),
        personal=access.is_reader(request.user),
    )


def _page(
    request: ReaderRequest, form: MacroForm, macro: Macro | None, *, status: int = 200
) -> HttpResponse:
    context = {
        "form": form,
        "macro": macro,
        "macros": access.macros_seen_by(request.user),
        "editable": set(access.macros_for(request.user).values_list("pk", flat=True)),
    }
    return render(request, PAGE, context, status=status)


@require_safe
@login_required
def macro_list(request: ReaderRequest) -> HttpResponse:
    """All macros that the user sees, and an empty form."""
    if not access.has_macros(request.user):
        raise Http404("No such page")
    return _page(request, _form(request), None)


@require_POST
@login_required
def macro_add(request: ReaderRequest) -> HttpResponse:
    """Store a new macro."""
    if not access.has_macros(request.user):
        raise Http404("No such page")
    return _save(request, None)


@login_required
def macro_edit(request: ReaderRequest, macro_id: int) -> HttpResponse:
    """Show a macro in the form; store what comes back."""
    macro = access.get_macro_for(request.user, macro_id)
    if request.method == "POST":
        return _save(request, macro)
    return _page(request, _form(request, macro), macro)


def _save(request: ReaderRequest, macro: Macro | None) -> HttpResponse:
    form = _form(request, macro)
    if not form.is_valid():
        return _page(request, form, macro, status=422)
    try:
        macros.macro_save(user=request.user, data=form.data_of(), macro=macro)
    except ServiceError as error:
        form.add_error(None, str(error))
        return _page(request, form, macro, status=422)
    return redirect("macro_list")


@require_POST
@login_required
def macro_remove(request: ReaderRequest, macro_id: int) -> HttpResponse:
    """Remove a macro."""
    macro = access.get_macro_for(request.user, macro_id)
    macros.macro_remove(user=request.user, macro=macro)
    return redirect("macro_list")
