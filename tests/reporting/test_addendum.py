"""Addenda: new text, signed, by whom and when; what was signed before stays as it was."""

import json

import pytest
from django.urls import reverse

from reporting.models import Report
from reporting.services.errors import ActionBlocked, SignBlocked, TextInvalid
from reporting.services.reports import addendum_add, report_conclusion_set, report_sign
from reporting.services.snapshots import chain_faults
from tests import factories
from tests.cast import PASSWORD


@pytest.fixture
def signed(cast):
    report = factories.report(cast.alice, cast.north, mode="free_text")
    report_conclusion_set(report=report, reader=cast.alice, text="Normal study.", version=0)
    return report_sign(report=report, signer=cast.alice, password=PASSWORD)


def test_it_is_numbered_signed_and_chained(signed, cast):
    first = addendum_add(report=signed, author=cast.alice, text=" One\n", password=PASSWORD)
    second = addendum_add(report=signed, author=cast.alice, text="Two", password=PASSWORD)
    assert (first.number, second.number) == (1, 2)
    assert (first.author, first.signed_at is not None) == (cast.alice, True)
    snapshots = list(signed.snapshots.order_by("number"))
    assert [s.previous_sha256 for s in snapshots] == ["", snapshots[0].sha256, snapshots[1].sha256]
    assert [a["text"] for a in json.loads(snapshots[2].content)["addenda"]] == [" One\n", "Two"]
    signed.refresh_from_db()
    assert chain_faults(signed) == []
    assert signed.status == Report.Status.APPENDED
    assert signed.conclusion == "Normal study."


def test_it_needs_the_password(signed, cast):
    with pytest.raises(SignBlocked, match="not right"):
        addendum_add(report=signed, author=cast.alice, text="One", password="wrong")
    assert signed.addenda.count() == 0


@pytest.mark.parametrize("text", ["", "  \n", "a\x00b", "x" * 2_000_000])
def test_text_that_cannot_be_is_refused(signed, cast, text):
    with pytest.raises(TextInvalid):
        addendum_add(report=signed, author=cast.alice, text=text, password=PASSWORD)


def test_not_before_the_report_is_signed(cast):
    report = factories.report(cast.alice, cast.north, mode="free_text")
    with pytest.raises(ActionBlocked, match="signed report"):
        addendum_add(report=report, author=cast.alice, text="One", password=PASSWORD)


def test_not_by_others(signed, cast):
    with pytest.raises(ActionBlocked):
        addendum_add(report=signed, author=cast.bob, text="One", password=PASSWORD)


def test_the_page_shows_it_as_text(signed, cast, sign_in):
    browser = sign_in(cast.alice)
    data = {"text": "<img src=x onerror=alert(1)>", "password": PASSWORD}
    answer = browser.post(reverse("report_addendum", args=[signed.pk]), data)
    assert answer.status_code == 204
    page = browser.get(reverse("report_edit", args=[signed.pk])).content.decode()
    assert "<img src=x" not in page
    assert "&lt;img src=x" in page
