"""System checks: settings and the site's files, and who owns the tables."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.core.exceptions import ImproperlyConfigured
from django.db import connections

from reporting import critical_results
from reporting.services.fills import load_template

APPEND_ONLY_TABLES = (
    "reporting_reportsnapshot",
    "reporting_addendum",
    "reporting_timingevent",
    "reporting_auditevent",
    "reporting_statuschange",
    "reporting_checkoverride",
    "reporting_criticalcommunication",
    "reporting_studyamendment",
    "reporting_protocoldeviation",
    "reporting_readingpause",
    "reporting_plantederror",
)


@register()
def settings_check(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Say which of the settings that have no default is missing."""
    missing = [
        Error(f"{name} is not set.", hint=f"Set {name} or {name}_FILE.", id="concludo.E001")
        for name, value in (("DATABASE_URL", settings.DATABASES.get("default")),)
        if not value
    ]
    return list(missing)


@register()
def critical_results_check(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """Say what of the site's list of critical results cannot be used, before a reader meets it."""
    shipped = settings.FIXTURES_DIR / "report_templates"
    try:
        named = critical_results.templates_named()
    except ImproperlyConfigured as error:
        return [Error(str(error), hint=f"Mend {critical_results.FILE}.", id="concludo.E003")]
    files = {key: shipped / f"{key}.json" for key in named}
    unfit = (
        Error(fault, hint=f"Mend {critical_results.FILE}.", id="concludo.E004")
        for file in files.values()
        if file.exists()
        for fault in critical_results.unfit(load_template(file))
    )
    unknown = (
        Warning(
            f"{key} is no template that comes with Concludo.",
            hint=f"Unless the site has a template of this key, mend {critical_results.FILE}.",
            id="concludo.W005",
        )
        for key, file in files.items()
        if not file.exists()
    )
    return [*unfit, *unknown]


def ownership_faults(alias: str = "default") -> list[str]:
    """Return what the connected role may do to the append-only tables but must not."""
    faults = []
    with connections[alias].cursor() as cursor:
        cursor.execute(
            "SELECT c.relname,"
            " pg_has_role(current_user, c.relowner, 'USAGE'),"
            " has_table_privilege(current_user, c.oid, 'UPDATE, DELETE, TRUNCATE')"
            " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE c.relname = ANY(%s) AND n.nspname = current_schema() ORDER BY c.relname",
            [list(APPEND_ONLY_TABLES)],
        )
        for name, owns, may_change in cursor.fetchall():
            if owns:
                faults.append(f"the web role owns {name}")
            elif may_change:
                faults.append(f"the web role may change or remove rows of {name}")
    return faults


@register(Tags.database, deploy=False)
def ownership_check(
    app_configs: Sequence[AppConfig] | None,
    databases: Sequence[str] | None = None,
    **kwargs: Any,
) -> list[CheckMessage]:
    """Complain when the role of web and worker could undo the append-only tables."""
    if settings.TESTING or "default" not in (databases or ()):
        return []
    return [
        Warning(
            f"DATABASE_URL: {fault}.",
            hint="Run `manage.py database_grants` as the owner and give web and worker the"
            f" role {settings.DATABASE_WEB_ROLE}.",
            id="concludo.W002",
        )
        for fault in ownership_faults()
    ]
