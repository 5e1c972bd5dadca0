"""One run of a teacher over many conclusions: side by side, in order, past lines that fail."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TypeVar

from llm.http_client import RemoteError
from llm.teach.budget import BudgetSpent
from llm.teach.lines import Growing, Line, LineError, label_data
from llm.teach.paraphrase import lost
from llm.teach.replies import UnfitReply
from llm.teach.teacher import Teacher

T = TypeVar("T")
# Questions that wait for a free thread, for each thread.
_AHEAD = 4


@dataclass(frozen=True, slots=True)
class Failure:
    """A line without a result: "input", "server", or what kind of unfit reply, and the reason."""

    id: str
    kind: str
    reason: str


@dataclass(slots=True)
class Run:
    """Asks a teacher `together` questions at a time and records what fails.

    After `give_up_after` lines in a row that the server failed on, nothing more is asked.
    """

    teacher: Teacher
    together: int = 8
    give_up_after: int = 20
    failures: list[Failure] = field(default_factory=list)
    labelled: int = 0
    rewordings: Counter[str] = field(default_factory=Counter)
    _in_a_row: int = 0

    @property
    def stopped(self) -> str:
        """Why the run ended early, or nothing."""
        return self.teacher.budget.stopped

    def label(self, lines: Iterable[Line], out: Growing) -> None:
        """Labels the lines that `out` does not hold yet; raises OSError, LineError."""
        model = self.teacher.settings.model
        if others := {str(data.get("teacher")) for data in out.held.values()} - {model}:
            raise LineError(
                f"{out.path} holds labels of {', '.join(sorted(others))}; choose another file."
            )
        new = [line for line in lines if line.key not in out.held]
        ask = self.teacher.label
        for line, label in self._each(new, lambda line: ask(line.template, line.conclusion)):
            out.write(label_data(line, label, model))
            self.labelled += 1

    def reword(self, lines: Iterable[Line], count: int, out: Growing) -> list[Line]:
        """The paraphrases of lines as lines of their own, old and new ones, each with its truth.

        Those that lose something of the original are counted in `rewordings` and not written.
        """
        originals = {(line.id, line.template.key): line for line in lines}
        done = {(data.get("of"), data["template"]) for data in out.held.values()}
        new = [line for key, line in originals.items() if key not in done]
        for line, texts in self._each(
            new, lambda line: self.teacher.paraphrases(line.conclusion, count)
        ):
            for number, text in enumerate(texts, start=1):
                fault = lost(line.template, line.conclusion, text)
                self.rewordings[fault or "kept"] += 1
                if not fault:
                    reworded = replace(
                        line, id=f"{line.id}~{number}", conclusion=text, of=line.id, truth=None
                    )
                    out.write(reworded.data())
        return [
            replace(origin, id=data["id"], conclusion=data["conclusion"], of=origin.id)
            for data in out.held.values()
            if (origin := originals.get((data.get("of", ""), data["template"])))
        ]

    def _each(self, lines: Iterable[Line], work: Callable[[Line], T]) -> Iterator[tuple[Line, T]]:
        """The results in the order of the lines; lines that fail are recorded and passed over."""
        stream, waiting = iter(lines), deque[tuple[Line, Future[T]]]()
        pool = ThreadPoolExecutor(self.together)
        try:
            while True:
                while len(waiting) < _AHEAD * self.together and not self.stopped:
                    if (line := next(stream, None)) is None:
                        break
                    waiting.append((line, pool.submit(work, line)))
                if not waiting:
                    return
                line, future = waiting.popleft()
                if self._succeeded(line, future):
                    yield line, future.result()
        except BaseException:
            self.teacher.budget.stop("it was interrupted")
            raise
        finally:
            # What is under way is waited for: it is paid, and its answer goes into the cache.
            pool.shutdown(cancel_futures=True)

    def _succeeded(self, line: Line, future: Future[T]) -> bool:
        """True where there is a result; a failure is recorded, unless the budget was spent."""
        try:
            future.result()
        except BudgetSpent:
            return False
        except UnfitReply as error:
            self._in_a_row = 0
            self.failures.append(Failure(line.id, error.kind, str(error)))
            return False
        except RemoteError as error:
            self._in_a_row += 1
            self.failures.append(Failure(line.id, "server", str(error)))
            if self._in_a_row >= self.give_up_after:
                self.teacher.budget.stop(f"the server failed {self._in_a_row} times in a row")
            return False
        self._in_a_row = 0
        return True
