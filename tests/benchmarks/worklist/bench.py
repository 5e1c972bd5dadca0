"""One page of the worklist with a million exams, with our indexes and without them.

    python -m tests.benchmarks.worklist.bench [EXAMS]

Uses a throw-away PostgreSQL. Prints milliseconds for each order and filter, and the ratio.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from datetime import date

from tests.benchmarks.database import throw_away_database

CASES: dict[str, dict[str, object]] = {
    "by priority": {},
    "by date": {"sort": "date"},
    "by name": {"sort": "name"},
    "waiting": {"status": "waiting"},
    "signed, by date": {"status": "signed", "sort": "date"},
    "MR": {"modality": "MR"},
    "one day": {"start": date(2024, 5, 1), "end": date(2024, 5, 1), "sort": "date"},
    "name begins": {"search": "name 4711"},
    "accession": {"search": "a0777123"},
}
FILL = """
INSERT INTO reporting_imagingstudy (id, site_id, patient_id, patient_name, patient_identifier,
  accession_number, study_instance_uid, modality, body_part, description, laterality, indication,
  comparison, priority, performed_at, status)
SELECT gen_random_uuid(), %s, %s, 'Name ' || (n::bigint * 7919 %% 1000003), 'P' || n,
  'A' || lpad(n::text, 7, '0'), '2.25.' || n, CASE WHEN n %% 5 = 0 THEN 'MR' ELSE 'CT' END, 'CHEST',
  'CT chest', '', '', '', n %% 3, timestamptz '2020-01-01' + n * interval '3 minutes',
  CASE WHEN n %% 20 = 0 THEN 'waiting' ELSE 'signed' END
FROM generate_series(1, %s) n
"""


def main() -> int:
    """Fill a table, and time each case twice."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with throw_away_database():
        run(count)
    return 0


def run(count: int) -> None:
    """With indexes, then without."""
    from django.db import connection

    page = prepared(count)
    with_indexes = {name: best(lambda f=f: page(f)) for name, f in CASES.items()}  # type: ignore[misc]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexname FROM pg_indexes WHERE tablename = 'reporting_imagingstudy'"
            " AND indexname LIKE 'exam\\_%'"
        )
        for (name,) in cursor.fetchall():
            cursor.execute(f'DROP INDEX "{name}"')
    for name, filters in CASES.items():
        without = best(lambda f=filters: page(f))  # type: ignore[misc]
        ratio = without / with_indexes[name]
        sys.stdout.write(
            f"{name:18}{with_indexes[name]:9.1f} ms{without:11.1f} ms without{ratio:9.1f} x\n"
        )


def prepared(count: int) -> Callable[[dict[str, object]], object]:
    """The exams, and a function that reads the first page of them."""
    from django.db import connection

    from reporting.models import Patient
    from reporting.selectors.worklist import WorklistFilters, worklist_page
    from tests.cast import cast_new

    cast = cast_new()
    patient = Patient.objects.create(site=cast.north, identifier="P", name="Name")
    with connection.cursor() as cursor:
        cursor.execute(FILL, [cast.north.pk, patient.pk, count])
        cursor.execute("ANALYZE reporting_imagingstudy")
    return lambda filters: worklist_page(cast.alice, WorklistFilters(**filters))  # type: ignore[arg-type]


def best(work: Callable[[], object]) -> float:
    """Milliseconds of the fastest of three."""
    times = []
    for _ in range(3):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return min(times) * 1000


if __name__ == "__main__":
    sys.exit(main())
