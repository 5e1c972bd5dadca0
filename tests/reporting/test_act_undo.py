"""Taking back and doing again: a new act each time, refused where somebody was there since."""

from uuid import uuid4

import pytest
from django.urls import reverse

from reporting.models import AuditEvent, FieldValue, GroupRow, TimingEvent
from reporting.selectors.reports import conclusion_highlights, report_form
from reporting.services import reports
from reporting.services.audit import audit_event_add
from reporting.services.errors import ActionBlocked, FieldInvalid, VersionConflict
from tests import factories
from tests.cast import PASSWORD

Attestation = FieldValue.Attestation


class Desk:
    """One reader at one report: each act has an id, the last ones can be taken back."""

    def __init__(self, report, reader):
        self.report, self.reader = report, reader

    def do(self, service, **arguments):
        act = uuid4()
        service(report=self.report, reader=self.reader, act=act, **arguments)
        return act

    def put(self, path, value):
        held = FieldValue.objects.filter(report=self.report, path=path).first()
        version = held.version if held else 0
        return self.do(reports.field_set, path=path, value=value, version=version)

    def back(self, act):
        new = uuid4()
        left = reports.act_undo(report=self.report, reader=self.reader, undone=act, act=new)
        return new, left

    def field(self, path):
        return FieldValue.objects.get(report=self.report, path=path)


@pytest.fixture
def desk(cast, by_hand):
    return Desk(by_hand, cast.alice)


@pytest.fixture
def filled(cast, report, engine):
    job = factories.fill(report, cast.alice)
    desk = Desk(report, cast.alice)
    desk.job = job.pk
    return desk


def test_values_go_back_and_forth_as_far_as_there_are_acts(desk):
    acts = [desk.put("emphysema", value) for value in ("mild", "severe", None)]
    redo = []
    for act, value in zip(reversed(acts), ("severe", "mild", None), strict=True):
        redo.append(desk.back(act)[0])
        assert desk.field("emphysema").value == value
    for act, value in zip(reversed(redo), ("mild", "severe", None), strict=True):
        desk.back(act)
        assert desk.field("emphysema").value == value


def test_nothing_of_the_past_is_rewritten(desk, cast):
    act = desk.put("emphysema", "mild")
    before = list(AuditEvent.objects.values_list("pk", "details"))
    new, _ = desk.back(act)
    assert list(AuditEvent.objects.values_list("pk", "details"))[: len(before)] == before
    event = AuditEvent.objects.get(action="taken_back")
    assert (event.actor, event.details["act"], event.details["of"]) == (
        cast.alice, str(new), str(act),
    )  # fmt: skip
    assert TimingEvent.objects.filter(kind="taken_back").count() == 1
    held = desk.field("emphysema")
    assert (held.version, held.edited_by, held.is_touched) == (2, cast.alice, False)


@pytest.mark.parametrize("service", [reports.field_confirm, reports.field_reject])
def test_an_attestation_taken_back_leaves_the_answer_to_be_checked(filled, service):
    version = filled.field("emphysema").version
    filled.back(filled.do(service, path="emphysema", version=version))
    held = filled.field("emphysema")
    assert (held.value, held.attestation) == ("mild", Attestation.NOT_ATTESTED)
    assert held.is_open_suggestion


def test_a_correction_taken_back_is_what_it_was_confirmed(filled):
    filled.do(reports.field_confirm, path="emphysema", version=1)
    confirmed = filled.field("emphysema").confirmed_at
    filled.back(filled.put("emphysema", "severe"))
    held = filled.field("emphysema")
    assert (held.attestation, held.confirmed_at) == (Attestation.CONFIRMED, confirmed)


def test_what_somebody_changed_since_is_a_conflict(desk, cast):
    act = desk.put("emphysema", "mild")
    desk.put("emphysema", "severe")
    with pytest.raises(VersionConflict) as caught:
        desk.back(act)
    assert caught.value.current.value == "severe"
    assert desk.field("emphysema").value == "severe"


def test_an_act_of_before_values_were_copied_is_taken_back(desk, cast):
    desk.put("emphysema", "mild")
    (change,) = AuditEvent.objects.get(action="field_edited").details["changes"]
    for state in (change["before"], change["after"]):
        del state["prior_report"]
    details = {"act": str(old := uuid4()), "changes": [change]}
    audit_event_add(actor=cast.alice, action="field_edited", subject=desk.report, details=details)
    desk.back(old)
    assert desk.field("emphysema").value is None


