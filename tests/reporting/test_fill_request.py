"""Asking for a fill: one transaction, one unfinished fill per report, whatever the broker does."""

import time

import pytest
from django.urls import reverse

from reporting.models import AuditEvent, FillJob, TimingEvent
from reporting.services import fill_requests, fills, reports
from reporting.services.errors import ActionBlocked, TextInvalid, VersionConflict
from tests import factories


def ask(report, reader, conclusion="Mild emphysema.", version=0):
    return fill_requests.fill_request(
        report=report, reader=reader, conclusion=conclusion, version=version
    )


def test_it_saves_the_conclusion_and_a_pending_fill(cast, report):
    job = ask(report, cast.alice)
    report.refresh_from_db()
    assert (report.conclusion, report.conclusion_version) == ("Mild emphysema.", 1)
    assert (job.status, job.conclusion_version) == (FillJob.Status.PENDING, 1)
    kinds = set(TimingEvent.objects.values_list("kind", flat=True))
    assert {"conclusion_posted", "fill_requested"} <= kinds


def test_it_rings_after_the_commit(cast, report, doorbell, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        ask(report, cast.alice)
        assert doorbell == []
    until = time.monotonic() + 5
    while not doorbell and time.monotonic() < until:
        time.sleep(0.01)
    assert doorbell == ["fill_run"]


def test_a_broker_that_is_away_costs_the_reader_nothing(
    cast, report, monkeypatch, django_capture_on_commit_callbacks
):
    from reporting.celery import app

    monkeypatch.setattr(app.conf, "broker_url", "redis://127.0.0.1:1/0")
    started = time.monotonic()
    with django_capture_on_commit_callbacks(execute=True):
        job = ask(report, cast.alice)
    assert time.monotonic() - started < 0.5
    assert job.status == FillJob.Status.PENDING


def test_the_same_request_again_is_the_same_fill(cast, report):
    job = ask(report, cast.alice)
    assert ask(report, cast.alice, version=1).pk == job.pk
    assert ask(report, cast.alice, version=0).pk == job.pk


def test_a_new_conclusion_revokes_the_older_fill(cast, report):
    job = ask(report, cast.alice)
    ask(report, cast.alice, "Severe emphysema.", version=1)
    job.refresh_from_db()
    assert (job.status, job.reason_code) == (FillJob.Status.REVOKED, "superseded")


def test_a_stale_page_is_told_so_and_nothing_is_saved(cast, report):
    ask(report, cast.alice)
    with pytest.raises(VersionConflict) as caught:
        ask(report, cast.alice, "Other.", version=0)
    assert caught.value.current.value == "Mild emphysema."
    assert FillJob.objects.count() == 1


@pytest.mark.parametrize("conclusion", ["", "  \n "])
def test_it_needs_a_conclusion(cast, report, conclusion):
    with pytest.raises(ActionBlocked, match="conclusion"):
        ask(report, cast.alice, conclusion)


def test_it_refuses_a_megabyte_with_a_clear_message(cast, report):
    with pytest.raises(TextInvalid, match=r"1,000,000 characters; at most 20,000"):
        ask(report, cast.alice, "x" * 1_000_000)


def test_by_hand_there_is_no_fill(cast, by_hand):
    with pytest.raises(ActionBlocked, match="by hand"):
        ask(by_hand, cast.alice)


@pytest.mark.parametrize("name", ["bob", "carol", "dave", "frank", "grace", "heidi"])
def test_only_whose_report_it_is_may_ask(cast, report, name):
    with pytest.raises(ActionBlocked, match="not yours"):
        ask(report, getattr(cast, name))


def test_cancel_ends_a_waiting_fill(cast, report, engine):
    job = fill_requests.fill_cancel(job=ask(report, cast.alice), reader=cast.alice)
    assert (job.status, job.reason_code) == (FillJob.Status.REVOKED, "cancelled")
    assert AuditEvent.objects.get(action="fill_cancel").actor == cast.alice
    assert fills.fill_run() == 0


def test_cancel_leaves_a_finished_fill_alone(cast, report, engine):
    job = factories.fill(report, cast.alice)
    assert fill_requests.fill_cancel(job=job, reader=cast.alice).status == FillJob.Status.SUCCESS


def test_retry_asks_again_with_the_conclusion_as_it_stands(cast, report, engine):
    job = fill_requests.fill_cancel(job=ask(report, cast.alice), reader=cast.alice)
    version = reports.report_conclusion_set(
        report=report, reader=cast.alice, text="Severe emphysema.", version=1
    )
    again = fill_requests.fill_retry(job=job, reader=cast.alice)
    assert again.pk != job.pk
    assert (again.conclusion, again.conclusion_version) == ("Severe emphysema.", version)


def test_a_poll_brings_the_values_once_and_then_the_line_alone(cast, report, engine, sign_in):
    job = factories.fill(report, cast.alice)
    address = reverse("fill_status", args=[job.pk])
    browser = sign_in(cast.alice)
    first = browser.get(address, {"polls": "1", "seen": "0-pending"}).content.decode()
    assert 'id="f-emphysema"' in first
    seen = f"{report.field_values.exclude(suggested_value=None).count()}-success"
    again = browser.get(address, {"polls": "2", "seen": seen}).content.decode()
    assert 'id="fill"' in again
    assert 'id="f-emphysema"' not in again
