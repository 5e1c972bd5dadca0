"""The one app of Concludo."""

from django.apps import AppConfig


class ReportingConfig(AppConfig):
    """Registers the system checks when Django starts."""

    name = "reporting"
    verbose_name = "Concludo"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the checks of the database's roles."""
        from reporting import checks  # noqa: F401
