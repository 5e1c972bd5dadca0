"""A draft is published and retired with a note; what is published never changes."""

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from reporting.models import AuditEvent, ReportTemplate, ReportTemplateVersion, TemplateDraft
from reporting.selectors.macros import report_macros
from reporting.services.errors import ActionBlocked, TextInvalid, VersionConflict
from reporting.services.macros import MacroData, macro_save
from reporting.services.report_templates import report_template_for, report_template_import
from reporting.services.reports import report_open
from reporting.services.template_drafts import template_draft_add, template_publish, template_retire
from tests import factories, studies
from tests.reporting.templates import draft, post, publish


def test_a_draft_becomes_a_version_and_is_gone(cast, sign_in):
    one = draft(cast.grace, cast.north)
    answer = post(sign_in(cast.grace), "template_publish", one, note="Agreed in June.")
    version = ReportTemplateVersion.objects.get()
    assert answer.headers["HX-Redirect"] == reverse("template_version", args=[version.pk])
    assert (version.number, version.status, version.created_by) == (1, "published", cast.grace)
    assert not TemplateDraft.objects.exists()
    event = AuditEvent.objects.get(action="template_publish")
    assert (event.actor, event.details["note"]) == (cast.grace, "Agreed in June.")


def test_new_exams_take_the_newest_and_reports_keep_theirs(cast):
    report = factories.report(cast.alice, cast.north)
    first = report.report_template_version
    second = publish(draft(cast.heidi, name="Renamed"), cast.heidi)
    assert second.number == 2
    newer = report_open(imaging_study=factories.exam(cast.north), reader=cast.alice, mode="sft")
    assert newer.report_template_version == second
    report.refresh_from_db()
    assert report.report_template_version == first


def test_a_sites_own_template_is_for_its_exams_alone(cast):
    shared = factories.template_version()
    own = publish(draft(cast.grace, cast.north, name="Of the north"), cast.grace)
    assert own.report_template.key == shared.report_template.key
    assert report_template_for(factories.exam(cast.north)) == own
    assert report_template_for(factories.exam(cast.south)) == shared
    template_retire(version=own, author=cast.grace, note="Back to the shared one.")
    assert report_template_for(factories.exam(cast.north)) == shared


def test_a_sites_own_template_keeps_the_macros(cast):
    shared = factories.template_version().report_template
    data = MacroData("norm", "Normal study.", report_template=shared)
    macro_save(user=cast.alice, data=data)
    publish(draft(cast.grace, cast.north, name="Of the north"), cast.grace)
    report = report_open(imaging_study=factories.exam(cast.north), reader=cast.alice, mode="sft")
    assert report.report_template_version.report_template != shared
    assert [macro["trigger"] for macro in report_macros(report, cast.alice)] == ["norm"]


def test_after_retiring_the_newest_the_one_before_counts(cast, sign_in):
    first = factories.template_version()
    second = publish(draft(cast.heidi, name="Renamed"), cast.heidi)
    browser = sign_in(cast.heidi)
    browser.post(reverse("template_retire", args=[second.pk]), {"note": "A mistake."})
    second.refresh_from_db()
    assert second.status == "retired"
    assert report_template_for(factories.exam(cast.north)) == first
    assert AuditEvent.objects.get(action="template_retire").details["note"] == "A mistake."
    with pytest.raises(ActionBlocked, match="retired already"):
        template_retire(version=second, author=cast.heidi, note="Again.")


@pytest.mark.parametrize("note", ["", "  \n", "x" * 1001, "a\x00"])
def test_a_note_is_needed(cast, note):
    one = draft(cast.grace, cast.north)
    with pytest.raises(TextInvalid):
        template_publish(draft=one, author=cast.grace, revision=1, note=note)
    version = publish(one, cast.grace)
    with pytest.raises(TextInvalid):
        template_retire(version=version, author=cast.grace, note=note)


