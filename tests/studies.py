"""Reader studies for the tests, made by the services."""

from typing import Any

from reporting.models import ReaderStudy, Reading, StudyReader
from reporting.services import reader_studies, readings, reports, study_lock
from tests import factories
from tests.cast import PASSWORD, Cast

PROTOCOL: dict[str, Any] = {
    "name": "Speed",
    "question": "Is the model faster?",
    "hypotheses": "It is.",
    "primary_outcome": "Time from opening to signature.",
    "analysis_plan": "Mixed model of log time.",
    "exclusion_rules": [{"rule": "open_to_sign_over", "seconds": 1200}],
    "instructions": "Read as always.",
    "consent_text": "I take part.",
    "design": "crossover",
    "washout_days": 14,
    "seed": 11,
}
ARMS = (("Text", "free_text"), ("Form", "structured"), ("Model", "sft"))


def draft(cast: Cast, *, cases: int = 3, practice: int = 1, **protocol: Any) -> ReaderStudy:
    """Return a complete draft at NORTH that alice and erin read."""
    factories.template_version()
    share = protocol.pop("planted_error_share", 0.0)
    left_out = protocol.pop("left_out", [])
    study = reader_studies.study_create(
        site=cast.north, by=cast.carol, protocol={**PROTOCOL, **protocol}
    )
    for name, mode in ARMS:
        data = {
            "name": name,
            "mode": mode,
            "left_out": left_out if mode == "structured" else [],
            "planted_error_share": share if mode == "sft" else 0.0,
        }
        reader_studies.arm_save(study=study, by=cast.carol, data=data)
    for number in range(cases + practice):
        exam = factories.exam(cast.north, indication="Cough.")
        case = reader_studies.case_add(study=study, by=cast.carol, exam=exam)
        if number >= cases:
            data = {"stratum": "", "material_kind": "brief", "material": "Try.", "is_practice": 1}
            reader_studies.case_change(case=case, by=cast.carol, data=data)
    for person in (cast.alice, cast.erin):
        data = {"user": person, "experience": "novice", "experience_years": 1, "training": ""}
        reader_studies.reader_save(study=study, by=cast.carol, data=data)
    return study


def running(cast: Cast, **columns: Any) -> ReaderStudy:
    """Return such a study, locked and started; everybody has consented."""
    study = study_lock.study_lock(study=draft(cast, **columns), by=cast.carol)
    study = study_lock.study_start(study=study, by=cast.carol)
    for reader in study.readers.all():
        readings.consent_give(reader=reader)
    return study


def part_of(study: ReaderStudy, user: Any) -> StudyReader:
    """Return a person's part in a study."""
    return study.readers.select_related("study", "user").get(user=user)


def sign(reading: Reading, text: str = "Normal.") -> Reading:
    """Write a conclusion and sign the report of a reading under way."""
    reader = reading.reader.user
    report = reading.report
    assert report is not None
    report.refresh_from_db()
    version = report.conclusion_version
    reports.report_conclusion_set(report=report, reader=reader, text=text, version=version)
    report.refresh_from_db()
    reports.report_sign(report=report, signer=reader, password=PASSWORD)
    reading.refresh_from_db()
    return reading


def read_next(reader: StudyReader) -> Reading:
    """Start, write and sign the reader's next reading."""
    return sign(readings.reading_start(reader=reader))
