"""What an adapter must score before the app may use it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# Shares of what is filled; an adapter above one of them is not promoted, however good its F1 is.
CEILINGS: Mapping[str, float] = {"unsupported_rate": 0.15, "contradiction_rate": 0.01}
# What must be no worse than in the adapter that is live, on the templates that this one fills: the
# totals of two adapters that fill different templates are over different conclusions.
COMPARED = "positive_f1"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why an adapter may not be promoted, a sentence for each reason; none: it may."""

    reasons: tuple[str, ...]

    @property
    def passes(self) -> bool:
        """True where nothing speaks against it."""
        return not self.reasons


def judge(new: Mapping[str, Any], live: Mapping[str, Any] | None) -> Verdict:
    """The verdict on the recorded scores of a card against those of the live adapter.

    `live` None: the live adapter does not fit this version, so that there is nothing to compare
    with and only the ceilings count.
    """
    return Verdict(tuple(_reasons(new, live)))


def _reasons(new: Mapping[str, Any], live: Mapping[str, Any] | None) -> Iterator[str]:
    if not _is_complete(new):
        yield f"The new adapter has no recorded scores: {_RECORD} --adapter NEW."
        return
    for name, ceiling in CEILINGS.items():
        value = new["total"][name]
        if value is None or value > ceiling:
            yield f"{name} is {_shown(value)}; an adapter may have at most {ceiling}."
    if live is not None:
        yield from _worse(new, live)


def _worse(new: Mapping[str, Any], live: Mapping[str, Any]) -> Iterator[str]:
    """Why the new adapter is not known to be as good as the live one."""
    if not _is_complete(live):
        yield f"The live adapter has no recorded scores: {_RECORD} --adapter LIVE."
        return
    if new["data_sha256"] != live["data_sha256"]:
        yield f"The two were scored on different data: {_RECORD} with the same files for both."
        return
    templates = sorted(live["by_template"])
    if lost := [key for key in templates if key not in new["by_template"]]:
        yield f"The live adapter was scored on {', '.join(lost)}, the new one was not."
        return
    before, after = _mean(live, templates), _mean(new, templates)
    if after is None or (before is not None and after < before):
        yield (
            f"{COMPARED} is {_shown(after)}, worse than {_shown(before)} of the live adapter "
            f"(mean of {', '.join(templates)})."
        )


def _mean(scores: Mapping[str, Any], templates: Sequence[str]) -> float | None:
    """COMPARED over some templates, each counted once; None where one of them has none."""
    found = [scores["by_template"][key][COMPARED] for key in templates]
    return None if None in found or not found else sum(found) / len(found)


_RECORD = "run `python -m llm evaluate --record`"


def _is_complete(scores: Mapping[str, Any]) -> bool:
    """True for scores that an `evaluate --record` of this version wrote."""
    total = scores.get("total") or {}
    parts = {"data_sha256", "by_template"} <= scores.keys()
    return parts and all(name in total for name in (*CEILINGS, COMPARED))


def _shown(value: float | None) -> str:
    return "not known" if value is None else f"{value:.3f}"
