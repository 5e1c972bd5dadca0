"""The form builder: a draft is changed part by part, and every change is stored at once."""

from collections.abc import Callable

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from reporting import access, template_parts
from reporting.http import ReaderRequest, hx_redirect, toast, trigger
from reporting.models import TemplateDraft
from reporting.selectors.template_pages import fault_views, part_view, tree
from reporting.services import template_drafts as service
from reporting.services.errors import ServiceError, VersionConflict
from reporting.template_controls import OPTION, controls_for, merged
from reporting.template_parts import At, Json, NoSuchPart, children, part_at
from reporting.views.report_templates import PREVIEW, download, preview_context

PAGE = "reporting/template_draft.html"

# What a press of a button does: the new definition, where the page goes on, and at which control.
Change = Callable[[Json, At], tuple[Json, At, str]]


def _place(request: ReaderRequest, draft: TemplateDraft) -> At:
    """Return the place that a request names; raises Http404 where there is nothing."""
    given = request.POST if request.method == "POST" else request.GET
    try:
        at = template_parts.place_read(given.get("at", ""))
        part_at(draft.definition, at)
    except NoSuchPart as error:
        raise Http404("No such part") from error
    return at


def _number(request: ReaderRequest, name: str) -> int:
    text = request.POST.get(name, "").removeprefix("+")
    if not (
        text.removeprefix("-").isascii() and text.removeprefix("-").isdigit() and len(text) < 10
    ):
        raise Http404(f"No such {name}")
    return int(text)


def _context(draft: TemplateDraft, at: At, focus: str = "") -> dict[str, object]:
    faults = service.definition_check(draft.definition).faults
    return {
        "draft": draft,
        "tree": tree(draft.definition, faults, at),
        "part": part_view(draft.definition, at),
        "faults": fault_views(faults, at),
        "focus": focus,
    }


def _answer(
    request: ReaderRequest, draft: TemplateDraft, at: At, *, focus: str = "", only: str = "builder"
) -> HttpResponse:
    response = render(request, f"{PAGE}#{only}", _context(draft, at, focus))
    return trigger(response, "draftChanged")


def _refused(error: ServiceError) -> HttpResponse:
    """Say why nothing was stored; what was typed stays in the page."""
    conflict = isinstance(error, VersionConflict)
    text = f"{error} Load the page again to go on." if conflict else str(error)
    response = HttpResponse(text, status=409 if conflict else 422, headers={"HX-Reswap": "none"})
    return toast(response, "danger", text)


@require_safe
@login_required
def template_draft_edit(request: ReaderRequest, draft_id: int) -> HttpResponse:
    """The builder with one part of the draft open; to htmx the builder alone."""
    draft = access.get_template_draft_for(request.user, draft_id)
    at = _place(request, draft)
    if request.htmx:
        return render(request, f"{PAGE}#builder", _context(draft, at, "part"))
    return render(request, PAGE, {**_preview(request, draft, at), **_context(draft, at)})


@require_POST
@login_required
def template_part_set(request: ReaderRequest, draft_id: int) -> HttpResponse:
    """Store what the form of a part says, whatever it says."""
    draft = access.get_template_draft_for(request.user, draft_id)
    at = _place(request, draft)
    part = _typed(request, part_at(draft.definition, at), at)
    kind_changed = part.get("kind") != part_at(draft.definition, at).get("kind")
    try:
        draft = service.template_draft_change(
            draft=draft,
            author=request.user,
            revision=_number(request, "revision"),
            definition=template_parts.changed(draft.definition, at, part),
        )
    except ServiceError as error:
        return _refused(error)
    if kind_changed:
        response = _answer(request, draft, at, focus="part")
        response.headers["HX-Retarget"] = "#builder"
        return response
    return _answer(request, draft, at, only="state")


def _typed(request: ReaderRequest, part: Json, at: At) -> Json:
    result = merged(controls_for(part, len(at)), part, request.POST.dict())
    if "options" in part and len(at) > 1:
        result["options"] = [
            merged(OPTION, option, _of_option(request, number))
            for number, option in enumerate(part["options"])
        ]
    return result


def _of_option(request: ReaderRequest, number: int) -> dict[str, str]:
    prefix = f"option-{number}-"
    return {
        name.removeprefix(prefix): text
        for name, text in request.POST.dict().items()
        if isinstance(text, str) and name.startswith(prefix)
    }


def _restructure(request: ReaderRequest, draft_id: int, change: Change) -> HttpResponse:
    """Change the parts themselves and answer with the builder at the part to go on with."""
    draft = access.get_template_draft_for(request.user, draft_id)
    at = _place(request, draft)
    try:
        definition, at, focus = change(draft.definition, at)
        draft = service.template_draft_change(
            draft=draft,
            author=request.user,
            revision=_number(request, "revision"),
            definition=definition,
        )
    except NoSuchPart as error:
        raise Http404("No such part") from error
    except ServiceError as error:
        return _refused(error)
    return _answer(request, draft, at, focus=focus)