def test_rest_normal_is_one_act_and_leaves_what_was_changed_since(desk):
    desk.put("wall", 3)
    act = desk.do(reports.rest_normal, section="lungs")
    desk.put("opacities", ["consolidation"])
    new, left = desk.back(act)
    assert left == 1
    assert desk.field("opacities").value == ["consolidation"]
    assert desk.field("emphysema").value is None
    desk.back(new)
    assert desk.field("emphysema").attestation == Attestation.BULK_CONFIRMED


def test_a_row_comes_back_with_its_values(desk):
    desk.put("nodule", "none")
    added = desk.do(reports.group_row_add, group="nodule")
    row = GroupRow.objects.get()
    desk.put(f"nodule[{row.pk}].size", 8)
    desk.back(desk.do(reports.group_row_remove, row_id=row.pk))
    row.refresh_from_db()
    assert (row.removed_at, row.removed_by) == (None, None)
    assert desk.field(f"nodule[{row.pk}].size").value == 8
    desk.back(added)
    assert not GroupRow.objects.filter(removed_at__isnull=True).exists()
    assert desk.field("nodule").value == "none"


def test_a_row_does_not_come_back_beside_none(desk):
    desk.do(reports.group_row_add, group="nodule")
    act = desk.do(reports.group_row_remove, row_id=GroupRow.objects.get().pk)
    desk.put("nodule", "none")
    with pytest.raises(FieldInvalid, match="none since"):
        desk.back(act)


def test_a_row_does_not_come_back_into_a_full_group(desk):
    desk.do(reports.group_row_add, group="nodule")
    act = desk.do(reports.group_row_remove, row_id=GroupRow.objects.get().pk)
    for _ in range(3):
        desk.do(reports.group_row_add, group="nodule")
    with pytest.raises(FieldInvalid, match="3 rows already"):
        desk.back(act)


def test_a_fill_is_taken_back_but_for_what_was_attested(filled):
    filled.do(reports.field_confirm, path="emphysema", version=1)
    again, _ = filled.back(filled.job)
    form = report_form(filled.report)
    assert (form.open_suggestions, filled.field("emphysema").value) == (0, "mild")
    assert not GroupRow.objects.filter(removed_at__isnull=True).exists()
    marked = [s.fields for s in conclusion_highlights(filled.report) if s.fields]
    assert marked == [("f-emphysema",)]
    filled.back(again)
    assert report_form(filled.report).open_suggestions == 3
    assert GroupRow.objects.filter(removed_at__isnull=True).count() == 1


def test_a_fill_taken_back_can_be_asked_for_again(filled, cast):
    filled.back(filled.job)
    factories.fill(filled.report, cast.alice, factories.CONCLUSION + " Unchanged.")
    assert filled.field("emphysema").is_open_suggestion
    assert GroupRow.objects.filter(removed_at__isnull=True).count() == 1


def test_only_ones_own_acts_and_only_once(desk, cast):
    act = desk.put("emphysema", "mild")
    with pytest.raises(ActionBlocked, match="not yours"):
        reports.act_undo(report=desk.report, reader=cast.dave, undone=act, act=uuid4())
    desk.back(act)
    with pytest.raises(VersionConflict):
        desk.back(act)
    with pytest.raises(ActionBlocked, match="nothing to take back"):
        desk.back(uuid4())


def test_a_signed_report_takes_nothing_back(desk, cast):
    act = desk.put("emphysema", "mild")
    reports.report_conclusion_set(
        report=desk.report, reader=cast.alice, text="Mild emphysema.", version=0
    )
    reports.report_sign(report=desk.report, signer=cast.alice, password=PASSWORD)
    with pytest.raises(ActionBlocked, match="signed"):
        desk.back(act)


def test_the_page_is_told_the_act_and_gets_the_conflict_in_its_place(desk, cast, sign_in):
    browser = sign_in(cast.alice)
    place = {"path": "emphysema", "value": "mild", "version": 0, "keep": "1"}
    answer = browser.post(reverse("field_set", args=[desk.report.pk]), place)
    assert '"acted"' in answer["HX-Trigger"]
    act = AuditEvent.objects.get(action="field_edited").details["act"]
    assert act in answer["HX-Trigger"]
    desk.put("emphysema", "severe")
    answer = browser.post(reverse("act_undo", args=[desk.report.pk]), {"act": act})
    assert answer.status_code == 409
    assert 'hx-swap-oob="outerHTML"' in answer.content.decode()
    assert "Severe" in answer.content.decode()
    answer = browser.post(reverse("act_undo", args=[desk.report.pk]), {"act": "no"})
    assert answer.status_code == 422
