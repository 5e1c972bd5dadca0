"""Reports that somebody has begun and nobody has signed: one's own, and those to review."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Max, Q, QuerySet

from reporting import access, clock
from reporting.models import Report, User

MOST = 200


@dataclass(frozen=True, slots=True)
class Unsigned:
    """A report that is open, and for how long it has been as it is."""

    report: Report
    since: datetime
    age: timedelta

    @property
    def age_text(self) -> str:
        """The age in its largest unit: minutes, hours, days."""
        minutes = int(self.age.total_seconds()) // 60
        if minutes < 60:
            return f"{minutes} min"
        return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // (24 * 60)} d"


@dataclass(frozen=True, slots=True)
class UnsignedLists:
    """The oldest first; at most MOST of each."""

    own: tuple[Unsigned, ...]
    to_review: tuple[Unsigned, ...]


def unsigned_reports(user: User) -> UnsignedLists:
    """Return the open reports that a reader drafts or has submitted, and those to be reviewed."""
    status = Report.Status
    mine = Q(author=user) | Q(imaging_study__assigned_to=user)
    waiting = Q(status=status.PRELIMINARY)
    may_review = access.may_sign(user)
    own = mine & (Q(status=status.DRAFT) if may_review else Q(status__in=Report.OPEN_STATUSES))
    return UnsignedLists(_list(user, own), _list(user, waiting) if may_review else ())


def _list(user: User, chosen: Q) -> tuple[Unsigned, ...]:
    theirs: QuerySet[Report] = access.reports_for(user).clinical()
    reports = (
        theirs.filter(chosen, status__in=Report.OPEN_STATUSES)
        .select_related("imaging_study__site", "imaging_study__assigned_to", "author")
        .annotate(changed=Max("status_changes__at"))
        .order_by("opened_at", "pk")
    )
    now = clock.now()
    found = [(report, report.changed or report.opened_at) for report in reports[:MOST]]
    return tuple(
        Unsigned(report, since, now - since)
        for report, since in sorted(found, key=lambda one: (one[1], one[0].pk))
    )
