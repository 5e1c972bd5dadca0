"""Who sees and changes what. "Theirs" is site + assignment + role; all else does not exist: 404.

| role | sees |
|---|---|
| radiologist | exams of own sites that are unassigned, assigned to them, or to a resident |
| resident | exams of own sites that are unassigned or assigned to them; does not sign |
| reader of a study | the report of the own reading under way, and signs it, whatever the role |
| coordinator | the timing of own sites' reports, never their content; own sites' reader studies |
| template author | report templates of own sites, those of all sites to read |
| admin | the admin pages, and the timing of all sites |
| rater | nothing yet |
"""

from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404

from reporting.models import (
    FillJob,
    ImagingStudy,
    Macro,
    ReaderStudy,
    Reading,
    Report,
    ReportTemplate,
    ReportTemplateVersion,
    Site,
    TemplateDraft,
    User,
)
from reporting.models.reports import ReportQuerySet

Role = User.Role
READERS = frozenset({Role.RADIOLOGIST, Role.RESIDENT})


def is_reader(user: User) -> bool:
    """Whether the user writes reports."""
    return user.is_active and user.role in READERS


def exams_for(user: User) -> QuerySet[ImagingStudy]:
    """Return the exams that are theirs."""
    exams = ImagingStudy.objects.all()
    if not is_reader(user):
        return exams.none()
    sites = list(user.sites.values_list("pk", flat=True))
    return exams.filter(assignment_filter(user), site__in=sites)


def assignment_filter(user: User) -> Q:
    """Return the condition on the assignment of an exam that makes it a reader's."""
    theirs = Q(assigned_to__isnull=True) | Q(assigned_to=user)
    if user.role == Role.RADIOLOGIST:
        theirs |= Q(assigned_to__role=Role.RESIDENT)
    return theirs


def reports_for(user: User) -> ReportQuerySet:
    """Return the reports that are theirs: of their exams, and of their reading under way."""
    exam = exams_for(user).filter(pk=OuterRef("imaging_study_id"))
    reading = readings_of(user).filter(report=OuterRef("pk"), status=Reading.Status.STARTED)
    return Report.objects.filter(Q(Exists(exam), reader_study__isnull=True) | Exists(reading))


def readings_of(user: User) -> QuerySet[Reading]:
    """Return the readings of the running studies in which they read."""
    readings = Reading.objects.filter(
        reader__user=user,
        reader__dropped_out_at__isnull=True,
        study__status=ReaderStudy.Status.RUNNING,
    )
    return readings if is_reader(user) else readings.none()


def may_write(user: User, report: Report) -> bool:
    """Whether the report is theirs to change; signing has further checks."""
    return is_reader(user) and reports_for(user).filter(pk=report.pk).exists()


def may_change(user: User, report: Report) -> bool:
    """Whether the status leaves it to this role: a preliminary report is its reviewer's."""
    return report.status != Report.Status.PRELIMINARY or may_sign(user)


def may_sign(user: User) -> bool:
    """Whether the role signs reports of patients."""
    return user.is_active and user.role == Role.RADIOLOGIST


def signs(user: User, report: Report) -> bool:
    """Whether the role signs such a report: readers of a study sign their own readings."""
    return may_sign(user) or (report.reader_study_id is not None and is_reader(user))


def get_exam_for(user: User, exam_id: UUID) -> ImagingStudy:
    """Return the exam if it is theirs; raises Http404."""
    exam = (
        exams_for(user).select_related("patient", "site", "assigned_to").filter(pk=exam_id).first()
    )
    if exam is None:
        raise Http404("No such exam")
    return exam


def get_report_for(
    user: User, report_id: UUID, *, write: bool = False, clinical: bool = False
) -> Report:
    """Return the report if it is theirs; raises Http404.

    `write=True` also refuses a cancelled report. A signed one is returned: its services say
    what is refused, in words. `clinical=True` also refuses that of a reading, for what would take
    it out of its study.
    """
    reports = reports_for(user)
    if clinical:
        reports = reports.clinical()
    return _report_get(reports, report_id, write=write)


def get_ledger_report_for(user: User, report_id: UUID) -> Report:
    """Return the report whose page may still send its events; raises Http404.

    The last events of a reading arrive when it is signed or paused already.
    """
    reading = readings_of(user).filter(report=OuterRef("pk"))
    theirs = Report.objects.filter(Q(Exists(reading)) | Q(pk__in=reports_for(user)))
    return _report_get(theirs, report_id)


def _report_get(reports: QuerySet[Report], report_id: UUID, *, write: bool = False) -> Report:
    reports = reports.select_related(
        "imaging_study__patient",
        "imaging_study__site",
        "report_template_version__report_template",
        "author",
        "signed_by",
        "reader_study",
    )
    if write:
        reports = reports.exclude(status=Report.Status.CANCELLED)
    report = reports.filter(pk=report_id).first()
    if report is None:
        raise Http404("No such report")
    return report


