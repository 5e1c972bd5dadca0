"""Words around findings that the rules know: denial and its scope, hedges, changes, normality."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from llm.schema import Field, ReportTemplate
from llm.slots import TemplateKey, slots_of
from llm.synth import wording
from llm.synth.catalog import NORMAL_VALUES

# Looks like a denial and is none.
_NO_DENIAL = re.compile(
    r"\bno(?:t| longer)?\s+(?:\w+\s+){0,2}(?:chang\w*|increas\w*|decreas\w*)|\bnot only\b|"
    r"\b(?:cannot|can not|not)(?:\s+\w+)?\s+(?:be\s+)?(?:exclude\w*|ruled out)|\bwithout\s+"
    r"(?:\w+\s+){0,2}chang\w*|\bno doubt\b|\bwithout doubt\b",
    re.IGNORECASE,
)
_DENIAL_BEFORE = re.compile(
    r"\b(?:no|without|w/o|negative for|free of|absence of|absent|lack of|not|neither|nor|never|"
    r"denies|rather than|none of)\b",
    re.IGNORECASE,
)
_DENIAL_AFTER = re.compile(
    r"^[^,;.]{0,40}?(?:\b(?:is|are|was|were)\s+(?:not|absent)\b|\bnot\s+(?:seen|identified|present|"
    r"detected|visible|visuali[sz]ed|demonstrated|noted|evident)\b|:\s*(?:none|no|negative)\b|"
    r"\bnot\s+(?:\w+\s+)?(?:seen|identified|recogni[sz]able|discernible|"
    r"appreciated|depicted)\b|\bhas resolved\b|\bis excluded\b|\bunlikely\b)",
    re.IGNORECASE,
)
# Normality reaches no further than its noun.
_NORMAL_BEFORE = re.compile(r"\b(?:normal|unremarkable)\s+(?:\w+\s+){0,2}$", re.IGNORECASE)
_NORMAL_AFTER = re.compile(
    r"^\s*:?\s*(?:(?:is|are|appears?)\s+)?(?:normal|unremarkable|within normal limits)\b",
    re.IGNORECASE,
)
# A denial reaches no further than these.
_STOP = re.compile(
    r"\b(?:but|however|although|though|except|apart from|aside from|other than|with|which|"
    r"despite|due to|secondary to|likely|probably|there (?:is|are))\b|[;.:]",
    re.IGNORECASE,
)
_UNCLEAR = re.compile(
    r"\bversus\b|\bvs\b|\bor alternatively\b|\beither\b.*\bor\b|\bdifferential\b|\brather than\b"
    r".*\?|\bindeterminate\b.*\bor\b|\bunclear\b",
    re.IGNORECASE,
)
# General words of degree, by the value that most scales give them.
GRADES: Mapping[str, frozenset[str]] = {
    "mild": frozenset({"mild", "mildly", "slight", "slightly", "minimal", "minimally", "minor"}),
    "moderate": frozenset({"moderate", "moderately"}),
    "severe": frozenset({"severe", "severely", "marked", "markedly", "advanced", "extensive"}),
    "small": frozenset({"small", "tiny", "little"}),
    "large": frozenset({"large", "massive", "huge"}),
}


@dataclass(frozen=True, slots=True)
class Cue:
    """A hedge or a change with its place in the clause."""

    member: str
    value: str
    start: int
    end: int


def is_denied(text: str, start: int, end: int) -> bool:
    """True where the words from `start` to `end` stand in the scope of a denial, or are normal."""
    if _NORMAL_BEFORE.search(text[:start]) or _NORMAL_AFTER.match(text[end:]):
        return True
    masked = _NO_DENIAL.sub(lambda match: "~" * len(match[0]), text)
    before = masked[:start]
    stops = [match.end() for match in _STOP.finditer(before)]
    scope = before[stops[-1] if stops else 0 :]
    return bool(_DENIAL_BEFORE.search(scope)) or bool(_DENIAL_AFTER.match(masked[end:]))


def is_unclear(text: str) -> bool:
    """True where one of two findings is meant."""
    return _UNCLEAR.search(text) is not None


def cues(text: str) -> list[Cue]:
    """The hedges and changes of a clause, the longest wording first where several overlap."""
    found: list[Cue] = []
    for member, value, pattern in _cue_patterns():
        for match in pattern.finditer(text):
            cue = Cue(member, value, *match.span())
            if not any(c.start < cue.end and cue.start < c.end for c in found):
                found.append(cue)
    return found


@lru_cache(maxsize=1)
def _cue_patterns() -> tuple[tuple[str, str, re.Pattern[str]], ...]:
    """One pattern for each wording, the longest first."""
    worded = {
        (text, member, value)
        for member, by_value in (("certainty", wording.CERTAINTY), ("change", wording.CHANGE))
        for value, frames in by_value.items()
        for frame in frames
        for text in _cue_texts(frame)
    }
    for by_value in (wording.CHANGE_AFTER, wording.CHANGE_ALL):
        for value, frames in by_value.items():
            worded |= {(text, "change", value) for f in frames for text in _cue_texts(f)}
    ordered = sorted(worded, key=lambda one: (-len(one[0]), one))
    return tuple(
        (member, value, re.compile(_bounded(text), re.IGNORECASE))
        for text, member, value in ordered
    )


def _bounded(text: str) -> str:
    left = r"(?<!\w)" if text[0].isalnum() else ""
    right = r"(?!\w)" if text[-1].isalnum() else ""
    return f"{left}{re.escape(text)}{right}"


_EMPTY = re.compile(r"^(?:is|are|in|findings?|this|it|the|from|now|all|previously|may)?$", re.I)


def _cue_texts(frame: str) -> Iterator[str]:
    """What stands before and behind the finding in a frame, without dates and commas."""
    for part in frame.split("{f}"):
        text = part.split("{date}")[0].strip(" ,:")
        if not _EMPTY.match(text):
            yield text


@dataclass(frozen=True, slots=True)
class Normality:
    """Clauses that call a section, a field or the report normal: whole wording -> (slot, value)."""

    slots: Mapping[str, tuple[str, str]]

    def of(self, text: str) -> tuple[str, str] | None:
        """The slot that a clause calls normal, and the value."""
        return self.slots.get(_flat(text))


def normality_of(template: ReportTemplate) -> Normality:
    """The wordings of a template's normal parts; computed once."""
    return _normality(TemplateKey(template))


@lru_cache(maxsize=32)
def _normality(key: TemplateKey) -> Normality:
    template = key.template
    slots = {
        _flat(frame.replace("{name}", template.prompt_name)): ("report", "normal")
        for frame in wording.NORMAL_REPORTS
    }
    for section in template.sections:
        if section.key in slots_of(template, None).normal_sections:
            slots |= _normal_frames(section.label, section.key, "normal")
        for item in section.fields:
            if isinstance(item, Field) and item.normal in NORMAL_VALUES:
                slots = _normal_frames(item.label, item.key, item.normal) | slots
    return Normality(slots)


def _normal_frames(label: str, slot: str, value: str) -> dict[str, tuple[str, str]]:
    return {
        _flat(frame.replace("{f}", label.casefold())): (slot, value)
        for frame in wording.NORMAL_PARTS
    }


def _flat(text: str) -> str:
    return re.sub(r"[\W_]+", " ", text.casefold()).strip()
