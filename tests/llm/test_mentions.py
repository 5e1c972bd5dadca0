"""Sides and levels: lists and ranges are expanded, look-alikes are left alone."""

from __future__ import annotations

import pytest
from hypothesis import given

from llm.mentions import find_levels, find_sides
from tests.llm.strategies import conclusions


@pytest.mark.parametrize(
    ("text", "discs", "bodies"),
    [
        ("L4/5", "L4/5", ""),
        ("L4-5", "L4/5", "L4 L5"),
        ("L4-L5", "L4/5", "L4 L5"),
        ("l5/s1", "L5/S1", ""),
        ("L5-S1", "L5/S1", "L5 S1"),
        ("T12-L1", "T12/L1", "T12 L1"),
        ("Th12", "", "T12"),
        ("L3-L5", "L3/4 L4/5", "L3 L4 L5"),
        ("L3 through S1", "L3/4 L4/5 L5/S1", "L3 L4 L5 S1"),
        ("L3/4-L5/S1", "L3/4 L4/5 L5/S1", ""),
        ("L3, L4 and L5", "", "L3 L4 L5"),
        ("L4/5 and L5/S1", "L4/5 L5/S1", ""),
        ("L3-4, 4-5 and 5-1", "L3/4 L4/5 L5/S1", ""),
        ("L IV/V", "L4/5", ""),
        ("L4 on L5", "L4/5", "L4"),
        ("between L4 and L5", "L4/5", ""),
        ("S1", "", "S1"),
        ("L4/5 posterior bulge", "L4/5", ""),
        ("L4/5 hypertrophic facets", "L4/5", ""),
        ("L4/5 fatty endplates", "L4/5", ""),
        ("L5/S1 signal loss", "L5/S1", ""),
        ("L4 STIR hyperintensity", "", "L4"),
        ("segment L4/5", "L4/5", ""),
    ],
)
def test_levels(text, discs, bodies):
    (mention,) = find_levels(f"changes {text} noted")
    assert (mention.discs, mention.bodies) == (tuple(discs.split()), tuple(bodies.split()))


@pytest.mark.parametrize(
    "text",
    ["T2 hyperintense", "T1 and T2 signal", "T1 post contrast", "the left S1 nerve root",
     "exiting L4", "segment S1", "L4L5", "C"],
)  # fmt: skip
def test_no_level(text):
    assert find_levels(text) == ()


def test_mentions_of_the_same_rows_share_a_number():
    mentions = find_levels("bulge at L4/5, stenosis at L5/S1 and, again, cyst in L4/5")
    assert [(m.id, m.text) for m in mentions] == [(1, "L4/5"), (2, "L5/S1"), (1, "L4/5")]


@pytest.mark.parametrize(
    ("text", "sides"),
    [
        ("left kidney", "left"), ("right-sided", "right"), ("Bilateral", "left right"),
        ("bibasilar", "left right"), ("RUL", "right"), ("lingula", "left"), ("L>R", "left right"),
        ("upright", ""), ("leftover", ""), ("Lt. kidney", "left"),
    ],
)  # fmt: skip
def test_sides(text, sides):
    found = {side for mention in find_sides(text) for side in mention.sides}
    assert found == set(sides.split())


@given(conclusions)
def test_mention_spans_are_verbatim(text):
    for mention in (*find_levels(text, offset=0), *find_sides(text)):
        assert text[mention.span.start : mention.span.end] == mention.text
