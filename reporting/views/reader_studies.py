"""The coordinator's pages of a study: list, protocol, arms, cases, readers, allocation."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.forms import ModelForm
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from reporting import study_access
from reporting.forms.reader_studies import (
    AmendmentForm,
    ArmForm,
    CaseForm,
    NewStudyForm,
    ProtocolForm,
    ReaderForm,
)
from reporting.http import ReaderRequest
from reporting.models import Case, ReaderStudy, Site, User
from reporting.selectors.reader_studies import allocation_preview, exams_found, study_lines
from reporting.services import reader_studies, study_lock
from reporting.services.errors import ServiceError

READ_OR_WRITE = ["GET", "HEAD", "POST"]


def _page(
    request: ReaderRequest, study: ReaderStudy | None, page: str, *, status: int = 200, **more: Any
) -> HttpResponse:
    context = {"study": study, "tab": page, **more}
    return render(request, f"reporting/study_{page}.html", context, status=status)


def _saved(form: ModelForm[Any], save: Callable[[dict[str, Any]], object]) -> bool:
    """Save a valid form; a refusal of the service stands in the form."""
    if not form.is_valid():
        return False
    try:
        save(dict(form.cleaned_data))
    except ServiceError as error:
        form.add_error(None, str(error))
        return False
    return True


def _acted(request: ReaderRequest, act: Callable[[], object], back: str, *of: object) -> Any:
    """Act and go back to a page; a refusal gets a page of its own."""
    try:
        act()
    except ServiceError as error:
        context = {"message": str(error), "back": redirect(back, *of).url}
        return render(request, "reporting/study_refused.html", context, status=409)
    return redirect(back, *of)


@require_safe
@login_required
def study_list(request: ReaderRequest) -> HttpResponse:
    """All studies of the own sites."""
    study_access.require_studies(request.user)
    return _page(request, None, "list", studies=study_lines(request.user))


@require_http_methods(READ_OR_WRITE)
@login_required
def study_add(request: ReaderRequest) -> HttpResponse:
    """Begin a study."""
    study_access.require_studies(request.user)
    user = request.user
    sites = Site.objects.all() if user.role == User.Role.ADMIN else user.sites.all()
    form = NewStudyForm(request.POST or None, sites=sites)
    made: list[ReaderStudy] = []

    def save(data: dict[str, Any]) -> None:
        site = data.pop("site")
        made.append(reader_studies.study_create(site=site, by=user, protocol=data))

    if request.method == "POST" and _saved(form, save):
        return redirect("study_arms", made[0].pk)
    status = 422 if form.errors else 200
    return _page(request, None, "protocol", form=form, status=status)


@require_http_methods(READ_OR_WRITE)
@login_required
def study_protocol(request: ReaderRequest, study_id: UUID) -> HttpResponse:
    """The protocol: a form while it is a draft, afterwards an amendment."""
    study = study_access.get_study_for(request.user, study_id)
    kind = ProtocolForm if study.is_draft else AmendmentForm
    form = kind(request.POST or None, instance=study)

    def save(data: dict[str, Any]) -> None:
        stored = ReaderStudy.objects.get(pk=study.pk)
        by = {"study": stored, "by": request.user}
        if study.is_draft:
            reader_studies.study_change(protocol=data, **by)
        else:
            study_lock.study_amend(reason=data.pop("reason"), protocol=data, **by)

    if request.method == "POST" and _saved(form, save):
        return redirect("study_protocol", study.pk)
    study = study_access.get_study_for(request.user, study_id)
    amendments = study.amendments.select_related("by")
    status = 422 if form.errors else 200
    return _page(request, study, "protocol", form=form, amendments=amendments, status=status)


@require_http_methods(READ_OR_WRITE)
@login_required
def study_arms(request: ReaderRequest, study_id: UUID, arm_id: int | None = None) -> HttpResponse:
    """The arms, and a form for a new one or the one that is changed."""
    study = study_access.get_study_for(request.user, study_id)
    arm = study_access.get_arm_for(request.user, study_id, arm_id) if arm_id else None
    form = ArmForm(request.POST or None, instance=arm)

    def save(data: dict[str, Any]) -> None:
        reader_studies.arm_save(study=study, by=request.user, data=data, arm=arm)

    if request.method == "POST" and _saved(form, save):
        return redirect("study_arms", study.pk)
    status = 422 if form.errors else 200
    return _page(request, study, "arms", form=form, arm=arm, arms=study.arms.all(), status=status)


@require_POST
@login_required
def study_arm_remove(request: ReaderRequest, study_id: UUID, arm_id: int) -> HttpResponse:
    """Remove an arm of a draft."""
    arm = study_access.get_arm_for(request.user, study_id, arm_id)
    act = lambda: reader_studies.arm_remove(arm=arm, by=request.user)  # noqa: E731
    return _acted(request, act, "study_arms", study_id)


@require_safe
@login_required
def study_cases(request: ReaderRequest, study_id: UUID) -> HttpResponse:
    """The cases, and exams to choose from; a search by htmx gets the exams alone."""
    study = study_access.get_study_for(request.user, study_id)
    search = request.GET.get("search", "")
    exams = exams_found(study, search) if study.is_draft else []
    if request.htmx and not request.htmx.boosted:
        return render(request, "reporting/study_cases.html#exams", {"study": study, "exams": exams})
    cases = study.cases.select_related("imaging_study")
    return _page(request, study, "cases", cases=cases, exams=exams, search=search)


@require_POST
@login_required
def study_case_add(request: ReaderRequest, study_id: UUID) -> HttpResponse:
    """Make an exam a case."""
    study = study_access.get_study_for(request.user, study_id)
    chosen = request.POST.get("exam", "")

    def act() -> None:
        try:
            exam = study_access.exams_to_choose(study).filter(pk=UUID(chosen)).first()
        except ValueError:
            exam = None
        if exam is None:
            raise ServiceError("Choose an exam of the list that is no case yet.")
        reader_studies.case_add(study=study, by=request.user, exam=exam)

    return _acted(request, act, "study_cases", study.pk)


@require_http_methods(READ_OR_WRITE)
@login_required
def study_case(request: ReaderRequest, study_id: UUID, case_id: int) -> HttpResponse:
    """One case in a form."""
    case: Case = study_access.get_case_for(request.user, study_id, case_id)
    form = CaseForm(request.POST or None, instance=case)

    def save(data: dict[str, Any]) -> None:
        reader_studies.case_change(case=case, by=request.user, data=data)

    if request.method == "POST" and _saved(form, save):
        return redirect("study_cases", study_id)
    status = 422 if form.errors else 200
    return _page(request, case.study, "case", form=form, case=case, status=status)


@require_POST
@login_required
def study_case_remove(request: ReaderRequest, study_id: UUID, case_id: int) -> HttpResponse:
    """Remove a case of a draft."""
    case = study_access.get_case_for(request.user, study_id, case_id)
    act = lambda: reader_studies.case_remove(case=case, by=request.user)  # noqa: E731
    return _acted(request, act, "study_cases", study_id)


@require_http_methods(READ_OR_WRITE)
@login_required
def study_readers(request: ReaderRequest, study_id: UUID) -> HttpResponse:
    """The readers, and a form for a new one."""
    study = study_access.get_study_for(request.user, study_id)
    form = ReaderForm(request.POST or None, people=study_access.people_to_choose(study))

    def save(data: dict[str, Any]) -> None:
        reader_studies.reader_save(study=study, by=request.user, data=data)

    if request.method == "POST" and _saved(form, save):
        return redirect("study_readers", study.pk)
    readers = study.readers.select_related("user")
    status = 422 if form.errors else 200
    return _page(request, study, "readers", form=form, readers=readers, status=status)


@require_POST
@login_required
def study_reader_remove(request: ReaderRequest, study_id: UUID, reader_id: int) -> HttpResponse:
    """Remove a reader of a draft."""
    reader = study_access.get_reader_for(request.user, study_id, reader_id)
    act = lambda: reader_studies.reader_remove(reader=reader, by=request.user)  # noqa: E731
    return _acted(request, act, "study_readers", study_id)


@require_safe
@login_required
def study_allocation(request: ReaderRequest, study_id: UUID) -> HttpResponse:
    """Who would read what, how balanced it is, and the lock."""
    study = study_access.get_study_for(request.user, study_id)
    return _page(request, study, "allocation", preview=allocation_preview(study))


@require_POST
@login_required
def study_step(request: ReaderRequest, study_id: UUID) -> HttpResponse:
    """Lock, start or close the study."""
    study = study_access.get_study_for(request.user, study_id)
    steps: dict[str, Callable[..., ReaderStudy]] = {
        "lock": study_lock.study_lock,
        "start": study_lock.study_start,
        "close": study_lock.study_close,
    }
    step = steps.get(request.POST.get("step", ""))

    def act() -> None:
        if step is None:
            raise ServiceError("There is no such step.")
        step(study=study, by=request.user)

    return _acted(request, act, "study_allocation", study.pk)
