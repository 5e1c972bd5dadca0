"""Checks of a model's residuals. They are shown, and decide nothing."""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from reporting.stats.study import SAME, Array, Factor

# Shapiro's test on thousands finds departures that matter to nobody.
SHAPIRO_ROWS = 500


@dataclass(frozen=True, slots=True)
class ResidualChecks:
    """Residuals of the log times: agreement with the normal law, and spread by arm and with time.

    `qq` is the correlation in the normal quantile plot. Shapiro's test is on a random sample of
    `shapiro_n` residuals. `spread_p` is of Brown and Forsythe's test that all arms spread alike;
    `spread_ratio` is the largest SD over the smallest. `level_rho` is Spearman's correlation of
    the sizes of the residuals with the fitted values.
    """

    n: int
    qq: float
    shapiro_n: int
    shapiro_w: float
    shapiro_p: float
    sd_by_arm: dict[str, float]
    spread_ratio: float
    spread_p: float
    level_rho: float
    level_p: float


def residual_checks(
    residuals: Array, fitted: Array, arm: Factor, seed: int
) -> ResidualChecks | None:
    """Return the checks, or None for residuals too few or all alike."""
    by_arm = [residuals[arm.codes == index] for index in range(len(arm))]
    sds = [float(values.std(ddof=1)) if len(values) > 1 else 0.0 for values in by_arm]
    if min(map(len, by_arm)) < 3 or min(sds) <= SAME:
        return None
    rng = np.random.default_rng(seed)
    # Sorted first, so that the sample does not depend on the order of rows.
    sample = np.sort(residuals)
    if len(sample) > SHAPIRO_ROWS:
        sample = rng.choice(sample, SHAPIRO_ROWS, replace=False)
    shapiro = stats.shapiro(sample)
    _, (_, _, qq) = stats.probplot(residuals)
    # Ranks of fitted values that are alike but for rounding would be chance.
    varied = np.ptp(fitted) > SAME
    level = stats.spearmanr(np.abs(residuals), np.round(fitted, 9)) if varied else None
    return ResidualChecks(
        n=len(residuals),
        qq=float(qq),
        shapiro_n=len(sample),
        shapiro_w=float(shapiro.statistic),
        shapiro_p=float(shapiro.pvalue),
        sd_by_arm=dict(zip(arm.labels, sds, strict=True)),
        spread_ratio=max(sds) / min(sds),
        spread_p=float(stats.levene(*by_arm, center="median").pvalue),
        level_rho=float(level.statistic) if level else 0.0,
        level_p=float(level.pvalue) if level else 1.0,
    )
