"""`python -m reporting.stats analyse`: what it prints and writes, and what it says of bad files."""

import json
import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reporting.stats.cli import main
from tests.stats.studies import cells, readings, write

COLUMNS = ["--time", "seconds", "--arm", "mode", "--reader", "who", "--case", "case"]
HEADER = "seconds,mode,who,case,session\n"


def analyse(path, *more):
    return main(["analyse", str(path), *COLUMNS, *more])


@pytest.fixture
def file(tmp_path):
    shape = (4, 3, 6)
    reader, arm, case = np.indices(shape)
    logs = cells(np.random.default_rng(0), shape, effects=[0, -0.3, -0.8])
    return write(tmp_path / "t.csv", readings(logs, period=(arm + reader + case) % 3))


def test_it_prints_every_part(file, capsys):
    assert analyse(file, "--period", "session") == 0
    text = capsys.readouterr().out
    for part in (
        "bootstrap of readers and cases",
        "by hand: n=24, missing=0, readers=4, cases=6, mean",
        "Ratios of geometric means; paired by reader and case:",
        "Primary model (closed form",
        "log time ~ arm + period, random: reader, case, reader x arm, case x arm",
        "arms: F(2, ",
        "periods: F(2, ",
        "residuals: QQ correlation",
        "By reader, each counted once",
        "By case, each counted once",
        "Friedman: chi2=",
        "Wilcoxon signed rank by reader and case:",
    ):
        assert part in text


def test_json_has_what_the_text_has(file, tmp_path):
    assert analyse(file, "--period", "session", "--json", str(tmp_path / "o.json")) == 0
    found = json.loads((tmp_path / "o.json").read_text(encoding="utf-8"))
    assert [arm["arm"] for arm in found["arms"]] == ["by hand", "free text", "model"]
    assert set(found["arms"][0]) > {"mean_ci", "sd_ci", "median_ci", "iqr_ci", "geometric_mean_ci"}
    assert found["primary"]["method"] == "anova"
    assert set(found["primary"]["contrasts"][0]) > {"ratio", "ci", "df", "p", "p_holm"}
    assert [tests["unit"] for tests in found["by_unit"]] == ["reader", "case"]
    assert {"friedman", "wilcoxon", "ratios", "block", "notes"} < set(found)


def test_the_same_file_and_seed_give_the_same_numbers(file, tmp_path):
    written = []
    for name in ("a", "b"):
        analyse(file, "--seed", "3", "--json", str(tmp_path / name))
        written.append((tmp_path / name).read_text(encoding="utf-8"))
    assert written[0] == written[1]


def test_gaps_and_repeats_are_said(file, capsys):
    rows = file.read_text(encoding="utf-8").splitlines(keepends=True)
    file.write_text("".join([*rows[:-2], rows[1], ",model,r03,c005,p0\n"]), encoding="utf-8")
    assert analyse(file) == 0
    text = capsys.readouterr().out
    assert "1 rows have no time" in text
    assert "2 of 72 combinations of reader, case and arm have no time" in text
    assert "1 readings repeat a combination" in text
    assert "Primary model (REML" in text


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("12,a,x,c,s\nfast,b,x,c,s\n", "Line 3: seconds is 'fast', which is no number."),
        ("12,a,x,c,s\n-1,b,x,c,s\n", "Line 3: seconds is -1; times are above 0."),
        ("12,a,x,c,s\nnan,b,x,c,s\n", "Line 3: seconds is nan"),
        ("12,a,x,c,s\n1e300,b,x,c,s\n", "Line 3: seconds is 1e300; times are from"),
        ("12,a,x,c,s\n5,,x,c,s\n", "Line 3: mode must be filled."),
        ("12,a,x,c,s\n5,b,,c,s\n", "Line 3: who must be filled."),
        ("12,a,x,c,s\n5,b,x,,s\n", "Line 3: case must be filled."),
        ("12,a,x,c,s\n5,b,x,c\n", "Line 3: session must be filled."),
        ("12,a,x,c,s\n\n5,b,x,c,\n", "Line 4: session must be filled."),
        ("12,a,x,c,s,more\n", "Line 2 has more values than the header has columns."),
        ("12,a,x,c,s\n#BROKEN: stopped\n", "Line 3: the export broke off here."),
        ("12,a,x,c,s\n", "There is one arm only (a)"),
        (",a,x,c,s\n", "There is no row with a value in seconds."),
    ],
)
def test_bad_rows_are_named_by_line_and_column(tmp_path, capsys, rows, message):
    file = tmp_path / "t.csv"
    file.write_text(HEADER + rows, encoding="utf-8")
    assert analyse(file, "--period", "session") == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "more", "message"),
    [
        (b"time,mode\n1,a\n", (), "has no column seconds, who, case. Its columns are: time, mode."),
        (b"", (), "Its columns are: none."),
        (b"seconds,mode,who,case,case\n", (), "more than one column case"),
        (HEADER.encode(), ("--period", "case"), "Column case is named for two things"),
        (b"\xff\xfe\x00", (), "cannot be read"),
    ],
)
def test_bad_files_are_refused(tmp_path, capsys, content, more, message):
    file = tmp_path / "t.csv"
    file.write_bytes(content)
    assert analyse(file, *more) == 2
    assert message in capsys.readouterr().err


def test_a_file_that_is_not_there_is_said(tmp_path, capsys):
    assert analyse(tmp_path / "none.csv") == 2
    assert capsys.readouterr().err.endswith("none.csv cannot be read: No such file or directory\n")


def test_a_place_that_cannot_be_written_is_said(file, tmp_path, capsys):
    assert analyse(file, "--json", str(tmp_path / "none" / "o.json")) == 2
    assert "cannot be written" in capsys.readouterr().err


LABELS = (
    st.sampled_from("ab"),
    st.sampled_from("rst"),
    st.sampled_from("xyz"),
    st.sampled_from("12"),
)


@pytest.mark.filterwarnings("error")
@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    rows=st.lists(st.tuples(st.sampled_from([1e-9, 1, 2, 2.5, 60, 1e12]), *LABELS), max_size=25),
    case=st.booleans(),
    period=st.booleans(),
)
def test_no_table_however_odd_ends_in_a_traceback(tmp_path, rows, case, period):
    file = tmp_path / "odd.csv"
    lines = [",".join(map(str, row)) + "\n" for row in rows]
    file.write_text(HEADER + "".join(lines), encoding="utf-8")
    columns = COLUMNS if case else COLUMNS[:-2]
    more = ["--period", "session"] if period else []
    code = main(["analyse", str(file), *columns, *more, "--json", str(tmp_path / "o.json")])
    arms = {row[1] for row in rows}
    assert code == (0 if len(arms) > 1 else 2)
    if code == 0:
        found = json.loads((tmp_path / "o.json").read_text(encoding="utf-8"))
        assert math.isfinite(found["ratios"][0]["ratio"])
