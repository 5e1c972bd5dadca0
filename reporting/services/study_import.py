"""Reader studies from a bundle: the same numbers in another instance."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import Error as DatabaseError
from django.db import transaction

from reporting.exports.study.bundle import FORMAT, MANIFEST, PROTOCOL, VERSION
from reporting.exports.study.files import sha256_of
from reporting.exports.study.formats import table_rows
from reporting.models import (
    Arm,
    Case,
    FieldValue,
    FillJob,
    ImagingStudy,
    Patient,
    ProtocolDeviation,
    ReaderStudy,
    Reading,
    ReadingPause,
    Report,
    ReportTemplate,
    ReportTemplateVersion,
    Site,
    StudyReader,
    TimingEvent,
    User,
)
from reporting.services.errors import ServiceError

Attestation = FieldValue.Attestation
CHUNK = 2000
LOCKED = ("status", "lock_sha256")
# A field that gives the same attestation; the values themselves are in no bundle.
AS_ATTESTED: dict[str, dict[str, Any]] = {
    Attestation.NOT_ATTESTED: {"value": None},
    Attestation.PASSIVELY_ACCEPTED: {"value": True, "suggested_value": True},
    Attestation.CONFIRMED: {"value": True, "suggested_value": True, "at": "confirmed_at"},
    Attestation.BULK_CONFIRMED: {"value": True, "at": "bulk_confirmed_at"},
    Attestation.CORRECTED: {"value": True, "suggested_value": False, "at": "edited_at"},
    Attestation.REJECTED: {"value": None, "suggested_value": True, "at": "rejected_at"},
    Attestation.ENTERED: {"value": True, "at": "edited_at"},
}


class BundleInvalid(ServiceError):
    """The bundle cannot be imported; nothing was."""


def study_import(*, directory: Path) -> ReaderStudy:
    """Store the study of a bundle with its readings and ledger; return it.

    Raises BundleInvalid when a file is missing or changed, or the study is already here. Exams are
    placeholders, and the readers are accounts that cannot sign in.
    """
    _verify(directory)
    try:
        with transaction.atomic():
            return _Import(directory).run()
    except (KeyError, ValueError, TypeError, DatabaseError) as error:
        raise BundleInvalid(f"The bundle cannot be imported: {error}") from error


def _verify(directory: Path) -> None:
    try:
        manifest = json.loads((directory / MANIFEST).read_text(encoding="utf-8"))
        if (manifest["format"], manifest["version"]) != (FORMAT, VERSION):
            raise BundleInvalid(f"{directory} is no bundle of a study of version {VERSION}.")
        for file in manifest["files"]:
            path = directory / Path(file["name"]).name
            if sha256_of(path) != file["sha256"]:
                raise BundleInvalid(f"{path.name} was changed after the export. Export again.")
        study = manifest["study"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BundleInvalid(f"{directory} is no complete bundle: {error}") from error
    if ReaderStudy.objects.filter(pk=study).exists():
        raise BundleInvalid("This study is already here. Import it into another instance.")


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _at(text: str) -> datetime | None:
    return _moment(text) if text else None


class _Import:
    """One import under way: the directory, and what was stored by its exported name."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.content = json.loads((directory / "study.json").read_text(encoding="utf-8"))
        self.arms: dict[str, Arm] = {}
        self.cases: dict[str, Case] = {}
        self.readers: dict[str, StudyReader] = {}
        self.templates: dict[str, ReportTemplateVersion] = {}

    def table(self, name: str) -> Iterator[dict[str, str]]:
        """Yield the rows of a table."""
        return table_rows(self.directory / f"{name}.csv")

    def run(self) -> ReaderStudy:
        """Store everything, the locked state of the study last."""
        self._study_create()
        self._parts_create()
        self._readings_create()
        self._events_create()
        protocol = self.content["protocol"]
        for name in LOCKED:
            setattr(self.study, name, protocol[name])
        self.study.save(update_fields=LOCKED)
        return self.study

    def _study_create(self) -> None:
        self.site, _ = Site.objects.get_or_create(
            code=self.content["site"], defaults={"name": "Imported"}
        )
        self.owner = _person("imported-studies", None)
        protocol = {name: self.content["protocol"][name] for name in PROTOCOL if name not in LOCKED}
        self.study = ReaderStudy.objects.create(
            id=UUID(self.content["id"]), site=self.site, created_by=self.owner, **protocol
        )
        for item in self.content["templates"]:
            definition = item["definition"]
            # Of the imported site, so that the templates of all sites stay as they are.
            template, _ = ReportTemplate.objects.get_or_create(
                key=item["key"],
                site=self.site,
                defaults={"name": str(definition.get("name", item["key"]))},
            )
            version, _ = template.versions.get_or_create(
                content_hash=item["hash"],
                defaults={
                    "number": item["number"],
                    "definition": definition,
                    "status": item["status"],
                },
            )
            self.templates[item["hash"]] = version

    def _parts_create(self) -> None:
        for row in self.table("arms"):
            self.arms[row["arm"]] = Arm.objects.create(
                study=self.study,
                position=int(row["position"]),
                name=row["arm"],
                mode=row["mode"],
                left_out=row["left_out"].split(),
                planted_error_share=float(row["planted_error_share"]),
            )
        patient = Patient.objects.create(
            site=self.site, identifier=f"study-{self.study.pk}", name="Imported"
        )
        for row in self.table("cases"):
            self.cases[row["case"]] = self._case_create(row, patient)
        for row in self.table("readers"):
            years = row["experience_years"]
            self.readers[row["reader"]] = StudyReader.objects.create(
                study=self.study,
                user=_person(f"imported-{row['reader']}", row["reader"]),
                experience=row["experience"],
                experience_years=int(years) if years else None,
                dropped_out_at=self.study.created_at if row["dropped_out"] == "true" else None,
            )

    def _case_create(self, row: dict[str, str], patient: Patient) -> Case:
        name = f"{str(self.study.pk)[:8]}-{row['case']}"
        exam = ImagingStudy.objects.create(
            site=self.site,
            patient=patient,
            patient_name=patient.name,
            patient_identifier=patient.identifier,
            accession_number=name,
            study_instance_uid=f"2.25.{self.study.pk.int}.{row['case']}",
            modality=row["modality"],
            performed_at=self.study.created_at,
        )
        return Case.objects.create(
            study=self.study,
            imaging_study=exam,
            number=int(row["case"]),
            stratum=row["stratum"],
            is_practice=row["practice"] == "true",
        )

    def _readings_create(self) -> None:
        fields = self._by_reading("fields")
        fills = self._by_reading("fills")
        for row in self.table("readings"):
            report = self._report_create(row) if row["report"] else None
            if report is not None:
                _fields_create(report, fields.get(row["reading"], ()))
                self._fills_create(report, fills.get(row["reading"], ()))
                _report_finish(report, row)
            self._reading_create(row, report)

    def _by_reading(self, name: str) -> dict[str, list[dict[str, str]]]:
        found: defaultdict[str, list[dict[str, str]]] = defaultdict(list)
        for row in self.table(name):
            found[row["reading"]].append(row)
        return found

    def _report_create(self, row: dict[str, str]) -> Report:
        return Report.objects.create(
            id=row["report"],
            imaging_study=self.cases[row["case"]].imaging_study,
            report_template_version=self.templates[row["template_hash"]],
            mode=row["mode"],
            reader_study=self.study,
            author=self.readers[row["reader"]].user,
            opened_at=_moment(row["opened_at"]),
        )

    def _fills_create(self, report: Report, rows: Iterable[dict[str, str]]) -> None:
        for row in rows:
            requested = _moment(row["requested_at"])
            FillJob.objects.create(
                id=row["fill"],
                report=report,
                requested_by=report.author,
                status=row["status"],
                conclusion_version=0,
                requested_at=requested,
                deadline_at=requested,
                **{
                    name: row[name]
                    for name in ("engine", "base_model", "base_hash", "adapter_hash", "prompt_hash")
                },
            )

    def _reading_create(self, row: dict[str, str], report: Report | None) -> None:
        reading = Reading.objects.create(
            id=row["reading"],
            study=self.study,
            reader=self.readers[row["reader"]],
            case=self.cases[row["case"]],
            arm=self.arms[row["arm"]],
            report_template_version=self.templates[row["template_hash"]],
            period=int(row["period"]),
            position=int(row["position"]),
            status=row["status"],
            report=report,
            repeat_of_id=row["repeat_of"] or None,
            washout_waived=row["washout_waived"] == "true",
            started_at=_at(row["started_at"]),
            finished_at=_at(row["finished_at"]),
        )
        if row["interrupted"] == "true":
            ReadingPause.objects.create(
                reading=reading, kind=ReadingPause.Kind.PAUSED, by=reading.reader.user
            )
        if row["technical_failure"] == "true":
            ProtocolDeviation.objects.create(
                study=self.study,
                reader=reading.reader,
                reading=reading,
                kind=ProtocolDeviation.Kind.TECHNICAL_FAILURE,
                description="As in the imported bundle.",
                by=self.owner,
            )

    def _events_create(self) -> None:
        authors = dict(
            Report.objects.filter(reader_study=self.study).values_list("pk", "author_id")
        )
        known = {str(pk): author for pk, author in authors.items()}
        with (self.directory / "events.jsonl").open(encoding="utf-8") as lines:
            events = (_event(json.loads(line), known) for line in lines)
            while chunk := list(islice(events, CHUNK)):
                TimingEvent.objects.bulk_create(chunk)


