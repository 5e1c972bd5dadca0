"""All durations of many readings by every definition and threshold, read from the database.

    python -m tests.benchmarks.timing.bench [READINGS [EVENTS_PER_READING]]

Uses a throw-away PostgreSQL. By default 10,000 readings of 100 events; the aim is 10 seconds.
"""

from __future__ import annotations

import sys
import time

from tests.benchmarks.database import throw_away_database


def main() -> int:
    """Fill a database and time both ways to ask."""
    readings, events = (int(text) for text in [*sys.argv[1:], "10000", "100"][:2])
    with throw_away_database():
        run(readings, events)
    return 0


def run(readings: int, events: int) -> None:
    """The columns of the timing export, then all definitions with all thresholds."""
    from reporting.models import Report
    from reporting.selectors.timing import durations, report_events
    from reporting.timing_definitions import DEFINITIONS, ledger_of, measure
    from tests.benchmarks.ledger_rows import readings_fill

    readings_fill(readings, events)
    reports = Report.objects.order_by("opened_at", "pk")
    began = time.perf_counter()
    total = sum(row.durations.total or 0 for row in durations(reports))
    columns = time.perf_counter() - began
    assert total == readings * (events - 1) * 2
    began = time.perf_counter()
    numbers = 0
    for item in report_events(reports):
        ledger = ledger_of(item.events)
        for what in DEFINITIONS:
            for idle in what.thresholds:
                measure(what, ledger, idle=idle)
                numbers += 1
    everything = time.perf_counter() - began
    sys.stdout.write(
        f"{readings} readings of {events} events: the nine durations of the export {columns:.1f} s;"
        f" {numbers} numbers by every definition and threshold {everything:.1f} s\n"
    )


if __name__ == "__main__":
    sys.exit(main())
