"""MRI prostate: PI-RADS v2.1 is computed as written there, and stated categories stay stated."""

from __future__ import annotations

from itertools import product

import pytest

from llm.derive import derived_values
from llm.disagreements import disagreements
from llm.engines.fake import FakeEngine
from llm.fill import fill_one
from llm.narrative import as_text, render
from llm.types import FillRequest
from tests.llm.strategies import SHIPPED, grammar_of

PROSTATE = SHIPPED["mri_prostate"]
SCORES = [None, "1", "2", "3", "4", "5"]


def category(zone, t2, dwi, dce):
    """PI-RADS v2.1: the dominant sequence by zone, and what stands in for an inadequate DWI."""
    enhances = {"positive": "4", "negative": "3"}.get(dce)
    if dwi == "x" and zone in {"pz", "tz"} and enhances and not (zone == "tz" and t2 == "1"):
        return enhances if t2 == "3" else t2
    if zone == "pz":
        if dwi == "3":
            return "3" if dce == "x" else enhances
        return dwi if dwi != "x" else None
    if zone == "tz":
        if t2 in {"2", "3"}:
            lifted = {"2": {"4", "5"}, "3": {"5"}}[t2]
            known = dwi if dwi != "x" else None
            return known and str(int(t2) + (dwi in lifted))
        return t2
    return None


def row(number=1, **members):
    return {f"lesion[{number}].{key}": value for key, value in members.items() if value is not None}


def test_the_category_follows_from_zone_and_scores_and_nothing_else():
    cases = product([None, "pz", "tz", "cz", "afs"], SCORES, [*SCORES, "x"],
                    [None, "negative", "positive", "x"])  # fmt: skip
    for zone, t2, dwi, dce in cases:
        derived = derived_values(PROSTATE, row(zone=zone, t2=t2, dwi=dwi, dce=dce))
        expected = category(zone, t2, dwi, dce)
        assert derived.get("lesion[1].pirads") == expected, (zone, t2, dwi, dce)


def test_each_row_has_its_own_category():
    values = row(1, zone="pz", dwi="4") | row(2, zone="tz", t2="2", dwi="4") | row(3, zone="pz")
    assert derived_values(PROSTATE, values) == {"lesion[1].pirads": "4", "lesion[2].pirads": "3"}


def test_the_overall_category_is_the_highest_once_every_lesion_has_one():
    values = row(1, zone="pz", dwi="4") | row(2, pirads="3")
    assert derived_values(PROSTATE, values)["overall"] == "4"
    assert "overall" not in derived_values(PROSTATE, values | row(3, zone="pz"))
    assert derived_values(PROSTATE, values | row(3, pirads="5"))["overall"] == "5"


def test_volume_and_psa_density_follow_from_diameters_and_psa():
    values = {"psa": 6, "diameter": 50, "diameter_2": 40, "diameter_3": 40}
    assert derived_values(PROSTATE, values) == {"volume": 42, "psa_density": 0.14}
    assert derived_values(PROSTATE, {**values, "volume": 60})["psa_density"] == 0.1
    assert derived_values(PROSTATE, {"psa": 6, "diameter": 50}) == {}


def filled(conclusion, *answers):
    given = iter(answers)
    engine = FakeEngine(lambda _task: next(given))
    result = fill_one(FillRequest("1", PROSTATE, conclusion), engine)
    assert not result.conflicts
    return {value.path: value.value for value in result.values}


def test_a_stated_category_leaves_its_parts_not_stated():
    values = filled("PI-RADS 4 lesion in the left PZ, 12 x 9 mm.",
                    "lesion[+]zone=pz,side=left,size=@1,pirads=4")  # fmt: skip
    assert values == row(zone="pz", side="left", size=12, size_2=9, pirads="4")
    assert disagreements(PROSTATE, values) == ()
    text = as_text(render(PROSTATE, {**derived_values(PROSTATE, values), **values}))
    assert "PI-RADS 4 lesion in the peripheral zone, left, 12 × 9 mm." in text
    assert "Overall assessment: PI-RADS 4" in text


def test_a_stated_category_that_its_scores_contradict_is_told():
    values = filled("PI-RADS 3 lesion in the left PZ. T2 score 2, DWI score 4.",
                    "lesion[+]zone=pz,side=left,pirads=3", "lesion[^]t2=2,dwi=4")  # fmt: skip
    (found,) = disagreements(PROSTATE, values)
    assert (found.path, found.stated, found.computed) == ("lesion[1].pirads", "3", "4")
    assert "3: intermediate is stated, but 4: high follows from Zone" in found.message


@pytest.mark.parametrize(
    "answer", ["lesion[+]pirads=4", "overall=4", "volume=@2", "psa_density=@3", "diameter=@1"]
)
def test_what_is_computed_may_also_be_stated(answer):
    text = "PI-RADS 4, 5 x 4 x 4 cm, 42 mL, 0.14 ng/mL²"
    assert grammar_of(PROSTATE, text).path(answer)


def test_three_diameters_are_one_quantity():
    values = filled("The prostate measures 5.0 x 4.2 x 4.1 cm.", "diameter=@1")
    assert values == {"diameter": 50, "diameter_2": 42, "diameter_3": 41}
