"""`kill -9` of any part at any moment: no lost value, no half-signed report, work goes on."""

import random
import shutil
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest

from tests.embedded.running import Reader, running, wait

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="reads /proc"),
    pytest.mark.timeout(600),
]
CONCLUSION = (
    "12 mm solid nodule in the right upper lobe. Moderate emphysema. Small left pleural effusion."
    " Mild coronary calcification. No pneumothorax. Cardiomegaly. Large hiatal hernia."
    " 8 mm ground-glass nodule in the left lower lobe. No mediastinal lymphadenopathy."
)


@pytest.fixture(scope="module")
def up():
    place = Path(tempfile.mkdtemp(prefix="kill-"))
    with running(place / "data", FILL_LEASE_SECONDS="4", FILL_TIMEOUT_SECONDS="120") as stack:
        ready = "SELECT 1 FROM reporting_fillworker WHERE is_ready"
        wait(lambda: stack.ask(ready), "the model is loaded", seconds=120)
        yield stack
    shutil.rmtree(place, ignore_errors=True)


@pytest.fixture(scope="module")
def reader(up):
    return Reader(up).sign_in()


def whole(up, parts):
    """Wait until all parts run and the page answers."""
    wait(lambda: set(up.children()) >= parts, f"{parts} run again", seconds=60)
    wait(lambda: Reader(up).request("/health/")[0] == 200, "health", seconds=60)


def fill(up, reader):
    """Ask for a fill; return the id of the report."""
    report = reader.open_exam("CT chest", "sft")
    status, body, _ = reader.request(f"/reports/{report}/fill/", {"text": CONCLUSION, "version": 0})
    assert status == 200, body
    return report


def state(up, report):
    query = "SELECT status, reason_code FROM reporting_filljob WHERE report_id = %s"
    return up.ask(query, report)[0]


@pytest.mark.parametrize("part", ["worker", "valkey", "postgres"])
def test_a_fill_survives(up, reader, part):
    report = fill(up, reader)
    time.sleep(random.uniform(0.05, 0.6))
    up.kill(part)
    whole(up, {"postgres", "valkey", "web", "worker"})
    wait(
        lambda: state(up, report)[0] in {"success", "failure"},
        "the fill ends",
        seconds=150,
    )
    assert state(up, report) == ("success", "")
    values = up.ask(
        "SELECT path, count(*) FROM reporting_fieldvalue WHERE report_id = %s GROUP BY path", report
    )
    assert values
    assert all(count == 1 for _, count in values)
    status, page, _ = reader.request(f"/reports/{report}/")
    assert status == 200
    assert CONCLUSION.split(".")[0] in page


@pytest.mark.parametrize("part", ["postgres", "valkey", "web"])
def test_what_was_saved_stays_saved(up, reader, part):
    report = reader.open_exam("CT chest", "structured")
    version, saved = 0, ""
    killer = threading.Timer(0.7, up.kill, [part])
    killer.start()
    deadline = time.monotonic() + 45
    number = 0
    while time.monotonic() < deadline and number < 60:
        number += 1
        text = f"{saved} {number}"
        status, body, _ = reader.request(
            f"/reports/{report}/conclusion/", {"text": text, "version": version}
        )
        assert status in {0, 200, 409, 503}, body
        if status == 200:
            version, saved = version + 1, text
        elif status == 409:
            # The answer to the last save was lost, not the save.
            saved, version = up.ask(
                "SELECT conclusion, conclusion_version FROM reporting_report WHERE id = %s", report
            )[0]
        else:
            time.sleep(0.3)
    killer.join()
    whole(up, {"postgres", "valkey", "web", "worker"})
    [(stored,)] = up.ask("SELECT conclusion FROM reporting_report WHERE id = %s", report)
    assert stored == saved
    assert len(saved.split()) > 10


@pytest.mark.parametrize("delay", [0.0, 0.02, 0.05, 0.1])
def test_a_signature_is_whole_or_not_there(up, reader, delay):
    report = reader.open_exam("CT chest", "free_text")
    data: dict[str, object] = {"text": "Normal study.", "version": 0}
    assert reader.request(f"/reports/{report}/conclusion/", data)[0] == 200
    signing = threading.Thread(
        target=reader.request, args=(f"/reports/{report}/sign/", {"password": reader.password})
    )
    signing.start()
    time.sleep(delay)
    up.kill("postgres")
    signing.join()
    whole(up, {"postgres", "valkey", "web", "worker"})
    query = (
        "SELECT r.status, s.status, (SELECT count(*) FROM reporting_reportsnapshot p"
        " WHERE p.report_id = r.id), (SELECT count(*) FROM reporting_timingevent e"
        " WHERE e.report_id = r.id AND e.kind = 'signed')"
        " FROM reporting_report r JOIN reporting_imagingstudy s ON s.id = r.imaging_study_id"
        " WHERE r.id = %s"
    )
    assert up.ask(query, report)[0] in {("final", "signed", 1, 1), ("draft", "in_progress", 0, 0)}
    if up.ask(query, report)[0][0] == "draft":
        data = {"password": reader.password}
        assert reader.request(f"/reports/{report}/sign/", data)[0] == 204
    assert up.ask(query, report)[0] == ("final", "signed", 1, 1)
