"""Finds the words of a template's own findings in a clause, to tell what an answer left out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from llm.phrases import parse_phrase
from llm.schema import Field, Group, Item, ReportTemplate
from llm.slots import TemplateKey

# Shorter words than this are abbreviations that mean too many things.
_SHORTEST = 4
_SIDE_WORDS = "(?:left|right|bilateral|both)"

_Pattern = tuple[str, str, re.Pattern[str]]


@dataclass(frozen=True, slots=True)
class Term:
    """A finding named in a clause, by offsets within the clause."""

    item: str
    label: str
    start: int
    end: int


class _Node(Protocol):
    @property
    def kind(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def branches(self) -> Sequence[Sequence[_Node]]: ...


def find_terms(template: ReportTemplate, text: str) -> tuple[Term, ...]:
    """The findings that the text names, in order of the text.

    A wording inside a longer one of another finding is not counted, as "effusion" in "pericardial
    effusion"; several findings may share one wording.
    """
    return _found(_patterns(TemplateKey(template)), text)


def find_details(template: ReportTemplate, group: Group, text: str) -> tuple[Term, ...]:
    """The properties of a group's rows that the text names; `item` is the key of the member."""
    return _found(_member_patterns(TemplateKey(template), group.key), text)


def _found(patterns: Sequence[_Pattern], text: str) -> tuple[Term, ...]:
    found = [
        Term(key, label, match.start(), match.end())
        for key, label, pattern in patterns
        for match in pattern.finditer(text)
        if match.end() - match.start() >= _SHORTEST
    ]
    kept = [term for term in found if not any(_swallows(other, term) for other in found)]
    return tuple(sorted(kept, key=lambda term: term.start))


def _swallows(other: Term, term: Term) -> bool:
    longer = other.end - other.start > term.end - term.start
    return longer and other.start <= term.start and term.end <= other.end


@lru_cache(maxsize=64)
def _patterns(key: TemplateKey) -> tuple[_Pattern, ...]:
    items = key.template.items()
    return tuple(_compiled((item.key, item.label, _phrases(item)) for item in items))


@lru_cache(maxsize=512)
def _member_patterns(key: TemplateKey, group_key: str) -> tuple[_Pattern, ...]:
    group = key.template.item(group_key)
    members = group.fields if isinstance(group, Group) else ()
    return tuple(
        _compiled((m.key, m.label, (p for o in m.options for p in o.phrases)) for m in members)
    )


def _compiled(worded: Iterable[tuple[str, str, Iterable[str]]]) -> Iterator[_Pattern]:
    for key, label, phrases in worded:
        wordings = {_regex(parse_phrase(phrase)) for phrase in phrases} - {""}
        if wordings:
            longest_first = sorted(wordings, key=lambda wording: (-len(wording), wording))
            joined = "|".join(longest_first)
            yield key, label, re.compile(rf"(?<![^\W_])(?:{joined})(?![^\W_])", re.IGNORECASE)


def _phrases(item: Item) -> Iterator[str]:
    """The wordings that name the finding as a whole, not a property of it."""
    if isinstance(item, Field):
        for option in item.options:
            yield from option.phrases
        return
    yield from item.absent_phrases
    if item.row_kind == "open":
        return
    for member in item.fields:
        for option in member.options:
            if option.value == member.normal:
                yield from option.phrases


def _regex(nodes: Sequence[_Node]) -> str:
    """The phrase as a regular expression; "" where it has slots that any word may fill."""
    parts = []
    for node in nodes:
        part = _part(node)
        if part is None:
            return ""
        parts.append(part)
    return "".join(parts)


def _part(node: _Node) -> str | None:
    if node.kind == "text":
        return re.sub(r"(?:\\?\s)+", r"\\s+", re.escape(node.text))
    if node.kind == "slot":
        return _SIDE_WORDS if node.text == "side" else None
    branches = [_regex(branch) for branch in node.branches]
    if node.kind == "optional":
        return f"(?:{branches[0]})?"
    return f"(?:{'|'.join(branches)})"