def _person(name: str, pseudonym: str | None) -> User:
    named = {"pseudonym": pseudonym} if pseudonym else {}
    person, is_new = User.objects.get_or_create(
        username=name, defaults={"is_active": False, "role": User.Role.RADIOLOGIST, **named}
    )
    if is_new:
        person.set_unusable_password()
        person.save(update_fields=["password"])
    return person


def _fields_create(report: Report, rows: Iterable[dict[str, str]]) -> None:
    values = []
    for row in rows:
        columns = dict(AS_ATTESTED[row["attestation"]])
        moment = columns.pop("at", None)
        if moment:
            columns[moment] = report.opened_at
        values.append(FieldValue(report=report, path=row["path"], source=row["source"], **columns))
    FieldValue.objects.bulk_create(values)


def _report_finish(report: Report, row: dict[str, str]) -> None:
    report.status = row["report_status"]
    report.signed_at = _at(row["signed_at"])
    report.signed_by = report.author if report.signed_at else None
    report.save(update_fields=["status", "signed_at", "signed_by"])


def _event(line: dict[str, Any], authors: dict[str, int]) -> TimingEvent:
    return TimingEvent(
        report_id=line["report"],
        reader_id=authors[line["report"]],
        kind=line["kind"],
        occurred_at=_moment(line["occurred_at"]),
        received_at=_moment(line["received_at"]),
        page_loaded_at=_at(line["page_loaded_at"] or ""),
        offset_ms=line["offset_ms"],
        skew_ms=line["skew_ms"],
        is_skewed=line["is_skewed"],
        simulated=line["simulated"],
        details=line["details"],
    )
