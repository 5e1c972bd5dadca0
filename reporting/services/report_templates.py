"""Report templates: importing files by their content, and choosing one for an exam."""

import json
from collections.abc import Mapping
from pathlib import Path

from django.db import transaction
from django.db.models import F, Max, Q

from reporting.models import ImagingStudy, ReportTemplate, ReportTemplateVersion, Site, User
from reporting.services.audit import audit_event_add
from reporting.services.errors import ActionBlocked
from reporting.services.fills import ReportTemplate as ParsedTemplate
from reporting.services.fills import load_template, parse_template


@transaction.atomic
def report_template_import(
    *, definition: Mapping[str, object], name: str = "", author: User | None = None
) -> tuple[ReportTemplateVersion, bool]:
    """Store a template under the hash of its content; return the version and whether it is new.

    The same content is stored once. Raises TemplateError with every fault of the definition.
    """
    parsed = parse_template(definition, name=name)
    known = ReportTemplateVersion.objects.filter(
        report_template__site=None, content_hash=parsed.content_hash
    ).first()
    if known is not None:
        return known, False
    version = version_add(parsed=parsed, definition=definition, site=None, author=author)
    audit_event_add(
        actor=author,
        action="report_template_import",
        subject=version,
        details={"key": parsed.key, "number": version.number, "hash": parsed.content_hash},
    )
    return version, True


def version_add(
    *,
    parsed: ParsedTemplate,
    definition: Mapping[str, object],
    site: Site | None,
    author: User | None,
    status: ReportTemplateVersion.Status = ReportTemplateVersion.Status.PUBLISHED,
) -> ReportTemplateVersion:
    """Store the next version of a site's template, which begins to exist with its first."""
    template, _ = ReportTemplate.objects.update_or_create(
        key=parsed.key,
        site=site,
        defaults={
            "name": parsed.name,
            "modality": parsed.modality,
            "body_parts": list(parsed.body_parts),
        },
    )
    ReportTemplate.objects.select_for_update(of=("self",)).get(pk=template.pk)
    last = template.versions.aggregate(last=Max("number"))["last"] or 0
    return ReportTemplateVersion.objects.create(
        report_template=template,
        number=last + 1,
        content_hash=parsed.content_hash,
        definition=definition,
        created_by=author,
        status=status,
    )


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

    A template of the exam's own site comes before those of all sites. Raises ActionBlocked when
    there is none.
    """
    body_part = exam.body_part.upper()
    theirs = ReportTemplate.objects.filter(
        Q(site=exam.site_id) | Q(site=None), modality=exam.modality
    )
    for template in theirs.order_by(F("site").asc(nulls_last=True), "key"):
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
