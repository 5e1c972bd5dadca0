"""Remind readers of studies by e-mail; run it daily."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from reporting.services.study_reminders import study_reminders


class Command(BaseCommand):
    """manage.py study_reminders [--days 3]"""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare how often a reader is reminded at most."""
        parser.add_argument("--days", type=int, default=3)

    def handle(self, *, days: int, **options: Any) -> None:
        """Send what is due. Raises CommandError where the mail server does not take it."""
        try:
            sent = study_reminders(every=timedelta(days=days))
        except OSError as error:
            raise CommandError(f"The mail could not be sent: {error}. Look at EMAIL_*.") from error
        self.stdout.write(f"{sent} reminders sent.")
