"""The part of a worker process that looks into the queue by itself.

A lost message, or a broker that is away, then delays a fill by FILL_POLL_SECONDS at most.
"""

import logging
import threading
from dataclasses import dataclass, field

from django.conf import settings
from django.db import Error, close_old_connections, connection

from reporting import clock
from reporting.models import FillWorker
from reporting.services import fills

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Poller:
    """A thread that recovers stuck fills, fills what waits, and reports that it is alive."""

    name: str
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None
    _outage: bool = False

    def start(self) -> None:
        """Load the engine, so that the first fill does not wait for it, and begin to look."""
        self._turn_guarded()
        self._thread = threading.Thread(target=self._loop, name="fill-poller", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Look no more, and say so."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=settings.FILL_POLL_SECONDS)

    def _loop(self) -> None:
        while not self._stop.wait(settings.FILL_POLL_SECONDS):
            self._turn_guarded()
        connection.close()

    def _turn_guarded(self) -> None:
        """Take one turn; an outage of the database is reported once and waited out."""
        try:
            self.turn()
        except Error as error:
            if not self._outage:
                logger.warning("The database does not answer; waiting for it: %s", error)
            self._outage = True
            connection.close()
        except Exception:
            # The thread must outlive whatever one fill does to it.
            logger.exception("A turn of the poller failed")
        else:
            self._outage = False
        close_old_connections()

    def turn(self) -> None:
        """Report, recover and fill, once."""
        try:
            state, ready = f"{fills.engine_load()} is ready", True
        except fills.EngineUnavailable as error:
            state, ready = str(error), False
        self.report(state=state, is_ready=ready)
        fills.fill_recover()
        if fills.RUN_LOCK.locked():
            return
        fills.fill_run(worker=self.name)

    def report(self, *, state: str, is_ready: bool) -> None:
        """Store what this process can do, and when it was last seen."""
        FillWorker.objects.update_or_create(
            name=self.name,
            defaults={
                "engine": settings.LLM_ENGINE,
                "state": state,
                "is_ready": is_ready,
                "last_seen_at": clock.Now(),
            },
        )


POLLERS: list[Poller] = []


def start(*, name: str) -> None:
    """Start the poller of this process."""
    poller = Poller(name)
    POLLERS.append(poller)
    poller.start()


def stop() -> None:
    """Stop the pollers of this process."""
    while POLLERS:
        POLLERS.pop().stop()
