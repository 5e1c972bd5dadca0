"""The administrator's pages. What is signed or recorded can be read there, not changed."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.db.models import Model
from django.forms import ModelForm
from django.http import HttpRequest

from reporting.forms.sites import SiteForm
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
from reporting.services.sites import sign_gate_set


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
    """Sites: their house rules, and what may be signed there."""

    list_display = ("code", "name")
    form = SiteForm
    fieldsets = (
        (None, {"fields": ("code", "name")}),
        ("Copied text", {"fields": ("text_width", "text_upper_headings", "text_conclusion_first")}),
        ("Signing", {"fields": ("passive", "names_model")}),
    )

    def save_model(
        self, request: HttpRequest, obj: Site, form: ModelForm[Site], change: bool
    ) -> None:
        """Store the site, and what may be signed there through the audit trail."""
        super().save_model(request, obj, form, change)
        if isinstance(request.user, User) and isinstance(form, SiteForm):
            sign_gate_set(site=obj, by=request.user, gate=form.gate())


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
