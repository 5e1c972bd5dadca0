"""Draws findings, negations and the rest from a template: phrases with what they say."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from llm.disagreements import disagreements
from llm.phrases import Expansion, Slot
from llm.schema import Field, Group, Option, ReportTemplate
from llm.slots import slots_of
from llm.synth import numbers, wording
from llm.synth.drafts import Draft, Mark, Say, Word, framed
from llm.synth.results import (
    changes_as_said,
    computed_members,
    dimensions_of,
    have_a_place,
    stated_with,
    with_result,
)
from llm.synth.rows import both_places, member_words, more_members, two_sides
from llm.synth.splits import Part, draw, is_held_out, phrasings

_BOTH = ("bilateral", "bilateral", "bilateral", "left and right", "right and left")
_NEGATED_BEFORE = re.compile(r"\b(?:without|no)\s*$")
_COUNTED = re.compile(rf"\b({'|'.join(sorted(wording.PLURALS, key=len, reverse=True))})\b")
_CHANGE_WORDS = (
    ("increased", re.compile(r"\b(?:increased?|enlarged|grown|larger|progressed)\b")),
    ("decreased", re.compile(r"\b(?:decreased?|smaller|shrunk|regressed)\b")),
    ("unchanged", re.compile(r"\b(?:unchanged|stable)\b")),
)


class NothingLeft(LookupError):
    """Every slot that could be drawn has been used in this conclusion."""


@dataclass(slots=True)
class Sampler:
    """Draws for one conclusion.

    `used` keeps a slot or row from being said twice, `stated` has the choices said so far.
    """

    template: ReportTemplate
    part: Part
    rng: random.Random
    sex: str | None = None
    used: set[tuple[str, str]] = field(default_factory=set)
    stated: dict[str, object] = field(default_factory=dict)

    # Findings

    def finding(self, *, only_held_out: bool = False) -> Draft:
        """An abnormal finding of any field or group; in the test part of held-out wording."""
        offered = slots_of(self.template, self.sex)
        names = [*offered.fields, *(g for g in offered.groups for _ in range(self._weight(g)))]
        for _ in range(60):
            name = self.rng.choice(names)
            item, before = self.template.item(name), set(self.used)
            try:
                draft = self._of_group(item) if isinstance(item, Group) else self._of_field(item)
            except LookupError:
                draft = None
            right = draft is not None and not (only_held_out and "held_out" not in draft.tags)
            if draft is not None and right and self.accepts(draft):
                return draft
            self.used = before
        raise NothingLeft

    def accepts(self, draft: Draft) -> bool:
        """True where a draft agrees with all that was said before; it then counts as said."""
        stated = stated_with(self.stated, draft)
        if disagreements(self.template, stated):
            return False
        self.stated = stated
        return True

    def _weight(self, name: str) -> int:
        group = self.template.item(name)
        if not isinstance(group, Group):
            return 1
        return 1 + (len(group.patterns) + len(group.follow_ups)) // 8

    def _of_field(self, item: Field) -> Draft | None:
        if (item.key, "") in self.used:
            return None
        if item.kind == "number":
            return self._of_number(item)
        options = [o for o in item.options if o.value != item.normal and o.phrases]
        if not options:
            return None
        option = self.rng.choice(options)
        self.used.add((item.key, ""))
        words, held_out = self._words(f"{item.key}.{option.value}", option.phrases)
        says = Say(item.key, None, (("", option.value),))
        draft = Draft(words, (says,), tags=frozenset({"held_out"} if held_out else ()))
        draft = self._with_number(item, option, draft)
        return self._companions(draft, certainty=item.certainty, change=item.change)

    def _of_number(self, item: Field) -> Draft | None:
        if item.visible_if is not None or not item.phrases:
            return None
        chain = dimensions_of(self.template, item)
        count = self.rng.choices(range(len(chain), 0, -1), (85, 10, 5)[: len(chain)])[0]
        self.used |= {(field.key, "") for field in chain[:count]}
        expansion = draw(item.key, item.phrases, self.part, self.rng)
        number = numbers.quantity(item, self.rng, dimensions=count)
        words = self.filled(expansion, {"n": (number,)})
        tags = frozenset({"number", *(("held_out",) if is_held_out(item.phrases) else ())})
        draft = Draft(words, (Say(item.key, None, (("", _mark(number)),)),), tags=tags)
        return with_result(self, chain[:count], number, draft) if count > 1 else draft

    def _with_number(self, item: Field, option: Option, draft: Draft) -> Draft:
        """A finding together with the number that is asked only beside it: "4.5 cm aneurysm"."""
        for other in self.template.items():
            condition = other.visible_if
            if not isinstance(other, Field) or other.kind != "number" or condition is None:
                continue
            if condition.field != item.key or option.value not in condition.values:
                continue
            if (other.key, "") in self.used or self.rng.random() < 0.4:
                continue
            self.used.add((other.key, ""))
            number = numbers.quantity(other, self.rng)
            frame = self.rng.choice(
                (" measuring ", ", ", " of ", " up to ", " with a diameter of ")
            )
            return replace(
                draft,
                words=(*draft.words, Word(frame), number),
                says=(*draft.says, Say(other.key, None, (("", _mark(number)),))),
                tags=draft.tags | {"number"},
            )
        return draft

    def _words(self, name: str, phrases: Sequence[str]) -> tuple[tuple[Word, ...], bool]:
        expansion = draw(f"{self.template.key}.{name}", phrases, self.part, self.rng)
        return self.filled(expansion, {}), is_held_out(tuple(phrases))

    def _companions(self, draft: Draft, *, certainty: bool, change: bool) -> Draft:
        """The draft hedged or compared with the prior, where its slot has a place for that."""
        say, value = draft.says[0], ""
        frames: Sequence[str] = ()
        draw_ = self.rng.random()
        if certainty and draw_ < 0.13:
            name, values = "certainty", ("probable", "possible", "possible", "probable", "definite")
            value = self.rng.choice(values)
            frames = wording.CERTAINTY[value]
        elif change and 0.13 <= draw_ < 0.27:
            name, value = "change", self.rng.choice(tuple(wording.CHANGE))
            frames = wording.CHANGE[value]
        if not value or any(member == name for member, _ in say.pairs):
            return draft
        frame = self.frame(f"{name}.{value}", frames)
        said = replace(say, pairs=(*say.pairs, (name, value)))
        return framed(frame, replace(draft, says=(said, *draft.says[1:]))).tagged(name)

    # Groups

    def _of_group(self, group: Group) -> Draft | None:
        if group.row_kind == "side" and self.rng.random() < 0.12:
            return two_sides(self, group)
        place = self._place(group)
        if place is None:
            return None
        selector, fill, tags = place
        expansion = draw(f"{self.template.key}.{group.key}", group.patterns, self.part, self.rng)
        held_out = is_held_out(group.patterns)
        filled = self.members(group, expansion, fill)
        if filled is None:
            return None
        words, pairs, more = filled
        if group.row_kind == "level" and self.rng.random() < 0.15:
            behind, further = more_members(self, group, fill, [name for name, _ in pairs])
            words, pairs = (*words, *behind), [*pairs, *further]
        if held_out:
            more = more | {"held_out"}
        order = [member.key for member in group.fields]
        pairs.sort(key=lambda pair: order.index(pair[0]))
        if not pairs or not have_a_place(group, dict(pairs)):
            return None
        says = (Say(group.key, selector, tuple(pairs)),)
        draft = Draft(words, says, tags=frozenset(tags) | more)
        draft = self._companions(draft, certainty=group.certainty, change=group.change)
        said = replace(
            draft.says[0],
            pairs=tuple(sorted(draft.says[0].pairs, key=lambda pair: order.index(pair[0]))),
        )
        if not changes_as_said(draft.words, dict(said.pairs)):
            return None
        return replace(draft, says=(said, *draft.says[1:]))

    def _place(
        self, group: Group
    ) -> tuple[str | Mark, dict[str, tuple[Word, ...]], frozenset[str]] | None:
        """The row of a finding: its selector, the words for `{side}` or `{level}`, its tags."""
        if (group.key, "*") in self.used:
            return None
        if group.row_kind == "open":
            taken = sum(1 for slot, _ in self.used if slot == group.key)
            if taken >= min(3, group.max_rows):
                return None
            self.used.add((group.key, f"+{taken}"))
            return "+", {}, frozenset({"several"} if taken else ())
        free = [row.key for row in group.rows if (group.key, row.key) not in self.used]
        if not free:
            return None
        if group.row_kind == "side":
            return self._side(group, free)
        return self._levels(group, free)

    def _side(
        self, group: Group, free: list[str]
    ) -> tuple[str, dict[str, tuple[Word, ...]], frozenset[str]]:
        if len(free) == 2 and self.rng.random() < 0.22:
            self.used |= {(group.key, side) for side in free}
            words = (Word(self.rng.choice(_BOTH)),)
            return "*", {"side": words}, frozenset({"bilateral"})
        side = self.rng.choice(free)
        self.used.add((group.key, side))
        return side, {"side": (Word(side, fixed=True),)}, frozenset()

    def _levels(
        self, group: Group, free: list[str]
    ) -> tuple[Mark, dict[str, tuple[Word, ...]], frozenset[str]]:
        count = self.rng.choices((1, 2, 3), (80, 16, 4))[0]
        rows = [row.key for row in group.rows]
        chosen = sorted(self.rng.sample(free, min(count, len(free))), key=rows.index)
        self.used |= {(group.key, row) for row in chosen}
        word = numbers.level(chosen, self.rng)
        tags = frozenset({"levels"} if len(chosen) > 1 else ())
        return _mark(word), {"level": (word,)}, tags

    def members(
        self, group: Group, expansion: Expansion, fill: dict[str, tuple[Word, ...]]
    ) -> tuple[tuple[Word, ...], list[tuple[str, str | Mark]], frozenset[str]] | None:
        """The words of a pattern with what its members say; None where a member has no wording."""
        said: dict[str, tuple[Word, ...]] = {}
        pairs: list[tuple[str, str | Mark]] = []
        for name, before in _free_slots(group, expansion, fill):
            member = self._member(group, name, fill, before, dict(pairs))
            if member is None:
                return None
            said[name] = member[0]
            pairs.append((name, member[1]))
        words = list(self.filled(expansion, {**fill, **said}))
        self._implied_change(group, words, pairs)
        numbered = any(isinstance(value, Mark) for _, value in pairs)
        return tuple(_plural(words, pairs)), pairs, frozenset({"number"} if numbered else ())

    def _implied_change(
        self, group: Group, words: list[Word], pairs: list[tuple[str, str | Mark]]
    ) -> None:
        """A pattern that itself says "increased from … to …" states the change."""
        if not any(name == "prior_size" for name, _ in pairs):
            return
        text = " ".join(word.text for word in words if not word.fixed)
        for value, pattern in _CHANGE_WORDS:
            if group.change and pattern.search(text):
                pairs.append(("change", value))
                return

    def _member(
        self,
        group: Group,
        name: str,
        fill: dict[str, tuple[Word, ...]],
        before: str,
        said: dict[str, str | Mark],
    ) -> tuple[tuple[Word, ...], str | Mark] | None:
        member = group.member(name)
        if member.kind == "number":
            number = numbers.quantity(member, self.rng, dimensions=self._dimensions(group, member))
            return (number,), _mark(number)
        if _NEGATED_BEFORE.search(before):
            options = [o for o in member.options if o.value == member.normal]
        else:
            options = [o for o in member.options if o.value != member.normal]
        computed = computed_members(self.template, group, said).get(name)
        options = [o for o in options if o.phrases and computed in (None, o.value)]
        if not options:
            return None
        return self._chosen(group, member, options, fill)

    def _chosen(
        self,
        group: Group,
        member: Field,
        options: Sequence[Option],
        fill: dict[str, tuple[Word, ...]],
    ) -> tuple[tuple[Word, ...], str]:
        """One option, or of a list now and then two or three."""
        several = member.kind == "multi_choice" and len(options) > 2 and self.rng.random() < 0.25
        if several and self.rng.random() < 0.35:
            both = both_places(self, member)
            if both is not None:
                return (Word(both[0]),), "+".join(option.value for option in both[1])
        count = self.rng.choice((2, 2, 2, 3)) if several else 1
        chosen = self.rng.sample(options, count)
        words: list[Word] = []
        for index, option in enumerate(chosen):
            words += [Word(" and " if index == count - 1 else ", ")] if index else []
            words += member_words(self, group, member, option, fill)
        return tuple(words), "+".join(o.value for o in member.options if o in chosen)

    def _dimensions(self, group: Group, member: Field) -> int:
        chain, current = 1, member
        while current.next_dimension:
            current = group.member(current.next_dimension)
            chain += 1
        return self.rng.choices((1, 2, 3)[:chain], (70, 22, 8)[:chain])[0]

    def filled(self, expansion: Expansion, fill: dict[str, tuple[Word, ...]]) -> tuple[Word, ...]:
        """The words of an expansion, its slots filled; raises NothingLeft for any other slot."""
        words: list[Word] = []
        for piece in expansion:
            if isinstance(piece, Slot):
                if piece.name not in fill:
                    raise NothingLeft
                words += fill[piece.name]
            else:
                words.append(Word(piece))
        return tuple(words)

    # Words around

    def frame(self, name: str, frames: Sequence[str], *, common: float = 0.3) -> str:
        """One of the frames that this part of the split may use, numbers and dates filled in.

        Only frames around findings are held out. The ways to deny, to hedge and to compare are
        few and must be known: one that was never trained on would turn "not seen" into a finding.
        """
        first, *others = frames
        if not others or self.rng.random() < common:
            return numbers.with_numbers(first, self.rng)
        usable: Sequence[str] = others
        if name == "finding":
            usable = phrasings(f"frame.{name}", tuple(others), self.part)
        return numbers.with_numbers(self.rng.choice(usable), self.rng)


def _free_slots(
    group: Group, expansion: Expansion, fill: dict[str, tuple[Word, ...]]
) -> list[tuple[str, str]]:
    """The slots that members fill, with the text before each; what is derived comes last."""
    found = [
        (piece.name, before if isinstance(before, str) else "")
        for before, piece in zip(("", *expansion), expansion, strict=False)
        if isinstance(piece, Slot) and piece.name not in fill
    ]
    return sorted(found, key=lambda slot: group.member(slot[0]).derived is not None)


def _mark(word: Word) -> Mark:
    if word.mark is None:
        raise ValueError(f"{word.text!r} has no mark")
    return word.mark


def _plural(words: list[Word], pairs: Sequence[tuple[str, str | Mark]]) -> list[Word]:
    """ "multiple … nodule" becomes "multiple … nodules"."""
    if not any(name == "count" for name, _ in pairs):
        return words
    return [
        word if word.fixed else replace(word, text=_COUNTED.sub(_many, word.text)) for word in words
    ]


def _many(match: re.Match[str]) -> str:
    return wording.PLURALS[match[1]]
