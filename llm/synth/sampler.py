"""What all draws of one conclusion share: its random numbers, what is used up, its wording."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import ParamSpec, TypeVar

from llm.phrases import Expansion, Slot, expand
from llm.schema import ReportTemplate
from llm.synth import numbers, wording
from llm.synth.catalog import Catalog, catalog_of, slot_names
from llm.synth.difficulty import MIXED, Difficulty
from llm.synth.drafts import Draft, Mark, Say, Word, framed
from llm.synth.splits import Part, Usable, plain, usable

P = ParamSpec("P")
T = TypeVar("T")
_TRIES = 12
_RARE_FRAMES = wording.FINDINGS[1:]
Fill = Mapping[str, tuple[Word, ...]]
Pairs = list[tuple[str, str | Mark]]


class NothingLeft(Exception):
    """What was to be drawn cannot be: its slots are used up, or it has no wording."""


def tried(make: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
    """What `make` gives, or None where nothing is left to make it of."""
    try:
        return make(*args, **kwargs)
    except NothingLeft:
        return None


def draw(choice: Usable, rng: random.Random) -> Expansion:
    """One wording; raises NothingLeft where there is none, or none that is not trained on."""
    if not choice.phrases:
        raise NothingLeft
    for _ in range(_TRIES if choice.held_out else 1):
        drawn = expand(rng.choice(choice.phrases), rng)
        if not choice.held_out or plain(drawn) not in choice.trained:
            return drawn
    raise NothingLeft


@dataclass(slots=True)
class Sampler:
    """Draws for one conclusion.

    `used` keeps a slot or row from being said twice: (slot, row), the row "" for a plain field and
    "*" for all rows. `stated` has the choices said so far, by path, where the template derives
    values. `wordings` gathers what was drawn of the template's own wording, as (name of the value,
    wording). In telegram style findings stand without frames.
    """

    template: ReportTemplate
    part: Part
    rng: random.Random
    difficulty: Difficulty = MIXED
    sex: str | None = None
    exam_side: str | None = None
    telegram: bool = False
    used: set[tuple[str, str]] = field(default_factory=set)
    stated: dict[str, object] = field(default_factory=dict)
    wordings: list[tuple[str, Expansion]] = field(default_factory=list)
    catalog: Catalog = field(init=False)

    def __post_init__(self) -> None:
        self.catalog = catalog_of(self.template, self.sex)

    def happens(self, share: float) -> bool:
        """True with a probability."""
        return self.rng.random() < share

    def choice(self, options: Sequence[T]) -> T:
        """One of some options; raises NothingLeft where there is none."""
        if not options:
            raise NothingLeft
        return self.rng.choice(options)

    # The template's own wording

    def expansion(
        self, name: str, phrases: tuple[str, ...], *, having: frozenset[str] = frozenset()
    ) -> Expansion:
        """A wording that this part may use of the value `name`; raises NothingLeft.

        With `having` only phrasings with these slots are drawn; an optional one may be left out.
        """
        choice = self.usable(name, phrases)
        if having:
            fitting = tuple(p for p in choice.phrases if having <= slot_names(p))
            choice = replace(choice, phrases=fitting)
        drawn = draw(choice, self.rng)
        self.note(name, drawn)
        return drawn

    def usable(self, name: str, phrases: tuple[str, ...]) -> Usable:
        """The phrasings of the value `name` that this part may use."""
        return usable(f"{self.template.key}.{name}", phrases, self.part)

    def note(self, name: str, drawn: Expansion) -> None:
        """Keeps what was drawn of the wording of the value `name`."""
        self.wordings.append((f"{self.template.key}.{name}", drawn))

    def speaks_of(self, slot: str) -> bool:
        """True where something has been said of a slot, in any row."""
        return any(used == slot for used, _ in self.used)

    def filled(self, expansion: Expansion, fill: Fill) -> tuple[Word, ...]:
        """The words of an expansion, its slots filled; raises NothingLeft for any other slot."""
        words: list[Word] = []
        for piece in expansion:
            if not isinstance(piece, Slot):
                words.append(Word(piece))
            elif piece.name in fill:
                words += fill[piece.name]
            else:
                raise NothingLeft
        return tuple(words)

    def said(
        self, name: str, phrases: tuple[str, ...], say: Say, fill: Fill | None = None
    ) -> Draft:
        """A draft of the wording of one value; raises NothingLeft."""
        words = self.filled(self.expansion(name, phrases), fill or {})
        tags = ("held_out",) if self.usable(name, phrases).held_out else ()
        return Draft(words, (say,), tags=frozenset(tags))

    # Words around

    def frame(self, name: str, frames: Sequence[str], *, common: float = 0.3) -> str:
        """One of the frames that this part may use, numbers and dates filled in.

        Only frames around findings are held out. The ways to deny, to hedge and to compare are
        few and must be known: one that was never trained on would turn "not seen" into a finding.
        """
        if name == "finding":
            return self._finding_frame(common)
        if len(frames) == 1 or self.happens(common):
            return numbers.with_numbers(frames[0], self.rng)
        chosen = frames[self.rng.randrange(1, len(frames))]
        return numbers.with_numbers(chosen, self.rng)

    def _finding_frame(self, common: float) -> str:
        if self.telegram or self.happens(common):
            return wording.FINDINGS[0]
        chosen = self.rng.choice(usable("frame.finding", _RARE_FRAMES, self.part).phrases)
        self.wordings.append(("frame.finding", (chosen,)))
        return chosen

    def hedged(self, draft: Draft, *, certainty: bool, change: bool, changed: str = "") -> Draft:
        """The draft hedged or compared with the prior, where its slot has a place for that.

        `changed` is the change that its sizes show, if they show one.
        """
        hedge = certainty and self.happens(self.difficulty.hedged)
        compare = change and self.happens(self.difficulty.compared)
        both = hedge and compare
        if compare and not _says(draft, "change"):
            value = changed or self.rng.choice(tuple(wording.CHANGE))
            draft = self._companion(draft, "change", value, wording.CHANGE[value], leading=both)
        if hedge and not _says(draft, "certainty"):
            values = ("probable", "possible", "possible", "probable", "definite")
            value = self.rng.choice(values)
            frames = wording.CERTAINTY[value]
            draft = self._companion(draft, "certainty", value, frames, leading=both)
        return draft

    def _companion(
        self, draft: Draft, name: str, value: str, frames: Sequence[str], *, leading: bool
    ) -> Draft:
        if leading:
            frames = [frame for frame in frames if frame.endswith("{f}")]
        first, *others = draft.says
        said = Say(first.slot, first.selector, (*first.pairs, (name, value)))
        return framed(self.frame(name, frames), draft.saying(said, *others)).tagged(name)


def _says(draft: Draft, name: str) -> bool:
    return any(member == name for member, _ in draft.says[0].pairs)
