"""Macros: whose they are, which fit an exam, what they write."""

from datetime import UTC, date, datetime

import pytest
from django.urls import reverse

from reporting.models import Macro, ReportTemplate
from reporting.selectors.macros import merge_values, report_macros
from reporting.services.errors import ActionBlocked, TextInvalid
from reporting.services.macros import MacroData, macro_remove, macro_save
from tests import factories

FORM = {"trigger": "norm", "text": "Normal study.", "whose": "mine"}


def own(user, trigger="norm", text="Normal study.", **limits):
    return macro_save(user=user, data=MacroData(trigger, text, **limits))


def written(report, user):
    return {macro["trigger"]: macro["text"] for macro in report_macros(report, user)}


def defaults(report, user):
    return [macro["text"] for macro in report_macros(report, user) if macro["is_default"]]


@pytest.fixture
def aged(report):
    patient = report.imaging_study.patient
    patient.birth_date = date(1965, 3, 3)  # The exam is on the day before the birthday.
    patient.save()
    return report


def test_ones_own_and_the_sites(report, cast):
    own(cast.alice, "mine")
    own(cast.dave, "his")
    own(cast.grace, "house", site=cast.north)
    own(cast.heidi, "south", site=cast.south)
    assert set(written(report, cast.alice)) == {"mine", "house"}


def test_of_one_trigger_ones_own_and_then_the_narrowest_counts(aged, cast):
    template = ReportTemplate.objects.get()
    own(cast.grace, text="Site.", site=cast.north)
    own(cast.grace, text="Site, women.", site=cast.north, sex="female")
    assert written(aged, cast.alice) == {"norm": "Site, women."}
    own(cast.alice, text="Mine.")
    assert written(aged, cast.alice) == {"norm": "Mine."}
    own(cast.alice, text="Mine, CT.", report_template=template)
    assert written(aged, cast.alice) == {"norm": "Mine, CT."}


@pytest.mark.parametrize(
    ("limits", "fits"),
    [
        ({"age_min": 60}, True),
        ({"age_min": 61}, False),
        ({"age_max": 60}, True),
        ({"age_max": 59}, False),
        ({"sex": "male"}, False),
        ({"sex": "female", "age_min": 18, "age_max": 90}, True),
    ],
)
def test_limits_of_sex_and_age(aged, cast, limits, fits):
    own(cast.alice, **limits)
    assert bool(written(aged, cast.alice)) is fits


def test_without_a_birth_date_no_limit_of_age_fits(report, cast):
    own(cast.alice, age_min=0)
    assert not written(report, cast.alice)


def test_one_default_the_narrowest(aged, cast):
    own(cast.grace, "site", "Site.", site=cast.north, is_default=True)
    assert defaults(aged, cast.alice) == ["Site."]
    own(cast.grace, "women", "Women.", site=cast.north, is_default=True, sex="female")
    assert defaults(aged, cast.alice) == ["Women."]


def test_merge_fields_come_from_the_exam(aged, cast):
    exam = aged.imaging_study
    own(cast.alice, text="{age}-year-old {sex}, {indication}, prior {prior_date}.")
    assert written(aged, cast.alice)["norm"] == "60-year-old female, [ ], prior [ ]."
    exam.indication = " Cough "
    for day, part in ((1, "CHEST"), (2, "HEAD")):
        prior = factories.exam(
            cast.north, body_part=part, performed_at=datetime(2025, 5, day, tzinfo=UTC)
        )
        type(prior).objects.filter(pk=prior.pk).update(patient=exam.patient)
    assert merge_values(exam) == {
        "age": "60", "sex": "female", "prior_date": "2025-05-01", "indication": "Cough",
    }  # fmt: skip


def test_the_same_trigger_for_the_same_exams_is_refused(cast):
    own(cast.alice)
    with pytest.raises(ActionBlocked, match="change that one"):
        own(cast.alice)
    own(cast.dave)
    own(cast.alice, sex="female")


@pytest.mark.parametrize("text", ["", " \n", "a\x00b", "{name} is well", "x" * 10_001])
def test_a_text_must_be_one(cast, text):
    with pytest.raises(TextInvalid):
        own(cast.alice, text=text)
    assert not Macro.objects.exists()


