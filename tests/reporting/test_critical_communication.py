"""Critical results: found, asked for, recorded once and for all."""

import json
from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse

from reporting import clock, critical_results
from reporting.checks import critical_results_check
from reporting.critical_results import CriticalResult
from reporting.models import CriticalCommunication, ReportSnapshot
from reporting.selectors.check_views import check_list
from reporting.selectors.report_checks import report_says
from reporting.services import reports
from reporting.services.check_decisions import critical_communication_add
from reporting.services.errors import ActionBlocked, SignBlocked, TextInvalid
from tests import factories
from tests.cast import PASSWORD
from tests.llm.strategies import SHIPPED

SEVERE = CriticalResult("severe", "severe emphysema", "emphysema", "", frozenset({"severe"}), {})
NODULE = CriticalResult("n", "nodule", "nodule", "", frozenset(), {"location": frozenset({"rul"})})


@pytest.fixture(autouse=True)
def site_list(monkeypatch):
    monkeypatch.setitem(
        critical_results._read(critical_results.FILE),
        factories.definition()["key"],
        (SEVERE, NODULE),
    )


@pytest.fixture
def grave(cast, by_hand):
    words = "Severe emphysema."
    reports.report_conclusion_set(report=by_hand, reader=cast.alice, text=words, version=0)
    reports.field_set(
        report=by_hand, reader=cast.alice, path="emphysema", value="severe", version=0
    )
    by_hand.refresh_from_db()
    return by_hand


def tell(report, reader, **changes):
    words = {"result": "severe", "told_to": "Dr Ward", "told_at": clock.now(), "read_back": True}
    return critical_communication_add(report=report, reader=reader, **{**words, **changes})


def sign(report, signer):
    return reports.report_sign(report=report, signer=signer, password=PASSWORD)


def test_it_must_be_told_before_signing(cast, grave):
    with pytest.raises(SignBlocked, match="Critical result: severe emphysema"):
        sign(grave, cast.alice)
    tell(grave, cast.alice)
    sign(grave, cast.alice)
    (told,) = json.loads(ReportSnapshot.objects.get().content)["communications"]
    assert (told["told_to"], told["read_back"], told["by"]) == ("Dr Ward", True, "alice")


def test_the_conclusion_alone_asks_for_it(cast, by_hand):
    reports.report_conclusion_set(
        report=by_hand, reader=cast.alice, text="Severe emphysema.", version=0
    )
    by_hand.refresh_from_db()
    (result,) = report_says(by_hand).critical
    assert (result.key, result.place, result.start) == ("severe", "conclusion", 0)


@pytest.mark.parametrize("text", ["No severe emphysema.", "Possible severe emphysema.", "Normal."])
def test_what_is_denied_or_hedged_is_not_critical(cast, by_hand, text):
    reports.report_conclusion_set(report=by_hand, reader=cast.alice, text=text, version=0)
    by_hand.refresh_from_db()
    assert report_says(by_hand).critical == ()


def test_a_row_may_be_left_out(cast, by_hand):
    for location, count in (("rul", 0), ("rll", 1)):
        row = reports.group_row_add(report=by_hand, reader=cast.alice, group="nodule")
        reports.field_set(
            report=by_hand,
            reader=cast.alice,
            path=f"nodule[{row.pk}].location",
            value=[location],
            version=0,
        )
        assert len(report_says(by_hand).critical) == count


@pytest.mark.parametrize("name", ["", "  ", "a\x00b", "x" * 300])
def test_somebody_must_be_named(cast, grave, name):
    with pytest.raises(TextInvalid):
        tell(grave, cast.alice, told_to=name)


def test_nobody_was_told_in_the_future(cast, grave):
    with pytest.raises(TextInvalid, match="still to come"):
        tell(grave, cast.alice, told_at=clock.now() + timedelta(hours=1))


def test_only_results_of_the_report_are_told_and_only_by_its_reader(cast, grave):
    with pytest.raises(ActionBlocked, match="changed"):
        tell(grave, cast.alice, result="free_air")
    for name in ("bob", "dave", "carol"):
        with pytest.raises(ActionBlocked, match="not yours"):
            tell(grave, getattr(cast, name))


