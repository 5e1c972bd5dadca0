"""What trains and what is held out: phrasings and combinations of findings, each by its own hash.

Nothing is drawn at random, so a phrasing or a combination never changes sides when a template
grows. The parts:

    train, val   their own phrasings; no combination that is held out
    test         phrasings that no training saw, in any combination
    test_seen    the phrasings of the training, in combinations that no training saw
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, Protocol

from llm.attested import COMPANIONS
from llm.phrases import Expansion, Slot, all_expansions
from llm.schema import Group, ReportTemplate

Part = Literal["train", "val", "test", "test_seen"]
PARTS: tuple[Part, ...] = ("train", "val", "test", "test_seen")

TEST_SHARE, VAL_SHARE = 1 / 6, 1 / 10
COMBINATION_SHARE = 1 / 10
# Too few phrasings to hold one out: they are shared by all parts.
MIN_TO_SPLIT = 5

Findings = frozenset[tuple[str, str]]
# They say how sure or how many, not what: two conclusions that differ in these alone combine the
# same findings.
_NO_FINDING = COMPANIONS | {"count"}


class Stated(Protocol):
    """A statement, of an answer or still to be made."""

    @property
    def slot(self) -> str: ...
    @property
    def selector(self) -> object: ...
    @property
    def pairs(self) -> Sequence[tuple[str, object]]: ...


@dataclass(frozen=True, slots=True)
class Usable:
    """The phrasings of one value that a part may use.

    `held_out` says that none of them is trained on; then a wording in `trained`, which some
    phrasing of the training also gives, may not be used.
    """

    phrases: tuple[str, ...]
    held_out: bool = False
    trained: frozenset[str] = frozenset()


@lru_cache(maxsize=1 << 16)
def usable(name: str, phrases: tuple[str, ...], part: Part) -> Usable:
    """What a part may use of the phrasings of the value `name`, in template order.

    Of five or more, each belongs to the test with probability TEST_SHARE and to the validation with
    VAL_SHARE. Where one of these gets none, it uses those of the training.
    """
    sides = [_part_of(name, phrase) for phrase in phrases]
    train, val, test = (
        tuple(phrase for phrase, side in zip(phrases, sides, strict=True) if side == wanted)
        for wanted in ("train", "val", "test")
    )
    if len(phrases) < MIN_TO_SPLIT or not train:
        return Usable(phrases)
    if part == "test" and test:
        trained = (plain(w) for phrase in train for w in all_expansions(phrase))
        return Usable(test, held_out=True, trained=frozenset(trained))
    return Usable(val or train if part == "val" else train)


def _part_of(name: str, phrase: str) -> Part:
    place = _place(f"{name}|{phrase}")
    if place < TEST_SHARE:
        return "test"
    return "val" if place < TEST_SHARE + VAL_SHARE else "train"


def _place(text: str) -> float:
    """A place from 0 up to 1 that depends on the text alone."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6], "big") / (1 << 48)


def plain(wording: Expansion) -> str:
    """A wording as text without regard to case, its slots by their names."""
    return "".join(f"{{{p.name}}}" if isinstance(p, Slot) else p for p in wording).casefold()


def is_held_out(findings: Findings) -> bool:
    """True for a combination of two or more findings that is never trained on."""
    if len({slot for slot, _ in findings}) < 2:
        return False
    return _place("|".join(sorted(f"{s}={v}" for s, v in findings))) < COMBINATION_SHARE


def findings_of(template: ReportTemplate, statements: Iterable[Stated]) -> Findings:
    """The abnormal findings of a conclusion as (slot, value), the value of a member "member=value".

    Sizes, rows, hedges, changes and counts are left out; a finding without any other value is
    (slot, "").
    """
    return frozenset(found for stated in statements for found in _findings(template, stated))


def _findings(template: ReportTemplate, stated: Stated) -> Iterator[tuple[str, str]]:
    try:
        item = template.item(stated.slot)
    except KeyError:  # A section, or the report, said to be normal.
        return
    measured = any(not _is_value(value) for _, value in stated.pairs)
    if stated.selector == "+" or (stated.selector is None and measured):
        yield stated.slot, ""
    for name, value in stated.pairs:
        if name in _NO_FINDING or not _is_value(value) or isinstance(item, Group) is not bool(name):
            continue
        field = item.member(name) if isinstance(item, Group) else item
        if value != field.normal:
            yield stated.slot, f"{name}={value}" if name else str(value)


def _is_value(value: object) -> bool:
    return isinstance(value, str) and not value.startswith("@")