@pytest.mark.parametrize("name", ["carol", "frank", "grace", "heidi"])
def test_who_reads_nothing_has_none_of_their_own(cast, name):
    with pytest.raises(ActionBlocked):
        own(getattr(cast, name))


@pytest.mark.parametrize("name", ["alice", "erin", "carol", "bob"])
def test_who_writes_no_templates_has_none_of_a_site(cast, name):
    with pytest.raises(ActionBlocked):
        own(getattr(cast, name), site=cast.north)
    with pytest.raises(ActionBlocked):
        own(cast.grace, site=cast.south)


@pytest.mark.parametrize("name", ["bob", "dave", "erin", "carol", "frank", "grace", "heidi"])
def test_a_macro_of_somebody_else_is_not_there(cast, sign_in, name):
    macro = own(cast.alice)
    browser = sign_in(getattr(cast, name))
    for address in ("macro_edit", "macro_remove"):
        assert browser.post(reverse(address, args=[macro.pk]), FORM).status_code == 404
    assert Macro.objects.get().text == "Normal study."


@pytest.mark.parametrize(("name", "status"), [("grace", 200), ("heidi", 200), ("alice", 404)])
def test_a_macro_of_the_site_is_its_template_authors(cast, sign_in, name, status):
    macro = own(cast.grace, site=cast.north)
    answer = sign_in(getattr(cast, name)).get(reverse("macro_edit", args=[macro.pk]))
    assert answer.status_code == status
    elsewhere = own(cast.heidi, site=cast.south)
    browser = sign_in(cast.grace)
    assert browser.get(reverse("macro_edit", args=[elsewhere.pk])).status_code == 404


@pytest.mark.parametrize(
    ("name", "status"),
    [("alice", 200), ("erin", 200), ("grace", 200), ("heidi", 200), ("carol", 404), ("frank", 404)],
)
def test_who_sees_the_page(cast, sign_in, name, status):
    browser = sign_in(getattr(cast, name))
    assert browser.get(reverse("macro_list")).status_code == status
    if status == 404:
        assert browser.post(reverse("macro_add"), FORM).status_code == 404


def test_added_changed_and_removed_by_its_owner(cast, sign_in):
    browser = sign_in(cast.alice)
    assert browser.post(reverse("macro_add"), FORM).status_code == 302
    macro = Macro.objects.get(owner=cast.alice)
    browser.post(reverse("macro_edit", args=[macro.pk]), {**FORM, "text": "Other.", "sex": "male"})
    macro.refresh_from_db()
    assert (macro.text, macro.sex, macro.site) == ("Other.", "male", None)
    macro_remove(user=cast.alice, macro=macro)
    assert not Macro.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"trigger": "a"},
        {"trigger": "Två ord"},
        {"trigger": ".norm"},
        {"text": "{who}"},
        {"whose": "1"},
        {"age_min": "70", "age_max": "60"},
        {"age_min": "-1"},
    ],
)
def test_the_page_says_what_is_wrong_and_keeps_what_was_typed(cast, sign_in, wrong):
    answer = sign_in(cast.alice).post(reverse("macro_add"), {**FORM, **wrong})
    assert answer.status_code == 422
    assert "errorlist" in answer.content.decode()
    assert not Macro.objects.exists()


def test_a_refused_change_leaves_the_macro_its_name_on_the_page(cast, sign_in):
    macro = own(cast.alice)
    own(cast.alice, trigger="other")
    for trigger, fault in (("other", "change that one"), ("a", "errorlist")):
        change = {**FORM, "trigger": trigger}
        answer = sign_in(cast.alice).post(reverse("macro_edit", args=[macro.pk]), change)
        page = answer.content.decode()
        assert fault in page
        assert "Remove .norm<" in page


def test_the_page_of_a_report_holds_its_macros(report, cast, sign_in):
    own(cast.alice, text="</script><b>{sex}")
    page = sign_in(cast.alice).get(reverse("report_edit", args=[report.pk])).content.decode()
    assert '"trigger": "norm"' in page
    assert "</script><b>" not in page
