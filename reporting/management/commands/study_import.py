"""Import a bundle that study_export wrote, as a closed study of people who cannot sign in."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from reporting.services.errors import ServiceError
from reporting.services.study_import import study_import


class Command(BaseCommand):
    """manage.py study_import DIR."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the directory."""
        parser.add_argument("bundle", type=Path, metavar="DIR")

    def handle(self, *, bundle: Path, **_: Any) -> None:
        """Import all of it or nothing."""
        try:
            study = study_import(directory=bundle)
        except ServiceError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Imported: {study.name} ({study.readings.count()} readings)")
