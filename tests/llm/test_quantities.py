"""Quantities: what is one, what is none, and whose time it tells."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given

from llm.mentions import find_levels
from llm.quantities import find_quantities
from llm.units import convert
from tests.llm.strategies import conclusions


def short(text):
    """Each quantity as `numbers unit time`."""
    quantities = find_quantities(text, levels=find_levels(text))
    return [
        " ".join(
            [
                f"{q.low}-{q.high}" if q.low is not None else "x".join(map(str, q.dims)),
                *([q.comparator] if q.comparator else []),
                str(q.unit),
                q.time,
            ]
        )
        for q in quantities
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2.5 x 2.2 cm", ["2.5x2.2 cm current"]),
        ("2.5 cm x 2.2 cm", ["2.5x2.2 cm current"]),
        ("2.5 cm x 22 mm", ["2.5x2.2 cm current"]),
        ("12 x 10 x 9 mm", ["12x10x9 mm current"]),
        ("2.5 (AP) x 2.2 (TR) x 3 cm", ["2.5x2.2x3 cm current"]),
        ("1.2cm", ["1.2 cm current"]),
        ("1,2 cm", ["1.2 cm current"]),
        (".5 cm", ["0.5 cm current"]),
        ("1,200 mL", ["1200 mL current"]),
        ("15 cc", ["15 mL current"]),
        ("12-mm nodule", ["12 mm current"]),
        ("5–8 mm", ["5-8 mm current"]),
        ("1 to 2 cm", ["1-2 cm current"]),
        ("ranging from 6 to 8 mm", ["6-8 mm current"]),
        ("up to 8 mm", ["8 mm current"]),
        ("approximately 4 mm", ["4 mm current"]),
        ("<5 mm", ["5 < mm current"]),
        ("&lt;5 mm", ["5 < mm current"]),
        ("less than 5 mm", ["5 < mm current"]),
        ("sub-5 mm", ["5 < mm current"]),
        ("at least 1 cm", ["1 >= cm current"]),
        ("45 HU", ["45 HU current"]),
        ("of -20 HU", ["-20 HU current"]),
        ("- 8 mm nodule", ["8 mm current"]),
        ("50 %", ["50 % current"]),
        ("RV/LV ratio of 1.3", ["1.3 None current"]),
        ("RV:LV ratio > 1", ["1 > None current"]),
        ("ASPECTS 7", ["7 None current"]),
        ("ASPECT score of 8/10", ["8 None current"]),
        ("in the posterior aspect of 5 ribs", []),
        ("a Gleason score 7 tumour", []),
        ("5 and 8 mm", ["5 mm current", "8 mm current"]),
        ("12mm의 결절", ["12 mm current"]),
        ("previously 8 mm", ["8 mm prior"]),
        ("previously it measured 8 mm", ["8 mm prior"]),
        ("was 6 mm", ["6 mm prior"]),
        ("There was an 8 mm stone", ["8 mm current"]),
        ("compared to 6 mm", ["6 mm prior"]),
        ("now 8 mm", ["8 mm current"]),
        ("8 mm (previously 6 mm)", ["8 mm current", "6 mm prior"]),
        ("8 mm, 6 mm on prior CT", ["8 mm current", "6 mm prior"]),
        ("6 mm previously, now 8 mm", ["6 mm prior", "8 mm current"]),
        ("8 mm (6 mm on 12/03/2020)", ["8 mm current", "6 mm prior"]),
        ("compared to prior CT, 8 mm nodule", ["8 mm current"]),
        ("8 mm, unchanged from prior", ["8 mm current"]),
        ("from 6 to 8 mm", ["6 mm prior", "8 mm current"]),
        ("increased from 6 mm to 8 mm", ["6 mm prior", "8 mm current"]),
        ("from 12 x 10 to 15 x 12 mm", ["12x10 mm prior", "15x12 mm current"]),
        ("6 mm -> 8 mm", ["6 mm prior", "8 mm current"]),
        ("increased by 2 mm", ["2 mm change"]),
        ("2 mm larger than before", ["2 mm change"]),
        ("2 mm/year", ["2 mm/year current"]),
        ("12 x 10", ["12x10 None current"]),
        ("measuring 12", ["12 None current"]),
        ("2 x 5 mm stones", ["2x5 None current"]),
        ("5-8 x 3-4 mm", ["5 None current"]),
        ("8-6 mm", ["8-6 None current"]),
        ("7 mm nodule in segment 7, 12 mm cyst", ["7 mm current", "12 mm current"]),
        ("peripheral zone 12 mm", ["12 mm current"]),
        ("L3-4, 4-5 mm disc", ["4-5 mm current"]),
        ("10 x 8 mm (series 3, image 40)", ["10x8 mm current"]),
        ("PI-RADS 4: 12 mm lesion", ["12 mm current"]),
        ("L3/4 and L4/5: 5 mm", ["5 mm current"]),
        ("12/03/2020: 6 mm", ["6 mm prior"]),
        ("PI-RADS category 4 and 12 x 9 mm", ["12x9 mm current"]),
        ("PSA 6.2 ng/mL, PSA density 0.15 ng/mL²", ["6.2 ng/mL current", "0.15 ng/mL2 current"]),
        ("0.15 ng/mL/cc", ["0.15 ng/mL2 current"]),
    ],
)
def test_found(text, found):
    assert short(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "grade 2", "12 months", "6-12 months", "segment 4/8", "series 4, image 112", "(4/112)",
        "on 12/03/2021", "in March 2021", "3T", "1.5 T", "65-year-old", "Bosniak 2", "L4/5", "T9",
        "No. 4", "1/2 cm", "two nodules", "Lung-RADS 4A", "ribs 4-6",
    ],
)  # fmt: skip
def test_not_a_quantity(text):
    assert short(text) == []


@given(conclusions)
def test_spans_are_verbatim_in_order_and_apart(text):
    end = 0
    for number, quantity in enumerate(find_quantities(text, levels=find_levels(text)), start=1):
        assert quantity.id == number
        assert text[quantity.span.start : quantity.span.end] == quantity.text
        assert quantity.span.start >= end
        end = quantity.span.end


@given(conclusions)
def test_every_number_of_a_quantity_is_written_there(text):
    for quantity in find_quantities(text):
        if quantity.unit is None:
            continue
        digits = set(quantity.text.replace(",", "."))
        for number in (*quantity.dims, quantity.low, quantity.high):
            if number is not None and len(quantity.dims) < 2:
                assert set(str(number).strip("-0.")) <= digits


def test_conversion_is_exact():
    assert convert(Decimal("1.2"), "cm", "mm") == 12
    assert convert(Decimal("0.1"), "mm", "cm") == Decimal("0.01")
    assert convert(Decimal(30), "mL", "cm3") == 30
    with pytest.raises(ValueError, match="cannot be converted"):
        convert(Decimal(1), "mm", "mL")
    with pytest.raises(ValueError, match="cannot be converted"):
        convert(Decimal(1), "mm/year", "mm")
