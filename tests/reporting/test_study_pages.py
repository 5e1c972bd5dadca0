"""The pages of a study, from the first form to the last reading."""

import pytest
from django.urls import reverse

from reporting.models import ProtocolDeviation, ReaderStudy, Reading
from reporting.services import readings, study_lock
from tests import factories, studies
from tests.cast import PASSWORD

FORM = {
    **{name: value for name, value in studies.PROTOCOL.items() if name != "exclusion_rules"},
    "exclusion_rules": "open_to_sign_over 1200\n\nmissing_sign",
    "idle_threshold_seconds": 30,
    "technical_repeats": 1,
}


def go(browser, address, /, *args, **data):
    return browser.post(reverse(address, args=args), data)


def test_a_coordinator_designs_locks_and_starts(cast, sign_in):
    factories.template_version()
    exams = [factories.exam(cast.north) for _ in range(2)]
    browser = sign_in(cast.carol)
    assert go(browser, "study_add", **FORM, site=cast.north.pk).status_code == 302
    study = ReaderStudy.objects.get()
    rules = [{"rule": "open_to_sign_over", "seconds": 1200}, {"rule": "missing_sign"}]
    assert study.exclusion_rules == rules
    page = browser.get(reverse("study_protocol", args=[study.pk])).content.decode()
    assert "open_to_sign_over 1200\nmissing_sign" in page
    for name, mode in studies.ARMS:
        go(browser, "study_arms", study.pk, name=name, mode=mode, planted_error_share=0)
    for exam in exams:
        go(browser, "study_case_add", study.pk, exam=exam.pk)
    for case in study.cases.all():
        data = {"stratum": "a", "material_kind": "link", "material": "https://viewer.test/1"}
        assert go(browser, "study_case", study.pk, case.pk, **data).status_code == 302
    go(browser, "study_readers", study.pk, user=cast.alice.pk, experience="expert")
    page = browser.get(reverse("study_allocation", args=[study.pk])).content.decode()
    assert "<b>6</b> readings" in page
    go(browser, "study_step", study.pk, step="lock")
    go(browser, "study_step", study.pk, step="start")
    study.refresh_from_db()
    assert (study.status, study.readings.count()) == ("running", 6)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("longer than 20 minutes", "is no number of seconds"),
        ("active_over x", "is no number of seconds"),
        ("practice 3", "Rule 1, practice, takes no seconds."),
        ("no", "there is no rule"),
    ],
)
def test_a_rule_that_does_not_exist_is_refused_and_kept(cast, sign_in, line, why):
    data = {**FORM, "exclusion_rules": line, "site": cast.north.pk}
    page = go(sign_in(cast.carol), "study_add", **data)
    assert page.status_code == 422
    assert line in page.content.decode()
    assert why in page.content.decode()
    assert not ReaderStudy.objects.exists()


def test_a_reader_consents_reads_and_gets_the_next(cast, sign_in):
    study = studies.draft(cast)
    browser = sign_in(cast.carol)
    go(browser, "study_step", study.pk, step="lock")
    go(browser, "study_step", study.pk, step="start")
    browser = sign_in(cast.alice)
    assert "I take part." in browser.get(reverse("study_read", args=[study.pk])).content.decode()
    assert go(browser, "reading_start", study.pk).status_code == 409
    assert go(browser, "study_consent", study.pk).status_code == 409
    go(browser, "study_consent", study.pk, consent="yes")
    page = go(browser, "reading_start", study.pk)
    reading = Reading.objects.get(report__isnull=False)
    assert page.url == reverse("report_edit", args=[reading.report_id])
    assert browser.get(reverse("report_edit", args=[reading.report_id])).status_code == 200
    data = {"text": "Normal.", "version": 0}
    browser.post(reverse("report_conclusion_set", args=[reading.report_id]), data)
    answer = browser.post(reverse("report_sign", args=[reading.report_id]), {"password": PASSWORD})
    assert answer.headers["HX-Redirect"] == reverse("study_read", args=[study.pk])
    page = browser.get(answer.headers["HX-Redirect"]).content.decode()
    assert "1 of 10 read" in page
    assert "median" not in page


