"""What a macro leaves to be written: `[ ]`, the pick list `[a|b|c]`, merge fields. Pure text.

The page visits the same places (`static/js/macros.js`); what still holds one is not signed.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

MERGE_FIELDS = ("age", "sex", "prior_date", "indication")
EMPTY = "[ ]"
_MERGE = re.compile(r"\{([a-z_]+)\}")
_OPEN = re.compile(
    r"\[(?:(?:[^\S\n]|[_.…])*|[^\[\]|\n]*(?:\|[^\[\]|\n]*)+)\]|\{(?:"
    + "|".join(MERGE_FIELDS)
    + r")\}"
)


@dataclass(frozen=True, slots=True)
class Placeholder:
    """A place that is still to be written, as code points of the text; `options` of a pick list."""

    start: int
    end: int
    text: str
    options: tuple[str, ...] = ()


def open_placeholders(text: str) -> tuple[Placeholder, ...]:
    """Return the places of a text that are still to be written, in their order.

    `[ ]`, `[]` and `[___]`, `[a|b|c]`, and merge fields that were never filled in. Any other
    bracket is text.
    """
    return tuple(_placeholder(match) for match in _OPEN.finditer(text))


def _placeholder(match: re.Match[str]) -> Placeholder:
    inside = match[0][1:-1]
    options = tuple(part.strip() for part in inside.split("|")) if "|" in inside else ()
    return Placeholder(match.start(), match.end(), match[0], options)


def unknown_merge_fields(text: str) -> tuple[str, ...]:
    """Return the names in braces that are no merge field."""
    names = dict.fromkeys(match[1] for match in _MERGE.finditer(text))
    return tuple(name for name in names if name not in MERGE_FIELDS)


def merge(text: str, values: Mapping[str, str]) -> str:
    """Return the text with its merge fields filled in; one without a value becomes `[ ]`."""

    def fill(match: re.Match[str]) -> str:
        if match[1] not in MERGE_FIELDS:
            return match[0]
        return values.get(match[1], "") or EMPTY

    return _MERGE.sub(fill, text)
