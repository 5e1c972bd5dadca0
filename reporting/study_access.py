"""Who sees which reader study: coordinators those of their sites, readers the own readings."""

from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404

from reporting import access
from reporting.models import Arm, Case, ImagingStudy, ReaderStudy, StudyReader, User

Role = User.Role


def designs_studies(user: User) -> bool:
    """Whether the role designs and watches reader studies."""
    return user.is_active and user.role in {Role.COORDINATOR, Role.ADMIN}


def studies_for(user: User) -> QuerySet[ReaderStudy]:
    """Return the studies that are theirs to design: of own sites, for administrators all."""
    studies = ReaderStudy.objects.select_related("site").order_by("-created_at")
    if not designs_studies(user):
        return studies.none()
    return studies if user.role == Role.ADMIN else studies.filter(site__in=user.sites.all())


def require_studies(user: User) -> None:
    """Raise Http404 unless the role designs studies."""
    if not designs_studies(user):
        raise Http404("No such page")


def get_study_for(user: User, study_id: UUID) -> ReaderStudy:
    """Return the study if it is theirs to design; raises Http404."""
    study = studies_for(user).filter(pk=study_id).first()
    if study is None:
        raise Http404("No such study")
    return study


def get_arm_for(user: User, study_id: UUID, arm_id: int) -> Arm:
    """Return an arm of a study of theirs; raises Http404."""
    arm = get_study_for(user, study_id).arms.select_related("study").filter(pk=arm_id).first()
    if arm is None:
        raise Http404("No such arm")
    return arm


def get_case_for(user: User, study_id: UUID, case_id: int) -> Case:
    """Return a case of a study of theirs; raises Http404."""
    study = get_study_for(user, study_id)
    case = study.cases.select_related("study", "imaging_study").filter(pk=case_id).first()
    if case is None:
        raise Http404("No such case")
    return case


def get_reader_for(user: User, study_id: UUID, reader_id: int) -> StudyReader:
    """Return a reader of a study of theirs; raises Http404."""
    study = get_study_for(user, study_id)
    reader = study.readers.select_related("study", "user").filter(pk=reader_id).first()
    if reader is None:
        raise Http404("No such reader")
    return reader


def exams_to_choose(study: ReaderStudy) -> QuerySet[ImagingStudy]:
    """Return the exams of the study's site that are no case of it yet."""
    return ImagingStudy.objects.filter(site=study.site_id).exclude(study_cases__study=study)


def people_to_choose(study: ReaderStudy) -> QuerySet[User]:
    """Return the readers of the study's site that do not read in it yet."""
    people = User.objects.filter(role__in=access.READERS, is_active=True, sites=study.site_id)
    return people.exclude(study_readers__study=study).order_by("last_name", "username")


def own_readers(user: User) -> QuerySet[StudyReader]:
    """Return the user's own parts in studies that run."""
    parts = StudyReader.objects.filter(
        user=user, study__status=ReaderStudy.Status.RUNNING, dropped_out_at__isnull=True
    ).select_related("study", "user")
    return parts if access.is_reader(user) else parts.none()


def get_own_reader(user: User, study_id: UUID) -> StudyReader:
    """Return the user's own part in a running study; raises Http404."""
    reader = own_readers(user).filter(study=study_id).first()
    if reader is None:
        raise Http404("No such study")
    return reader
