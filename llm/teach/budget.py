"""Limits on requests, tokens and money that are never passed, with many requests under way.

Before a request is sent, the most that it can cost is reserved; when its answer is there, what it
did cost takes the place of that.
"""

from __future__ import annotations

import threading
from dataclasses import astuple, dataclass, field

MILLION = 1_000_000


class BudgetSpent(Exception):
    """The next request could pass a limit; the message names it."""


@dataclass(frozen=True, slots=True)
class Use:
    """Requests made and tokens read and written."""

    requests: int = 0
    prompt_tokens: int = 0
    answer_tokens: int = 0

    @property
    def tokens(self) -> int:
        """Tokens read and written."""
        return self.prompt_tokens + self.answer_tokens

    def __add__(self, other: Use) -> Use:
        return Use(*(a + b for a, b in zip(astuple(self), astuple(other), strict=True)))

    def __sub__(self, other: Use) -> Use:
        return Use(*(a - b for a, b in zip(astuple(self), astuple(other), strict=True)))


@dataclass(frozen=True, slots=True)
class Limits:
    """What one run may use; None means no limit. Prices are for a million tokens."""

    requests: int | None = None
    tokens: int | None = None
    cost: float | None = None
    price_in: float = 0.0
    price_out: float = 0.0

    def cost_of(self, use: Use) -> float:
        """The money, in the currency of the prices."""
        spent = use.prompt_tokens * self.price_in + use.answer_tokens * self.price_out
        return spent / MILLION

    def passed_by(self, use: Use) -> str:
        """The limit that such a use would pass, or nothing."""
        if self.requests is not None and use.requests > self.requests:
            return f"{self.requests} requests"
        if self.tokens is not None and use.tokens > self.tokens:
            return f"{self.tokens} tokens"
        if self.cost is not None and self.cost_of(use) > self.cost:
            return f"a cost of {self.cost:g}"
        return ""


@dataclass(slots=True)
class Budget:
    """What may still be used; for many threads."""

    limits: Limits = field(default_factory=Limits)
    used: Use = field(default_factory=Use)
    _reserved: Use = field(default_factory=Use)
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _stopped: str = ""

    def reserve(self, most: Use) -> None:
        """Sets aside the most that a request can use, before it is sent.

        Waits while only requests under way stand against it, for they may turn out cheaper. Raises
        BudgetSpent.
        """
        with self._changed:
            while limit := self._stopped or self.limits.passed_by(
                self.used + self._reserved + most
            ):
                if self._stopped or self._reserved == Use():
                    self._stopped = limit
                    self._changed.notify_all()
                    raise BudgetSpent(limit)
                self._changed.wait()
            self._reserved += most

    def settle(self, reserved: Use, used: Use) -> None:
        """Replaces what was set aside for a request by what it has used."""
        with self._changed:
            self._reserved -= reserved
            self.used += used
            self._changed.notify_all()

    def stop(self, reason: str) -> None:
        """Lets no further request begin."""
        with self._changed:
            self._stopped = self._stopped or reason
            self._changed.notify_all()

    def sleep(self, seconds: float) -> None:
        """Waits, but not longer than until the run is stopped."""
        with self._changed:
            self._changed.wait_for(lambda: self._stopped != "", seconds)

    @property
    def stopped(self) -> str:
        """Why no further request may begin, or nothing."""
        return self._stopped
