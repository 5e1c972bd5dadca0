"""Starts the parts in order, starts again what fails, stops everything in the other order."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import FrameType

from reporting.embedded.processes import PartFailed, Process

# Waits before the next start of a part that keeps ending, in seconds.
BACK_OFF = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
# A part that ran this long starts again without waiting.
STEADY_SECONDS = 60.0
CHECK_SECONDS = 0.5


@dataclass(slots=True)
class Part:
    """One part: `start` starts it, waits for it where others need it, and returns its process."""

    name: str
    start: Callable[[], Process]
    process: Process | None = None
    started_at: float = 0.0
    failures: int = 0
    next_start_at: float = 0.0

    def launch(self) -> None:
        """Start the part; raises PartFailed."""
        self.process = self.start()
        self.started_at = time.monotonic()


@dataclass(slots=True)
class Supervisor:
    """Holds the parts; `say` takes one line for the person at the terminal."""

    say: Callable[[str], None]
    parts: list[Part] = field(default_factory=list)
    _asked_to_stop: threading.Event = field(default_factory=threading.Event)

    def listen(self) -> None:
        """Stop on Ctrl-C, SIGTERM and a closed terminal; before anything is started."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._stop_asked)

    def _stop_asked(self, number: int, _frame: FrameType | None) -> None:
        self._asked_to_stop.set()

    @property
    def is_stopping(self) -> bool:
        """Whether somebody asked for the end."""
        return self._asked_to_stop.is_set()

    def add(self, name: str, start: Callable[[], Process]) -> None:
        """Start a part and watch over it from now on; raises PartFailed."""
        part = Part(name, start)
        self.parts.append(part)
        part.launch()

    def watch(self, each_turn: Callable[[], None]) -> None:
        """Keep the parts running until somebody asks for the end."""
        while not self._asked_to_stop.wait(CHECK_SECONDS):
            for part in self.parts:
                self._look_at(part)
            each_turn()

    def _look_at(self, part: Part) -> None:
        now = time.monotonic()
        if part.process is not None:
            if part.process.is_running:
                return
            steady = now - part.started_at > STEADY_SECONDS
            part.failures = 0 if steady else part.failures
            wait = BACK_OFF[min(part.failures, len(BACK_OFF) - 1)]
            self.say(
                f"{part.name} ended (code {part.process.popen.returncode});"
                f" starting it again in {wait:g} s. Its log: {part.process.log}"
            )
            part.process, part.failures, part.next_start_at = None, part.failures + 1, now + wait
        elif now >= part.next_start_at:
            self._start_again(part)

    def _start_again(self, part: Part) -> None:
        try:
            part.launch()
        except PartFailed as error:
            wait = BACK_OFF[min(part.failures, len(BACK_OFF) - 1)]
            part.failures, part.next_start_at = part.failures + 1, time.monotonic() + wait
            self.say(f"{error}\nTrying again in {wait:g} s.")
        else:
            self.say(f"{part.name} runs again.")

    def stop(self) -> None:
        """Stop everything, the last started first."""
        for part in reversed(self.parts):
            if part.process is not None:
                part.process.stop()


def say_to_terminal(line: str) -> None:
    """Write a line at once, also where nobody reads it any more."""
    try:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
    except OSError:
        return