def test_pause_and_resume_on_the_page(cast, sign_in):
    study = studies.running(cast)
    browser = sign_in(cast.alice)
    page = go(browser, "reading_start", study.pk).url
    assert go(browser, "reading_pause", study.pk).status_code == 409
    go(browser, "reading_pause", study.pk, reason="Phone.")
    assert browser.get(page).status_code == 404
    assert "Phone." in browser.get(reverse("study_read", args=[study.pk])).content.decode()
    assert go(browser, "reading_resume", study.pk).url == page
    go(browser, "reading_fail", study.pk, reason="Crash.")
    go(browser, "reading_deviation", study.pk, reason="Was disturbed.")
    assert list(ProtocolDeviation.objects.values_list("kind", "description")) == [
        ("technical_failure", "Crash."),
        ("other", "Was disturbed."),
    ]


@pytest.mark.parametrize(
    ("change", "words"),
    [({"name": ""}, "required"), ({"seed": -1}, "greater"), ({"design": "coin"}, "valid choice")],
)
def test_a_wrong_protocol_is_said(cast, sign_in, change, words):
    page = go(sign_in(cast.carol), "study_add", **{**FORM, **change}, site=cast.north.pk)
    assert page.status_code == 422
    assert not ReaderStudy.objects.exists()


def test_a_link_and_a_left_out_item_are_checked(cast, sign_in):
    study = studies.draft(cast)
    browser = sign_in(cast.carol)
    data = {"stratum": "", "material_kind": "link", "material": "javascript:alert(1)"}
    case = study.cases.first()
    assert go(browser, "study_case", study.pk, case.pk, **data).status_code == 422
    data = {"name": "X", "mode": "structured", "planted_error_share": 0, "left_out": "nodule"}
    assert go(browser, "study_arms", study.pk, **data).status_code == 422


def test_a_locked_study_is_amended_with_a_reason(cast, sign_in):
    study = studies.running(cast)
    browser = sign_in(cast.carol)
    data = {**FORM, "washout_days": 21}
    assert go(browser, "study_protocol", study.pk, **data).status_code == 422
    assert go(browser, "study_protocol", study.pk, **data, reason="Longer.").status_code == 302
    study.refresh_from_db()
    assert (study.washout_days, study.seed) == (21, 11)
    page = browser.get(reverse("study_protocol", args=[study.pk])).content.decode()
    assert "Longer." in page
    assert "<ins>open_to_sign_over 1200\nmissing_sign</ins>" in page


def test_the_form_gives_back_the_rules_that_it_got(cast, sign_in):
    rules = [{"rule": "practice"}, {"rule": "hidden_over", "seconds": 1209600.5}]
    study = studies.running(cast, exclusion_rules=rules)
    browser = sign_in(cast.carol)
    page = browser.get(reverse("study_protocol", args=[study.pk]))
    data = {**FORM, "exclusion_rules": page.context["form"]["exclusion_rules"].value()}
    go(browser, "study_protocol", study.pk, **{**data, "washout_days": 1}, reason="Shorter.")
    assert list(study.amendments.get().after) == ["washout_days"]


def test_the_dashboard_counts_and_its_part_comes_alone(cast, sign_in):
    study = studies.running(cast)
    alice = studies.part_of(study, cast.alice)
    for _ in range(2):
        studies.read_next(alice)
    readings.reading_fail(
        reading=readings.reading_start(reader=alice), by=cast.alice, reason="Power cut."
    )
    browser = sign_in(cast.carol)
    address = reverse("study_dashboard", args=[study.pk])
    page = browser.get(address).content.decode()
    assert "<b>1</b> of 18 read" in page
    assert "Power cut." in page
    part = browser.get(address, headers={"HX-Request": "true"}).content.decode()
    assert part.strip().startswith('<div id="progress"')
    note = {"reader": alice.pk, "kind": "dropout", "reason": "Moved."}
    go(browser, "study_note", study.pk, **note)
    page = browser.get(address).content.decode()
    assert "dropped out" in page
    assert "no consent yet" not in page
    study_lock.study_amend(
        study=study, by=cast.carol, protocol={"consent_text": "I take part again."}, reason="Board."
    )
    assert "no consent yet" in browser.get(address).content.decode()
