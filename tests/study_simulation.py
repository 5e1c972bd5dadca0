"""A reader study under a simulated clock, read through the app by scripted readers.

The times are drawn from known effects; every request goes through the app's addresses: consent,
the next reading, the page, the conclusion, the page's events, the signature. Nothing is written
into the tables past the services.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import numpy as np

from reporting import clock
from reporting.models import ReaderStudy, Reading, StudyReader, User
from reporting.services import reader_studies, study_lock
from tests import factories, studies
from tests.cast import PASSWORD, Cast

START = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
# Means in seconds, as published of free text, structured reporting and fills; logs are drawn.
MEANS: Mapping[str, float] = {"Text": 125.0, "Form": 90.8, "Model": 56.0}
TOKEN = re.compile(r'data-token="([^"]+)"')


@dataclass(frozen=True, slots=True)
class Spread:
    """Standard deviations of log times between and within readers and cases."""

    reader: float = 0.2
    case: float = 0.25
    reader_arm: float = 0.05
    case_arm: float = 0.05
    residual: float = 0.3


def study_new(cast: Cast, *, readers: int, cases: int) -> ReaderStudy:
    """Return a running crossover study at NORTH."""
    factories.template_version()
    protocol = {**studies.PROTOCOL, "exclusion_rules": []}
    study = reader_studies.study_create(site=cast.north, by=cast.carol, protocol=protocol)
    for name, mode in studies.ARMS:
        arm = {"name": name, "mode": mode, "left_out": [], "planted_error_share": 0.0}
        reader_studies.arm_save(study=study, by=cast.carol, data=arm)
    for _ in range(cases):
        exam = factories.exam(cast.north, indication="Cough.")
        reader_studies.case_add(study=study, by=cast.carol, exam=exam)
    for number in range(readers):
        person = User.objects.create(username=f"reader{number}", role=User.Role.RADIOLOGIST)
        person.set_password(PASSWORD)
        person.save()
        person.sites.add(cast.north)
        about = {"user": person, "experience": "expert", "experience_years": 9, "training": ""}
        reader_studies.reader_save(study=study, by=cast.carol, data=about)
    study = study_lock.study_lock(study=study, by=cast.carol)
    return study_lock.study_start(study=study, by=cast.carol)


def times_drawn(study: ReaderStudy, *, seed: int, spread: Spread) -> dict[UUID, float]:
    """Return the seconds of each reading, by its key, to the millisecond."""
    generator = np.random.default_rng(seed)
    effects: dict[tuple[object, ...], float] = {}

    def effect(sd: float, *key: object) -> float:
        return effects.setdefault(key, float(generator.normal(0, sd)))

    times = {}
    for reading in study.readings.select_related("arm").order_by("reader", "position"):
        reader, case, arm = reading.reader_id, reading.case_id, reading.arm.name
        log = np.log(MEANS[arm]) + generator.normal(0, spread.residual)
        log += effect(spread.reader, "reader", reader) + effect(spread.case, "case", case)
        log += effect(spread.reader_arm, reader, arm) + effect(spread.case_arm, arm, case)
        times[reading.pk] = round(float(np.exp(log)), 3)
    return times


def read_all(
    reader: StudyReader, times: Mapping[UUID, float], sign_in: Callable[[User], Any]
) -> None:
    """Let one reader read everything allocated, each reading in its time."""
    clock.simulate(START)
    client, place = sign_in(reader.user), f"/readings/{reader.study_id}/"
    client.post(f"{place}consent/", {"consent": "yes"})
    while reader.readings.filter(status=Reading.Status.PLANNED).exists():
        answer = client.post(f"{place}start/")
        if answer.status_code == 409:
            clock.simulate(clock.now() + timedelta(days=reader.study.washout_days))
            answer = client.post(f"{place}start/")
        assert answer.status_code == 302, answer.content
        _read(client, answer.url, times)


def _read(client: Any, address: str, times: Mapping[UUID, float]) -> None:
    reading = Reading.objects.get(report_id=address.strip("/").split("/")[-1])
    began = clock.now()
    found = TOKEN.search(client.get(address).content.decode())
    assert found, "the page has no token"
    clock.simulate(began + timedelta(seconds=times[reading.pk]))
    saved = client.post(f"{address}conclusion/", {"text": "Normal.", "version": 0})
    assert saved.status_code == 200, saved.content
    events = [
        {"id": str(uuid4()), "kind": kind, "offset_ms": times[reading.pk] * 1000 * share}
        for kind, share in (("first_input", 0.3), ("input", 0.8), ("sign_pressed", 0.99))
    ]
    body = {"token": found[1], "events": events}
    client.post(f"{address}events/", body, content_type="application/json")
    signed = client.post(f"{address}sign/", {"password": PASSWORD})
    reading.refresh_from_db()
    assert reading.status == Reading.Status.COMPLETED, signed.content
