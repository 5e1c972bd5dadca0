"""The bundle of a study: what is in it, what is not, and what becomes of it elsewhere."""

import csv
import json
import zipfile
from io import BytesIO, StringIO
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command

from reporting import clock
from reporting.exports.study.bundle import bundle_write
from reporting.exports.study.files import sha256_of
from reporting.exports.study.identities import identities
from reporting.models import FieldValue, ReaderStudy, Report, ReportTemplate, TimingEvent
from reporting.services import timing
from reporting.stats.table import Columns, table_read
from tests import studies
from tests.timing_definitions.ledgers import at

RULES = [
    {"rule": "practice"},
    {"rule": "not_started"},
    {"rule": "open_to_sign_over", "seconds": 60},
]


def read(reader, seconds):
    """Read the reader's next case as the page would have it, in so many seconds."""
    reading = studies.readings.reading_start(reader=reader)
    user = reader.user
    began = clock.now()
    token = timing.page_opened(report=reading.report, reader=user)
    events = [
        {"id": f"00000000-0000-4000-8000-{n:012}", "kind": kind, "offset_ms": n * 1000}
        for n, kind in enumerate(["first_input", "input", "hidden", "visible", "sign_pressed"], 1)
    ]
    clock.simulate(began + (at(seconds) - at(0)))
    timing.timing_events_add(report=reading.report, reader=user, token=token, events=events)
    return studies.sign(reading)


@pytest.fixture
def study(cast, doorbell):
    clock.simulate(at(0))
    study = studies.running(cast, exclusion_rules=RULES)
    for person, times in ((cast.alice, (30, 40, 90)), (cast.erin, (50,))):
        reader = studies.part_of(study, person)
        for seconds in times:
            read(reader, seconds)
    return study


@pytest.fixture
def bundle(study, tmp_path):
    bundle_write(study, tmp_path, identities())
    return tmp_path


def table(path):
    return list(csv.DictReader(path.open(encoding="utf-8", newline="")))


def test_it_has_one_row_per_reading_with_its_place_in_the_study(study, bundle):
    rows = table(bundle / "readings.csv")
    assert len(rows) == study.readings.count()
    signed = [row for row in rows if row["signed_at"]]
    assert sorted(row["open_to_sign_s"] for row in signed) == [
        "30.000",
        "40.000",
        "50.000",
        "90.000",
    ]
    assert {row["arm"] for row in rows} == {"Text", "Form", "Model"}
    assert {row["hidden_s"] for row in signed} == {"1.000"}
    assert all(row["period"] and row["position"] and row["case"] for row in rows)


def test_what_is_excluded_is_in_no_analysis(study, bundle):
    columns = Columns("open_to_sign_s", "arm", "reader", "case", "period")
    read = table_read(bundle / "readings.csv", columns)
    rows = table(bundle / "readings.csv")
    assert len(read.excluded) == sum(bool(row["excluded_by"]) for row in rows) > 0
    assert len(read.readings) == sum(
        bool(row["signed_at"] and not row["excluded_by"]) for row in rows
    )
    assert max(reading.time for reading in read.readings) < 60


def test_practice_counts_for_nothing_whatever_the_rules(cast, doorbell, tmp_path):
    bundle_write(studies.running(cast, exclusion_rules=[]), tmp_path, identities())
    for row in table(tmp_path / "readings.csv"):
        assert bool(row["excluded_by"]) == (row["practice"] == "true")


def test_the_flow_counts_each_reading_once(study, bundle):
    rows = table(bundle / "flow.csv")
    for arm in ("Text", "Form", "Model"):
        steps = {row["step"]: int(row["readings"]) for row in rows if row["arm"] == arm}
        assert steps.pop("allocated") == sum(steps.values())
    assert sum(int(r["readings"]) for r in rows if r["step"] == "allocated") == len(
        table(bundle / "readings.csv")
    )
    assert sum(int(r["readings"]) for r in rows if "over 60 s" in r["step"]) == 1


def test_nobody_and_no_date_can_be_recognised(cast, study, bundle):
    text = "".join(
        path.read_text(encoding="utf-8") for path in bundle.iterdir() if path.suffix != ".xlsx"
    )
    exam = study.cases.first().imaging_study
    secrets = [exam.patient_name, exam.patient_identifier, exam.accession_number, "alice"]
    secrets += [cast.alice.pseudonym, str(study.pk), cast.north.code, "Normal.", "I take part."]
    secrets += [str(report.pk) for report in Report.objects.all()]
    manifest = (bundle / "manifest.json").read_text(encoding="utf-8")
    for secret in secrets:
        assert secret not in text, secret
    assert "2026-03-02" not in text.replace(manifest, "")


def test_rows_of_open_groups_have_other_names(cast, study, tmp_path):
    reading = studies.readings.reading_start(reader=studies.part_of(study, cast.alice))
    row = uuid4()
    for path in (f"nodule[{row}].size", f"nodule[{row}].kind", "disc[L3/4].contour"):
        FieldValue.objects.create(report=reading.report, path=path, source="reader", value=1)
    bundle_write(study, tmp_path, identities())
    paths = [line["path"] for line in table(tmp_path / "fields.csv")]
    size, kind = (next(path for path in paths if path.endswith(e)) for e in (".size", ".kind"))
    assert size.removesuffix("size") == kind.removesuffix("kind") != f"nodule[{row}]."
    assert "disc[L3/4].contour" in paths


