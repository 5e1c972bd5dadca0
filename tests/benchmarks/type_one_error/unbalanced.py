"""How often the primary test rejects a true null in incomplete studies, by REML. Resumable.

    python -m tests.benchmarks.type_one_error.unbalanced OUT.jsonl [STUDIES]

Studies of 12 readers, 60 cases and 3 arms in 3 sessions, with a sixth of the readings missing,
two sessions of a reader among them. Each of the STUDIES (500) has its own seed and one line in
OUT; run it again to go on where it stopped. Coverage is of the intervals of the ratios.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np

from reporting.stats.primary import PrimaryModel, primary_model
from reporting.stats.study import Study, study_of
from reporting.stats.table import Reading
from tests.benchmarks.type_one_error.bench import LEVEL, SETTINGS, SHAPE, drawn, margin

MISSING, BLOCKS = 0.12, 2


def main() -> int:
    """Fits what OUT does not have yet, then prints the shares."""
    if len(sys.argv) < 2:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    out, studies = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 500
    rows = done(out)
    with out.open("a", encoding="utf-8") as file:
        for number in range(studies):
            if number not in rows:
                rows[number] = result(number)
                file.write(json.dumps(rows[number]) + "\n")
                file.flush()
    report([row for number, row in rows.items() if number < studies])
    return 0


def done(out: Path) -> dict[int, dict[str, float]]:
    """The studies that OUT has; a line that broke off is none."""
    rows = {}
    for line in out.read_text(encoding="utf-8").splitlines() if out.exists() else ():
        try:
            row = json.loads(line)
        except json.JSONDecodeError:
            continue
        rows[int(row["study"])] = row
    return rows


def result(number: int) -> dict[str, float]:
    """Draw and fit one study; its setting goes round."""
    given = study(number)
    began = time.perf_counter()
    model = primary_model(given, [])
    if model is None or model.method != "reml":
        raise RuntimeError(f"Study {number} was not fitted by REML.")
    return {
        "study": number,
        "p": model.arm.p,
        "df": model.arm.df_error,
        "covered": covered(model),
        "at_zero": sum(part.at_zero for part in model.components),
        "seconds": time.perf_counter() - began,
    }


def covered(model: PrimaryModel) -> float:
    """The share of the intervals that hold the true ratio, 1."""
    return float(np.mean([item.ci.low <= 1 <= item.ci.high for item in model.contrasts]))


def study(number: int) -> Study:
    """An incomplete study in which the arms are alike on average."""
    rng = np.random.default_rng([20261124, 500, number])
    logs = drawn(rng, SETTINGS[number % len(SETTINGS)], 1)[0]
    reader, arm, case = np.indices(SHAPE)
    session = (arm + reader + case * 3 // SHAPE[2]) % 3
    kept = rng.random(SHAPE) >= MISSING
    for _ in range(BLOCKS):
        kept &= ~((reader == rng.integers(SHAPE[0])) & (session == rng.integers(3)))
    return study_of(
        [
            Reading(
                float(np.exp(logs[cell])),
                f"arm {cell[1]}",
                f"r{cell[0]:02}",
                f"c{cell[2]:02}",
                f"session {session[cell]}",
            )
            for cell in zip(*np.nonzero(kept), strict=True)
        ]
    )


def report(rows: list[dict[str, float]]) -> None:
    """Prints the shares, in percent."""
    count = len(rows)
    share = float(np.mean([row["p"] < LEVEL for row in rows]))
    sys.stdout.write(
        f"{count} studies: {100 * share:.1f} % rejected (5 +/- {margin(count):.1f} expected),"
        f" intervals hold the truth in {100 * np.mean([row['covered'] for row in rows]):.1f} %,"
        f" a variance at 0 in {100 * np.mean([row['at_zero'] > 0 for row in rows]):.0f} %,"
        f" {np.median([row['seconds'] for row in rows]):.2f} s a study\n"
    )


if __name__ == "__main__":
    sys.exit(main())
