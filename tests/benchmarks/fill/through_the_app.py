"""Seconds from posting a conclusion to the last field on the page, through the running app."""

from __future__ import annotations

import json
import re
import shutil
import statistics
import tempfile
import time
from collections.abc import Sequence
from html import unescape
from pathlib import Path
from urllib.parse import urlencode

from llm.synth.pairs import Pair
from tests.embedded.running import Reader, running, wait

# The one element that polls: where, after how long, and with what.
POLL = re.compile(
    r'hx-get="(?P<address>/fills/[^"]+)" hx-trigger="load delay:(?P<delay>\d+)(?P<unit>ms|s)"'
    r" hx-vals='(?P<values>[^']+)'"
)
DESCRIPTIONS = {
    "ct_chest": "CT chest",
    "ct_abdomen_pelvis": "CT abdomen",
    "mri_lumbar_spine": "MRI lumbar",
}


def measure_app(pairs: Sequence[Pair]) -> str:
    """Fills the conclusions one after the other and says what p50 and p95 are.

    They are of the templates in DESCRIPTIONS: those that the demo has enough exams of.
    """
    times = sorted(through_the_app(pairs))
    p50, p95 = statistics.median(times), times[int(len(times) * 0.95)]
    clauses = statistics.mean(len(pair["clauses"]) for pair in pairs)
    return (
        f"through the app, {len(times)} conclusions of {clauses:.1f} clauses on average:\n"
        f"  p50 {p50:.2f} s   p95 {p95:.2f} s   longest {times[-1]:.2f} s\n"
    )


def through_the_app(pairs: Sequence[Pair]) -> list[float]:
    """Seconds from post to the answer that holds the last field, on an embedded stack of its own.

    Polls as the page does.
    """
    place = Path(tempfile.mkdtemp(prefix="bench-"))
    try:
        with running(place / "data") as up:
            ready = "SELECT 1 FROM reporting_fillworker WHERE is_ready"
            wait(lambda: up.ask(ready), "the model is loaded", seconds=300)
            reader = Reader(up).sign_in()
            return [one_fill(reader, pair) for pair in pairs]
    finally:
        shutil.rmtree(place, ignore_errors=True)


def one_fill(reader: Reader, pair: Pair) -> float:
    """Open an exam, post the conclusion, and poll when and as the page would."""
    report = reader.open_exam(DESCRIPTIONS[pair["template"]], "sft")
    began = time.perf_counter()
    _, body, _ = reader.request(
        f"/reports/{report}/fill/", {"text": pair["conclusion"], "version": 0}
    )
    while (poll := POLL.search(body)) is not None:
        time.sleep(float(poll["delay"]) / (1000 if poll["unit"] == "ms" else 1))
        query = urlencode(json.loads(unescape(poll["values"])))
        _, body, _ = reader.request(f"{poll['address']}?{query}")
    assert "filled" in body or "nothing to fill" in body, body[:500]
    return time.perf_counter() - began
