"""The addresses of Concludo. The name of an address is the name of its view."""

from django.contrib import admin
from django.contrib.auth.views import LoginView, LogoutView
from django.urls import path

from reporting import study_urls
from reporting.views import (
    checks,
    fields,
    fills,
    health,
    lifecycle,
    macros,
    output,
    reports,
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
    path("timing/", timing.timing, name="timing"),
    path("timing/export.csv", timing.timing_export, name="timing_export"),
    path("timing/dictionary.csv", timing.timing_dictionary, name="timing_dictionary"),
    *study_urls.urlpatterns,
    path("health/", health.health_show, name="health"),
    path("admin/", admin.site.urls),
]
