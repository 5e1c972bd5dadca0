"""The state of each part, for the health page and the start-up message."""

import logging
from dataclasses import dataclass

from django.conf import settings
from django.db import Error

from reporting import clock
from reporting.checks import ownership_faults
from reporting.models import FillJob
from reporting.selectors.fills import workers_seen
from reporting.services import fills

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PartHealth:
    """One part: whether it works, and a sentence. Reports can be written while `is_vital` works."""

    name: str
    is_up: bool
    is_vital: bool
    message: str


def health() -> list[PartHealth]:
    """Return the state of database, roles, broker and model."""
    try:
        database = [_database(), _roles()]
        model = _model()
    except Error as error:
        logger.warning("The database does not answer: %s", error)
        down = PartHealth("database", False, True, "The database does not answer.")
        return [down, _broker()]
    return [*database, _broker(), model]


def adapter_live() -> fills.LiveAdapter | None:
    """Return the adapter that fills use; None where the registry cannot be read."""
    try:
        return fills.adapter_live()
    except fills.EngineUnavailable as error:
        logger.warning("The live adapter is not known: %s", error)
        return None


def _database() -> PartHealth:
    return PartHealth("database", True, True, f"Its clock says {clock.now():%Y-%m-%d %H:%M:%S %Z}.")


def _roles() -> PartHealth:
    faults = ownership_faults()
    if faults and settings.TESTING:
        return PartHealth("roles", True, True, "Not separated: this is a test.")
    message = "; ".join(faults) if faults else "Web and worker cannot change what is append-only."
    return PartHealth("roles", not faults, True, message)


def _broker() -> PartHealth:
    from reporting.celery import app

    connection = app.connection_for_write()
    failures: tuple[type[BaseException], ...] = (OSError, *connection.connection_errors)
    try:
        with connection:
            connection.ensure_connection(max_retries=1, timeout=1)
    except failures as error:
        logger.warning("The broker does not answer: %s", error)
        message = "The broker does not answer; fills start a few seconds later."
        return PartHealth("broker", False, False, message)
    return PartHealth("broker", True, False, "The broker answers.")


def _model() -> PartHealth:
    worker = workers_seen().order_by("-is_ready").first()
    waiting = FillJob.objects.filter(status__in=FillJob.UNFINISHED).count()
    if worker is None:
        return PartHealth("model", False, False, f"No worker answers; {waiting} fills wait.")
    return PartHealth("model", worker.is_ready, False, f"{worker.state}; {waiting} fills wait.")
