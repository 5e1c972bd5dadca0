"""A report for others: text by the house's rules, printed page, PDF. Nothing unread in it."""

import sys

import pytest
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from reporting.exports.report_text import plain, rich, wrapped
from reporting.models import AuditEvent, ImagingStudy, User
from reporting.selectors.report_documents import report_document
from reporting.services.reports import (
    addendum_add,
    field_confirm,
    report_conclusion_set,
    report_findings_text_set,
    report_sign,
    rest_normal,
)
from tests import factories
from tests.cast import PASSWORD

TEXT = "Lungs: clear.\n  Indented <b>line</b> & more."


@pytest.fixture
def free_text(cast):
    report = factories.report(
        cast.alice, cast.north, mode="free_text", indication="Cough", comparison=""
    )
    report_conclusion_set(report=report, reader=cast.alice, text="Normal study.", version=0)
    report_findings_text_set(report=report, reader=cast.alice, text=TEXT, version=0)
    report.refresh_from_db()
    return report


@pytest.fixture
def filled(report, cast, engine):
    factories.fill(report, cast.alice)
    return report


def text_of(report, **rules):
    for name, value in rules.items():
        setattr(report.imaging_study.site, f"text_{name}", value)
    return plain(report_document(report))


def test_free_text_stays_as_it_was_typed(free_text):
    text = text_of(free_text)
    assert f"FINDINGS:\n{TEXT}" in text
    assert "INDICATION:\nCough" in text
    assert "COMPARISON" not in text
    assert text.endswith("DRAFT, not signed")


def test_the_house_decides_order_headings_and_width(free_text):
    text = text_of(free_text, conclusion_first=True, upper_headings=False, width=12)
    assert text.index("Conclusion:") < text.index("Findings:")
    assert max(len(line) for line in text.splitlines() if " " in line.strip()) <= 12


def test_answers_that_nobody_attested_are_left_out(filled, cast):
    text = text_of(filled)
    assert "emphysema" not in text.split("CONCLUSION")[0].lower()
    assert "unchecked answers left out" in text
    held = filled.field_values.get(path="emphysema")
    field_confirm(report=filled, reader=cast.alice, path="emphysema", version=held.version)
    assert "Mild emphysema." in text_of(filled).split("CONCLUSION")[0]


def test_sections_that_say_nothing_are_dropped(cast):
    report = factories.report(cast.alice, cast.north, mode="structured")
    assert "FINDINGS" not in text_of(report)
    rest_normal(report=report, reader=cast.alice)
    assert "FINDINGS" in text_of(report)


def test_a_signed_report_is_what_was_signed(free_text, cast):
    report_sign(report=free_text, signer=cast.alice, password=PASSWORD)
    free_text.refresh_from_db()
    addendum_add(report=free_text, author=cast.alice, text="Seen again.", password=PASSWORD)
    free_text.refresh_from_db()
    text = text_of(free_text)
    assert "DRAFT" not in text
    assert "Signed by Alice Test" in text
    assert "(responsible for the report as its author)" in text
    assert "ADDENDUM 1:\nSeen again.\nSigned by Alice Test, " in text
    assert "(responsible for the addendum)" in text


def test_a_signature_keeps_the_name_of_its_day(free_text, cast, sign_in):
    report_sign(report=free_text, signer=cast.alice, password=PASSWORD)
    free_text.refresh_from_db()
    User.objects.filter(pk=cast.alice.pk).update(last_name="Else")
    signed = free_text.snapshots.get()
    page = sign_in(cast.alice).get(reverse("report_print", args=[free_text.pk])).content.decode()
    for said in (text_of(free_text), rich(report_document(free_text)), page):
        assert f"Signed by Alice Test, {signed.signed_at:%Y-%m-%d %H:%M:%S} UTC (resp" in said
    assert f"Record {signed.sha256[:16]}" in page


def test_the_rich_text_escapes_what_was_typed(free_text):
    html = rich(report_document(free_text))
    assert "&lt;b&gt;line&lt;/b&gt; &amp; more" in html
    assert "<br>" in html


def test_copying_is_recorded(free_text, cast, sign_in):
    answer = sign_in(cast.alice).post(reverse("report_copy", args=[free_text.pk]))
    assert "Normal study." in answer.json()["plain"]
    assert AuditEvent.objects.filter(action="report_copy", actor=cast.alice).count() == 1


def test_a_draft_is_printed_as_one(free_text, cast, sign_in):
    page = sign_in(cast.alice).get(reverse("report_print", args=[free_text.pk])).content.decode()
    assert "Not signed" in page
    assert '<div class="watermark">Draft</div>' in page
    assert "Indented &lt;b&gt;line" in page
    report_sign(report=free_text, signer=cast.alice, password=PASSWORD)
    page = sign_in(cast.alice).get(reverse("report_print", args=[free_text.pk])).content.decode()
    assert "Signed by Alice Test" in page
    assert '<div class="watermark"></div>' in page


def test_the_pdf_is_one(free_text, cast, sign_in):
    try:
        import weasyprint  # noqa: F401
    except OSError as error:
        pytest.skip(f"no PDF on this machine: {error}")
    answer = sign_in(cast.alice).get(reverse("report_pdf", args=[free_text.pk]))
    assert answer["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")


def test_where_no_pdf_can_be_made_it_says_what_to_do(free_text, cast, sign_in, monkeypatch):
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    answer = sign_in(cast.alice).get(reverse("report_pdf", args=[free_text.pk]))
    assert answer.status_code == 503
    assert b"Print the page" in answer.content
    assert not AuditEvent.objects.filter(action="report_pdf").exists()


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Moon^Ada^B^Dr", "Moon, Ada B Dr"),
        ("Moon", "Moon"),
        ("^Ada", "Ada"),
        ("Hong^Gildong=洪^吉洞=홍^길동", "Hong, Gildong"),
        ("", ""),
    ],
)
def test_a_name_is_shown_as_people_write_it(written, shown):
    assert ImagingStudy(patient_name=written).patient_display_name == shown


@settings(max_examples=200, deadline=None)
@given(
    st.text(alphabet=st.characters(exclude_categories=("Cs",)), max_size=300), st.integers(0, 90)
)
def test_wrapping_loses_no_word(text, width):
    for line in text.splitlines():
        assert " ".join(wrapped(line, width)).split() == line.split()
