"""The form of an arm: the exam's template, or a variant built without some of its items."""

from collections.abc import Iterable, Mapping
from typing import Any

from reporting.models import Arm, ImagingStudy, ReportTemplateVersion
from reporting.services.errors import ActionBlocked
from reporting.services.fills import TemplateError, parse_template
from reporting.services.report_templates import report_template_for, version_add


def arm_template(arm: Arm, exam: ImagingStudy) -> ReportTemplateVersion:
    """Return the version of the template that an arm's report of an exam is opened with.

    A variant is stored as a version of its own, which no report outside a study is opened with.
    Raises ActionBlocked when there is no template, or none can be built without these items.
    """
    version = report_template_for(exam)
    left_out = items_of(arm.left_out, version.report_template.key)
    if not left_out:
        return version
    definition = without(version.definition, left_out)
    name = f"{version} without {', '.join(sorted(left_out))}"
    try:
        parsed = parse_template(definition, name=name)
    except TemplateError as error:
        raise ActionBlocked(
            f"The form of arm {arm.name} cannot be built without these items: {error}"
        ) from error
    template = version.report_template
    known = template.versions.filter(content_hash=parsed.content_hash).first()
    return known or version_add(
        parsed=parsed,
        definition=definition,
        site=template.site,
        author=None,
        status=ReportTemplateVersion.Status.VARIANT,
    )


def items_of(left_out: Iterable[str], key: str) -> set[str]:
    """Return the items that are left out of the template of this key."""
    pairs = (name.partition(":") for name in left_out)
    return {item for template, _, item in pairs if template == key}


def without(definition: Mapping[str, Any], items: set[str]) -> dict[str, Any]:
    """Return the definition without these items; sections that held nothing else go too.

    Raises ActionBlocked for an item that the template does not have.
    """
    known = {field["key"] for section in definition["sections"] for field in section["fields"]}
    if unknown := items - known:
        raise ActionBlocked(f"The template has no item {', '.join(sorted(unknown))}.")
    sections = [
        {**section, "fields": [field for field in section["fields"] if field["key"] not in items]}
        for section in definition["sections"]
    ]
    return {**definition, "sections": [section for section in sections if section["fields"]]}
