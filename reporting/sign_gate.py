"""What may be signed without having been attested one by one, and whether the report says so.

One plain structure: a site has one, and whatever else governs a report can have one too. It is kept
as JSON, `{"passive": ["stated"], "names_model": true}`; the empty object is the strictest.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from reporting.models import FieldValue, Report

Passive = Literal["stated", "implied", "low_confidence"]
PASSIVE_LABELS: dict[Passive, str] = {
    "stated": "Answers that the conclusion states",
    "implied": "Answers that the conclusion implies by a rule",
    "low_confidence": "Among these also what the model is unsure of (“check this”)",
}


@dataclass(frozen=True, slots=True)
class SignGate:
    """`passive`: which open answers of the model a signature accepts; none by default.

    `names_model`: whether what is signed says in words which values the model proposed.
    """

    passive: frozenset[Passive] = frozenset()
    names_model: bool = False

    def lets_pass(self, held: FieldValue) -> bool:
        """Whether a signature may accept this open answer as it stands."""
        unsure = held.low_confidence and "low_confidence" not in self.passive
        return held.support in self.passive and not unsure

    def as_json(self) -> dict[str, object]:
        """Return the structure as it is stored."""
        return {"passive": sorted(self.passive), "names_model": self.names_model}


def gate_read(stored: Mapping[str, object]) -> SignGate:
    """Return the gate that is stored. What it does not say is as strict as can be.

    Raises ValueError for a state that does not exist.
    """
    named = stored.get("passive", [])
    if not isinstance(named, list):
        raise ValueError(f"passive is a list of {', '.join(get_args(Passive))}")
    known = frozenset(state for state in get_args(Passive) if state in named)
    if len(known) != len(set(map(str, named))):
        raise ValueError(f"{named!r}: use {', '.join(get_args(Passive))}")
    return SignGate(known, stored.get("names_model") is True)


def gate_of(report: Report) -> SignGate:
    """Return the gate that governs a report: its site's."""
    return gate_read(report.imaging_study.site.sign_gate)
