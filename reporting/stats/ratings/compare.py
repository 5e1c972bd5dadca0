"""Scores by arm: a cumulative logit model with raters, cases, readers and reader x arm random.

The odds ratio says how much larger the odds of a higher score are in `arm` than in `reference`, at
every place of the scale. Tests are Wald's z, as in R's ordinal: with few readers or raters they
find a little too much, so the mean scores of the readers are compared beside it by Wilcoxon's test.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from scipy import stats

from reporting.stats.holm import holm
from reporting.stats.interval import LEVEL, Interval, exponential
from reporting.stats.ratings.laplace import CumulativeFit, fit_cumulative
from reporting.stats.ratings.rows import Rating, RatingError
from reporting.stats.reml import Term, identifiable
from reporting.stats.study import SAME


@dataclass(frozen=True, slots=True)
class ScoreContrast:
    """Two arms: odds ratio of a higher score with its 95 % interval (not corrected), and Wilcoxon's
    test of the readers' mean scores (None where fewer than two readers differ)."""

    arm: str
    reference: str
    odds_ratio: float
    ci: Interval
    z: float
    p: float
    p_holm: float
    readers: int
    mean_difference: float | None
    wilcoxon_p: float | None


@dataclass(frozen=True, slots=True)
class Scores:
    """How often each score of the scale was given in each arm, lowest first; the contrasts; and the
    SDs of the random terms on the logit scale (0 where estimated as 0)."""

    counts: dict[str, tuple[int, ...]]
    contrasts: tuple[ScoreContrast, ...]
    sds: dict[str, float]


def compare_scores(ratings: Sequence[Rating], scale: Sequence[int]) -> Scores:
    """Compare the first ratings of one dimension; `scale` is from low to high. Raises
    RatingError."""
    rows = sorted(
        (rating for rating in ratings if rating.repeat == 0),
        key=lambda r: (r.reader, r.case, r.arm, r.rater, r.report),
    )
    arms = sorted({row.arm for row in rows})
    if len(arms) < 2:
        raise RatingError("There is one arm only; nothing to compare.")
    if outside := {row.score for row in rows} - set(scale):
        raise RatingError(f"Score {min(outside)} is not on the scale.")
    fit, terms = _fitted(rows, arms)
    return Scores(
        counts={
            arm: tuple(sum(r.score == score and r.arm == arm for r in rows) for score in scale)
            for arm in arms
        },
        contrasts=_contrasts(rows, arms, fit),
        sds=dict(zip(terms, map(float, fit.sds), strict=True)),
    )


def _fitted(rows: Sequence[Rating], arms: Sequence[str]) -> tuple[CumulativeFit, list[str]]:
    scores = np.unique([row.score for row in rows], return_inverse=True)[1]
    x = np.array([[float(row.arm == arm) for arm in arms[1:]] for row in rows])
    columns = {
        "rater": [row.rater for row in rows],
        "reader": [row.reader for row in rows],
        "case": [row.case for row in rows],
        "reader x arm": [f"{row.reader}\x1f{row.arm}" for row in rows],
    }
    terms = [
        Term(name, np.unique(values, return_inverse=True)[1].astype(np.intp))
        for name, values in columns.items()
    ]
    kept, _ = identifiable(np.column_stack([np.ones(len(rows)), x]), terms)
    if not kept:
        raise RatingError("No rater, reader or case recurs; nothing can be told from chance.")
    return fit_cumulative(scores.astype(np.intp), x, kept), [term.name for term in kept]


def _contrasts(
    rows: Sequence[Rating], arms: Sequence[str], fit: CumulativeFit
) -> tuple[ScoreContrast, ...]:
    every = np.vstack([np.zeros(len(arms) - 1), np.eye(len(arms) - 1)])
    pairs = list(combinations(range(len(arms)), 2))
    weights = [every[arm] - every[reference] for arm, reference in pairs]
    values = [float(w @ fit.coefficients) for w in weights]
    ses = [float(np.sqrt(w @ fit.covariance @ w)) for w in weights]
    ps = [float(2 * stats.norm.sf(abs(v) / se)) for v, se in zip(values, ses, strict=True)]
    reach = float(stats.norm.ppf((1 + LEVEL) / 2))
    found = []
    for pair, value, se, p, p_holm in zip(pairs, values, ses, ps, holm(ps).tolist(), strict=True):
        arm, reference = (arms[index] for index in pair)
        found.append(
            ScoreContrast(
                arm=arm,
                reference=reference,
                odds_ratio=float(np.exp(value)),
                ci=exponential(value - reach * se, value + reach * se),
                z=value / se,
                p=p,
                p_holm=p_holm,
                **_by_reader(rows, arm, reference),
            )
        )
    return tuple(found)


def _by_reader(rows: Sequence[Rating], arm: str, reference: str) -> dict[str, Any]:
    means = []
    for reader in sorted({row.reader for row in rows}):
        mine = [row for row in rows if row.reader == reader]
        scores = [[r.score for r in mine if r.arm == a] for a in (arm, reference)]
        if all(scores):
            means.append(np.mean(scores[0]) - np.mean(scores[1]))
    differences = np.array(means)
    tested = np.count_nonzero(np.abs(differences) > SAME) > 1
    return {
        "readers": len(means),
        "mean_difference": float(differences.mean()) if means else None,
        "wilcoxon_p": float(stats.wilcoxon(differences).pvalue) if tested else None,
    }
