"""The timing export: its rows, its dictionary, and what a spreadsheet makes of it."""

import csv
import io
from datetime import UTC, datetime

import pytest
from django.core.management import call_command
from hypothesis import given
from hypothesis import strategies as st

from reporting import clock
from reporting.exports.csv import BROKEN, Column, csv_lines, safe
from reporting.exports.timing import (
    COLUMNS,
    TimingFilter,
    dictionary_csv,
    timing_csv,
    timing_filter,
)
from reporting.models import Report
from reporting.services import timing
from tests import factories


def table(reports):
    return list(csv.DictReader(io.StringIO("".join(timing_csv(reports)))))


@pytest.fixture
def timed(cast, report):
    clock.simulate(datetime(2026, 3, 2, 9, tzinfo=UTC))
    timing.page_opened(report=report, reader=cast.alice)
    clock.simulate(datetime(2026, 3, 2, 9, 1, tzinfo=UTC))
    timing.timing_event_add(report=report, reader=cast.alice, kind=timing.Kind.SIGNED)
    return report


def test_it_has_one_row_per_report(cast, timed):
    (row,) = table(Report.objects.all())
    assert (row["total_s"], row["mode"], row["site"]) == ("60.000", "sft", "NORTH")
    assert row["simulated"] == "true"


def test_it_names_nobody(cast, timed):
    exam = timed.imaging_study
    text = "".join(timing_csv(Report.objects.all()))
    for secret in (
        "alice",
        "Alice",
        exam.patient_name,
        exam.patient_identifier,
        exam.accession_number,
    ):
        assert secret not in text
    assert cast.alice.pseudonym in text


def test_it_asks_the_database_a_few_times_whatever_the_number(cast, django_assert_max_num_queries):
    for _ in range(5):
        factories.report(cast.alice, cast.north)
    with django_assert_max_num_queries(5):
        table(Report.objects.all())


def test_it_filters(cast, timed):
    factories.report(cast.bob, cast.south, mode="structured")
    for chosen, number in (
        (TimingFilter(), 2),
        (TimingFilter(site="NORTH"), 1),
        (TimingFilter(mode="structured"), 1),
        (TimingFilter(start=datetime(2030, 1, 1, tzinfo=UTC).date()), 0),
    ):
        assert timing_filter(Report.objects.all(), chosen).count() == number


def test_the_dictionary_describes_every_column():
    described = list(csv.DictReader(io.StringIO("".join(dictionary_csv()))))
    assert [row["column"] for row in described] == [column.name for column in COLUMNS]
    assert all(row["meaning"].endswith(".") for row in described)


def test_the_command_writes_the_same_lines(timed, tmp_path, capsys):
    out = tmp_path / "timing.csv"
    call_command("timing_export", "--site", "NORTH", "--out", str(out))
    assert out.read_bytes().decode() == "".join(timing_csv(Report.objects.all())).replace(
        "\r\n", "\r\n"
    )
    capsys.readouterr()
    call_command("timing_export", "--dictionary")
    assert capsys.readouterr().out == "".join(dictionary_csv())


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "=cmd|' /C calc'!A0"])
def test_no_cell_is_a_formula(text):
    assert str(safe(text)).startswith("'")


@given(st.text())
def test_any_text_comes_back_and_is_no_formula(text):
    columns = (Column[str]("x", "", lambda row: row),)
    lines = "".join(csv_lines(columns, [text]))
    ((cell,),) = list(csv.reader(io.StringIO(lines, newline="")))[1:] or [("",)]
    assert cell.lstrip("'") == text.replace("\x00", "").lstrip("'")
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))


def test_a_broken_end_can_be_seen():
    def rows():
        yield 1
        raise OSError("gone")

    lines = []
    written = csv_lines((Column[int]("x", "", lambda row: row),), rows())
    with pytest.raises(OSError, match="gone"):
        lines.extend(written)
    assert lines[-1].strip().strip('"') == BROKEN