def get_fill_for(user: User, fill_job_id: UUID, *, write: bool = False) -> FillJob:
    """Return the fill of a report that is theirs; raises Http404."""
    job = FillJob.objects.filter(pk=fill_job_id).first()
    if job is None:
        raise Http404("No such fill")
    job.report = get_report_for(user, job.report_id, write=write)
    return job


def timing_reports_for(user: User) -> QuerySet[Report]:
    """Return the reports whose timing they may see: a coordinator's own sites', admins' all.

    Those of readings are not among them: their times belong to their study; nor are corrections,
    which read no exam.
    """
    reports = Report.objects.timed()
    if user.is_active and user.role == Role.ADMIN:
        return reports
    if user.is_active and user.role == Role.COORDINATOR:
        return reports.filter(imaging_study__site__in=user.sites.all())
    return reports.none()


def require_timing(user: User) -> None:
    """Raise Http404 unless the role sees timing."""
    if not user.is_active or user.role not in {Role.COORDINATOR, Role.ADMIN}:
        raise Http404("No such page")


def templates_editable_by(user: User) -> bool:
    """Whether the user writes report templates."""
    return user.is_active and user.role in {Role.TEMPLATE_AUTHOR, Role.ADMIN}


def has_macros(user: User) -> bool:
    """Whether the user has macros to manage: readers their own, template authors their sites'."""
    return is_reader(user) or templates_editable_by(user)


def macro_sites_for(user: User) -> list[Site]:
    """Return the sites whose macros the user writes: none for most, all for administrators."""
    if not templates_editable_by(user):
        return []
    return list(Site.objects.all() if user.role == Role.ADMIN else user.sites.all())


def may_have_macro(user: User, site: Site | None) -> bool:
    """Whether the user may write a macro for a site, or for None: for themselves."""
    return is_reader(user) if site is None else site in macro_sites_for(user)


def macros_for(user: User) -> QuerySet[Macro]:
    """Return the macros that are theirs to change."""
    own = Q(owner=user) if is_reader(user) else Q(pk__in=())
    return Macro.objects.filter(own | Q(site__in=macro_sites_for(user)))


def macros_seen_by(user: User) -> QuerySet[Macro]:
    """Return the macros that they use or change: also those of their sites."""
    seen = macros_for(user) | Macro.objects.filter(site__in=user.sites.all())
    return seen.select_related("site", "report_template").order_by("trigger", "pk").distinct()


def get_macro_for(user: User, macro_id: int) -> Macro:
    """Return the macro if it is theirs to change; raises Http404."""
    macro = macros_for(user).filter(pk=macro_id).first()
    if macro is None:
        raise Http404("No such macro")
    return macro


def require_templates(user: User) -> None:
    """Raise Http404 unless the role writes report templates."""
    if not templates_editable_by(user):
        raise Http404("No such page")


def template_sites_for(user: User) -> list[Site | None]:
    """Return the sites that the user writes templates for; None, all sites, is administrators'."""
    own: list[Site | None] = list(macro_sites_for(user))
    return [None, *own] if user.role == Role.ADMIN and user.is_active else own


def may_write_templates(user: User, site: Site | None) -> bool:
    """Whether the user writes templates for a site, or for None: for all sites."""
    return site in template_sites_for(user)


def templates_for(user: User) -> QuerySet[ReportTemplate]:
    """Return the templates that a template author sees: of own sites and of all sites."""
    if not templates_editable_by(user):
        return ReportTemplate.objects.none()
    return ReportTemplate.objects.filter(Q(site=None) | Q(site__in=macro_sites_for(user)))


def template_drafts_for(user: User) -> QuerySet[TemplateDraft]:
    """Return the drafts that are theirs to change."""
    theirs = Q(site__in=macro_sites_for(user))
    if None in template_sites_for(user):
        theirs |= Q(site=None)
    drafts = TemplateDraft.objects.select_related("site", "report_template", "base", "changed_by")
    return drafts.filter(theirs)


def get_template_draft_for(user: User, draft_id: int) -> TemplateDraft:
    """Return the draft if it is theirs to change; raises Http404."""
    draft = template_drafts_for(user).filter(pk=draft_id).first()
    if draft is None:
        raise Http404("No such draft")
    return draft


def get_template_version_for(user: User, version_id: int) -> ReportTemplateVersion:
    """Return the version of a template that they see; raises Http404."""
    versions = ReportTemplateVersion.objects.filter(report_template__in=templates_for(user))
    version = versions.select_related("report_template__site").filter(pk=version_id).first()
    if version is None:
        raise Http404("No such template")
    return version
