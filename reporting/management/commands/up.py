"""Run Concludo on this machine: PostgreSQL, Valkey, web and worker, until Ctrl-C."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from reporting.embedded.lock import DataDirectoryTaken
from reporting.embedded.processes import PartFailed
from reporting.embedded.stack import Stack


class Command(BaseCommand):
    """manage.py up [--no-demo]; the database may be absent when it begins."""

    help = __doc__
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the switch for real use."""
        parser.add_argument("--no-demo", action="store_true", help="load no demo accounts or exams")

    def handle(self, *, no_demo: bool, **options: Any) -> None:
        """Run until asked to stop. Raises CommandError when a part cannot start."""
        try:
            Stack(demo=not no_demo).run()
        except (DataDirectoryTaken, PartFailed) as error:
            raise CommandError(str(error)) from error
