"""A hedge or a change is offered only where the clause has a word for it, well spelt or not."""

from __future__ import annotations

import time

import pytest

from llm.attested import COMPANIONS, speaks_of
from llm.context import read_text
from llm.synth.wording import CERTAINTY, CHANGE, CHANGE_AFTER, CHANGE_ALL

FINDING = "disc bulge"


def missing(text):
    (context,) = read_text(text, mark_levels=False)
    return {member for member in COMPANIONS if not speaks_of(context, member)}


@pytest.mark.parametrize("frame", [frame for frames in CERTAINTY.values() for frame in frames])
def test_every_hedge_is_heard(frame):
    assert "certainty" not in missing(frame.format(f=FINDING))


@pytest.mark.parametrize(
    "frame",
    [f for said in (CHANGE, CHANGE_AFTER, CHANGE_ALL) for frames in said.values() for f in frames],
)
def test_every_change_is_heard(frame):
    assert "change" not in missing(frame.format(f=FINDING, date="12/03/2021"))


@pytest.mark.parametrize(
    ("text", "members"),
    [
        ("Disc bulge", {"certainty", "change"}),
        ("Cancer of the lower lobe", {"certainty", "change"}),
        ("Redemonstrated canal stenosis", {"certainty", "change"}),
        ("Probabel disc bulge", {"change"}),
        ("Inncreased disc bulge", {"certainty"}),
        ("Disc bulge?", {"change"}),
        ("Nodule 8 mm (9 mm in 2020)", {"certainty"}),
        ("Mass has doubled", {"certainty"}),
    ],
)
def test_what_nothing_speaks_of(text, members):
    assert missing(text) == members


def test_a_very_long_clause_is_read_at_once():
    text = " ".join(f"wordy{chr(97 + n % 26)}{chr(97 + n // 26 % 26)}" for n in range(2_500))
    started = time.perf_counter()
    missing(text)
    assert time.perf_counter() - started < 3
