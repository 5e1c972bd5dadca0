"""The worklist: whose exams, in which order, found how, page by page."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from reporting.selectors.worklist import CursorInvalid, WorklistFilters, worklist_page
from tests import factories

START = datetime(2026, 3, 1, 8, tzinfo=UTC)


@pytest.fixture
def exams(cast):
    made = []
    for number in range(23):
        made.append(
            factories.exam(
                cast.north,
                priority=number % 3,
                performed_at=START + timedelta(hours=number // 2),
                modality="MR" if number % 4 == 0 else "CT",
                patient_name=f"{'Zeta' if number % 2 else 'alpha'}^P{number}",
            )
        )
    factories.exam(cast.south)
    return made


def shown(user, **filters):
    return list(worklist_page(user, WorklistFilters(**filters)).exams)


@pytest.mark.parametrize("sort", ["priority", "date", "name"])
def test_pages_hold_every_exam_once_in_order(exams, cast, sort):
    whole = shown(cast.alice, sort=sort)
    paged, cursor = [], None
    while True:
        page = worklist_page(cast.alice, WorklistFilters(sort=sort), cursor, size=4)
        paged += page.exams
        cursor = page.next_cursor
        if cursor is None:
            break
    assert [e.pk for e in paged] == [e.pk for e in whole]
    assert {e.pk for e in paged} == {e.pk for e in exams}


def test_priority_comes_first_then_the_newest(exams, cast):
    keys = [(e.priority, e.performed_at) for e in shown(cast.alice)]
    assert keys == sorted(keys, reverse=True)


def test_filters_narrow(exams, cast):
    assert {e.modality for e in shown(cast.alice, modality="MR")} == {"MR"}
    assert {e.priority for e in shown(cast.alice, priority=2)} == {2}
    day = (START + timedelta(hours=4)).date()
    assert all(e.performed_at.date() == day for e in shown(cast.alice, start=day, end=day))
    assert shown(cast.alice, status="signed") == []


@pytest.mark.parametrize("text", ["ALPHA", "alpha^p2", "A0", "P0"])
def test_search_finds_by_name_id_and_accession(exams, cast, text):
    found = shown(cast.alice, search=text)
    assert found
    for exam in found:
        keys = (exam.patient_name, exam.patient_identifier, exam.accession_number)
        assert any(key.lower().startswith(text.lower()) for key in keys)


@pytest.mark.parametrize("text", ["%", "_", "' OR 1=1 --", "\x00", "\\", "한", "א" * 300])
def test_odd_searches_find_nothing_and_fail_nothing(exams, cast, sign_in, text):
    answer = sign_in(cast.alice).get(reverse("worklist"), {"search": text})
    assert answer.status_code in {200, 422}
    assert answer.content.decode().count("data-exam") in {0, 23}


def test_exams_of_another_site_or_reader_are_not_shown(exams, cast):
    assert {e.site for e in shown(cast.bob)} == {cast.south}
    exams[0].assigned_to = cast.dave
    exams[0].save()
    assert exams[0] not in shown(cast.alice)
    assert exams[0] in shown(cast.dave)


def test_a_radiologist_sees_what_a_resident_has(exams, cast):
    exams[0].assigned_to = cast.erin
    exams[0].save()
    assert exams[0] in shown(cast.alice)
    assert exams[0] in shown(cast.erin)


@pytest.mark.parametrize("cursor", ["x", "e30=", "WyJuYW1lIl0=", "ä", "AAAA"])
def test_a_made_up_cursor_is_refused_in_words(exams, cast, sign_in, cursor):
    with pytest.raises(CursorInvalid):
        worklist_page(cast.alice, WorklistFilters(), cursor)
    answer = sign_in(cast.alice).get(reverse("worklist"), {"cursor": cursor})
    assert answer.status_code == 422


def test_a_period_that_ends_before_it_starts_is_refused_in_words(exams, cast, sign_in):
    answer = sign_in(cast.alice).get(
        reverse("worklist"), {"start": "2026-03-02", "end": "2026-03-01"}
    )
    assert answer.status_code == 422
    assert "before the first" in answer.content.decode()


def test_names_are_escaped(cast, sign_in):
    factories.exam(cast.north, patient_name="<script>alert(1)</script>")
    page = sign_in(cast.alice).get(reverse("worklist")).content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Vanterpool^Zoe", "Vanterpool, Zoe"),
        ("Okonjo^Ify^Ada^Dr^", "Okonjo, Ify Ada Dr"),
        ("Wang^XiaoDong=王^小東", "Wang, XiaoDong"),
        ("Hartwell", "Hartwell"),
        ("^Cher", "Cher"),
    ],
)
def test_a_dicom_name_is_shown_as_people_write_it(name, shown, cast, sign_in):
    factories.exam(cast.north, patient_name=name)
    page = sign_in(cast.alice).get(reverse("worklist")).content.decode()
    assert f"<bdi>{shown}</bdi>" in page
