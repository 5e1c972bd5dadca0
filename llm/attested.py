"""Words that a normal, a hedge or a change needs: without one the answer may not speak of it.

A model that was trained on many hedged findings adds a hedge where there is none. The lists are
wide on purpose: a word too many only leaves the choice to the model, a word too few would take
from it what the text says.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llm.context import ClauseContext

# Without one of these words nothing is said to be normal or absent.
_DENIAL = (
    r"\b(?:non?|not|none|nor|neither|never|nil|without|w/o|absen\w*|negative|free|unremarkable|"
    r"normal\w*|intact|patent|clear|wnl|preserved|maintained|resolved|resolution|exclu\w*|"
    r"ruled out|lack\w*|spared|regular|healthy|unaffected|uninvolved|nothing|insignificant)\b"
)
_DENIALS = re.compile(_DENIAL, re.IGNORECASE)
_DENIES = re.compile(rf"{_DENIAL}|[^\x00-\u024f]", re.IGNORECASE)
_ALL_LEVELS = re.compile(r"\b(?:all|every|each|throughout|diffuse(?:ly)?|entire)\b", re.IGNORECASE)
COMPANIONS = frozenset({"certainty", "change"})
# Starts of words.
_HEDGES = (
    "probab", "likel", "suspic", "suspect", "susp.", "suggest", "concern", "presum", "favor",
    "favour", "possib", "poss.", "prob.", "question", "equivocal", "represent", "exclu", "query",
    "reflect", "perhaps", "maybe", "indicat", "consider", "defin", "unequivocal", "diagnos",
    "doubt", "clear-cut", "clearly", "certain", "uncertain", "might", "could", "would", "rule",
    "r/o", "compatible", "consistent", "appear", "seem", "potential", "apparent", "convinc",
    "conceiv", "versus", "keeping", "typical", "atypical", "pathognomonic", "classic",
    "character", "high", "strong", "indeterminate", "unclear", "worrisome", "worri",
    "differential", "think", "thought", "felt", "believ", "rais", "impress", "unlikel", "proven",
    "known", "confirm", "obvious", "evident", "presump", "hint", "either", "feature", "evidence",
    "nonspecific", "non-specific", "assum", "expect", "susceptib", "mimic", "resembl", "look",
    "imply", "implies", "speak", "in favor", "compat", "borderline", "subtle",
)  # fmt: skip
_CHANGES = (
    "new", "increas", "decreas", "larger", "smaller", "grow", "grew", "wors", "improv",
    "progress", "regress", "resol", "stabl", "unchang", "chang", "interval", "similar", "develop",
    "persist", "previous", "prior", "since", "enlarg", "shrink", "shrunk", "shrank", "reduc",
    "diminish", "bigger", "compar", "evol", "still", "remain", "constant", "static", "identical",
    "earlier", "before", "former", "recur", "heal", "ongoing", "continu", "residual", "already",
    "further", "recent", "follow", "up from", "down from", "no longer", "not seen", "not present",
    "dynamic", "trend", "better", "subsid", "clear", "respon", "expand", "expansion", "extend",
    "advanc", "appeared", "arisen", "emerg", "initial", "baseline", "meanwhile", "longer",
    "lesser", "greater", "double", "twice", "maintain", "additional", "near-complete",
)  # fmt: skip
# Short words, found only as they stand.
_SHORT_HEDGES = (
    "can", "or", "if", "may", "dd", "vs", "most", "like",
)  # fmt: skip
_SHORT_CHANGES = (
    "was", "were", "had", "then", "now", "less", "more", "from", "old", "same", "last", "half",
    "ago", "known",
)  # fmt: skip
# Whole words that are found although they are misspelt.
_HEDGE_WORDS = (
    "probable", "probably", "likely", "suspicious", "suspected", "suggesting", "suggestive",
    "concerning", "presumed", "presumably", "favor", "favour", "possible", "possibly", "perhaps",
    "questionable", "equivocal", "represent", "excluded", "definite", "definitely", "diagnostic",
    "unequivocal", "certain", "query",
)  # fmt: skip
_CHANGE_WORDS = (
    "increase", "increased", "increasing", "decrease", "decreased", "decreasing", "worsened",
    "worsening", "progressive", "progression", "improved", "improving", "improvement", "unchanged",
    "changed", "stable", "interval", "resolving", "resolution", "previous", "previously",
    "developed", "development", "regressing", "growing", "smaller", "larger", "persistent",
)  # fmt: skip
_ALIKE = 0.8
# No longer word is alike one of these.
_LONGEST = 20
# Clauses longer than this are searched for well-spelt words only.
MAX_CHARACTERS = 2_000
_WORD = re.compile(r"[^\W\d_]{4,}")


@dataclass(frozen=True, slots=True)
class _Words:
    pattern: re.Pattern[str]
    spelt: tuple[str, ...]

    def are_in(self, text: str) -> bool:
        if self.pattern.search(text):
            return True
        words = {word.lower() for word in _WORD.findall(text[:MAX_CHARACTERS])}
        words = {word for word in words if len(word) <= _LONGEST}
        return any(_resembles(word, self.spelt) for word in words)


@lru_cache(maxsize=1 << 14)
def _resembles(word: str, spelt: tuple[str, ...]) -> bool:
    return bool(get_close_matches(word, spelt, 1, _ALIKE))


def _pattern(starts: tuple[str, ...], short: tuple[str, ...], *signs: str) -> re.Pattern[str]:
    begun, whole = ("|".join(map(re.escape, words)) for words in (starts, short))
    words = rf"(?<![^\W\d_])(?:{begun}|(?:{whole})(?![^\W\d_]))"
    return re.compile("|".join([words, *signs]), re.IGNORECASE)


_HEDGED = _Words(_pattern(_HEDGES, _SHORT_HEDGES, r"\?"), _HEDGE_WORDS)
_CHANGED = _Words(_pattern(_CHANGES, _SHORT_CHANGES, "→", "->", "↑", "↓"), _CHANGE_WORDS)


def denies(text: str) -> bool:
    """True where a word may say that something is normal or absent."""
    return _DENIES.search(text) is not None


def denials(text: str) -> tuple[str, ...]:
    """The words that may say that something is normal or absent, in order and in lower case."""
    return tuple(match[0].lower() for match in _DENIALS.finditer(text))


def names_all_levels(text: str) -> bool:
    """True where a word may speak of every level."""
    return _ALL_LEVELS.search(text) is not None


def speaks_of(context: ClauseContext, member: str) -> bool:
    """True where a word of the clause may say how sure ("certainty") or how changed ("change")."""
    if member == "certainty":
        return _HEDGED.are_in(context.clause.text)
    compares = any(quantity.time != "current" for quantity in context.quantities)
    return compares or _CHANGED.are_in(context.clause.text)
