"""A simulated study through the app: are the effects that were drawn in its analysis?

    python -m tests.benchmarks.study_simulation.bench [READERS] [CASES]

12 readers and 60 cases in three arms, full crossover, unless said otherwise: 2,160 readings through
the app's addresses under a simulated clock (see tests/study_simulation.py), exported and analysed.
Prints the drawn and the estimated ratios with joint 99 % intervals (Bonferroni), and ends with 1
where one misses. The seed was fixed before the first run.
"""

from __future__ import annotations

import math
import sys
import tempfile
import time
from pathlib import Path

from scipy import stats

from tests.benchmarks.database import throw_away_database

SEED = 20261124
JOINT = 0.99


def main() -> int:
    """Run the study on a throw-away PostgreSQL."""
    readers = int(sys.argv[1]) if len(sys.argv) > 1 else 12
    cases = int(sys.argv[2]) if len(sys.argv) > 2 else 60
    with throw_away_database():
        return run(readers, cases)


def run(readers: int, cases: int) -> int:
    """Read, export, analyse, compare."""
    from django.test import Client
    from django.test.utils import setup_test_environment

    setup_test_environment()
    from reporting import clock
    from tests import study_simulation as simulation
    from tests.cast import cast_new

    def sign_in(person):  # type: ignore[no-untyped-def]
        client = Client()
        client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
        return client

    clock.simulation_install()
    clock.simulate(simulation.START)
    study = simulation.study_new(cast_new(), readers=readers, cases=cases)
    times = simulation.times_drawn(study, seed=SEED, spread=simulation.Spread())
    began = time.perf_counter()
    for reader in study.readers.select_related("user", "study"):
        simulation.read_all(reader, times, sign_in)
    seconds = time.perf_counter() - began
    sys.stdout.write(f"{len(times)} readings in {seconds:.0f} s\n")
    return compared(study, simulation.MEANS)


def compared(study, means) -> int:  # type: ignore[no-untyped-def]
    """Print drawn and estimated ratios; return how the run ends."""
    from reporting.exports.study.bundle import bundle_write
    from reporting.exports.study.identities import identities
    from reporting.stats.analysis import analyse
    from reporting.stats.table import Columns, table_read

    with tempfile.TemporaryDirectory() as place:
        bundle_write(study, Path(place), identities())
        columns = Columns("open_to_sign_s", "arm", "reader", "case", "period")
        analysis = analyse(table_read(Path(place) / "readings.csv", columns))
    primary = analysis.primary
    if primary is None:
        sys.stderr.write("There is no primary model: " + " ".join(analysis.notes) + "\n")
        return 1
    missed = 0
    for found in primary.contrasts:
        drawn = means[found.arm] / means[found.reference]
        tail = (1 - JOINT) / len(primary.contrasts) / 2
        half = float(stats.t.ppf(1 - tail, found.df)) * found.se
        low, high = (math.exp(found.log_difference + sign * half) for sign in (-1, 1))
        missed += not low <= drawn <= high
        sys.stdout.write(
            f"{found.arm} / {found.reference}: drawn {drawn:.3f}, estimated {found.ratio:.3f}"
            f" [{low:.3f}, {high:.3f}], p {found.p_holm:.2g}\n"
        )
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
