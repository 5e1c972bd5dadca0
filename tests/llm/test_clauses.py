"""Clauses: the pieces are the text, and a doubtful place is not cut."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given

from llm.clauses import clauses_of, split_clauses
from llm.context import read_text
from tests.llm.strategies import conclusions, texts


@given(conclusions | texts)
def test_pieces_rejoin_to_the_exact_input(conclusion):
    pieces = split_clauses(conclusion)
    assert "".join(piece.text for piece in pieces) == conclusion
    for piece in pieces:
        assert conclusion[piece.span.start : piece.span.end] == piece.text


@given(conclusions | texts)
def test_every_letter_and_digit_lies_in_a_clause_or_a_list_mark(conclusion):
    for piece in split_clauses(conclusion):
        if piece.kind == "clause":
            assert any(character.isalnum() for character in piece.text)
            assert piece.text == piece.text.strip()
        else:
            # Titles and running numbers; a title may stand twice.
            words = re.sub(r"impressions?|conclusions?|findings?", "", piece.text, flags=re.I)
            assert len("".join(filter(str.isalnum, words))) <= 24


@pytest.mark.parametrize(
    ("conclusion", "clauses"),
    [
        ("Cyst. No stone.", ["Cyst", "No stone"]),
        ("2.5 x 2.2 cm mass in segment 4/8.", ["2.5 x 2.2 cm mass in segment 4/8"]),
        ("Seen by Dr. Smith, e.g. a cyst, approx. 5 mm.",
         ["Seen by Dr. Smith, e.g. a cyst, approx. 5 mm"]),
        ("No. 4 is a cyst.", ["No. 4 is a cyst"]),
        ("Effusion: no. Nodule: yes.", ["Effusion: no", "Nodule: yes"]),
        ("Bulge at L4/5; stenosis at L5/S1", ["Bulge at L4/5", "stenosis at L5/S1"]),
        ("IMPRESSION:\n1. Liver lesion\n2) Cyst\n- Stone\n• Node",
         ["Liver lesion", "Cyst", "Stone", "Node"]),
        ("1. Emphysema. 2. Effusion.", ["Emphysema", "Effusion"]),
        ("1) Emphysema 2) Effusion", ["Emphysema", "Effusion"]),
        ("1.2 cm nodule", ["1.2 cm nodule"]),
        ("3.Normal kidneys", ["Normal kidneys"]),
        ("Nodule in the right\nlower lobe", ["Nodule in the right\nlower lobe"]),
        ("Nodule\nEffusion", ["Nodule", "Effusion"]),
        ("Kidneys:\nNo stone. No cyst", ["Kidneys:\nNo stone", "No cyst"]),
        ("Nodule (series 4; image 112. stable).", ["Nodule (series 4; image 112. stable)"]),
        ("No pleural effusion and no pneumothorax", ["No pleural effusion", "no pneumothorax"]),
        ("Acute diverticulitis without abscess", ["Acute diverticulitis without abscess"]),
        ("Mass between the liver and a small cyst", ["Mass between the liver and a small cyst"]),
        ("Tom &amp; Jerry", ["Tom &amp; Jerry"]),
        ("Small bowel obstruction?", ["Small bowel obstruction?"]),
        ("폐결절 12mm. 흉수 없음。정상", ["폐결절 12mm", "흉수 없음", "정상"]),
        ("...\n\n- \n", []),
    ],
)  # fmt: skip
def test_cuts(conclusion, clauses):
    assert [clause.text for clause in clauses_of(conclusion)] == clauses


@pytest.mark.parametrize(
    "unit",
    [
        "(", "1.", "a, ", "and no ", "x and no y ", ". ", "\n", "x\u0301", "&", "2) A ", "a b\n",
        "5 mm ", "5 x ", "5 and ", "5-", "L4 and ", "L4/", "from 5 ", "was prior ", "in ct 2019 ",
        "left ", "; ", "5,", "1,000", "< ", "no ", "series 4 ", "\u2028",
    ],
)  # fmt: skip
def test_the_longest_conclusion_is_read_at_once(unit):
    conclusion = (unit * 20_000)[:20_000]
    started = time.perf_counter()
    assert "".join(piece.text for piece in split_clauses(conclusion)) == conclusion
    read_text(conclusion, mark_levels=True)
    assert time.perf_counter() - started < 10
