"""Import report templates from files, once per content."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from reporting.services.fills import TemplateError
from reporting.services.report_templates import report_template_files, report_template_import_file


class Command(BaseCommand):
    """manage.py report_templates_import [FILE ...]; the shipped templates by default."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the files."""
        parser.add_argument("files", nargs="*", type=Path)

    def handle(self, *, files: list[Path], **options: Any) -> None:
        """Import each file. Raises CommandError with all faults; files before it stay imported."""
        shipped = settings.FIXTURES_DIR / "report_templates"
        for path in files or report_template_files(shipped):
            try:
                version, is_new = report_template_import_file(path)
            except TemplateError as error:
                raise CommandError(str(error)) from error
            self.stdout.write(f"{version}: {'imported' if is_new else 'already there'}")
