"""Conclusions nobody here wrote, typed into the app and filled by the shipped adapter."""

import pytest

from reporting.models import FieldValue, FillJob
from reporting.services import fills
from reporting.services.report_templates import report_template_import_file
from tests import factories
from tests.real_reports import ADAPTER, ROOT, real_reports, why_not

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(bool(why_not()), reason=why_not() or "-"),
]
EXAMS = {
    "ct_chest": ("CT", "CHEST"),
    "ct_abdomen_pelvis": ("CT", "ABDOMEN"),
    "mri_lumbar_spine": ("MR", "LSPINE"),
}


@pytest.fixture(scope="module")
def model():
    from llm.engines.transformers import load
    from tests.embedded.running import BASE_MODEL

    return load(base_model_dir=BASE_MODEL, adapter_dir=ADAPTER)


def test_each_is_filled_and_what_is_not_used_is_shown(desk, cast, model, monkeypatch):
    monkeypatch.setattr(fills.ENGINE, "engine", model)
    for key in EXAMS:
        report_template_import_file(ROOT / "fixtures" / "report_templates" / f"{key}.json")
    page = desk("alice")
    for report in real_reports():
        modality, part = EXAMS[report.template]
        factories.exam(
            cast.north, modality=modality, body_part=part, description=report.id, priority=2
        )
        page.goto("/?status=waiting")
        page.locator("tr.waiting", has_text=report.id).locator("[value=sft]").click()
        page.wait_for_url("**/reports/**")
        page.locator("#conclusion").fill(report.conclusion)
        page.keyboard.press("Control+Enter")
        page.wait_for_selector("#fill.pending, #fill.started")
        fills.fill_run(worker="test")
        page.wait_for_selector("#fill.success")
        job = FillJob.objects.order_by("-requested_at")[0]
        values = FieldValue.objects.filter(fill_job=job, value__isnull=False)
        for value in values:
            quote = report.conclusion[value.evidence_start : value.evidence_end]
            assert quote == value.evidence_quote
        assert values.exists() or job.unused
        page.wait_for_timeout(200)
        shown = page.locator(".mark.not_attested [data-act=confirm]").count()
        assert shown == values.count()
        assert page.locator("#unused li").count() == len(job.unused)
