"""Is the power that the simulation promises the power that the whole analysis has?

    python -m tests.benchmarks.power.bench [STUDIES]

STUDIES (1,000) are drawn as times in seconds, one reading a row, and analysed by the primary model
as any file would be; the shares found may differ from the promised ones by 3 points at most.
"""

from __future__ import annotations

import sys

import numpy as np

from reporting.stats.power import LEVEL, Spread, assumed, drawn, power
from reporting.stats.primary import primary_model
from reporting.stats.study import study_of
from reporting.stats.table import Reading

# Published means, and close ones, so that power is neither 0 nor 1, each with SDs.
ASSUMED = (
    ((56.0, 125.0, 90.8), (30.0, 66.0, 48.0)),
    ((90.8, 107.0, 98.0), (48.0, 57.0, 52.0)),
)
SHAPE = (5, 10)
ALLOWED = 0.03


def main() -> int:
    """Prints promised and found power; returns 1 where they differ by more than 3 points."""
    studies = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    worst = 0.0
    for means, sds in ASSUMED:
        spread = Spread(0.3, 0.3, 0.05, 0.05)
        given = assumed(means, sds, spread)
        promised = power(given, spread, SHAPE, studies=20_000, seed=1)
        rng = np.random.default_rng(20261124)
        found = np.zeros(1 + len(promised.pairs))
        for logs in drawn(rng, given, spread, (studies, *SHAPE)):
            found += analysed(np.exp(logs))
        both = zip((promised.arms, *promised.pairs.values()), found / studies, strict=True)
        for name, (one, other) in zip(("arms", *map(str, promised.pairs)), both, strict=True):
            worst = max(worst, abs(one - other))
            sys.stdout.write(
                f"{means}, {name}: promised {100 * one:.1f} %, found {100 * other:.1f} %\n"
            )
    sys.stdout.write(f"largest difference {100 * worst:.1f} points\n")
    return int(worst > ALLOWED)


def analysed(times: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> list[bool]:
    """Whether the primary model finds the arms, and each pair, in one study."""
    readings = [
        Reading(float(times[cell]), f"arm {cell[1]}", f"r{cell[0]:02}", f"c{cell[2]:02}")
        for cell in np.ndindex(times.shape)
    ]
    model = primary_model(study_of(readings), [])
    if model is None:
        raise RuntimeError("A study could not be fitted.")
    return [model.arm.p < LEVEL, *(item.p_holm < LEVEL for item in model.contrasts)]


if __name__ == "__main__":
    sys.exit(main())