def test_refused_while_there_are_faults(cast, sign_in):
    one = draft(cast.grace, cast.north, modality="")
    answer = post(sign_in(cast.grace), "template_publish", one, note="Now.")
    assert answer.status_code == 422
    assert "mend them first" in answer.content.decode()
    assert not ReportTemplateVersion.objects.exists()
    assert TemplateDraft.objects.exists()


def test_refused_without_a_difference_for_a_new_key_and_for_a_taken_one(cast):
    factories.template_version()
    same = draft(cast.heidi)
    with pytest.raises(ActionBlocked, match="Nothing differs from version 1"):
        publish(same, cast.heidi)
    same.definition["key"] = "another"
    same.save()
    with pytest.raises(ActionBlocked, match="never changes"):
        publish(same, cast.heidi)
    new = draft(cast.heidi, key="new")
    new.definition["key"] = "small_trunk"
    new.save()
    with pytest.raises(ActionBlocked, match="choose another key"):
        publish(new, cast.heidi)


def test_the_variant_of_a_study_is_neither_published_nor_retired(cast, sign_in):
    studies.running(cast, left_out=["small_trunk:emphysema_type"])
    variant = ReportTemplateVersion.objects.get(status="variant")
    address = reverse("template_version", args=[variant.pk])
    assert "an arm of a reader study" in sign_in(cast.heidi).get(address).content.decode()
    same = template_draft_add(author=cast.heidi, site=None, definition=variant.definition)
    with pytest.raises(ActionBlocked, match="from the variant of a reader study, version 2"):
        publish(same, cast.heidi)
    with pytest.raises(ActionBlocked, match="belongs to a reader study"):
        template_retire(version=variant, author=cast.heidi, note="Old.")


def test_what_somebody_else_changed_meanwhile_is_not_published(cast):
    one = draft(cast.grace, cast.north)
    with pytest.raises(VersionConflict):
        template_publish(draft=one, author=cast.grace, revision=7, note="Now.")


def test_importing_the_same_again_does_not_bring_a_retired_version_back(cast):
    version = factories.template_version()
    template_retire(version=version, author=cast.heidi, note="Old.")
    again, new = report_template_import(definition=factories.definition())
    assert (again.pk, again.status, new) == (version.pk, "retired", False)


def test_the_database_refuses_to_change_a_version(cast):
    version = publish(draft(cast.grace, cast.north), cast.grace)
    versions = ReportTemplateVersion.objects.filter(pk=version.pk)

    def refused(rows, **columns):
        with pytest.raises(IntegrityError, match=r"never changes|keeps its"), transaction.atomic():
            rows.update(**columns)

    for columns in ({"definition": {}}, {"number": 9}, {"created_by": None}, {"status": "draft"}):
        refused(versions, **columns)
    refused(ReportTemplate.objects.all(), key="other")
    refused(ReportTemplate.objects.all(), site=None)
    versions.update(status="retired")
    refused(versions, status="published")
    with pytest.raises(IntegrityError, match="refused"), transaction.atomic():
        versions.delete()


@pytest.mark.parametrize(("name", "status"), [("grace", 404), ("alice", 404), ("bob", 404)])
def test_a_template_of_another_site_is_not_there(cast, sign_in, name, status):
    version = publish(draft(cast.heidi, cast.south), cast.heidi)
    browser = sign_in(getattr(cast, name))
    for address in ("retire", "version_edit", "try"):
        answer = browser.post(reverse(f"template_{address}", args=[version.pk]), {"note": "x"})
        assert answer.status_code == status
    assert browser.get(reverse("template_export", args=[version.pk])).status_code == status


def test_a_template_of_all_sites_is_retired_by_administrators_alone(cast, sign_in):
    version = factories.template_version()
    address = reverse("template_retire", args=[version.pk])
    assert (
        sign_in(cast.grace).get(reverse("template_version", args=[version.pk])).status_code == 200
    )
    assert sign_in(cast.grace).post(address, {"note": "Mine."}).status_code == 404
    with pytest.raises(ActionBlocked):
        template_retire(version=version, author=cast.grace, note="Mine.")
    assert sign_in(cast.heidi).post(address, {"note": "Old."}).status_code == 302
