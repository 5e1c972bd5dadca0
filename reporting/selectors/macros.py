"""The macros that fit an exam, ready to be written, and those that a person manages."""

from dataclasses import asdict, dataclass

from django.db.models import Q, QuerySet

from reporting.models import ImagingStudy, Macro, Report, User
from reporting.placeholders import merge
from reporting.selectors.comparisons import comparable_exam


@dataclass(frozen=True, slots=True)
class MacroView:
    """A trigger and what it writes, merge fields filled in; `origin` is whose it is."""

    trigger: str
    text: str
    origin: str
    is_default: bool


def report_macros(report: Report, user: User) -> list[dict[str, object]]:
    """Return the macros of a report for its page, by trigger; at most one is the default.

    Of several with one trigger the reader's own counts, then the one with more limits. The same
    order chooses the default.
    """
    exam = report.imaging_study
    values = merge_values(exam)
    best = sorted(_fitting(report, user), key=lambda m: (m.owner_id is None, -m.limits, m.pk))
    chosen: dict[str, Macro] = {}
    for macro in best:
        chosen.setdefault(macro.trigger, macro)
    default = next((macro for macro in best if macro.is_default), None)
    views = [
        MacroView(
            macro.trigger,
            merge(macro.text, values),
            "yours" if macro.owner_id else macro.site.code if macro.site else "",
            macro == default,
        )
        for macro in best
        if chosen[macro.trigger] == macro or macro == default
    ]
    return [asdict(view) for view in sorted(views, key=lambda view: view.trigger)]


def _fitting(report: Report, user: User) -> QuerySet[Macro]:
    exam = report.imaging_study
    # By key: a site's own template keeps the macros of the one that it was made from.
    key = report.report_template_version.report_template.key
    years = age(exam)
    fits = Q(report_template=None) | Q(report_template__key=key)
    fits &= Q(sex="") | Q(sex=exam.patient.sex)
    if years is None:
        fits &= Q(age_min=None, age_max=None)
    else:
        fits &= Q(age_min=None) | Q(age_min__lte=years)
        fits &= Q(age_max=None) | Q(age_max__gte=years)
    theirs = Q(owner=user) | Q(site=exam.site_id)
    return Macro.objects.filter(theirs, fits).select_related("site")


def age(exam: ImagingStudy) -> int | None:
    """Return the patient's age in whole years on the day of the exam; None where not known."""
    born, day = exam.patient.birth_date, exam.performed_at.date()
    if born is None or born > day:
        return None
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def merge_values(exam: ImagingStudy) -> dict[str, str]:
    """Return what the merge fields stand for in an exam; empty where nothing is known."""
    years = age(exam)
    sex = exam.patient.sex
    prior = comparable_exam(exam)
    return {
        "age": "" if years is None else str(years),
        "sex": sex if sex in {"female", "male"} else "",
        "prior_date": f"{prior.performed_at:%Y-%m-%d}" if prior else "",
        "indication": exam.indication.strip(),
    }