def test_dates_of_one_reader_move_together(study, bundle):
    before = dict(
        study.readings.filter(started_at__isnull=False).values_list("position", "started_at")
    )
    assert before
    moved = {}
    for row in table(bundle / "readings.csv"):
        if row["started_at"]:
            moved.setdefault(row["reader"], []).append(row["started_at"])
    assert all(sorted(times) == times for times in moved.values())
    assert len({times[0] for times in moved.values()}) == 2


def test_the_manifest_vouches_for_every_file(bundle):
    manifest = json.loads((bundle / "manifest.json").read_text(encoding="utf-8"))
    named = {file["name"]: file for file in manifest["files"]}
    assert set(named) == {path.name for path in bundle.iterdir()} - {"manifest.json"}
    for name, file in named.items():
        assert file["sha256"] == sha256_of(bundle / name)
    assert named["events.jsonl"]["rows"] == TimingEvent.objects.count()
    assert manifest["de_identified"] is True


def test_the_workbook_has_a_sheet_for_each_table_and_the_dictionary(bundle):
    with zipfile.ZipFile(bundle / "study.xlsx") as book:
        names = book.read("xl/workbook.xml").decode()
    for name in ("arms", "cases", "readers", "readings", "durations", "flow", "data_dictionary"):
        assert f'name="{name}"' in names


def test_redcap_records_have_the_fields_of_their_dictionary(bundle):
    described = table(bundle / "redcap_dictionary.csv")
    records = table(bundle / "redcap_records.csv")
    fields = [row["Variable / Field Name"] for row in described]
    assert fields[0] == "record_id"
    assert [*fields, "reading_complete"] == list(records[0])
    assert len(described[0]) == 18
    assert len({row["record_id"] for row in records}) == len(records)


def test_imrmc_states_its_numbers_and_scores(bundle):
    head, data = (bundle / "readings.imrmc").read_text(encoding="utf-8").split("BEGIN DATA:\n")
    lines = [line.split(",") for line in data.splitlines()]
    cases = [line for line in lines if line[0] == "-1"]
    assert f"N0: {len(cases)}\n" in head
    analysed = [r for r in table(bundle / "readings.csv") if not r["excluded_by"]]
    assert len(lines) - len(cases) == len(analysed)


def test_the_definitions_are_in_the_dictionary(bundle):
    rows = {(r["table"], r["column"]): r["meaning"] for r in table(bundle / "data_dictionary.csv")}
    assert "definition active 1" in rows["readings", "active_s"]
    assert all(meaning.endswith(".") for meaning in rows.values())


def forget(study):
    """Take the study's place: as if this were another instance."""
    from django.db import connection

    tables = ("timingevent", "reportsnapshot", "auditevent", "statuschange", "fieldvalue")
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        for name in (*tables, "readingpause", "protocoldeviation", "plantederror", "reading"):
            cursor.execute(f"DELETE FROM reporting_{name}")
        for name in ("filljob", "report", "case", "studyreader", "arm", "readerstudy"):
            cursor.execute(f"DELETE FROM reporting_{name}")
        cursor.execute("SET session_replication_role = origin")


def test_another_instance_has_the_same_numbers_to_the_byte(study, bundle, tmp_path_factory):
    forget(study)
    call_command("study_import", str(bundle), stdout=StringIO())
    again = tmp_path_factory.mktemp("again")
    imported = ReaderStudy.objects.get()
    assert imported.lock_sha256 == study.lock_sha256
    bundle_write(imported, again, identities(identified=True))
    for path in bundle.iterdir():
        if path.name not in {"manifest.json", "study.xlsx"}:
            assert (again / path.name).read_text() == path.read_text(), path.name


def test_templates_of_a_bundle_are_of_the_imported_site(study, bundle):
    forget(study)
    call_command("study_import", str(bundle), stdout=StringIO())
    imported = ReaderStudy.objects.get()
    templates = ReportTemplate.objects.filter(
        versions__in=imported.readings.values("report_template_version")
    )
    assert {template.site for template in templates} == {imported.site}


def test_a_changed_file_is_refused_and_nothing_is_stored(study, bundle):
    forget(study)
    with (bundle / "readings.csv").open("a", encoding="utf-8") as file:
        file.write("x")
    with pytest.raises(CommandError, match=r"readings\.csv was changed"):
        call_command("study_import", str(bundle))
    assert not ReaderStudy.objects.exists()


def test_the_command_wants_an_empty_directory_and_one_study(study, tmp_path):
    call_command("study_export", "--out", str(tmp_path / "new"), stdout=StringIO())
    assert (tmp_path / "new" / "manifest.json").exists()
    with pytest.raises(CommandError, match="not empty"):
        call_command("study_export", "--out", str(tmp_path / "new"))
    with pytest.raises(CommandError, match="Name one study"):
        call_command("study_export", "Another", "--out", str(tmp_path / "other"))


def test_a_coordinator_downloads_it_and_a_reader_does_not(cast, study, sign_in):
    address = f"/studies/{study.pk}/export.zip"
    response = sign_in(cast.carol).get(address)
    with zipfile.ZipFile(BytesIO(b"".join(response.streaming_content))) as archive:
        assert "manifest.json" in archive.namelist()
    assert sign_in(cast.alice).get(address).status_code == 404
