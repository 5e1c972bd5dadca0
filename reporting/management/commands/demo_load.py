"""Load the invented sites, accounts and exams of the demo; what is there already stays."""

import json
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from reporting.embedded.secret_files import private_write
from reporting.services.demo import demo_load

ACCOUNTS_FILE = "demo-accounts.json"


class Command(BaseCommand):
    """manage.py demo_load; passwords are generated and kept in DATA_DIR for their owner alone."""

    help = __doc__

    def handle(self, **options: Any) -> None:
        """Load, keep the passwords, and print the accounts."""
        path = settings.DATA_DIR / ACCOUNTS_FILE
        kept = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        content = json.loads((settings.FIXTURES_DIR / "demo_exams.json").read_text("utf-8"))
        made = demo_load(content=content, passwords=kept)
        if made:
            private_write(path, json.dumps(kept | made, indent=1))
        self.stdout.write(f"{len(content['exams'])} exams; {len(made)} accounts made now.")
