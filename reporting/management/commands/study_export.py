"""Export a reader study as a bundle of files, de-identified unless told otherwise."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from reporting.exports.study.bundle import bundle_write
from reporting.exports.study.identities import identities
from reporting.models import ReaderStudy
from reporting.timing_definitions.exclusions import RuleInvalid


class Command(BaseCommand):
    """manage.py study_export [STUDY] --out DIR [--identified]."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the study, by id or name, and the directory."""
        parser.add_argument("study", nargs="?", help="id or name; needed where there are several")
        parser.add_argument("--out", type=Path, required=True, metavar="DIR")
        parser.add_argument(
            "--identified",
            action="store_true",
            help="keep this instance's identifiers, pseudonyms and dates",
        )

    def handle(self, *, study: str | None, out: Path, identified: bool, **_: Any) -> None:
        """Write the bundle into a new or empty directory."""
        chosen = _study(study)
        try:
            out.mkdir(parents=True, exist_ok=True)
            if any(out.iterdir()):
                raise CommandError(f"{out} is not empty. Name a new directory.")
            manifest = bundle_write(chosen, out, identities(identified=identified))
        except OSError as error:
            raise CommandError(f"{out} cannot be written: {error}") from error
        except RuleInvalid as error:
            raise CommandError(f"The study's exclusion rules cannot be used: {error}") from error
        self.stdout.write(f"Written: {manifest}")


def _study(text: str | None) -> ReaderStudy:
    studies = list(ReaderStudy.objects.select_related("site"))
    found = [s for s in studies if text is None or text in {str(s.pk), s.name}]
    if len(found) != 1:
        names = "; ".join(f"{s.pk} {s.name}" for s in studies) or "none"
        raise CommandError(f"Name one study by its id. There are: {names}.")
    return found[0]
