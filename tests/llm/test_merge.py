"""Merging: rows, conflicts, what yields, what follows, and what is left for the reader."""

from __future__ import annotations

import pytest

from llm.engines.fake import FakeEngine
from llm.fill import fill_one
from llm.types import FillRequest
from tests.llm.strategies import SHIPPED, SMALL


def fill(*clauses, sex=None, covered=None, probability=1.0):
    """Fills the conclusion made of (clause, answer) pairs."""
    conclusion = "".join(f"{text}. " for text, _ in clauses)
    engine = FakeEngine(dict(clauses), probability=probability)
    request = FillRequest("r", SMALL, conclusion, sex=sex, field_hashes_covered=covered)
    return fill_one(request, engine)


def values(result):
    return {value.path: value.value for value in result.values}


def unused(result):
    return {clause.text: (clause.reason, clause.details) for clause in result.unused}


def test_a_value_has_its_clause_and_its_quantity_as_written():
    result = fill(("1.2 x 0.9 cm nodule", "nodule[+]size=@1"))
    size, second = result.values
    assert (size.path, size.value, size.source_text) == ("nodule[1].size", 12, "1.2 x 0.9 cm")
    assert (second.path, second.value, second.source_unit) == ("nodule[1].size_2", 9, "cm")
    assert size.evidence.quote == "1.2 x 0.9 cm nodule"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12 mm nodule", 12),
        ("1.25 cm nodule", 12.5),
        ("5-8 mm nodules", {"low": 5, "high": 8}),
        ("nodules less than 5 mm", {"comparator": "<", "value": 5}),
    ],
)
def test_numbers(text, value):
    assert values(fill((text, "nodule[+]size=@1"))) == {"nodule[1].size": value}


def test_rows_are_counted_in_the_order_of_the_clauses():
    result = fill(
        ("5 and 8 mm nodules", "nodule[+]size=@1;nodule[+]size=@2"),
        ("The latter is calcified", "nodule[^]calcified=yes"),
        ("All are unchanged", "nodule[*]change=unchanged"),
    )
    assert values(result) == {
        "nodule[1].size": 5,
        "nodule[1].change": "unchanged",
        "nodule[2].size": 8,
        "nodule[2].calcified": "yes",
        "nodule[2].change": "unchanged",
    }


def test_a_row_beyond_the_form_is_shown_and_not_filled():
    clauses = [(f"Nodule of {n} mm", "nodule[+]size=@1") for n in range(4, 8)]
    result = fill(*clauses)
    assert len(values(result)) == 3
    assert unused(result)["Nodule of 7 mm"][0] == "partly_used"


def test_a_statement_on_no_row_is_shown():
    result = fill(("History", "none"), ("It is stable", "nodule[^]change=unchanged"))
    assert values(result) == {}
    assert "No row" in unused(result)["It is stable"][1][0]


def test_two_clauses_that_differ_fill_neither():
    result = fill(("Mild, new", "emphysema=mild,change=new"),
                  ("Severe emphysema", "emphysema=severe"))  # fmt: skip
    assert values(result) == {}
    (conflict,) = result.conflicts
    assert [c.evidence.quote for c in conflict.candidates] == ["Mild, new", "Severe emphysema"]


def test_two_clauses_that_agree_fill_once():
    result = fill(("12 mm wall", "wall=@1"), ("1.2 cm wall", "wall=@1"))
    assert values(result) == {"wall": 12}
    assert result.conflicts == ()


def test_lists_add_up_with_all_their_evidence():
    result = fill(("Consolidation", "opacities=consolidation"),
                  ("Ground-glass opacities", "opacities=ground_glass"))  # fmt: skip
    (value,) = result.values
    assert value.value == ["ground_glass", "consolidation"]
    assert [e.quote for e in value.more_evidence] == ["Ground-glass opacities"]


def test_all_rows_yield_to_one_where_the_clause_says_other():
    result = fill(("Small left effusion", "effusion[left]size=small"),
                  ("Otherwise no effusion", "effusion[*]size=none"))  # fmt: skip
    assert values(result) == {"effusion[right].size": "none", "effusion[left].size": "small"}


def test_all_rows_do_not_yield_without_such_a_word():
    result = fill(("Small left effusion", "effusion[left]size=small"),
                  ("No effusion", "effusion[*]size=none"))  # fmt: skip
    assert values(result) == {"effusion[right].size": "none"}
    assert [conflict.path for conflict in result.conflicts] == ["effusion[left].size"]


def test_absence_against_a_row_fills_neither_unless_it_says_other():
    row = ("8 mm nodule", "nodule[+]size=@1")
    result = fill(row, ("No nodules", "nodule=none"))
    assert values(result) == {}
    assert [conflict.path for conflict in result.conflicts] == ["nodule"]
    assert values(fill(row, ("No other nodules", "nodule=none"))) == {"nodule[1].size": 8}


def test_levels_are_expanded():
    result = fill(("Bulges at L3/4 and L4-5", "disc[#1]contour=bulge"))
    assert values(result) == {"disc[L3/4].contour": "bulge", "disc[L4/5].contour": "bulge"}


