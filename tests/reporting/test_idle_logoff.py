"""A sign-in ends by itself when nobody is at the desk; what a page sends by itself is nobody."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse

from reporting import clock
from reporting.models import AuditEvent
from tests import studies

PAGE = {"page": str(uuid4())}


@pytest.fixture
def desk(cast, sign_in, settings):
    settings.IDLE_LOGOFF_SECONDS = 600
    clock.simulate(clock.now())
    browser = sign_in(cast.alice)
    assert browser.get("/").status_code == 200
    return browser


def later(seconds):
    clock.simulate(clock.now() + timedelta(seconds=seconds))


def is_signed_in(browser):
    return browser.get("/").status_code == 200


def test_it_ends_after_the_time_and_is_recorded(cast, desk):
    later(590)
    assert is_signed_in(desk)
    later(610)
    assert not is_signed_in(desk)
    assert AuditEvent.objects.get(action="idle_logoff").actor == cast.alice


def test_working_goes_on_for_any_time(desk, by_hand):
    address = reverse("report_conclusion_set", args=[by_hand.pk])
    for _ in range(4):
        later(500)
        assert desk.post(address, {"text": "", "version": 0}).status_code == 200
        later(500)
        assert desk.post(reverse("active")).status_code == 204


def test_a_page_that_is_only_open_does_not_count(desk, by_hand):
    for _ in range(6):
        later(110)
        answer = desk.post(reverse("report_hold", args=[by_hand.pk]), PAGE)
    assert answer.status_code == 302
    assert not is_signed_in(desk)


def test_a_dashboard_that_refreshes_itself_does_not_count(cast, sign_in, settings):
    settings.IDLE_LOGOFF_SECONDS = 600
    clock.simulate(clock.now())
    address = reverse("study_dashboard", args=[studies.running(cast).pk])
    browser = sign_in(cast.carol)
    for _ in range(6):
        assert browser.get(address, headers={"HX-Request": "true"}).status_code == 200
        later(110)
    assert browser.get(address).status_code == 302


def test_zero_switches_it_off(desk, settings):
    settings.IDLE_LOGOFF_SECONDS = 0
    later(100_000)
    assert is_signed_in(desk)


def test_active_needs_somebody(client, db):
    assert client.post(reverse("active")).status_code == 302


def test_the_page_knows_the_time(desk):
    assert 'data-idle="600"' in desk.get("/").content.decode()
