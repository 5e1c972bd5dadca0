"""The addresses of reader studies: a coordinator's below studies/, a reader's below readings/."""

from django.urls import path

from reporting.views import reader_studies, readings, study_dashboard

urlpatterns = [
    path("studies/", reader_studies.study_list, name="study_list"),
    path("studies/add/", reader_studies.study_add, name="study_add"),
    path("studies/<uuid:study_id>/", reader_studies.study_protocol, name="study_protocol"),
    path("studies/<uuid:study_id>/arms/", reader_studies.study_arms, name="study_arms"),
    path("studies/<uuid:study_id>/arms/<int:arm_id>/", reader_studies.study_arms, name="study_arm"),
    path(
        "studies/<uuid:study_id>/arms/<int:arm_id>/remove/",
        reader_studies.study_arm_remove,
        name="study_arm_remove",
    ),
    path("studies/<uuid:study_id>/cases/", reader_studies.study_cases, name="study_cases"),
    path(
        "studies/<uuid:study_id>/cases/add/", reader_studies.study_case_add, name="study_case_add"
    ),
    path(
        "studies/<uuid:study_id>/cases/<int:case_id>/", reader_studies.study_case, name="study_case"
    ),
    path(
        "studies/<uuid:study_id>/cases/<int:case_id>/remove/",
        reader_studies.study_case_remove,
        name="study_case_remove",
    ),
    path("studies/<uuid:study_id>/readers/", reader_studies.study_readers, name="study_readers"),
    path(
        "studies/<uuid:study_id>/readers/<int:reader_id>/remove/",
        reader_studies.study_reader_remove,
        name="study_reader_remove",
    ),
    path(
        "studies/<uuid:study_id>/allocation/",
        reader_studies.study_allocation,
        name="study_allocation",
    ),
    path("studies/<uuid:study_id>/step/", reader_studies.study_step, name="study_step"),
    path(
        "studies/<uuid:study_id>/progress/",
        study_dashboard.study_dashboard,
        name="study_dashboard",
    ),
    path("studies/<uuid:study_id>/export.zip", study_dashboard.study_export, name="study_export"),
    path("studies/<uuid:study_id>/note/", study_dashboard.study_note, name="study_note"),
    path("readings/", readings.reading_list, name="reading_list"),
    path("readings/<uuid:study_id>/", readings.study_read, name="study_read"),
    path("readings/<uuid:study_id>/consent/", readings.study_consent, name="study_consent"),
    path("readings/<uuid:study_id>/start/", readings.reading_start, name="reading_start"),
    path("readings/<uuid:study_id>/pause/", readings.reading_pause, name="reading_pause"),
    path("readings/<uuid:study_id>/resume/", readings.reading_resume, name="reading_resume"),
    path("readings/<uuid:study_id>/fail/", readings.reading_fail, name="reading_fail"),
    path(
        "readings/<uuid:study_id>/deviation/", readings.reading_deviation, name="reading_deviation"
    ),
]
