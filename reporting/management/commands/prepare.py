"""Make everything ready that the app needs before it starts; running it again changes nothing."""

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError, connections


class Command(BaseCommand):
    """manage.py prepare [--demo]: migrations, grants, report templates, base model, demo data."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the demo."""
        parser.add_argument("--demo", action="store_true", help="also load the demo")

    def handle(self, *, demo: bool, **options: Any) -> None:
        """Take the steps in order. Raises CommandError with what to do."""
        owner = "owner" if "owner" in settings.DATABASES else "default"
        self._step("Database")
        self._connect(owner)
        call_command("migrate", database=owner, interactive=False, verbosity=0)
        if owner == "owner":
            call_command("database_grants", database=owner, stdout=self.stdout)
        self._step("Report templates")
        call_command("report_templates_import", stdout=self.stdout)
        if settings.LLM_ENGINE == "transformers":
            self._step("Base model")
            self._base_model()
        if demo:
            self._step("Demo")
            call_command("demo_load", stdout=self.stdout)

    def _connect(self, alias: str) -> None:
        name = "DATABASE_OWNER_URL" if alias == "owner" else "DATABASE_URL"
        try:
            connections[alias].ensure_connection()
        except OperationalError as error:
            raise CommandError(
                f"The database of {name} does not answer: start it, or correct the URL.\n{error}"
            ) from error

    def _step(self, name: str) -> None:
        self.stdout.write(f"{name} …")
        self.stdout.flush()

    def _base_model(self) -> None:
        from reporting.services.fills import EngineUnavailable, base_model_prepare

        try:
            directory = base_model_prepare()
        except EngineUnavailable as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{directory}")
