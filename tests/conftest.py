"""Fixtures of the tests that need the app. Tests of `llm` run without it: imports are inside."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from llm.engines.fake import FakeEngine
    from reporting.models import Report
    from tests.cast import Cast


@pytest.fixture(scope="session")
def django_db_setup(
    django_db_setup: None, django_db_blocker: Any, flush_past_the_guards: None
) -> None:
    """Give the test database a clock that tests can stop."""
    from reporting import clock

    with django_db_blocker.unblock():
        clock.simulation_install()


@pytest.fixture(scope="session")
def flush_past_the_guards() -> Iterator[None]:
    """Let the end of a transactional test empty the tables that refuse it to everyone else."""
    from django.db import OperationalError, connection, transaction
    from django.db.backends.postgresql.operations import DatabaseOperations

    from reporting.checks import APPEND_ONLY_TABLES

    content = ("fieldvalue", "grouprow", "report", "reporttemplateversion")
    guarded = (*APPEND_ONLY_TABLES, *(f"reporting_{name}" for name in content))
    original = DatabaseOperations.execute_sql_flush

    def execute(self: DatabaseOperations, sql_list: list[str]) -> None:
        for attempt in range(5):
            try:
                return once(self, sql_list)
            except OperationalError:
                # The last request of a page that was closed may still be at work.
                if attempt == 4:
                    raise
                time.sleep(0.2)
        return None

    def once(self: DatabaseOperations, sql_list: list[str]) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            for table in guarded:
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            original(self, sql_list)
            for table in guarded:
                cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")

    patch = pytest.MonkeyPatch()
    patch.setattr(DatabaseOperations, "execute_sql_flush", execute)
    yield
    patch.undo()


@pytest.fixture
def cast(db: None) -> Cast:
    """The people of the tests."""
    from tests.cast import cast_new

    return cast_new()


@pytest.fixture
def report(cast: Cast) -> Report:
    """An open report of alice's, to be filled by the model."""
    from tests import factories

    return factories.report(cast.alice, cast.north)


@pytest.fixture
def by_hand(cast: Cast) -> Report:
    """An open report of alice's, to be filled by hand."""
    from tests import factories

    return factories.report(cast.alice, cast.north, mode="structured")


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    """The model of this process: it answers from a script and keeps what it was asked."""
    from llm.engines.fake import FakeEngine
    from reporting.services import fills
    from tests import factories

    fake = FakeEngine(factories.ANSWERS)
    monkeypatch.setattr(fills.ENGINE, "engine", fake)
    return fake


@pytest.fixture
def doorbell(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A doorbell that nobody hears: what rang is kept."""
    from reporting.tasks import fill_run_task

    rings: list[str] = []
    monkeypatch.setattr(fill_run_task, "delay", lambda: rings.append("fill_run"))
    return rings


@pytest.fixture
def sign_in(client: Any) -> Callable[..., Any]:
    """Sign a person in and return the browser."""

    def sign(user: Any) -> Any:
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return sign
