"""The queue under several workers: claims, leases, and writes that come too late."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction

from reporting import clock
from reporting.models import FieldValue, FillJob
from reporting.services import fill_queue, fill_requests, fills, reports
from reporting.services.fill_writes import FillWriter, Suggestion, Superseded
from tests import factories
from tests.cast import PASSWORD, cast_new

SUGGESTION = Suggestion("emphysema", "mild", "stated", 0.9, False, "Mild emphysema", 0, 14)


def ask(cast, report, conclusion="Mild emphysema."):
    report.refresh_from_db()
    return fill_requests.fill_request(
        report=report,
        reader=cast.alice,
        conclusion=conclusion,
        version=report.conclusion_version,
    )


def claim(limit=8, worker="one"):
    return fill_queue.claim(worker=worker, limit=limit)


def expire(job):
    FillJob.objects.filter(pk=job.pk).update(lease_expires_at=clock.now() - timedelta(seconds=1))


def writes(job):
    return FillWriter(job, {})


def test_a_claim_takes_the_oldest_up_to_the_limit(cast):
    jobs = [ask(cast, factories.report(cast.alice, cast.north)) for _ in range(3)]
    assert [job.pk for job in claim(limit=2)] == [job.pk for job in jobs[:2]]
    assert [job.pk for job in claim(limit=2)] == [jobs[2].pk]


def test_a_claimed_fill_is_not_claimed_again_before_its_lease_ends(cast, report):
    ask(cast, report)
    assert len(claim()) == 1
    assert claim() == []


def test_a_fill_is_claimed_again_when_its_lease_has_ended(cast, report):
    ask(cast, report)
    (first,) = claim()
    expire(first)
    (second,) = claim(worker="two")
    assert (second.attempt, second.worker) == (2, "two")


def test_the_write_of_an_earlier_attempt_is_refused(cast, report):
    ask(cast, report)
    (first,) = claim()
    expire(first)
    (second,) = claim(worker="two")
    with pytest.raises(Superseded):
        writes(first).write([SUGGESTION])
    assert writes(second).write([SUGGESTION]) == 1


def test_a_write_after_a_new_conclusion_is_refused(cast, report):
    ask(cast, report)
    (job,) = claim()
    reports.report_conclusion_set(report=report, reader=cast.alice, text="Other.", version=1)
    with pytest.raises(Superseded, match="conclusion_changed"):
        writes(job).write([SUGGESTION])


def test_a_write_after_a_cancel_is_refused(cast, report):
    (job,) = [ask(cast, report)] and claim()
    fill_requests.fill_cancel(job=job, reader=cast.alice)
    with pytest.raises(Superseded, match="cancelled"):
        writes(job).write([SUGGESTION])


def test_a_write_after_the_deadline_is_refused(cast, report):
    (job,) = [ask(cast, report)] and claim()
    clock.simulate(job.deadline_at + timedelta(seconds=1))
    with pytest.raises(Superseded, match="timeout"):
        writes(job).write([SUGGESTION])


def test_a_write_after_the_signature_is_refused(cast, report):
    (job,) = [ask(cast, report)] and claim()
    FillJob.objects.filter(pk=job.pk).update(status="success")
    reports.report_sign(report=report, signer=cast.alice, password=PASSWORD)
    FillJob.objects.filter(pk=job.pk).update(status="started")
    with pytest.raises(Superseded, match="report_closed"):
        writes(job).write([SUGGESTION])
    assert not FieldValue.objects.exists()


def test_recover_gives_back_what_a_dead_worker_had(cast, report, engine):
    ask(cast, report)
    (job,) = claim()
    expire(job)
    assert fills.fill_recover() == 1
    job.refresh_from_db()
    assert job.status == FillJob.Status.PENDING
    fills.fill_run()
    job.refresh_from_db()
    assert (job.status, job.attempt) == (FillJob.Status.SUCCESS, 2)


def test_recover_ends_what_is_past_its_deadline(cast, report):
    job = ask(cast, report)
    clock.simulate(job.deadline_at + timedelta(seconds=1))
    fills.fill_recover()
    job.refresh_from_db()
    assert (job.status, job.reason_code) == (FillJob.Status.FAILURE, "timeout")


def test_a_fill_that_kills_its_workers_is_given_up(cast, report, settings):
    settings.FILL_MAX_ATTEMPTS = 2
    job = ask(cast, report)
    for _ in range(2):
        expire(claim()[0])
    assert claim() == []
    job.refresh_from_db()
    assert (job.status, job.reason_code) == (FillJob.Status.FAILURE, "worker_lost")


def test_the_heartbeat_extends_the_lease_only_of_the_current_attempt(cast, report):
    ask(cast, report)
    (first,) = claim()
    expire(first)
    (second,) = claim()
    assert fill_queue.extend([first]) == set()
    assert fill_queue.extend([second]) == {second.pk}


@pytest.mark.django_db(transaction=True)
def test_two_workers_never_claim_the_same_fill():
    cast = cast_new()
    jobs = {ask(cast, factories.report(cast.alice, cast.north)).pk for _ in range(6)}
    claimed: list[object] = []
    barrier = threading.Barrier(2)

    def work(name):
        barrier.wait()
        while batch := fill_queue.claim(worker=name, limit=1):
            claimed.extend(job.pk for job in batch)
        connection.close()

    threads = [threading.Thread(target=work, args=(name,)) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, claimed)) == sorted(map(str, jobs))


@pytest.mark.django_db(transaction=True)
def test_a_claim_skips_what_another_worker_holds():
    cast = cast_new()
    held = ask(cast, factories.report(cast.alice, cast.north))
    free = ask(cast, factories.report(cast.alice, cast.north))
    locked, done = threading.Event(), threading.Event()

    def hold():
        with transaction.atomic():
            FillJob.objects.select_for_update().get(pk=held.pk)
            locked.set()
            done.wait(5)
        connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    locked.wait(5)
    try:
        assert [job.pk for job in claim()] == [free.pk]
    finally:
        done.set()
        thread.join()


@pytest.mark.django_db(transaction=True)
def test_a_value_that_races_with_the_signature_waits_and_is_refused():
    """The trigger waits for a signature under way and then sees the signed status."""
    cast = cast_new()
    report = factories.report(cast.alice, cast.north, mode="structured")
    locked, go = threading.Event(), threading.Event()

    def sign():
        with transaction.atomic():
            type(report).objects.select_for_update(no_key=True).get(pk=report.pk)
            locked.set()
            go.wait(5)
            type(report).objects.filter(pk=report.pk).update(status="final")
        connection.close()

    thread = threading.Thread(target=sign)
    thread.start()
    locked.wait(5)
    threading.Timer(0.3, go.set).start()
    from django.db import DatabaseError

    with pytest.raises(DatabaseError, match="signed"):
        FieldValue.objects.create(report=report, path="wall", source="model", value=3)
    thread.join()


@pytest.mark.django_db(transaction=True)
def test_cancel_stops_a_fill_that_is_being_decoded(engine):
    cast = cast_new()
    report = factories.report(cast.alice, cast.north)
    job = ask(cast, report, factories.CONCLUSION)

    def answer(task):
        text = task.grammar.context.clause.text
        if text.startswith("8 mm"):
            fill_requests.fill_cancel(job=job, reader=cast.alice)
        return factories.ANSWERS.get(text, "none")

    engine._answers = answer
    fills.fill_run()
    job.refresh_from_db()
    assert (job.status, job.reason_code) == (FillJob.Status.REVOKED, "cancelled")
    assert list(FieldValue.objects.values_list("path", flat=True)) == ["emphysema"]
