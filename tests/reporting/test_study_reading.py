"""Reading in a study: consent, order, washout, pause, failure, completion."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.urls import reverse

from reporting import clock
from reporting.models import ProtocolDeviation, ReadingPause, Report
from reporting.services import readings, reports, study_lock
from reporting.services.errors import ActionBlocked, TextInvalid
from tests import factories, studies

START = datetime(2026, 5, 4, 8, tzinfo=UTC)


@pytest.fixture
def study(cast):
    return studies.running(cast)


@pytest.fixture
def alice(cast, study):
    return studies.part_of(study, cast.alice)


def kinds():
    return list(ProtocolDeviation.objects.values_list("kind", flat=True))


def test_practice_comes_first_and_signing_brings_the_next(alice):
    first = readings.reading_start(reader=alice)
    assert first.is_practice
    studies.sign(first)
    assert (first.status, first.report.status) == ("completed", "final")
    second = readings.reading_start(reader=alice)
    assert (second.position, second.period) == (2, 1)
    assert second.report.mode == second.arm.mode


def test_starting_again_gives_the_same_reading_on_another_machine(alice):
    assert readings.reading_start(reader=alice) == readings.reading_start(reader=alice)
    assert Report.objects.count() == 1


def test_a_resident_signs_readings(cast, study):
    reading = studies.read_next(studies.part_of(study, cast.erin))
    assert reading.report.signed_by == cast.erin


def test_nothing_is_read_without_consent_to_the_text_as_it_stands(cast, study, alice):
    study_lock.study_amend(
        study=study, by=cast.carol, protocol={"consent_text": "More."}, reason="Asked for."
    )
    with pytest.raises(ActionBlocked, match="consent"):
        readings.reading_start(reader=studies.part_of(study, cast.alice))
    readings.consent_give(reader=alice)
    assert readings.reading_start(reader=alice).status == "started"


def test_nothing_is_read_while_the_study_does_not_run(cast, study, alice):
    study_lock.study_close(study=study, by=cast.carol)
    with pytest.raises(ActionBlocked, match="not running"):
        readings.reading_start(reader=alice)


def test_the_washout_holds_the_next_period_back_by_the_clock(alice):
    clock.simulate(START)
    for _ in range(1 + 3):
        studies.read_next(alice)
    clock.simulate(START + timedelta(days=13, hours=23))
    with pytest.raises(ActionBlocked, match="opens at 2026-05-18 08:00 UTC"):
        readings.reading_start(reader=alice)
    clock.simulate(START + timedelta(days=14))
    assert readings.reading_start(reader=alice).period == 2


def test_waiving_the_washout_is_a_deviation(cast, alice):
    with pytest.raises(ActionBlocked, match="No washout"):
        readings.washout_waive(reader=alice, by=cast.carol, reason="Holiday.")
    for _ in range(1 + 3):
        studies.read_next(alice)
    readings.washout_waive(reader=alice, by=cast.carol, reason="Holiday.")
    assert readings.reading_start(reader=alice).period == 2
    assert "washout_waived" in kinds()


def test_a_design_that_shows_a_case_once_has_no_washout(cast):
    study = studies.running(cast, design="latin", name="Other")
    alice = studies.part_of(study, cast.alice)
    for _ in range(1 + 3):
        studies.read_next(alice)
    assert readings.reading_next(alice) is None
    with pytest.raises(ActionBlocked, match="everything"):
        readings.reading_start(reader=alice)


def test_a_pause_stops_the_report_until_it_is_resumed(cast, alice):
    reading = readings.reading_start(reader=alice)
    with pytest.raises(TextInvalid, match="why"):
        readings.reading_pause(reader=alice, reason="")
    readings.reading_pause(reader=alice, reason="Emergency.")
    with pytest.raises(ActionBlocked, match="not yours"):
        reports.report_conclusion_set(report=reading.report, reader=cast.alice, text="x", version=0)
    with pytest.raises(ActionBlocked, match="paused"):
        readings.reading_start(reader=alice)
    readings.reading_resume(reader=alice)
    studies.sign(reading)
    assert list(ReadingPause.objects.values_list("kind", "reason")) == [
        ("paused", "Emergency."),
        ("resumed", ""),
    ]
    events = reading.report.timing_events.filter(kind__in=("paused", "resumed"))
    assert events.count() == 2


def test_a_technical_failure_is_repeated_once_and_then_stays_missing(cast, alice):
    first = readings.reading_start(reader=alice)
    repeat = readings.reading_fail(reading=first, by=cast.alice, reason="Screen went black.")
    first.refresh_from_db()
    assert (first.status, first.report.status) == ("failed", "cancelled")
    assert readings.reading_start(reader=alice) == repeat
    assert readings.reading_fail(reading=repeat, by=cast.alice, reason="Again.") is None
    assert kinds() == ["technical_failure", "technical_failure", "not_repeated"]
    assert readings.reading_start(reader=alice).position == 2


def test_only_what_is_under_way_fails(cast, study, alice):
    planned = readings.reading_next(alice)
    with pytest.raises(ActionBlocked, match="not under way"):
        readings.reading_fail(reading=planned, by=cast.alice, reason="So.")
    done = studies.read_next(alice)
    with pytest.raises(ActionBlocked, match="not under way"):
        readings.reading_fail(reading=done, by=cast.alice, reason="So.")


@pytest.fixture
def with_the_model(cast, engine):
    """A reading of alice's in the arm with the model, under way."""
    study = studies.running(cast, design="incomplete", practice=0, name="Mixed")
    part = studies.part_of(study, cast.alice)
    while (reading := readings.reading_start(reader=part)).arm.mode != "sft":
        studies.sign(reading)
    return reading


def test_an_arm_with_the_model_that_was_signed_without_it_is_noted(with_the_model):
    studies.sign(with_the_model)
    assert kinds() == ["model_unavailable"]


def test_with_a_fill_nothing_is_noted(cast, with_the_model):
    factories.fill(with_the_model.report, cast.alice, "Normal.")
    studies.sign(with_the_model)
    assert kinds() == []


def test_a_reader_who_leaves_reads_no_more(cast, study, alice):
    readings.reader_drop_out(reader=alice, by=cast.carol, reason="Withdrew.")
    alice.refresh_from_db()
    with pytest.raises(ActionBlocked, match="any more"):
        readings.reading_start(reader=alice)
    assert kinds() == ["dropout"]


def test_a_paused_reading_is_resumed_on_another_machine_at_once(cast, alice, sign_in):
    browser, report = sign_in(cast.alice), readings.reading_start(reader=alice).report
    address, (here, there) = reverse("report_hold", args=[report.pk]), (uuid4(), uuid4())
    assert browser.post(address, {"page": here}).status_code == 204
    readings.reading_pause(reader=alice, reason="Emergency.")
    readings.reading_resume(reader=alice)
    assert browser.post(address, {"page": there}).status_code == 204
