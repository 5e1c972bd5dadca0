"""Open places of a text, and merge fields."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporting.placeholders import merge, open_placeholders, unknown_merge_fields


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Nodule of [ ] mm.", ["[ ]"]),
        ("[] and [   ] and [__]", ["[]", "[   ]", "[__]"]),
        ("[mild|moderate|severe] emphysema", ["[mild|moderate|severe]"]),
        ("[|new] in a {age}-year-old {sex}", ["[|new]", "{age}", "{sex}"]),
        ("[1], [see note], {other}, [a\n|b], [\n], a|b, [[x]]", []),
        ("", []),
    ],
)
def test_what_is_still_to_be_written(text, found):
    assert [place.text for place in open_placeholders(text)] == found


def test_a_pick_list_has_its_options_and_place():
    (place,) = open_placeholders("😀 [ left |right]")
    assert (place.start, place.end, place.options) == (2, 16, ("left", "right"))


@given(st.text(alphabet="[]{}| \nab age", max_size=60))
def test_places_are_apart_in_order_and_true_to_the_text(text):
    places, end = open_placeholders(text), 0
    for place in places:
        assert end <= place.start < place.end
        assert text[place.start : place.end] == place.text
        end = place.end


def test_merge_fields_without_a_value_are_left_to_be_written():
    text = merge("{age} {sex}, prior of {prior_date}: {other}", {"age": "61", "sex": "female"})
    assert text == "61 female, prior of [ ]: {other}"
    assert unknown_merge_fields(text) == ("other",)


def test_what_is_merged_in_is_not_merged_again():
    assert merge("{indication}", {"indication": "{age}", "age": "3"}) == "{age}"
