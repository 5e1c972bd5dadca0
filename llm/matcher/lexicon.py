"""The wording of a template as a dictionary: from a run of words to what it may mean."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from llm.phrases import Slot, all_expansions
from llm.schema import Field, Group, Option, ReportTemplate
from llm.slots import TemplateKey, is_offered
from llm.synth import wording
from llm.synth.splits import Part, usable

# head: a finding of which nothing more is said; value: an option that names its finding;
# property: an option that needs a head; number: the name of a measured field.
Role = Literal["head", "value", "property", "number", "other", "unused"]
Key = tuple[str, ...]

SIDE, LEVEL, QUANTITY = "{side}", "{level}", "{quantity}"
_TOKEN = re.compile(r"\{[a-z_0-9]+\}|[^\W_]+(?:'[a-z]+)?|[/?+]")
# Words of a pattern that join its slots; what is left names the finding.
_JOINING = frozenset({
    "a", "an", "the", "in", "of", "on", "at", "to", "up", "by", "and", "or", "with", "within",
    "from", "for", "is", "are", "was", "has", "been", "now", "which", "measuring", "measures",
    "measure", "measured", "size", "sized", "diameter", "short", "long", "axis", "largest",
    "previously", "prior", "compared", "grown", "increased", "decreased", "reduced", "seen",
    "again", "present", "known", "due", "causing", "involving", "affecting", "arising",
    "extending", "located", "currently",
})  # fmt: skip
_SINGULAR = {plural: singular for singular, plural in wording.PLURALS.items()}


@dataclass(frozen=True, slots=True)
class Reading:
    """One meaning of some words: `value` "" for a head or a number, a section's key for other."""

    role: Role
    item: str
    member: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The readings of each run of normalised words, the longest run, and every word."""

    readings: Mapping[Key, tuple[Reading, ...]]
    longest: int
    words: frozenset[str]


@dataclass(frozen=True, slots=True)
class Token:
    """A normalised word with its place in the text; a mark also has the words it stands for."""

    word: str
    start: int
    end: int
    raw: Key = ()


def tokens_of(text: str) -> list[Token]:
    """The words of a text, lower case and singular."""
    return [Token(_plain(m[0]), m.start(), m.end()) for m in _TOKEN.finditer(text.casefold())]


def _plain(word: str) -> str:
    if word in _SINGULAR:
        return _SINGULAR[word]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def lexicon_of(template: ReportTemplate, part: Part | None) -> Lexicon:
    """The lexicon of a template: the wording that a part may use, or (None) all of it."""
    return _lexicon(TemplateKey(template), part)


@lru_cache(maxsize=32)
def _lexicon(key: TemplateKey, part: Part | None) -> Lexicon:
    found: defaultdict[Key, dict[Reading, None]] = defaultdict(dict)
    words = _Wording(key.template, part)
    for phrase, reading in words.all():
        for run in _runs(phrase):
            found[run][reading] = None
    readings = {run: tuple(several) for run, several in found.items()}
    vocabulary = frozenset(word for run in readings for word in run)
    return Lexicon(readings, max(map(len, readings), default=0), vocabulary)


def _runs(phrase: str) -> Iterator[Key]:
    """The words of every expansion, with sides, levels and numbers as marks and without them."""
    for wording_ in all_expansions(phrase):
        pieces = [f" {_mark(p)} " if isinstance(p, Slot) else p for p in wording_]
        words = tuple(token.word for token in tokens_of("".join(pieces)))
        for marks in ((), (QUANTITY,), (SIDE, LEVEL), (SIDE, LEVEL, QUANTITY)):
            run = _trimmed([word for word in words if word not in marks])
            if any(word not in _JOINING and word[0] != "{" for word in run):
                yield run


def _mark(slot: Slot) -> str:
    return {"side": SIDE, "level": LEVEL}.get(slot.name, QUANTITY)


def _trimmed(words: Sequence[str]) -> Key:
    """Without the joining words at the ends that a mark left behind."""
    start, end = 0, len(words)
    while end > start and words[end - 1] in _JOINING:
        end -= 1
    while start < end and words[start] in _JOINING:
        start += 1
    return tuple(words[start:end])


@dataclass(frozen=True, slots=True)
class _Wording:
    """Every phrase of a template with its reading, as far as the part may use it."""

    template: ReportTemplate
    part: Part | None

    def all(self) -> Iterator[tuple[str, Reading]]:
        for item in self.template.items():
            yield from self._group(item) if isinstance(item, Group) else self._field(item)
        for section, phrases in self.template.other_phrases.items():
            for phrase in self._usable(f"other.{section}", phrases):
                yield phrase, Reading("other", section)
        for phrase in self._usable("none", self.template.not_used_phrases):
            yield phrase, Reading("unused", "")

    def _usable(self, name: str, phrases: tuple[str, ...]) -> tuple[str, ...]:
        if self.part is None:
            return phrases
        return usable(f"{self.template.key}.{name}", phrases, self.part).phrases

    def _field(self, item: Field) -> Iterator[tuple[str, Reading]]:
        if not is_offered(item, None):
            return
        if item.kind == "number":
            for phrase in self._usable(item.key, item.phrases):
                yield phrase, Reading("number", item.key)
        for option in item.options:
            reading = Reading("value", item.key, "", option.value)
            if option.value == item.normal:
                reading = Reading("head", item.key)
            for phrase in self._usable(f"{item.key}.{option.value}", option.phrases):
                yield phrase, reading

    def _group(self, group: Group) -> Iterator[tuple[str, Reading]]:
        for phrase in self._usable(f"{group.key}.none", group.absent_phrases):
            yield phrase, Reading("head", group.key)
        patterns = self._usable(group.key, group.patterns)
        naming = naming_members(group, patterns)
        for pattern in patterns:
            if not naming & set(_required(pattern)) and (noun := _noun(pattern, group)):
                yield noun, Reading("head", group.key)
        for member in group.fields:
            role: Role = "value" if member.key in naming else "property"
            for option in member.options:
                for phrase in self._options(group, member, option):
                    yield phrase, _member_reading(group, member, option, role)

    def _options(self, group: Group, member: Field, option: Option) -> tuple[str, ...]:
        return self._usable(f"{group.key}.{member.key}.{option.value}", option.phrases)


def _member_reading(group: Group, member: Field, option: Option, role: Role) -> Reading:
    if option.value == member.normal:
        return Reading("head", group.key, member.key)
    return Reading(role, group.key, member.key, option.value)


def naming_members(group: Group, patterns: Iterable[str]) -> frozenset[str]:
    """The members whose words name the finding itself.

    In a group of sides or levels those that have a normal; in an open group the one that most
    patterns cannot do without, where these have no noun of their own.
    """
    with_normal = {m.key for m in group.fields if m.normal is not None and m.options}
    if group.row_kind != "open":
        return frozenset(with_normal or {m.key for m in group.fields if m.options})
    listed = list(patterns)
    options = {m.key for m in group.fields if m.options and m.kind == "choice"}
    needed = Counter(name for pattern in listed for name in set(_required(pattern)) & options)
    if not needed:
        return frozenset(with_normal)
    name, count = needed.most_common(1)[0]
    having = [pattern for pattern in listed if name in _required(pattern)]
    nouns = sum(bool(_noun(pattern, group)) for pattern in having)
    return frozenset({name} if count > len(listed) / 2 and nouns <= len(having) / 2 else ())


def _required(pattern: str) -> Iterator[str]:
    return (name for name in re.findall(r"\{([a-z0-9_]+)\}", re.sub(r"\[[^\]]*\]", "", pattern)))


def _noun(pattern: str, group: Group) -> str:
    """The words of a pattern, slots and joining words left out, that name the finding.

    Of several runs of words the one that has a word of the finding's names, or else the last.
    """
    plain = re.sub(r"\[[^\]]*\]", " , ", pattern)
    runs: list[list[str]] = [[]]
    for part in re.findall(r"\{[^}]*\}|[^\W_]+(?:[-'][^\W_]+)*|[^\w\s]", plain):
        joins = part[0] == "{" or not part[0].isalnum() or part.casefold() in _JOINING
        runs += [[]] if joins else []
        if not joins:
            runs[-1].append(part)
    named = [" ".join(run) for run in runs if run]
    names = {
        token.word for name in (group.label, *group.absent_phrases) for token in tokens_of(name)
    }
    alike = [run for run in named if names & {token.word for token in tokens_of(run)}]
    return [*named[-1:], *alike][-1] if named else ""
