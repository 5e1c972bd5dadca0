"""A report beside its prior: rows matched, changes named, the same seen from both sides."""

from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from reporting.prior_diff.diff import Side, delta_of, diff, measured
from reporting.prior_diff.rows import Row, pairs
from reporting.selectors.priors import values_compared
from tests.llm.strategies import SHIPPED

CHEST = SHIPPED["ct_chest"]
LOBES = ("rul", "rll", "lul")
REVERSED = {"new": "gone", "gone": "new", "changed": "changed", "unchanged": "unchanged"}


def side(values):
    """A report of the chest with these values, as the app compares it."""
    rows = {}
    for path in values:
        if path.startswith("nodule["):
            rows.setdefault("nodule", {}).setdefault(path[7:].partition("]")[0])
    return values_compared(CHEST, values, {group: list(keys) for group, keys in rows.items()})


def nodules(*rows):
    """Values of rows "a", "b" and so on, each given as size and location."""
    values = {}
    for key, (size, lobe) in zip("abcdefgh", rows, strict=False):
        if size:
            values[f"nodule[{key}].size"] = size
        if lobe:
            values[f"nodule[{key}].location"] = [lobe]
    return values


def changes(prior, draft):
    return [(c.kind, c.before, c.after) for c in diff(side(prior), side(draft))]


row = st.tuples(st.integers(1, 90), st.sampled_from(LOBES))
reports = st.builds(
    lambda rows, rest: {**nodules(*rows), **{k: v for k, v in rest.items() if v is not None}},
    st.lists(row, max_size=6),
    st.fixed_dictionaries(
        {
            "emphysema": st.sampled_from([None, "none", "mild", "severe"]),
            "effusion[left].size": st.sampled_from([None, "none", "small", "large"]),
            "lungs_other": st.sampled_from([None, "A bleb."]),
        }
    ),
)


@given(reports)
def test_a_report_beside_itself_has_no_change(report):
    found = diff(side(report), side(report))
    assert {c.kind for c in found} <= {"unchanged"}
    assert not any(c.is_doubtful for c in found)


@given(reports, reports)
def test_both_directions_say_the_same(prior, draft):
    there = sorted((REVERSED[k], b, a) for k, a, b in changes(prior, draft))
    assert sorted(changes(draft, prior)) == there


@given(reports, st.permutations("abcdef"))
def test_the_names_and_the_order_of_rows_do_not_matter(report, names):
    known = dict(zip("abcdef", names, strict=True))
    renamed = {
        f"nodule[{known[p[7]]}]{p[9:]}" if p.startswith("nodule[") else p: v
        for p, v in reversed(report.items())
    }
    assert {k for k, _, _ in changes(report, renamed)} <= {"unchanged"}


@given(st.integers(1, 90), st.integers(1, 90))
def test_the_sign_is_that_of_the_change(old, new):
    ((before, after),) = measured(
        side(nodules((old, "rul"))).values, side(nodules((new, "rul"))).values
    )
    delta = delta_of(before, after)
    assert (delta.absolute, delta.unit) == (new - old, "mm")
    assert (delta.percent > 0, delta.percent < 0) == (new > old, new < old)
    assert abs(delta.percent - Decimal(100 * (new - old)) / old) < Decimal("0.001")


def test_of_zero_there_is_no_percentage():
    (value, _) = side(nodules((8, "rul"))).values
    zero = replace(value, numbers=(Decimal(0),))
    assert delta_of(zero, value).percent is None
    assert delta_of(value, zero).percent == -100


def test_rows_are_found_again_by_their_place_and_size():
    prior = nodules((6, "rul"), (12, "rll"), (5, "lul"))
    draft = nodules((14, "rll"), (6, "rul"))
    assert changes(prior, draft) == [
        ("changed", "12 mm", "14 mm"),
        ("gone", "5 mm, Left upper lobe", ""),
        ("unchanged", "6 mm, Right upper lobe", "6 mm, Right upper lobe"),
    ]


def test_of_several_in_one_lobe_the_sizes_decide_together():
    prior, draft = nodules((5, "rul"), (10, "rul")), nodules((11, "rul"), (5, "rul"))
    assert changes(prior, draft)[0] == ("changed", "10 mm", "11 mm")
    assert not any(c.is_doubtful for c in diff(side(prior), side(draft)))


def test_two_that_fit_alike_are_doubtful():
    found = diff(side(nodules((6, "rul"))), side(nodules((9, "rul"), (10, "rul"))))
    assert [(c.kind, c.is_doubtful) for c in found] == [("new", False), ("changed", True)]
    assert not [*measured(side(nodules((6, "rul"))).values, side(nodules((9, ""), (9, ""))).values)]


def test_a_size_alone_does_not_say_which_it_is():
    found = diff(side(nodules((6, ""))), side(nodules((8, "rul"))))
    assert [(c.kind, c.is_doubtful) for c in found] == [("changed", True), ("changed", True)]


def test_another_side_is_never_the_same():
    assert [k for k, _, _ in changes(nodules((6, "rul")), nodules((6, "lul")))] == ["new", "gone"]


def test_what_is_not_stated_is_not_said_to_be_normal():
    assert changes({"emphysema": "mild"}, {}) == [("gone", "Mild", "")]
    assert changes({"emphysema": "mild"}, {"emphysema": "none"}) == [("gone", "Mild", "None")]
    assert changes({"emphysema": "none"}, {"emphysema": "none"}) == []
    assert changes(nodules((6, "rul")), {"nodule": "none"}) == [
        ("gone", "6 mm, Right upper lobe", "None")
    ]


def test_what_the_report_says_of_an_earlier_exam_is_left_out():
    assert changes({}, {"nodule[a].prior_size": 4, "nodule[a].change": "increased"}) == []


def test_no_rows_match_no_rows():
    assert pairs((), (Row("a", ()),)) == ()
    assert diff(Side((), {}), Side((), {})) == ()
