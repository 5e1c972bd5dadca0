"""Reminders: to whom, how often, and what they do not say."""

from datetime import UTC, datetime, timedelta

from django.core.management import call_command

from reporting import clock
from reporting.services import readings
from tests import studies

START = datetime(2026, 5, 4, 8, tzinfo=UTC)


def remind(mailoutbox):
    before = len(mailoutbox)
    call_command("study_reminders", days=3)
    return [mail.to[0] for mail in mailoutbox[before:]]


def test_who_can_go_on_is_reminded_and_not_again_for_days(cast, mailoutbox):
    clock.simulate(START)
    cast.alice.email = "alice@hospital.test"
    cast.alice.save()
    study = studies.running(cast)
    assert remind(mailoutbox) == ["alice@hospital.test"]
    assert "0 of 10" in mailoutbox[0].body
    assert not any(name in mailoutbox[0].body for name, _ in studies.ARMS if name != "Text")
    assert remind(mailoutbox) == []
    clock.simulate(START + timedelta(days=3))
    assert remind(mailoutbox) == ["alice@hospital.test"]
    alice = studies.part_of(study, cast.alice)
    for _ in range(1 + 3):
        studies.read_next(alice)
    clock.simulate(START + timedelta(days=7))
    assert remind(mailoutbox) == [], "the washout has not ended"
    clock.simulate(START + timedelta(days=30))
    assert remind(mailoutbox) == ["alice@hospital.test"]
    readings.reader_drop_out(reader=alice, by=cast.carol, reason="Left.")
    clock.simulate(START + timedelta(days=60))
    assert remind(mailoutbox) == []