@require_POST
@login_required
def template_part_add(request: ReaderRequest, draft_id: int) -> HttpResponse:
    """Add a section, a field or a member, and open it."""
    kind = request.POST.get("kind", "")
    return _restructure(
        request, draft_id, lambda d, at: (*template_parts.added(d, at, kind), "part")
    )


@require_POST
@login_required
def template_part_move(request: ReaderRequest, draft_id: int) -> HttpResponse:
    """Move a part up or down among its siblings."""
    by = _number(request, "by")
    return _restructure(
        request, draft_id, lambda d, at: (*template_parts.moved(d, at, by), _way(by))
    )


def _way(by: int) -> str:
    return "up" if by < 0 else "down"


@require_POST
@login_required
def template_part_remove(request: ReaderRequest, draft_id: int) -> HttpResponse:
    """Remove a part; "take back" brings it again."""
    return _restructure(request, draft_id, lambda d, at: (*template_parts.removed(d, at), "part"))


@require_POST
@login_required
def template_option_add(request: ReaderRequest, draft_id: int) -> HttpResponse:
    """Add an empty option, and go to it."""

    def change(definition: Json, at: At) -> tuple[Json, At, str]:
        result, number = template_parts.option_added(definition, at)
        return result, at, f"option-{number}"

    return _restructure(request, draft_id, change)


@require_POST
@login_required
def template_option_move(request: ReaderRequest, draft_id: int) -> HttpResponse:
    """Move an option up or down among the others."""
    by, index = _number(request, "by"), _number(request, "option")

    def change(definition: Json, at: At) -> tuple[Json, At, str]:
        result, to = template_parts.option_moved(definition, at, index, by)
        return result, at, f"option-{to}-{_way(by)}"

    return _restructure(request, draft_id, change)


@require_POST
@login_required
def template_option_remove(request: ReaderRequest, draft_id: int) -> HttpResponse:
    """Remove an option."""
    index = _number(request, "option")
    return _restructure(
        request,
        draft_id,
        lambda d, at: (template_parts.option_removed(d, at, index), at, "option-add"),
    )


@require_POST
@login_required
def template_draft_undo(request: ReaderRequest, draft_id: int) -> HttpResponse:
    """Take the last change back, or bring it again."""
    draft = access.get_template_draft_for(request.user, draft_id)
    try:
        draft = service.template_draft_undo(
            draft=draft, author=request.user, revision=_number(request, "revision")
        )
    except ServiceError as error:
        return _refused(error)
    at = _place_left(request, draft)
    return _answer(request, draft, at, focus="undo")


def _place_left(request: ReaderRequest, draft: TemplateDraft) -> At:
    """Return the place that was open, or what is left of the way to it."""
    try:
        at = template_parts.place_read(request.POST.get("at", ""))
    except NoSuchPart:
        return ()
    while at and at[-1] >= len(children(part_at(draft.definition, at[:-1]), at[:-1])):
        at = at[:-1]
    return at


@require_POST
@login_required
def template_publish(request: ReaderRequest, draft_id: int) -> HttpResponse:
    """Publish the draft with a note."""
    draft = access.get_template_draft_for(request.user, draft_id)
    try:
        version = service.template_publish(
            draft=draft,
            author=request.user,
            revision=_number(request, "revision"),
            note=request.POST.get("note", ""),
        )
    except ServiceError as error:
        return _refused(error)
    return hx_redirect(reverse("template_version", args=[version.pk]))


@require_POST
@login_required
def template_draft_discard(request: ReaderRequest, draft_id: int) -> HttpResponse:
    """Remove the draft."""
    draft = access.get_template_draft_for(request.user, draft_id)
    service.template_draft_discard(draft=draft, author=request.user)
    return redirect("template_list")


@require_safe
@login_required
def template_draft_export(request: ReaderRequest, draft_id: int) -> HttpResponse:
    """Download the JSON of a draft, with its faults."""
    draft = access.get_template_draft_for(request.user, draft_id)
    name = str(draft.definition.get("key") or "template")
    return download(draft.definition, f"{name}-draft")


@require_POST
@login_required
def template_draft_preview(request: ReaderRequest, draft_id: int) -> HttpResponse:
    """The open section and the narrative as the reader would see them."""
    draft = access.get_template_draft_for(request.user, draft_id)
    return render(request, PREVIEW, _preview(request, draft, _place_left(request, draft)))


def _preview(request: ReaderRequest, draft: TemplateDraft, at: At) -> dict[str, object]:
    section = str(part_at(draft.definition, at[:1]).get("key", "")) if at else None
    url = reverse("template_draft_preview", args=[draft.pk])
    return preview_context(request, draft.definition, url, section=section)
