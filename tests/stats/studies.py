"""Drawn studies: log times by reader, arm and case, and the files that hold them."""

import csv
from dataclasses import dataclass

import numpy as np

from reporting.stats.study import study_of
from reporting.stats.table import Reading

ARMS = ("by hand", "free text", "model", "prefilled")


@dataclass(frozen=True)
class Spread:
    """SDs of the log times."""

    reader: float = 0.3
    case: float = 0.4
    reader_arm: float = 0.05
    case_arm: float = 0.05
    residual: float = 0.3


def cells(rng, shape=(12, 3, 60), spread=None, effects=None, studies=()):
    """Log times of studies, by reader, arm and case in the last axes."""
    spread = spread or Spread()
    r, a, c = shape
    of_arm = np.zeros(a) if effects is None else np.array(effects)
    parts = [
        (spread.reader, (r, 1, 1)),
        (spread.case, (1, 1, c)),
        (spread.reader_arm, (r, a, 1)),
        (spread.case_arm, (1, a, c)),
        (spread.residual, (r, a, c)),
    ]
    drawn = sum(rng.normal(0, sd, (*studies, *size)) for sd, size in parts)
    return np.log(90) + of_arm[:, None] + drawn


def readings(logs, keep=None, period=None):
    """The readings of one study; `keep` and `period` are arrays of the shape of the logs."""
    found = []
    for r, a, c in np.ndindex(logs.shape):
        if keep is None or keep[r, a, c]:
            when = "" if period is None else f"p{period[r, a, c]}"
            time = float(np.exp(logs[r, a, c]))
            found.append(Reading(time, ARMS[a], f"r{r:02}", f"c{c:03}", when))
    return found


def study(logs, keep=None, period=None):
    """One study as arrays."""
    return study_of(readings(logs, keep, period))


def write(path, rows):
    """A CSV file with the readings."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["seconds", "mode", "who", "case", "session"])
        writer.writerows([r.time, r.arm, r.reader, r.case, r.period] for r in rows)
    return path
