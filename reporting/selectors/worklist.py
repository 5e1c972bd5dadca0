"""The worklist: a page of exams by key, never by offset, so that page 10,000 is as fast as 1.

Each site of the reader is read through its own index and the parts are merged; the database
does no more work with a million exams than with a thousand.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from heapq import merge
from typing import Any, Literal
from uuid import UUID

from django.db.models import Q, QuerySet
from django.db.models.functions import Collate, Lower

from reporting import access, clock
from reporting.models import ImagingStudy, User

PAGE_SIZE = 50
SEARCH_MAX = 100
Sort = Literal["priority", "date", "name"]
SORTS: tuple[Sort, ...] = ("priority", "date", "name")


class CursorInvalid(ValueError):
    """The cursor is not one that a page gave."""


@dataclass(frozen=True, slots=True)
class WorklistFilters:
    """What to show; None and "" mean everything. Days are of the exam, in UTC."""

    search: str = ""
    modality: str | None = None
    status: str | None = None
    priority: int | None = None
    start: date | None = None
    end: date | None = None
    sort: Sort = "priority"


@dataclass(frozen=True, slots=True)
class Page:
    """The exams of one page and the cursor of the next one, None on the last."""

    exams: tuple[ImagingStudy, ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class _Key:
    """Where an exam stands in an order; all parts descend except the name."""

    parts: tuple[object, ...]

    def __lt__(self, other: "_Key") -> bool:
        for mine, theirs in zip(self.parts, other.parts, strict=True):
            if mine != theirs:
                if isinstance(mine, str):
                    return mine < str(theirs)
                return bool(mine > theirs)  # type: ignore[operator]
        return False


ORDERS: dict[Sort, tuple[str, ...]] = {
    "priority": ("-priority", "-performed_at", "-id"),
    "date": ("-performed_at", "-id"),
    "name": ("name_key", "-id"),
}


def worklist_page(
    user: User, filters: WorklistFilters, cursor: str | None = None, *, size: int = PAGE_SIZE
) -> Page:
    """Return one page of the exams that are the user's. Raises CursorInvalid."""
    after = _cursor_read(cursor, filters.sort) if cursor else None
    sites = list(user.sites.values_list("pk", flat=True)) if access.is_reader(user) else []
    parts = [_site_part(user, site, filters, after)[: size + 1] for site in sites]
    found = list(merge(*(list(part) for part in parts), key=lambda exam: _key(exam, filters.sort)))[
        : size + 1
    ]
    more = len(found) > size
    exams = tuple(found[:size])
    return Page(exams, _cursor_write(exams[-1], filters.sort) if more else None)


def _site_part(
    user: User, site: int, filters: WorklistFilters, after: _Key | None
) -> QuerySet[Any]:
    exams: QuerySet[Any] = (
        ImagingStudy.objects.filter(access.assignment_filter(user), site=site)
        .annotate(name_key=Collate(Lower("patient_name"), "C"))
        .select_related("site", "assigned_to")
        .order_by(*ORDERS[filters.sort])
    )
    exams = exams.filter(_filter(filters))
    if filters.search.strip():
        exams = _search(exams, filters.search)
    return exams.filter(_after(after, filters.sort)) if after is not None else exams


def _filter(filters: WorklistFilters) -> Q:
    chosen = Q()
    for name in ("modality", "status", "priority"):
        value = getattr(filters, name)
        if value is not None and value != "":
            chosen &= Q(**{name: value})
    if filters.start:
        chosen &= Q(performed_at__gte=clock.midnight(filters.start))
    if filters.end:
        chosen &= Q(performed_at__lt=clock.midnight(filters.end + timedelta(days=1)))
    return chosen


def _search(exams: QuerySet[ImagingStudy], text: str) -> QuerySet[ImagingStudy]:
    """Keep the exams whose patient name, identifier or accession number begins with the text."""
    prefix = text.replace("\x00", "").strip().lower()[:SEARCH_MAX]
    return exams.alias(
        name_prefix=Lower("patient_name"),
        identifier_key=Lower("patient_identifier"),
        accession_key=Lower("accession_number"),
    ).filter(
        Q(name_prefix__startswith=prefix)
        | Q(identifier_key__startswith=prefix)
        | Q(accession_key__startswith=prefix)
    )


def _key(exam: ImagingStudy, sort: Sort) -> _Key:
    parts: dict[Sort, tuple[object, ...]] = {
        "priority": (exam.priority, exam.performed_at, exam.pk),
        "date": (exam.performed_at, exam.pk),
        "name": (getattr(exam, "name_key", ""), exam.pk),
    }
    return _Key(parts[sort])


def _after(key: _Key, sort: Sort) -> Q:
    """Return the condition for standing after a key; its first part bounds the index scan."""
    names = [name.removeprefix("-") for name in ORDERS[sort]]
    condition, equal = Q(), Q()
    for name, order, value in zip(names, ORDERS[sort], key.parts, strict=True):
        comparison = "lt" if order.startswith("-") else "gt"
        condition |= equal & Q(**{f"{name}__{comparison}": value})
        equal &= Q(**{name: value})
    first = "lte" if ORDERS[sort][0].startswith("-") else "gte"
    return Q(**{f"{names[0]}__{first}": key.parts[0]}) & condition


def _cursor_write(exam: ImagingStudy, sort: Sort) -> str:
    parts = [
        part.isoformat() if isinstance(part, datetime) else part for part in _key(exam, sort).parts
    ]
    text = json.dumps([sort, *parts], default=str)
    return urlsafe_b64encode(text.encode()).decode()


def _cursor_read(cursor: str, sort: Sort) -> _Key:
    try:
        named, *parts = json.loads(urlsafe_b64decode(cursor.encode()))
        if named != sort:
            raise CursorInvalid("The order was changed: start from the first page.")
        parts[-1] = UUID(parts[-1])
        if sort == "name":
            return _Key((str(parts[0]), parts[1]))
        parts[-2] = datetime.fromisoformat(parts[-2])
        if sort == "priority":
            return _Key((int(parts[0]), parts[1], parts[2]))
        return _Key((parts[0], parts[1]))
    except (ValueError, TypeError, IndexError, AttributeError) as error:
        raise CursorInvalid("This is not the address of a page of the worklist.") from error
