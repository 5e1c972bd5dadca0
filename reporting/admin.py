"""The administrator's pages. What is signed or recorded can be read there, not changed."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.db.models import Model
from django.http import HttpRequest

from reporting.models import (
    Addendum,
    AuditEvent,
    FillJob,
    ImagingStudy,
    Patient,
    Report,
    ReportSnapshot,
    ReportTemplate,
    ReportTemplateVersion,
    Site,
    StatusChange,
    TimingEvent,
    User,
)


class ReadOnlyAdmin(admin.ModelAdmin[Model]):
    """Shows; changes nothing. The database would refuse it too."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Refuse."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Refuse."""
        return False


for model in (
    Addendum,
    AuditEvent,
    FillJob,
    Report,
    ReportSnapshot,
    ReportTemplate,
    ReportTemplateVersion,
    StatusChange,
    TimingEvent,
):
    admin.site.register(model, ReadOnlyAdmin)


@admin.register(User)
class ConcludoUserAdmin(UserAdmin[User]):
    """Accounts, with their role and sites."""

    fieldsets = (*(UserAdmin.fieldsets or ()), ("Concludo", {"fields": ("role", "sites", "theme")}))
    filter_horizontal = (*UserAdmin.filter_horizontal, "sites")
    list_display = ("username", "first_name", "last_name", "role", "is_active")
    list_filter = ("role", "sites", "is_active")


@admin.register(Site)
class SiteAdmin(admin.ModelAdmin[Site]):
    """Sites."""

    list_display = ("code", "name")


@admin.register(Patient)
class PatientAdmin(admin.ModelAdmin[Patient]):
    """Patients."""

    list_display = ("identifier", "name", "site")
    search_fields = ("identifier", "name")


@admin.register(ImagingStudy)
class ImagingStudyAdmin(admin.ModelAdmin[ImagingStudy]):
    """Exams."""

    list_display = ("accession_number", "description", "modality", "status", "site", "assigned_to")
    list_filter = ("status", "modality", "site")
    search_fields = ("accession_number", "patient_name", "patient_identifier")
    raw_id_fields = ("patient", "assigned_to")
