"""Letting a finding of a check stand: who may, what is kept, and for how long it holds."""

import json

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse

from reporting.models import AuditEvent, CheckOverride, ReportSnapshot
from reporting.selectors.check_views import check_list, decisions
from reporting.services import reports
from reporting.services.check_decisions import check_override_add
from reporting.services.errors import ActionBlocked, SignBlocked, TextInvalid
from reporting.services.lifecycle import report_submit
from tests import factories
from tests.cast import PASSWORD

SENTENCE = "Emphysema: Mild, but the conclusion says “No emphysema”. Correct one."


def contradicted(reader, site):
    report = factories.report(reader, site, mode="structured")
    reports.report_conclusion_set(report=report, reader=reader, text="No emphysema.", version=0)
    reports.field_set(report=report, reader=reader, path="emphysema", value="mild", version=0)
    report.refresh_from_db()
    return report


@pytest.fixture
def doubtful(cast):
    return contradicted(cast.alice, cast.north)


def override(report, reader, **changes):
    words = {
        "rule": "conclusion_denies",
        "place": "emphysema",
        "sentence": SENTENCE,
        "reason": "Minimal, of no weight.",
    }
    return check_override_add(report=report, reader=reader, **{**words, **changes})


def sign(report, signer):
    return reports.report_sign(report=report, signer=signer, password=PASSWORD)


def test_a_warning_blocks_until_it_is_overridden(cast, doubtful):
    with pytest.raises(SignBlocked) as caught:
        sign(doubtful, cast.alice)
    assert [reason.code for reason in caught.value.reasons] == ["conclusion_denies"]
    override(doubtful, cast.alice)
    assert sign(doubtful, cast.alice).is_signed


def test_what_was_let_stand_is_signed_and_in_the_history(cast, doubtful):
    override(doubtful, cast.alice)
    sign(doubtful, cast.alice)
    (line,) = json.loads(ReportSnapshot.objects.get().content)["overrides"]
    assert (line["sentence"], line["reason"], line["by"]) == (
        SENTENCE,
        "Minimal, of no weight.",
        "alice",
    )
    (step,) = decisions(doubtful)
    assert "Minimal, of no weight." in step.text
    assert AuditEvent.objects.filter(action="check_override").count() == 1


def test_it_holds_for_these_words_only(cast, doubtful):
    override(doubtful, cast.alice)
    reports.field_set(
        report=doubtful, reader=cast.alice, path="emphysema", value="severe", version=1
    )
    with pytest.raises(SignBlocked, match="Severe"):
        sign(doubtful, cast.alice)


def test_the_same_again_changes_nothing(cast, doubtful):
    assert override(doubtful, cast.alice) == override(doubtful, cast.alice)
    assert CheckOverride.objects.count() == 1


@pytest.mark.parametrize("reason", ["", "  \n", "a\x00b", "x" * 2_000])
def test_it_needs_a_reason(cast, doubtful, reason):
    with pytest.raises(TextInvalid):
        override(doubtful, cast.alice, reason=reason)


@pytest.mark.parametrize("changes", [{"rule": "sex"}, {"place": "x"}, {"sentence": "Other."}])
def test_what_the_checks_do_not_find_cannot_be_overridden(cast, doubtful, changes):
    with pytest.raises(ActionBlocked, match="look at the checks again"):
        override(doubtful, cast.alice, **changes)


def test_what_stops_cannot_be_overridden(cast, by_hand):
    words = {"rule": "conclusion_empty", "place": "conclusion"}
    with pytest.raises(ActionBlocked, match="cannot be overridden"):
        override(by_hand, cast.alice, **words, sentence="The conclusion is empty.")


def test_a_placeholder_stops_the_signature(cast, doubtful):
    override(doubtful, cast.alice)
    reports.report_conclusion_set(
        report=doubtful, reader=cast.alice, text="No emphysema. Nodule of [ ] mm.", version=1
    )
    with pytest.raises(SignBlocked, match="placeholder"):
        sign(doubtful, cast.alice)


def test_a_resident_overrides_the_reviewer_sees_it(cast):
    report = contradicted(cast.erin, cast.north)
    override(report, cast.erin)
    report_submit(report=report, reader=cast.erin, password=PASSWORD)
    report.refresh_from_db()
    (shown,) = check_list(report).overridden
    assert shown.override.by == cast.erin
    with pytest.raises(ActionBlocked, match="review"):
        override(report, cast.erin)


def test_nobody_else_overrides(cast, doubtful):
    for name in ("bob", "dave", "carol", "frank"):
        with pytest.raises(ActionBlocked, match="not yours"):
            override(doubtful, getattr(cast, name))


def test_the_database_adds_none_to_a_signed_report(cast, doubtful):
    override(doubtful, cast.alice)
    sign(doubtful, cast.alice)
    with pytest.raises(DatabaseError, match="signed"), transaction.atomic():
        CheckOverride.objects.create(
            report=doubtful, rule="x", place="", sentence="x", reason="x", by=cast.alice
        )
    for act in (
        lambda: CheckOverride.objects.update(reason="y"),
        lambda: CheckOverride.objects.all().delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            act()


def test_the_list_of_the_page(cast, doubtful, sign_in):
    alice = sign_in(cast.alice)
    page = alice.get(reverse("report_checks", args=[doubtful.pk])).content.decode()
    assert 'data-jump="f-emphysema"' in page
    assert "Let stand" in page
    address = reverse("check_override", args=[doubtful.pk])
    words = {"rule": "conclusion_denies", "place": "emphysema", "sentence": SENTENCE}
    refused = alice.post(address, {**words, "reason": " "})
    assert refused.status_code == 422
    assert "Say why" in refused.content.decode()
    done = alice.post(address, {**words, "reason": "<b>known</b>"})
    assert done.status_code == 200
    assert "&lt;b&gt;known&lt;/b&gt;" in done.content.decode()
    assert "data-check" not in done.content.decode()
    editor = alice.get(reverse("report_edit", args=[doubtful.pk])).content.decode()
    assert "let stand: Emphysema: Mild" in editor


def test_who_let_it_stand_is_read_with_the_list(cast, doubtful, django_assert_num_queries):
    override(doubtful, cast.alice)
    (line,) = check_list(doubtful).overridden
    with django_assert_num_queries(0):
        assert line.override.by == cast.alice


def test_without_findings_nothing_is_shown(cast, by_hand, sign_in):
    reports.report_conclusion_set(report=by_hand, reader=cast.alice, text="Normal.", version=0)
    page = sign_in(cast.alice).get(reverse("report_checks", args=[by_hand.pk])).content.decode()
    assert page.split() == ["<div", 'id="sign-reasons">', "</div>"]


def test_a_refused_signature_shows_the_list_and_the_password(cast, doubtful, sign_in):
    alice = sign_in(cast.alice)
    address = reverse("report_sign", args=[doubtful.pk])
    answer = alice.post(address, {"password": PASSWORD})
    assert answer.status_code == 422
    assert answer.content.decode().count("No emphysema") == 2
    wrong = alice.post(address, {"password": "wrong"}).content.decode()
    assert "The password is not right." in wrong
