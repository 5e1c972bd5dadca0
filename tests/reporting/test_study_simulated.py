"""A whole study: allocated, read by scripted readers, exported, analysed, reported."""

import csv
import math

import pytest

from reporting import clock
from reporting.exports.study.bundle import bundle_write
from reporting.exports.study.identities import identities
from reporting.stats.analysis import analyse
from reporting.stats.cli import main
from reporting.stats.table import Columns, table_read
from tests import study_simulation as simulation

COLUMNS = Columns("open_to_sign_s", "arm", "reader", "case", "period", "position")


@pytest.fixture
def study(cast, doorbell, sign_in):
    clock.simulate(simulation.START)
    study = simulation.study_new(cast, readers=4, cases=5)
    times = simulation.times_drawn(study, seed=20261124, spread=simulation.Spread())
    for reader in study.readers.select_related("user", "study"):
        simulation.read_all(reader, times, sign_in)
    return study, times


def test_the_drawn_times_come_out_of_the_app_and_into_the_report(study, tmp_path):
    study, times = study
    bundle = tmp_path / "bundle"
    bundle.mkdir()
    bundle_write(study, bundle, identities())
    file = bundle / "readings.csv"
    with file.open(encoding="utf-8", newline="") as rows:
        measured = sorted(float(row["open_to_sign_s"]) for row in csv.DictReader(rows))
    assert measured == pytest.approx(sorted(times.values()), abs=0.002)
    analysis = analyse(table_read(file, COLUMNS))
    assert any("simulated clock" in note for note in analysis.notes)
    assert analysis.primary is not None
    for contrast in analysis.primary.contrasts:
        drawn = math.log(simulation.MEANS[contrast.arm] / simulation.MEANS[contrast.reference])
        assert abs(contrast.log_difference - drawn) < 5 * contrast.se
    columns = ["--time", COLUMNS.time, "--arm", "arm", "--reader", "reader", "--case", "case"]
    assert main(["report", str(file), *columns, "--out", str(tmp_path / "report")]) == 0
    assert (tmp_path / "report" / "report.html").stat().st_size > 10_000
