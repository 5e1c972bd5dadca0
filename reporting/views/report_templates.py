"""The pages of templates and their versions, for those who write them."""

import json

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_POST, require_safe

from reporting import access
from reporting.forms.report_templates import ExampleForm, NoteForm, SiteForm, UploadForm
from reporting.http import ReaderRequest
from reporting.models import ReportTemplateVersion, TemplateDraft
from reporting.selectors.template_pages import template_lines
from reporting.selectors.template_preview import template_coverage, template_preview
from reporting.services import template_drafts as service
from reporting.services.errors import ServiceError
from reporting.template_diff import differences
from reporting.template_parts import Json

LIST, VERSION, COMPARE = (
    f"reporting/template_{name}.html" for name in ("list", "version", "compare")
)
PREVIEW = "reporting/_template_preview.html#preview-body"
NEW: Json = {"key": "", "name": "", "language": "en", "modality": "", "body_parts": [],
             "prompt_name": "", "sections": []}  # fmt: skip


def _list(
    request: ReaderRequest,
    *,
    upload: UploadForm | None = None,
    message: str = "",
) -> HttpResponse:
    sites = access.template_sites_for(request.user)
    context = {
        "lines": template_lines(request.user),
        "new": SiteForm(sites=sites, auto_id="new-%s"),
        "upload": upload or UploadForm(sites=sites, auto_id="upload-%s"),
        "message": message,
    }
    return render(request, LIST, context, status=422 if message or upload else 200)


@require_safe
@login_required
def template_list(request: ReaderRequest) -> HttpResponse:
    """All templates that the author sees, with versions and drafts."""
    access.require_templates(request.user)
    return _list(request)


@require_POST
@login_required
def template_draft_add(request: ReaderRequest) -> HttpResponse:
    """Begin an empty template."""
    access.require_templates(request.user)
    form = SiteForm(request.POST, sites=access.template_sites_for(request.user))
    if not form.is_valid():
        raise Http404("No such site")
    return _begin(request, form, NEW)


@require_POST
@login_required
def template_import(request: ReaderRequest) -> HttpResponse:
    """Begin a draft with a file."""
    access.require_templates(request.user)
    sites = access.template_sites_for(request.user)
    form = UploadForm(request.POST, request.FILES, sites=sites, auto_id="upload-%s")
    if not form.is_valid():
        return _list(request, upload=form)
    return _begin(request, form, form.cleaned_data["file"])


def _begin(
    request: ReaderRequest,
    form: SiteForm,
    definition: Json,
    base: ReportTemplateVersion | None = None,
) -> HttpResponse:
    try:
        draft = service.template_draft_add(
            author=request.user, site=form.chosen(), definition=definition, base=base
        )
    except ServiceError as error:
        return _list(request, message=str(error))
    return redirect("template_draft_edit", draft.pk)


def _version_page(
    request: ReaderRequest, version: ReportTemplateVersion, *, message: str = ""
) -> HttpResponse:
    user = request.user
    sites = access.template_sites_for(user)
    own = version.report_template.site
    first = own if own in sites else sites[0] if sites else None
    initial = {"site": first.pk if first else "all"}
    context = {
        "version": version,
        "others": version.report_template.versions.exclude(pk=version.pk).order_by("-number"),
        "editable": access.may_write_templates(user, own),
        "start": SiteForm(sites=sites, initial=initial) if sites else None,
        "note": NoteForm(),
        "message": message,
        **preview_context(request, version.definition, reverse("template_try", args=[version.pk])),
    }
    return render(request, VERSION, context, status=422 if message else 200)


def preview_context(
    request: ReaderRequest, definition: Json, url: str, *, section: str | None = None
) -> dict[str, object]:
    """What the preview of a definition needs, with the example that was sent.

    Only one section of the form is shown where `section` names one.
    """
    example = ExampleForm(request.POST or None)
    given = example.cleaned_data if example.is_bound and example.is_valid() else {}
    checked = service.definition_check(definition)
    context: dict[str, object] = {"example": example, "preview_url": url}
    if checked.template is None:
        return context
    conclusion, sex = given.get("conclusion", ""), given.get("sex", "")
    preview = template_preview(checked.template, conclusion=conclusion, sex=sex)
    sections = [part for part in preview.sections if section in {None, part.key}]
    coverage = template_coverage(checked.template)
    return {**context, "preview": preview, "sections": sections, "coverage": coverage}


@require_safe
@login_required
def template_version(request: ReaderRequest, version_id: int) -> HttpResponse:
    """A version: form, narrative, coverage, and what may be done with it."""
    return _version_page(request, access.get_template_version_for(request.user, version_id))


@require_POST
@login_required
def template_try(request: ReaderRequest, version_id: int) -> HttpResponse:
    """The preview of a version with an example."""
    version = access.get_template_version_for(request.user, version_id)
    return render(request, PREVIEW, preview_context(request, version.definition, request.path))


@require_POST
@login_required
def template_version_edit(request: ReaderRequest, version_id: int) -> HttpResponse:
    """Begin a draft with what a version says."""
    version = access.get_template_version_for(request.user, version_id)
    form = SiteForm(request.POST, sites=access.template_sites_for(request.user))
    if not form.is_valid():
        raise Http404("No such site")
    return _begin(request, form, version.definition, version)


@require_POST
@login_required
def template_retire(request: ReaderRequest, version_id: int) -> HttpResponse:
    """Take a version out of use."""
    version = access.get_template_version_for(request.user, version_id)
    if not access.may_write_templates(request.user, version.report_template.site):
        raise Http404("No such template")
    try:
        service.template_retire(
            version=version, author=request.user, note=request.POST.get("note", "")
        )
    except ServiceError as error:
        return _version_page(request, version, message=str(error))
    return redirect("template_version", version.pk)


@require_safe
@login_required
def template_export(request: ReaderRequest, version_id: int) -> HttpResponse:
    """Download the JSON of a version."""
    version = access.get_template_version_for(request.user, version_id)
    return download(version.definition, f"{version.report_template.key}-v{version.number}")


def download(definition: Json, name: str) -> HttpResponse:
    """Return a definition as a file that can be imported again."""
    return HttpResponse(
        json.dumps(definition, ensure_ascii=False, indent=1) + "\n",
        content_type="application/json; charset=utf-8",
        headers={"Content-Disposition": content_disposition_header(True, f"{name}.json") or ""},
    )


@require_safe
@login_required
def template_compare(request: ReaderRequest) -> HttpResponse:
    """What differs between two versions, or a version and a draft, in words."""
    access.require_templates(request.user)
    old, new = (_side(request, request.GET.get(name, "")) for name in ("old", "new"))
    context = {
        "old": old,
        "new": new,
        "found": differences(old.definition, new.definition),
    }
    return render(request, COMPARE, context)


def _side(request: ReaderRequest, name: str) -> ReportTemplateVersion | TemplateDraft:
    """Return what "v12" or "d3" names; raises Http404."""
    kind, number = name[:1], name[1:]
    if kind not in {"v", "d"} or not (number.isascii() and number.isdigit() and len(number) < 12):
        raise Http404("No such template")
    if kind == "d":
        return access.get_template_draft_for(request.user, int(number))
    return access.get_template_version_for(request.user, int(number))
