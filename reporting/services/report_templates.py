"""Report templates: importing files by their content, and choosing one for an exam."""

import json
from collections.abc import Mapping
from pathlib import Path

from django.db import transaction
from django.db.models import Max

from reporting.models import ImagingStudy, ReportTemplate, ReportTemplateVersion, User
from reporting.services.audit import audit_event_add
from reporting.services.errors import ActionBlocked
from reporting.services.fills import load_template, parse_template


@transaction.atomic
def report_template_import(
    *, definition: Mapping[str, object], name: str = "", author: User | None = None
) -> tuple[ReportTemplateVersion, bool]:
    """Store a template under the hash of its content; return the version and whether it is new.

    The same content is stored once. Raises TemplateError with every fault of the definition.
    """
    parsed = parse_template(definition, name=name)
    known = ReportTemplateVersion.objects.filter(content_hash=parsed.content_hash).first()
    if known is not None:
        return known, False
    template, _ = ReportTemplate.objects.update_or_create(
        key=parsed.key,
        defaults={
            "name": parsed.name,
            "modality": parsed.modality,
            "body_parts": list(parsed.body_parts),
        },
    )
    ReportTemplate.objects.select_for_update().get(pk=template.pk)
    last = template.versions.aggregate(last=Max("number"))["last"] or 0
    version = ReportTemplateVersion.objects.create(
        report_template=template,
        number=last + 1,
        content_hash=parsed.content_hash,
        definition=definition,
        created_by=author,
    )
    audit_event_add(
        actor=author,
        action="report_template_import",
        subject=version,
        details={"key": parsed.key, "number": version.number, "hash": parsed.content_hash},
    )
    return version, True


def report_template_import_file(
    path: Path, *, author: User | None = None
) -> tuple[ReportTemplateVersion, bool]:
    """Import the template of a file. Raises TemplateError, also when it cannot be read."""
    load_template(path)
    definition = json.loads(path.read_text(encoding="utf-8"))
    return report_template_import(definition=definition, name=path.name, author=author)


def report_template_files(directory: Path) -> list[Path]:
    """Return the template files of a directory, by name."""
    return sorted(directory.glob("*.json"))


def report_template_for(exam: ImagingStudy) -> ReportTemplateVersion:
    """Return the newest published version of the template made for such an exam.

    Raises ActionBlocked when there is none.
    """
    body_part = exam.body_part.upper()
    for template in ReportTemplate.objects.filter(modality=exam.modality).order_by("key"):
        if body_part not in {str(part).upper() for part in template.body_parts}:
            continue
        version = (
            template.versions.filter(status=ReportTemplateVersion.Status.PUBLISHED)
            .order_by("-number")
            .first()
        )
        if version is not None:
            return version
    raise ActionBlocked(
        f"There is no report template for {exam.modality} {exam.body_part}. Ask a template author."
    )
