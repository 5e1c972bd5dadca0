"""Throw-away PostgreSQL and Valkey for a test run, started before Django reads its settings.

Loaded by `-p tests.plugin`; from a conftest it would be too late. Tests of `llm` and of the
statistics alone start nothing, and DATABASE_URL or REDIS_URL in the environment are used as they
are.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from reporting.embedded.postgres import SUPERUSER, Postgres
from reporting.embedded.valkey import Valkey


class Services:
    """The services of this run; tests that stop one start it again."""

    def __init__(self) -> None:
        self.place = Path(tempfile.mkdtemp(prefix="concludo-"))
        run = self.place / "run"
        self.postgres = Postgres(
            self.place / "postgres", run, self.place / "postgres.log", durable=False
        )
        self.valkey = Valkey(self.place / "valkey", run, self.place / "valkey.log")

    def start(self) -> None:
        """Start what the environment does not name."""
        if "DATABASE_URL" not in os.environ:
            self.postgres.start()
            os.environ["DATABASE_URL"] = self.postgres.url(SUPERUSER, "postgres")
        if "REDIS_URL" not in os.environ:
            self.valkey.start()
            os.environ["REDIS_URL"] = self.valkey.url

    def stop(self) -> None:
        """Stop them and remove their data."""
        for service in (self.valkey, self.postgres):
            if service.process is not None:
                service.process.stop()
        shutil.rmtree(self.place, ignore_errors=True)


SERVICES: list[Services] = []
WITHOUT_SERVICES = ("tests/llm", "tests/stats", "tests/timing_definitions")


def needs_services(args: list[str]) -> bool:
    """True unless every named path is below a directory that needs none."""
    paths = [arg for arg in args if arg.partition("::")[0].startswith("tests")]
    return not paths or not all(path.startswith(WITHOUT_SERVICES) for path in paths)


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(
    early_config: pytest.Config, parser: pytest.Parser, args: list[str]
) -> None:
    """Start the services before any plugin imports the settings."""
    # One converted base model serves the tests and `make run`.
    model = Path(__file__).parents[1] / "var" / "models" / "smollm2-135m-instruct"
    os.environ.setdefault("LLM_BASE_MODEL_DIR", str(model))
    if needs_services(args) and not {"--help", "--version"} & set(args):
        services = Services()
        SERVICES.append(services)
        services.start()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop them, however the run ended."""
    while SERVICES:
        SERVICES.pop().stop()
