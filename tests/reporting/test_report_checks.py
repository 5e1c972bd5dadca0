"""The rules of the checks before signing, one by one, on what a report says."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm.reading import read_text
from reporting.report_checks.says import Text
from reporting.report_checks.table import BY_KEY, RULES, findings
from reporting.selectors.report_says import Written, says_of
from tests.llm.strategies import SHIPPED, conclusions, exam_sides, sexes, templates

CHEST, KNEE, SPINE = (SHIPPED[key] for key in ("ct_chest", "mri_knee", "mri_lumbar_spine"))


def found(conclusion, values=None, template=CHEST, findings_text=None, **about):
    says = says_of(template, Written(conclusion, findings_text), values or {}, **about)
    return [(one.rule, one.found.place) for one in findings(says)]


def test_every_rule_has_its_own_key():
    assert len(BY_KEY) == len(RULES)


@pytest.mark.parametrize(
    ("conclusion", "values"),
    [
        ("No emphysema.", {"emphysema": "severe"}),
        ("Emphysema is not seen.", {"emphysema": "mild"}),
        ("No pleural effusion.", {"effusion[left].size": "small"}),
        ("No pneumothorax or emphysema.", {"emphysema": "mild"}),
    ],
)
def test_the_conclusion_denies_a_finding(conclusion, values):
    assert found(conclusion, values) == [("conclusion_denies", next(iter(values)))]


@pytest.mark.parametrize(
    ("conclusion", "values"),
    [
        ("Severe emphysema.", {"emphysema": "none"}),
        ("Small left pleural effusion.", {"effusion[left].size": "none"}),
        ("8 mm pulmonary nodule in the right upper lobe.", {"nodule": "none"}),
    ],
)
def test_the_findings_deny_the_conclusion(conclusion, values):
    assert found(conclusion, values) == [("findings_deny", next(iter(values)))]


@pytest.mark.parametrize(
    ("conclusion", "values"),
    [
        ("Severe emphysema.", {"emphysema": "severe"}),
        ("No emphysema.", {"emphysema": "none"}),
        ("No new pulmonary nodule.", {"nodule[1].location": ["rul"]}),
        ("Possible emphysema.", {"emphysema": "none"}),
        ("No change of the severe emphysema.", {"emphysema": "severe"}),
        ("No pleural effusion on the right.", {"effusion[left].size": "small"}),
        ("Emphysema cannot be excluded.", {"emphysema": "none"}),
        ("Follow-up in 3 months.", {"emphysema": "severe"}),
    ],
)
def test_what_agrees_or_leaves_room_is_no_contradiction(conclusion, values):
    assert found(conclusion, values) == []


def test_the_findings_of_a_free_text_report_are_read_too():
    text = "Lungs: no emphysema. Pleura: normal."
    assert found("Severe emphysema.", findings_text=text) == [("findings_deny", "emphysema")]
    assert found("No emphysema.", findings_text=text) == []


@pytest.mark.parametrize(
    ("conclusion", "values"),
    [
        ("Small left pleural effusion.", {"effusion[right].size": "small"}),
        (
            "Effusion of 15 mm on the left base.",
            {"nodule[1].size": 15, "nodule[1].location": ["rll"]},
        ),
    ],
)
def test_conclusion_and_findings_differ_in_the_side(conclusion, values):
    assert [rule for rule, _ in found(conclusion, values)] == ["side_differs"]


@pytest.mark.parametrize(
    "conclusion",
    ["Small left pleural effusion.", "Small bilateral pleural effusions.", "Pleural effusion."],
)
def test_the_same_side_is_no_difference(conclusion):
    assert found(conclusion, {"effusion[left].size": "small"}) == []


def test_the_side_of_the_exam():
    about = {"template": KNEE, "exam_side": "right"}
    assert found("Joint effusion of the left knee.", **about) == [("side_of_exam", "conclusion")]
    assert found("Joint effusion of the right knee.", **about) == []
    assert found("Joint effusion, more than in the left knee.", **about) == []
    assert found("Joint effusion of the left knee.", template=KNEE) == []


@pytest.mark.parametrize(
    ("conclusion", "sex", "rules"),
    [
        ("Enlarged prostate.", "female", ["sex"]),
        ("Enlarged prostate.", "male", []),
        ("Fibroids of the uterus.", "male", ["sex"]),
        ("Uterus normal.", "female", []),
        ("Enlarged prostate.", None, []),
    ],
)
def test_organs_of_the_other_sex(conclusion, sex, rules):
    assert [rule for rule, _ in found(conclusion, sex=sex)] == rules


@pytest.mark.parametrize(
    ("conclusion", "rules"),
    [
        ("Disc bulge at C5/6.", ["level"]),
        ("Disc bulge at L4/5.", []),
        ("Conus at T12.", []),
        ("Haemangioma in S2.", []),
    ],
)
def test_levels_that_the_exam_does_not_show(conclusion, rules):
    assert [rule for rule, _ in found(conclusion, template=SPINE)] == rules


@pytest.mark.parametrize(
    ("size", "rules"), [(8, []), (80, ["size_slip"]), (0.8, ["size_slip"]), (12, [])]
)
def test_a_number_ten_times_too_large_or_small(size, rules):
    values = {"nodule[1].size": size}
    assert [rule for rule, _ in found("Nodule of 8 mm.", values)] == rules
    assert [rule for rule, _ in found("Nodule of 0.8 cm.", values)] == rules


def test_an_implausible_size_of_the_conclusion():
    assert found("Pulmonary nodule of 8 mm.") == []
    assert found("Pulmonary nodule of 80 cm.") == [("size_implausible", "conclusion")]


@pytest.mark.parametrize(
    "text",
    [
        "Nodule of [ ] mm.",
        "Nodule of [   ] mm.",
        "Nodule [] mm.",
        "A [left|right] nodule.",
        "Seen on {prior_date}.",
    ],
)
def test_a_placeholder_stops(text):
    assert found(text) == [("placeholder", "conclusion")]


def test_brackets_with_words_are_no_placeholder():
    assert found("Nodule [see above].") == []


def test_a_placeholder_in_a_text_field():
    assert found("Normal.", {"lungs_other": "[ ] scars"}) == [("placeholder", "lungs_other")]


def test_words_are_found_where_they_stand():
    says = says_of(CHEST, Written("Ulcers: none. 😀 Prostate large."), {}, sex="female")
    (one,) = findings(says)
    assert says.conclusion[one.found.start : one.found.end] == "Prostate"


texts = conclusions | st.text(max_size=200) | st.text("RLrl0189 ./,-[]mcTS\n", max_size=80)


@settings(deadline=None, max_examples=60)
@given(texts, texts | st.none(), templates, sexes, exam_sides)
def test_no_rule_ever_raises(conclusion, findings_text, template, sex, side):
    values = {f"{template.sections[0].key}_other": findings_text} if findings_text else {}
    says = says_of(template, Written(conclusion, findings_text), values, sex=sex, exam_side=side)
    assert Text("conclusion", "Conclusion", conclusion) in says.texts
    for one in findings(says):
        assert one.found.sentence
        assert 0 <= one.found.start <= one.found.end


def test_a_text_that_cannot_be_read_is_said_to_be_unchecked():
    assert read_text(CHEST, "a " * 20_000).refused
    assert ("not_read", "conclusion") in found("a " * 20_000)
