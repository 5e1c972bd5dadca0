"""What a rule finds."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from reporting.report_checks.says import CONCLUSION, ReportSays

Severity = Literal["stop", "warn"]


@dataclass(frozen=True, slots=True)
class Found:
    """Something that a rule finds: where, and a sentence that says what to do.

    `place` is the path of a field or the name of a text; `start` and `end` are code points of that
    text, equal where no words are meant. `result` is the key of a critical result to be told.
    """

    place: str
    sentence: str
    start: int = 0
    end: int = 0
    result: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """One check: `find` is a pure function. What it finds may be overridden unless it stops."""

    key: str
    severity: Severity
    about: str
    find: Callable[[ReportSays], Iterable[Found]]


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule found, with the rule's key and severity."""

    rule: str
    severity: Severity
    found: Found


def words(says: ReportSays, start: int, end: int) -> str:
    """The words of the conclusion from `start` to `end`, shortened, in quotation marks."""
    return quoted(" ".join(says.conclusion[start:end].split()))


def quoted(text: str) -> str:
    """A text in quotation marks, shortened to 80 characters."""
    return f"“{text if len(text) <= 80 else text[:79] + '…'}”"


def in_conclusion(sentence: str, start: int = 0, end: int = 0) -> Found:
    """A finding at words of the conclusion."""
    return Found(CONCLUSION, sentence, start, end)
