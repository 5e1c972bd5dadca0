"""Tells whether a written quantity is today's size, an earlier one, or a difference."""

from __future__ import annotations

import re

from llm.types import QuantityTime

# Words further away than this do not tell the time of a number.
_REACH = 120
_ABOUT = r"(?:approximately|approx\.?|about|around|~|up to|only|maximum|maximally|max\.?)"
_EXAM = (
    r"(?:study|exam(?:ination)?|ct|mri?|mr|scan|imaging|size|value|measurements?|diameter|film|"
    r"report|pet|comparison)"
)
_DATE = (
    r"(?:(?:in|on|from|of|dated)?\s*(?:[a-z]{3,9}\.?\s+)?(?:[0-9]{1,2},?\s+)?(?:19|20)[0-9]{2}|"
    "\ue000+)"
)
_PRIOR_BEFORE = re.compile(
    r"(?:\b(?:previous(?:ly)?|prior(?:ly)?|formerly|earlier|before|initially|originally|"
    r"compared (?:to|with)|in comparison (?:to|with)|versus|vs\.?|against|"
    r"up from|down from|from)"
    rf"(?:\s+(?:the|a|an|it|in|on|at|of|is|{_EXAM}|previous(?:ly)?|prior|last|from|was|were|"
    rf"measured|measuring|measurement|measured at|{_ABOUT}|{_DATE}))*"
    rf"[\s:=(]*(?:{_ABOUT}|it|measured|[<>≤≥]=?)?[\s:=(]*)$",
    re.IGNORECASE,
)
_WAS_BEFORE = re.compile(
    rf"\b(?:was|were|had been)\s+(?:(?:{_ABOUT}|measured(?: at)?|measuring|at|of)\s*)*"
    r"[<>≤≥]?=?\s*$",
    re.IGNORECASE,
)
_NOT_FROM = re.compile(
    r"\b(?:rang|var|measur|extend|aris|originat|project|spann?|distan|away|separat)\w*\s+"
    r"(?:in size\s+)?from\s*$",
    re.IGNORECASE,
)
_DATED_BEFORE = re.compile(
    "(?:\\bin\\s+(?:[a-z]{3,9}\\.?\\s+)?(?:19|20)[0-9]{2}|\ue000{6,})\\s*[:=(]?\\s*$", re.IGNORECASE
)
_PRIOR_AFTER = re.compile(
    r"\s*[(,]?\s*(?:previous(?:ly)?|prior(?:ly)?|formerly|earlier|before(?! and)|in the past|"
    r"originally|initially|"
    rf"(?:on|at|in|by) (?:the |a )?(?:previous|prior|last|earlier|older?|initial)(?: {_EXAM})*|"
    r"(?:on|in|dated) (?:[a-z]{3,9}\.? )?(?:19|20)[0-9]{2}|"
    "(?:on|in|dated) \ue000{4,})(?![\\w-])",
    re.IGNORECASE,
)
_CHANGE_WORD = (
    r"(?:increas|decreas|grow|grew|enlarg|reduc|shr[aiu]nk|chang|progress|regress|larger|smaller|"
    r"thicker|thinner|wider|longer|shorter|bigger)\w*"
)
_DIFFERENCE_BEFORE = re.compile(
    rf"(?:{_CHANGE_WORD}[^.;@]{{0,40}}?\bby|\b(?:increase|decrease|growth|reduction|difference|"
    rf"change|shrinkage|enlargement)\s+of)\s*{_ABOUT}?\s*$",
    re.IGNORECASE,
)
_DIFFERENCE_AFTER = re.compile(
    r"\s*(?:larger|smaller|thicker|thinner|wider|longer|shorter|bigger|more|less|increase|"
    r"decrease|growth|reduction)\b",
    re.IGNORECASE,
)
_FROM = re.compile(
    rf"(?:\bfrom|\b(?:{_CHANGE_WORD}|(?:went|gone)\w*)(?:\s+in\s+size)?)\s*"
    r"(?:approximately|about|~)?\s*$",
    re.IGNORECASE,
)
_RANGING = re.compile(
    r"\b(?:rang|var|measur|extend|span)\w*\s+(?:in size\s+)?from\s*$", re.IGNORECASE
)


def time_of(before: str, after: str, *, followed: bool) -> QuantityTime:
    """The time of a quantity from the words between its neighbours.

    `before` reaches back to the quantity before it (or the start), `after` on to the next one
    (`followed`) or to the end of the clause.
    """
    before = before[-_REACH:]
    if _DIFFERENCE_BEFORE.search(before) or _DIFFERENCE_AFTER.match(after):
        return "change"
    if _PRIOR_BEFORE.search(before) and not _NOT_FROM.search(before):
        return "prior"
    if _DATED_BEFORE.search(before) or _WAS_BEFORE.search(before):
        return "prior"
    return "prior" if _prior_follows(after, followed=followed) else "current"


def is_change(before: str) -> bool:
    """True where "6 to 8 mm" behind these words is a change and not a range."""
    return bool(_FROM.search(before)) and not _RANGING.search(before)


def _prior_follows(after: str, *, followed: bool) -> bool:
    match = _PRIOR_AFTER.match(after)
    if match is None:
        return False
    rest = after[match.end() :]
    # In "8 mm (previously 6 mm)" the word belongs to the number behind it.
    return not followed or bool(re.search(r"[,;)]|\b(?:now|today|currently|and)\b", rest))