def test_it_is_recorded_for_ever_and_after_signing_too(cast, grave):
    tell(grave, cast.alice)
    sign(grave, cast.alice)
    tell(grave, cast.alice, told_to="Dr Night")
    for act in (
        lambda: CriticalCommunication.objects.update(read_back=False),
        lambda: CriticalCommunication.objects.all().delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            act()


def test_the_form_of_the_page(cast, grave, sign_in):
    alice = sign_in(cast.alice)
    page = alice.get(reverse("report_checks", args=[grave.pk])).content.decode()
    assert 'name="told_to"' in page
    address = reverse("critical_communication", args=[grave.pk])
    refused = alice.post(address, {"result": "severe", "told_to": "", "told_at": "yesterday"})
    assert refused.status_code == 422
    assert "Say whom you told." in refused.content.decode()
    data = {"result": "severe", "told_to": "Dr Ward", "told_at": "2026-01-02T03:04"}
    assert "Critical" not in alice.post(address, data).content.decode()
    told = CriticalCommunication.objects.get()
    assert (told.told_at.isoformat(), told.read_back) == ("2026-01-02T03:04:00+00:00", False)


def test_two_results_of_one_text_are_told_apart(cast, report, monkeypatch):
    known = critical_results._read(critical_results.FILE)
    other = CriticalResult("mild", "type", "emphysema_type", "", frozenset(), {})
    monkeypatch.setitem(known, factories.definition()["key"], (SEVERE, other))
    reports.report_conclusion_set(
        report=report,
        reader=cast.alice,
        text="Severe emphysema. Centrilobular emphysema.",
        version=0,
    )
    report.refresh_from_db()
    assert [one.critical for one in check_list(report).open] == ["severe", "mild"]


@pytest.fixture
def list_of(monkeypatch, tmp_path):
    """Put a list in the place of the site's; return what the start-up check says of it."""

    def put(text):
        file = tmp_path / "critical.json"
        file.write_text(text)
        critical_results._read.cache_clear()
        monkeypatch.setattr(critical_results, "FILE", file)
        return [message.msg for message in critical_results_check(None)]

    return put


def test_the_shipped_list_fits_the_templates():
    file = critical_results.FILE
    named = {key for key in json.loads(file.read_text()) if key in SHIPPED}
    assert named
    assert [fault for key in named for fault in critical_results.unfit(SHIPPED[key])] == []


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"item": "aortta"}, "no 'aortta'"),
        ({"member": "kind"}, "no member 'kind'"),
        ({"values": ["disection"]}, "no values ['disection']"),
        ({"values": []}, "needs `values`"),
        ({"unless": {"age": ["chronic"]}}, "no member 'age'"),
    ],
)
def test_what_fits_no_template_is_said_at_the_start(list_of, changes, fault):
    entry = {"key": "a", "label": "a", "item": "aorta", "values": ["dissection"]}
    assert list_of(json.dumps({"ct_chest": [entry]})) == []
    (said,) = list_of(json.dumps({"ct_chest": [{**entry, **changes}]}))
    assert said.startswith("ct_chest, a: ")
    assert fault in said


def test_results_told_apart_by_nothing_and_unknown_templates_are_said(list_of):
    entry = {"key": "a", "label": "a", "item": "aorta", "values": ["dissection"]}
    first, second = list_of(json.dumps({"ct_chest": [entry, entry]}))
    assert (first[-9:], second[-11:]) == ("same key.", "same label.")
    assert list_of('{"ct_chset": []}') == ["ct_chset is no template that comes with Concludo."]


@pytest.mark.parametrize("text", ["[]", "{", '{"a": [{"key": "x"}]}', '{"a": [{"more": 1}]}'])
def test_a_list_that_cannot_be_used_says_so(list_of, text):
    (said,) = list_of(text)
    assert said.startswith("critical.json cannot be used")
