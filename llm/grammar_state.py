"""A place in the automaton of legal answers: the options there, and the way on."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from llm.answers import IllegalAnswer
from llm.grammar_usage import Open, Usage, extends, prefix_free

if TYPE_CHECKING:
    from llm.grammar import ClauseGrammar

Phase = Literal["start", "head", "selector", "member", "value", "after", "whole", "final"]


@dataclass(frozen=True, slots=True)
class State:
    """A place in the automaton; immutable, so that a search may keep several."""

    grammar: ClauseGrammar
    phase: Phase = "start"
    usage: Usage = field(default_factory=Usage)
    open: Open | None = None
    partial: str = ""
    # What was computed once; a state made from this one by `replace` starts with an empty cache.
    _cache: dict[str, tuple[str, ...]] = field(
        init=False, default_factory=dict, compare=False, repr=False
    )

    @property
    def is_final(self) -> bool:
        """True behind END; there are no options."""
        return self.phase == "final"

    def options(self) -> tuple[str, ...]:
        """The legal next chunks; none is the start of another."""
        if "options" not in self._cache:
            self._cache["options"] = self._options()
        return self._cache["options"]

    def _chunks(self) -> tuple[str, ...]:
        if "chunks" not in self._cache:
            self._cache["chunks"] = tuple(self.grammar.chunks(self))
        return self._cache["chunks"]

    def _options(self) -> tuple[str, ...]:
        chunks = self._chunks()
        if self.partial:
            rest = [c[len(self.partial) :] for c in chunks if extends(c, self.partial)]
            return prefix_free([*rest, *self._completed().options()])
        return prefix_free(chunks)

    def phase_of(self, option: str) -> Phase:
        """The phase that a chunk belongs to: its own chunk's, or that of the one just ended."""
        chunks = self._chunks()
        goes_on = not self.partial or any(c.startswith(self.partial + option) for c in chunks)
        return self.phase if goes_on else self._completed().phase_of(option)

    def advance(self, option: str) -> State:
        """The state behind a chunk; raises IllegalAnswer for anything but one of `options()`."""
        if option not in self.options():
            raise IllegalAnswer(f"{option!r} is not allowed here; allowed: {self.options()[:20]}")
        chunks = self._chunks()
        chunk = self.partial + option
        if self.partial and chunk not in chunks:
            return self._completed().advance(option)
        state = replace(self, partial=chunk)
        return state if any(extends(c, chunk) for c in chunks) else state._completed()

    def _completed(self) -> State:
        return self.grammar.after(replace(self, partial=""), self.partial)

    def to(self, phase: Phase, usage: Usage, statement: Open | None) -> State:
        """The state behind a whole chunk."""
        return State(self.grammar, phase, usage, statement)