def test_a_normal_section_sets_what_nothing_else_names():
    result = fill(("Mild emphysema", "emphysema=mild"), ("Otherwise clear lungs", "lungs=normal"))
    given = {value.path: value for value in result.values}
    assert {path: v.value for path, v in given.items()} == {
        "emphysema": "mild",
        "emphysema_type": "none",
        "opacities": ["none"],
        "nodule": "none",
    }
    assert given["nodule"].support == "implied"
    assert given["nodule"].evidence.quote == "Otherwise clear lungs"
    assert given["nodule"].rule
    assert given["emphysema"].support == "stated"


def test_a_normal_report_covers_all_sections_but_not_the_other_sex():
    assert "prostate" not in values(fill(("Normal study", "report=normal")))
    assert "prostate" not in values(fill(("Normal study", "report=normal"), sex="female"))
    paths = values(fill(("Normal study", "report=normal"), sex="male"))
    assert paths["prostate"] == "normal"
    assert paths["effusion[left].size"] == "none"
    assert "wall" not in paths


def test_a_conflict_is_not_covered_by_a_normal():
    result = fill(("Mild emphysema", "emphysema=mild"), ("Severe emphysema", "emphysema=severe"),
                  ("Otherwise normal", "report=normal"))  # fmt: skip
    assert "emphysema" not in values(result)


def test_a_rule_implies_and_cites():
    result = fill(("Calculous cholecystitis", "cholecystitis=calculous"))
    implied = next(value for value in result.values if value.path == "gallstones")
    assert (implied.value, implied.support) == ("yes", "implied")
    assert implied.rule == "Calculous cholecystitis means stones."
    assert implied.evidence.quote == "Calculous cholecystitis"


def test_a_hedged_finding_implies_nothing_outside_its_row():
    clause = "Possible chronic saddle embolus"
    said = "embolism[+]age=chronic,level=saddle"
    request = FillRequest("r", SHIPPED["ct_pulmonary_angiogram"], clause)
    sure = values(fill_one(request, FakeEngine({clause: said})))
    hedged = values(fill_one(request, FakeEngine({clause: f"{said},certainty=possible"})))
    assert sure["chronic_change"] == "present"
    assert "chronic_change" not in hedged
    assert hedged["embolism[1].side"] == sure["embolism[1].side"] == "bilateral"


def test_a_rule_does_not_overrule_what_is_stated():
    result = fill(("Calculous cholecystitis", "cholecystitis=calculous"),
                  ("No gallstones", "gallstones=no"))  # fmt: skip
    assert values(result)["gallstones"] == "no"


def test_other_findings_are_kept_word_for_word():
    result = fill(("An azygos lobe", "other=lungs"), ("A cyst", "none"), ("A scar", "other=lungs"))
    assert values(result) == {"lungs_other": "An azygos lobe\nA scar"}


@pytest.mark.parametrize(
    ("clause", "answer", "reason", "word"),
    [
        ("Follow-up is advised", "none", "not_a_finding", None),
        ("Emphysema is discussed", "none", "partly_used", "Emphysema"),
        ("Unclear", "?", "abstained", None),
        ("12 mm nodule, 4 mm deep", "nodule[+]size=@1", "partly_used", "4 mm"),
        ("12 x 9 x 8 mm nodule", "nodule[+]size=@1", "partly_used", "12 x 9 x 8 mm"),
        ("Left 12 mm nodule", "nodule[+]size=@1", "partly_used", "Left"),
        ("Bulge at L4/5, cyst at L5/S1", "disc[#1]contour=bulge", "partly_used", "L5/S1"),
        ("Mild emphysema with gallstones", "emphysema=mild", "partly_used", "gallstones"),
    ],
)
def test_what_no_field_holds_is_shown(clause, answer, reason, word):
    result = fill((clause, answer))
    given_reason, details = unused(result)[clause]
    assert given_reason == reason
    assert details == () if word is None else any(word in detail for detail in details)


@pytest.mark.parametrize(
    ("clause", "answer"),
    [
        ("12 mm nodule in the right upper lobe", "nodule[+]size=@1,location=rul"),
        ("Small left effusion", "effusion[left]size=small"),
        ("Small bilateral effusions", "effusion[*]size=small"),
        ("Bulge at L4/5", "disc[#1]contour=bulge"),
        ("An azygos lobe on the left, 4 mm", "other=lungs"),
    ],
)
def test_what_is_all_used_is_not_shown(clause, answer):
    assert fill((clause, answer)).unused == ()


def test_a_field_without_training_goes_to_other():
    hashes = SMALL.field_hashes()
    covered = frozenset(digest for key, digest in hashes.items() if key != "emphysema")
    result = fill(("Mild emphysema", "emphysema=mild"), ("Gallstones", "gallstones=yes"),
                  covered=covered)  # fmt: skip
    assert values(result) == {"lungs_other": "Mild emphysema", "gallstones": "yes"}
    assert unused(result)["Mild emphysema"][0] == "not_covered"


def test_confidence_is_the_product_of_the_choices():
    result = fill(("Likely new mild emphysema", "emphysema=mild,change=new"), probability=0.8)
    value, change = result.values
    assert value.confidence == pytest.approx(0.8**2)
    assert change.confidence == pytest.approx(0.8**3)
    assert not value.low_confidence
    assert fill(("Mild emphysema", "emphysema=mild"), probability=0.6).values[0].low_confidence
