"""A throw-away PostgreSQL for a benchmark."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from tests.plugin import Services


@contextmanager
def throw_away_database() -> Iterator[None]:
    """Set Django up on an empty database with all tables, which is gone afterwards."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    services = Services()
    try:
        services.start()
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        yield
    finally:
        services.stop()
