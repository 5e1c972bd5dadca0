"""Anything at all in any request: stored exactly, or refused in words. Never a failure."""

import json
import uuid

import pytest
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reporting.models import FieldValue

anything = st.text(alphabet=st.characters(), max_size=40) | st.sampled_from(
    [
        "\x00",
        "<script>alert(1)</script>",
        "폐결절",
        "عقدة",
        "\u202e",
        "'; DROP TABLE x; --",
        "{{7*7}}",
    ]
)
paths = (
    st.sampled_from(
        ["emphysema", "emphysema.change", "nodule", "effusion[left].size", "effusion[up].size"]
    )
    | anything
)
RELAXED = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def storable(text):
    return "\x00" not in text and not any("\ud800" <= c <= "\udfff" for c in text)


@RELAXED
@given(text=anything)
def test_a_conclusion_is_stored_exactly_or_refused(report, cast, sign_in, text):
    browser = sign_in(cast.alice)
    report.refresh_from_db()
    before = report.conclusion
    data = {"text": text.encode("utf-8", "replace").decode(), "version": report.conclusion_version}
    answer = browser.post(reverse("report_conclusion_set", args=[report.pk]), data)
    report.refresh_from_db()
    if answer.status_code == 200:
        assert report.conclusion == data["text"].replace("\r\n", "\n").replace("\r", "\n") or (
            report.conclusion == data["text"]
        )
    else:
        assert answer.status_code == 422
        assert json.loads(answer.content)["message"]
        assert report.conclusion == before


@RELAXED
@given(path=paths, value=anything, version=st.sampled_from(["0", "1", "-1", "x", "", "9" * 30]))
def test_a_field_is_set_or_refused(by_hand, cast, sign_in, path, value, version):
    browser = sign_in(cast.alice)
    data = {"path": path, "value": value, "version": version, "keep": "1"}
    data = {k: v.encode("utf-8", "replace").decode() for k, v in data.items()}
    answer = browser.post(reverse("field_set", args=[by_hand.pk]), data)
    assert answer.status_code in {200, 409, 422}
    for stored in FieldValue.objects.filter(report=by_hand, value__isnull=False):
        assert stored.path in {"emphysema", "emphysema.change", "nodule", "effusion[left].size"}


@RELAXED
@given(body=st.binary(max_size=200) | anything.map(lambda t: t.encode("utf-8", "replace")))
def test_any_batch_of_events_is_taken_or_refused(report, cast, sign_in, body):
    browser = sign_in(cast.alice)
    address = reverse("report_events", args=[report.pk])
    answer = browser.post(address, body, content_type="application/json")
    assert answer.status_code == 422
    assert json.loads(answer.content)["message"]


def test_a_conclusion_of_a_megabyte_is_refused_in_words(report, cast, sign_in):
    data = {"text": "x" * 1_048_576, "version": 0}
    for name in ("report_conclusion_set", "fill_request"):
        answer = sign_in(cast.alice).post(reverse(name, args=[report.pk]), data)
        assert answer.status_code == 422
    report.refresh_from_db()
    assert report.conclusion == ""


@pytest.mark.parametrize("mode", ["", "sft2", "\x00", "<b>"])
def test_an_unknown_mode_is_refused_in_words(cast, sign_in, mode):
    from tests import factories

    factories.template_version()
    exam = factories.exam(cast.north)
    answer = sign_in(cast.alice).post(reverse("exam_open", args=[exam.pk]), {"mode": mode})
    assert answer.status_code == 409
    assert "mode" in answer.content.decode()


def test_an_exam_without_a_template_is_refused_in_words(cast, sign_in):
    exam = factories_exam(cast)
    answer = sign_in(cast.alice).post(reverse("exam_open", args=[exam.pk]), {"mode": "sft"})
    assert answer.status_code == 409
    assert "no report template" in answer.content.decode()


def factories_exam(cast):
    from tests import factories

    return factories.exam(cast.north, body_part="TOOTH")


def test_a_row_that_is_no_uuid_is_refused(by_hand, cast, sign_in):
    for row in ("", "x", "\x00", str(uuid.uuid4())):
        answer = sign_in(cast.alice).post(reverse("row_remove", args=[by_hand.pk]), {"row": row})
        assert answer.status_code in {409, 422}


def test_replayed_events_count_once(report, cast, sign_in):
    browser = sign_in(cast.alice)
    page = browser.get(reverse("report_edit", args=[report.pk])).content.decode()
    token = page.partition('data-token="')[2].partition('"')[0]
    event = {"id": str(uuid.uuid4()), "kind": "hidden", "offset_ms": 12.5, "details": {}}
    body = json.dumps({"token": token, "events": [event]})
    address = reverse("report_events", args=[report.pk])
    stored = [
        json.loads(browser.post(address, body, content_type="application/json").content)["stored"]
        for _ in range(2)
    ]
    assert stored == [1, 0]
    forged = json.dumps({"token": token + "x", "events": [event]})
    assert browser.post(address, forged, content_type="application/json").status_code == 422
