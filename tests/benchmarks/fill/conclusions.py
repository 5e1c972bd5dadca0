"""The held-out synthetic conclusions that all columns of the benchmark fill."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from llm.schema import load_templates
from llm.sft import card
from llm.synth.pairs import Generator, Pair
from llm.types import FillRequest

ROOT = Path(__file__).resolve().parents[3]
ADAPTER = ROOT / "fixtures" / "adapter"
COVERED = card.filled_templates(card.read(ADAPTER))
TEMPLATES = {
    key: template
    for key, template in load_templates(ROOT / "fixtures" / "report_templates").items()
    if key in COVERED
}


def pairs_of(count: int, seed: int, keys: Iterable[str] = TEMPLATES) -> list[Pair]:
    """Conclusions of the templates that the shipped adapter covers, in unseen wording."""
    return list(Generator([TEMPLATES[key] for key in keys], seed, "test").pairs(count))


def requests_of(pairs: Sequence[Pair]) -> list[FillRequest]:
    """The fill requests of the pairs."""
    return [
        FillRequest(
            pair["id"],
            TEMPLATES[pair["template"]],
            pair["conclusion"],
            exam_side=pair["exam_side"],
            sex=pair["sex"],
        )
        for pair in pairs
    ]
