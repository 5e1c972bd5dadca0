"""Exclusion rules: read from data, applied without the arm, counted once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporting.timing_definitions.exclusions import (
    ReadingFacts,
    Rule,
    RuleInvalid,
    exclusions,
    flow,
    rules_read,
)

RULES = rules_read(
    [
        {"rule": "practice"},
        {"rule": "technical_failure"},
        {"rule": "missing_sign"},
        {"rule": "interrupted"},
        {"rule": "open_to_sign_over", "seconds": 1800},
        {"rule": "active_under", "seconds": 5},
    ]
)


def facts(reading="1", total=100.0, **more):
    return ReadingFacts(reading, durations={"open_to_sign": total, "active": total}, **more)


@pytest.mark.parametrize(
    ("reading", "name"),
    [
        (facts(), None),
        (facts(total=1800.0), None),
        (facts(total=1800.5), "open_to_sign_over"),
        (facts(total=4.0), "active_under"),
        (facts(total=None), None),
        (facts(is_practice=True, is_signed=False), "practice"),
        (facts(is_signed=False, total=None), "missing_sign"),
        (facts(technical_failure=True, interrupted=True), "technical_failure"),
        (facts(interrupted=True, total=2000.0), "interrupted"),
    ],
)
def test_the_first_rule_that_holds_excludes(reading, name):
    rule = exclusions([reading], RULES)["1"]
    assert (rule and rule.name) == name


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("practice", "must be a list"),
        ([{"rule": "too_slow"}], "Rule 1: there is no rule 'too_slow'.*open_to_sign_over"),
        ([{"rule": "practice"}, "x"], "Rule 2 must be an object"),
        ([{"rule": "open_to_sign_over"}], "needs seconds above 0"),
        ([{"rule": "open_to_sign_over", "seconds": True}], "needs seconds above 0"),
        ([{"rule": "open_to_sign_over", "seconds": float("nan")}], "needs seconds above 0"),
        ([{"rule": "practice", "seconds": 3}], "takes no seconds"),
        ([{"rule": "practice", "arm": "sft"}], "takes no arm"),
        ([{"rule": "practice"}, {"rule": "practice"}], "stated twice"),
    ],
)
def test_a_rule_that_cannot_be_used_is_refused(data, message):
    with pytest.raises(RuleInvalid, match=message):
        rules_read(data)


def test_rules_read_as_sentences():
    assert [rule.text for rule in RULES][-2] == "Opening to signature over 1800 s"


READINGS = st.lists(
    st.tuples(
        st.sampled_from("ABC"),
        st.booleans(),
        st.booleans(),
        st.one_of(st.none(), st.floats(0, 5000)),
    ),
    max_size=60,
)


@given(READINGS)
def test_each_reading_is_counted_once(rows):
    readings = [
        facts(str(i), total, is_practice=practice, is_signed=signed)
        for i, (_, practice, signed, total) in enumerate(rows)
    ]
    arms = {str(i): arm for i, (arm, *_) in enumerate(rows)}
    found = flow(exclusions(readings, RULES), arms, RULES)
    assert sum(line.readings for line in found.arms) == len(rows)
    for line in found.arms:
        assert line.readings == line.analysed + sum(count for _, count in line.excluded)


def test_a_reading_without_an_arm_is_an_error():
    with pytest.raises(ValueError, match="same readings"):
        flow({"1": Rule("practice")}, {}, RULES)
