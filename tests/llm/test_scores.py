"""The figures: the truth scores one, each kind of fault is counted as what it is."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm.evaluation.alignment import aligned_rows
from llm.evaluation.scores import FIGURES, figures, score_values
from llm.paths import FieldPath, split_path
from llm.synth.pairs import Generator
from tests.llm.strategies import SHIPPED

CHEST, SPINE = SHIPPED["ct_chest"], SHIPPED["mri_lumbar_spine"]
TRUE = {
    "emphysema": "mild",
    "nodule[1].size": 12,
    "nodule[1].location": ["rul"],
    "nodule[2].size": 5,
    "nodule[2].location": ["lll"],
    "effusion[left].size": "small",
    "fibrosis": "none",
}
# Figures that are faults: the truth has none.
FAULTS = {name for name in FIGURES if name.endswith("_rate")}


def counts(filled, true=TRUE, template=CHEST):
    return score_values(template, filled, true).counts


def renumbered(values, rng):
    """The same values in another order, the rows of each open group numbered anew."""
    names = {}
    for path in values:
        parts = split_path(path)
        if parts.row.isdigit():
            names.setdefault((parts.key, parts.row), str(rng.randrange(10, 10_000)))
    items = [
        (str(FieldPath(p.key, names.get((p.key, p.row), p.row), p.member)), value)
        for p, value in ((split_path(path), value) for path, value in values.items())
    ]
    rng.shuffle(items)
    return dict(items)


@pytest.fixture(scope="module")
def truths():
    pairs = Generator([CHEST], 8, "train").pairs(40)
    return [pair["values"] for pair in pairs]


def test_the_truth_is_perfect():
    found = figures([score_values(CHEST, TRUE, TRUE)])
    for name in FIGURES:
        if found[name] is not None:
            assert found[name] == (0.0 if name in FAULTS else 1.0), name
    assert found["positive_f1"] == found["exact_reports"] == found["form_accuracy"] == 1.0


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_figures_are_shares_whatever_is_filled(truths, data):
    one, other = (data.draw(st.sampled_from(truths)) for _ in range(2))
    kept = data.draw(st.sets(st.sampled_from(sorted(one)))) if one else set()
    score = score_values(CHEST, {path: one[path] for path in kept}, other)
    for name, value in figures([score]).items():
        if name != "conclusions" and value is not None:
            assert 0 <= value <= 1, name


@settings(deadline=None, max_examples=60)
@given(st.data(), st.integers(0, 2**32))
def test_the_order_of_values_and_rows_means_nothing(truths, data, seed):
    one, other = (data.draw(st.sampled_from(truths)) for _ in range(2))
    rng = random.Random(seed)
    turned = score_values(CHEST, renumbered(one, rng), renumbered(other, rng))
    assert turned.counts == score_values(CHEST, one, other).counts


def test_rows_are_matched_before_they_are_compared():
    turned = {
        path.replace("[1]", "[9]").replace("[2]", "[1]").replace("[9]", "[2]"): value
        for path, value in TRUE.items()
    }
    assert aligned_rows(CHEST, turned, TRUE) == TRUE
    assert counts(turned)["exact"] == 1


def test_saying_nothing_finds_nothing():
    found = figures([score_values(CHEST, {}, TRUE)])
    assert found["positive_f1"] == found["positive_recall"] == 0
    assert found["positive_precision"] is None


def test_normals_are_not_positives():
    assert counts({"fibrosis": "none"})["normal_right"] == 1
    assert counts({"fibrosis": "none"})["positive_filled"] == 0


def test_free_text_is_not_scored():
    assert counts({**TRUE, "lungs_other": "Something else"})["exact"] == 1


def test_a_finding_that_is_nowhere_in_the_truth_is_unsupported():
    assert counts({**TRUE, "bronchiectasis": "mild"})["unsupported"] == 1


def test_a_wrong_degree_and_a_wrong_row_are_not_unsupported():
    assert counts({**TRUE, "emphysema": "severe"})["unsupported"] == 0
    assert counts({"nodule[7].size": 99})["unsupported"] == 0


def test_normal_for_positive_contradicts_and_the_reverse():
    assert counts({**TRUE, "emphysema": "none"})["contradicted"] == 1
    assert counts({**TRUE, "fibrosis": "fibrosis"})["contradicted"] == 1
    assert counts({**TRUE, "emphysema": "severe"})["contradicted"] == 0


def test_absence_contradicts_rows_and_rows_contradict_absence():
    assert counts({"nodule": "none"})["contradicted"] == 1
    assert counts({"nodule[1].size": 5}, {"nodule": "none"})["contradicted"] == 1


def test_a_wrong_side_is_a_wrong_side():
    filled = {**TRUE}
    filled["effusion[right].size"] = filled.pop("effusion[left].size")
    found = counts(filled)
    assert (found["wrong_side"], found["wrong_level"]) == (1, 0)
    assert found["positive_right"] == found["positive_true"] - 1


def test_an_option_for_the_other_side_is_a_wrong_side():
    assert counts({**TRUE, "nodule[1].location": ["lul"]})["wrong_side"] == 1
    assert counts({**TRUE, "nodule[1].location": ["rll"]})["wrong_side"] == 0


def test_a_wrong_level_is_not_a_wrong_side():
    found = counts({"disc[L4/5].contour": "bulge"}, {"disc[L3/4].contour": "bulge"}, SPINE)
    assert (found["wrong_side"], found["wrong_level"]) == (0, 1)


def test_a_number_of_another_row_is_misassigned():
    assert counts({**TRUE, "nodule[1].size": 5, "nodule[2].size": 12})["misassigned"] == 2


def test_a_form_reads_a_missing_value_as_normal():
    found = figures([score_values(CHEST, {}, {"fibrosis": "none"})])
    assert found["form_accuracy"] == 1.0
    assert found["field_accuracy"] == 0.0


def test_rows_are_not_read_as_absent():
    true = {"nodule[1].size": 5}
    assert figures([score_values(CHEST, true, true)])["form_accuracy"] == 1.0
    assert counts({}, true)["form"] - counts({}, true)["form_right"] == 2


def test_a_path_of_no_template_is_an_error():
    with pytest.raises(KeyError):
        score_values(CHEST, {"teeth": "none"}, TRUE)
