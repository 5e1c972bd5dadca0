"""The ledger of events of a study as JSON lines, read by a cursor of the server."""

import json
from collections.abc import Iterator
from datetime import datetime

from django.db.models import F

from reporting.exports.study.identities import Identities, moment
from reporting.models import ReaderStudy, TimingEvent

# What of an event's details is no free text.
DETAILS = ("status", "attempt", "by", "in")
CHUNK = 2000


def ledger_lines(study: ReaderStudy, names: Identities) -> Iterator[str]:
    """Yield one line per event, by reading and then in the order of the ledger."""
    rows = (
        TimingEvent.objects.filter(report__reading__study=study)
        .order_by(
            "report__reading__reader_id",
            "report__reading__position",
            F("report__reading__started_at").asc(nulls_last=True),
            "report_id",
            "occurred_at",
            "pk",
        )
        .values_list(
            "report_id",
            "report__reading__reader__user__pseudonym",
            "kind",
            "occurred_at",
            "received_at",
            "page_loaded_at",
            "offset_ms",
            "skew_ms",
            "is_skewed",
            "simulated",
            "details",
        )
    )
    for row in rows.iterator(chunk_size=CHUNK):
        yield json.dumps(_line(row, names), separators=(",", ":")) + "\n"


def _line(row: tuple[object, ...], names: Identities) -> dict[str, object]:
    report, reader, kind, occurred, received, loaded, offset, skew, skewed, simulated, details = row
    known = details if isinstance(details, dict) else {}
    kept = {key: known[key] for key in DETAILS if key in known}
    if known.get("fill_job"):
        kept["fill_job"] = names.uid("fill", known["fill_job"])
    shift = names.shift(str(reader))
    times = [
        moment(at if isinstance(at, datetime) else None, shift)
        for at in (occurred, received, loaded)
    ]
    return {
        "report": names.uid("report", report),
        "kind": kind,
        "occurred_at": times[0],
        "received_at": times[1],
        "page_loaded_at": times[2] or None,
        "offset_ms": offset,
        "skew_ms": skew,
        "is_skewed": skewed,
        "simulated": simulated,
        "details": kept,
    }
