"""Exclusion rules as data, applied without knowing the arm, and the flow of readings they give.

A protocol states its rules in order, as JSON: [{"rule": "practice"}, {"rule": "open_to_sign_over",
"seconds": 1800}]. A reading is excluded once, by the first rule that holds.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reporting.timing_definitions.definitions import definition


class RuleInvalid(ValueError):
    """A rule cannot be used; the message says which one and what is possible."""


@dataclass(frozen=True, slots=True)
class ReadingFacts:
    """What a rule may see of a reading: everything but its arm. Durations are in seconds."""

    reading: str
    is_practice: bool = False
    is_started: bool = True
    is_signed: bool = True
    technical_failure: bool = False
    interrupted: bool = False
    skewed_events: int = 0
    durations: Mapping[str, float | None] | None = None

    def seconds(self, key: str) -> float | None:
        """Return a duration by the key of its definition."""
        return (self.durations or {}).get(key)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: its name and, where it has one, its limit in seconds."""

    name: str
    limit: float | None = None

    @property
    def text(self) -> str:
        """The rule in words, for the flow."""
        words = FLAGS[self.name][0] if self.name in FLAGS else _limit_words(self.name)
        return words if self.limit is None else f"{words} {self.limit:.15g} s"

    def holds(self, facts: ReadingFacts) -> bool:
        """Whether the reading is to be excluded."""
        if self.name in FLAGS:
            return FLAGS[self.name][1](facts)
        key, over = LIMITS[self.name]
        value = facts.seconds(key)
        if value is None or self.limit is None:
            return False
        return value > self.limit if over else value < self.limit


FLAGS: dict[str, tuple[str, Callable[[ReadingFacts], bool]]] = {
    "practice": ("Practice case", lambda facts: facts.is_practice),
    "not_started": ("Not started", lambda facts: not facts.is_started),
    "missing_sign": ("Not signed", lambda facts: not facts.is_signed),
    "technical_failure": ("Technical failure", lambda facts: facts.technical_failure),
    "interrupted": ("Interrupted", lambda facts: facts.interrupted),
    "clock_skewed": ("Events with a skewed clock", lambda facts: facts.skewed_events > 0),
}
LIMITED = ("open_to_sign", "active", "hidden", "paused", "idle", "model_wait")
LIMITS: dict[str, tuple[str, bool]] = {
    f"{key}_{end}": (key, end == "over") for key in LIMITED for end in ("over", "under")
}


def _limit_words(name: str) -> str:
    key, over = LIMITS[name]
    return f"{definition(key).label} {'over' if over else 'under'}"


def rules_read(data: object) -> tuple[Rule, ...]:
    """Read rules from JSON data; raises RuleInvalid with the number of the rule."""
    if not isinstance(data, Sequence) or isinstance(data, str):
        raise RuleInvalid('The rules must be a list, such as [{"rule": "practice"}].')
    rules = tuple(_rule_read(number, item) for number, item in enumerate(data, start=1))
    if len(set(rules)) < len(rules):
        raise RuleInvalid("A rule is stated twice. Leave one of the two out.")
    return rules


def _rule_read(number: int, item: object) -> Rule:
    if not isinstance(item, Mapping) or not isinstance(item.get("rule"), str):
        raise RuleInvalid(
            f'Rule {number} must be an object with "rule" and, for a limit, "seconds".'
        )
    name, limit = item["rule"], item.get("seconds")
    if name not in FLAGS and name not in LIMITS:
        known = ", ".join([*FLAGS, *LIMITS])
        raise RuleInvalid(f"Rule {number}: there is no rule {name!r}. There are: {known}.")
    extra = set(item) - {"rule", "seconds"}
    if extra or (name in FLAGS and "seconds" in item):
        wrong = ", ".join(sorted(map(str, extra))) or "seconds"
        raise RuleInvalid(f"Rule {number}, {name}, takes no {wrong}.")
    if name in FLAGS:
        return Rule(name)
    if isinstance(limit, bool) or not isinstance(limit, int | float) or not 0 < limit < math.inf:
        raise RuleInvalid(f"Rule {number}, {name}, needs seconds above 0.")
    return Rule(name, float(limit))


def rules_text(data: Sequence[Mapping[str, Any]]) -> str:
    """Return rules that `rules_read` takes, one a line: the name and the limit, if it has one."""
    return "\n".join(
        f"{rule['rule']} {rule['seconds']:.15g}" if "seconds" in rule else rule["rule"]
        for rule in data
    )


def exclusions(readings: Iterable[ReadingFacts], rules: Sequence[Rule]) -> dict[str, Rule | None]:
    """Return for each reading the first rule that holds, or None. No arm is known here."""
    return {
        facts.reading: next((rule for rule in rules if rule.holds(facts)), None)
        for facts in readings
    }


@dataclass(frozen=True, slots=True)
class ArmFlow:
    """The readings of one arm: all, excluded by each rule in the order of the rules, analysed."""

    arm: str
    readings: int
    excluded: tuple[tuple[Rule, int], ...]
    analysed: int


@dataclass(frozen=True, slots=True)
class Flow:
    """The flow of readings as CONSORT draws it: one line per arm."""

    rules: tuple[Rule, ...]
    arms: tuple[ArmFlow, ...]


def flow(
    excluded: Mapping[str, Rule | None], arm_of: Mapping[str, str], rules: Sequence[Rule]
) -> Flow:
    """Count exclusions by arm, in the order in which the arms first appear in `arm_of`.

    Raises ValueError when a reading has no arm or an arm's reading was not looked at.
    """
    if set(excluded) != set(arm_of):
        raise ValueError("Exclusions and arms are not about the same readings.")
    counts = Counter((arm_of[reading], rule) for reading, rule in excluded.items())
    return Flow(
        rules=tuple(rules),
        arms=tuple(
            ArmFlow(
                arm=arm,
                readings=sum(n for (a, _), n in counts.items() if a == arm),
                excluded=tuple((rule, counts[arm, rule]) for rule in rules),
                analysed=counts[arm, None],
            )
            for arm in dict.fromkeys(arm_of.values())
        ),
    )
