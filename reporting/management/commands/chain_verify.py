"""Check that what was signed is what is stored: every snapshot's hash, order and content."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Exists, OuterRef, Q

from reporting.models import Report, ReportSnapshot
from reporting.services.snapshots import chain_faults


class Command(BaseCommand):
    """manage.py chain_verify; exits with an error when any report fails."""

    help = __doc__

    def handle(self, **options: Any) -> None:
        """Check every report that is signed or has a snapshot."""
        checked, faults = 0, 0
        reports = Report.objects.select_related("imaging_study__patient", "report_template_version")
        chained = Exists(ReportSnapshot.objects.filter(report=OuterRef("pk")))
        for report in reports.filter(chained | Q(status__in=Report.SIGNED_STATUSES)).iterator():
            checked += 1
            for fault in chain_faults(report):
                faults += 1
                self.stderr.write(
                    f"report {fault.report_id}, snapshot {fault.number}: {fault.message}"
                )
        if faults:
            raise CommandError(f"{faults} faults in {checked} signed reports.")
        self.stdout.write(f"{checked} signed reports: every snapshot is as it was signed.")
