"""The addresses of Concludo. The name of an address is the name of its view."""

from django.contrib import admin
from django.contrib.auth.views import LoginView, LogoutView
from django.urls import path

from reporting.views import (
    checks,
    fields,
    fills,
    health,
    lifecycle,
    macros,
    output,
    report_templates,
    reports,
    template_drafts,
    timing,
    worklist,
)

urlpatterns = [
    path("", worklist.worklist, name="worklist"),
    path("accounts/login/", LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("accounts/logout/", LogoutView.as_view(), name="logout"),
    path("exams/next/", worklist.exam_next, name="exam_next"),
    path("exams/<uuid:exam_id>/open/", worklist.exam_open, name="exam_open"),
    path("reports/<uuid:report_id>/", reports.report_edit, name="report_edit"),
    path(
        "reports/<uuid:report_id>/conclusion/",
        reports.report_conclusion_set,
        name="report_conclusion_set",
    ),
    path(
        "reports/<uuid:report_id>/findings-text/",
        reports.report_findings_text_set,
        name="report_findings_text_set",
    ),
    path("reports/<uuid:report_id>/fields/set/", fields.field_set, name="field_set"),
    path("reports/<uuid:report_id>/fields/confirm/", fields.field_confirm, name="field_confirm"),
    path("reports/<uuid:report_id>/fields/reject/", fields.field_reject, name="field_reject"),
    path("reports/<uuid:report_id>/rows/add/", fields.row_add, name="row_add"),
    path("reports/<uuid:report_id>/rows/remove/", fields.row_remove, name="row_remove"),
    path("reports/<uuid:report_id>/rest-normal/", fields.rest_normal, name="rest_normal"),
    path("reports/<uuid:report_id>/undo/", fields.act_undo, name="act_undo"),
    path("reports/<uuid:report_id>/fill/", fills.fill_request, name="fill_request"),
    path("reports/<uuid:report_id>/checks/", checks.report_checks, name="report_checks"),
    path("reports/<uuid:report_id>/checks/override/", checks.check_override, name="check_override"),
    path(
        "reports/<uuid:report_id>/checks/told/",
        checks.critical_communication,
        name="critical_communication",
    ),
    path("reports/<uuid:report_id>/sign/", reports.report_sign, name="report_sign"),
    path("reports/<uuid:report_id>/submit/", lifecycle.report_submit, name="report_submit"),
    path(
        "reports/<uuid:report_id>/send-back/", lifecycle.report_send_back, name="report_send_back"
    ),
    path("reports/<uuid:report_id>/cancel/", lifecycle.report_cancel, name="report_cancel"),
    path("reports/<uuid:report_id>/assign/", lifecycle.exam_assign, name="exam_assign"),
    path("reports/<uuid:report_id>/addendum/", reports.report_addendum, name="report_addendum"),
    path("reports/<uuid:report_id>/events/", reports.report_events, name="report_events"),
    path("reports/<uuid:report_id>/text/", output.report_text, name="report_text"),
    path("reports/<uuid:report_id>/copy/", output.report_copy, name="report_copy"),
    path("reports/<uuid:report_id>/print/", output.report_print, name="report_print"),
    path("reports/<uuid:report_id>/report.pdf", output.report_pdf, name="report_pdf"),
    path("fills/<uuid:fill_job_id>/", fills.fill_status, name="fill_status"),
    path("fills/<uuid:fill_job_id>/cancel/", fills.fill_cancel, name="fill_cancel"),
    path("fills/<uuid:fill_job_id>/retry/", fills.fill_retry, name="fill_retry"),
    path("macros/", macros.macro_list, name="macro_list"),
    path("macros/add/", macros.macro_add, name="macro_add"),
    path("macros/<int:macro_id>/", macros.macro_edit, name="macro_edit"),
    path("macros/<int:macro_id>/remove/", macros.macro_remove, name="macro_remove"),
    path("templates/", report_templates.template_list, name="template_list"),
    path("templates/add/", report_templates.template_draft_add, name="template_draft_add"),
    path("templates/import/", report_templates.template_import, name="template_import"),
    path("templates/compare/", report_templates.template_compare, name="template_compare"),
    path(
        "templates/versions/<int:version_id>/",
        report_templates.template_version,
        name="template_version",
    ),
    path(
        "templates/versions/<int:version_id>/try/",
        report_templates.template_try,
        name="template_try",
    ),
    path(
        "templates/versions/<int:version_id>/edit/",
        report_templates.template_version_edit,
        name="template_version_edit",
    ),
    path(
        "templates/versions/<int:version_id>/retire/",
        report_templates.template_retire,
        name="template_retire",
    ),
    path(
        "templates/versions/<int:version_id>/export.json",
        report_templates.template_export,
        name="template_export",
    ),
    path(
        "templates/drafts/<int:draft_id>/",
        template_drafts.template_draft_edit,
        name="template_draft_edit",
    ),
    path(
        "templates/drafts/<int:draft_id>/set/",
        template_drafts.template_part_set,
        name="template_part_set",
    ),
    path(
        "templates/drafts/<int:draft_id>/add/",
        template_drafts.template_part_add,
        name="template_part_add",
    ),
    path(
        "templates/drafts/<int:draft_id>/move/",
        template_drafts.template_part_move,
        name="template_part_move",
    ),
    path(
        "templates/drafts/<int:draft_id>/remove/",
        template_drafts.template_part_remove,
        name="template_part_remove",
    ),
    path(
        "templates/drafts/<int:draft_id>/options/add/",
        template_drafts.template_option_add,
        name="template_option_add",
    ),
    path(
        "templates/drafts/<int:draft_id>/options/move/",
        template_drafts.template_option_move,
        name="template_option_move",
    ),
    path(
        "templates/drafts/<int:draft_id>/options/remove/",
        template_drafts.template_option_remove,
        name="template_option_remove",
    ),
    path(
        "templates/drafts/<int:draft_id>/undo/",
        template_drafts.template_draft_undo,
        name="template_draft_undo",
    ),
    path(
        "templates/drafts/<int:draft_id>/publish/",
        template_drafts.template_publish,
        name="template_publish",
    ),
    path(
        "templates/drafts/<int:draft_id>/discard/",
        template_drafts.template_draft_discard,
        name="template_draft_discard",
    ),
    path(
        "templates/drafts/<int:draft_id>/export.json",
        template_drafts.template_draft_export,
        name="template_draft_export",
    ),
    path(
        "templates/drafts/<int:draft_id>/preview/",
        template_drafts.template_draft_preview,
        name="template_draft_preview",
    ),
    path("timing/", timing.timing, name="timing"),
    path("timing/export.csv", timing.timing_export, name="timing_export"),
    path("timing/dictionary.csv", timing.timing_dictionary, name="timing_dictionary"),
    path("health/", health.health_show, name="health"),
    path("admin/", admin.site.urls),
]
