"""Equivalence and non-inferiority of two arms, by two one-sided tests of the primary contrasts.

The margin is a ratio of geometric means above 1, chosen before the data were seen: 1.1 says that
times up to a tenth longer do not matter. No finding of a difference is no finding of equivalence.
"""

from dataclasses import dataclass
from math import exp, isfinite, log

from scipy import stats

from reporting.stats.interval import Interval, exponential
from reporting.stats.primary import Contrast
from reporting.stats.table import TableError

# Each one-sided test of equivalence is at 5 % (Schuirmann 1987), that of non-inferiority at 2.5 %.
EQUIVALENCE, NON_INFERIORITY = 0.05, 0.025


@dataclass(frozen=True, slots=True)
class Equivalence:
    """Whether `arm` and `reference` differ by less than `margin`, a ratio; nothing is corrected.

    `p_arm_not_slower` is of the null that arm / reference is `margin` or more, and
    `p_reference_not_slower` that it is 1 / `margin` or less; equivalence needs both, so its p
    value is the larger one, and the 90 % interval `ci` lies within the margins.
    """

    arm: str
    reference: str
    margin: float
    ratio: float
    ci: Interval
    p_arm_not_slower: float
    p_reference_not_slower: float

    @property
    def p(self) -> float:
        """The p value of the two one-sided tests."""
        return max(self.p_arm_not_slower, self.p_reference_not_slower)

    @property
    def equivalent(self) -> bool:
        """Whether equivalence was shown at 5 %."""
        return self.p < EQUIVALENCE

    @property
    def not_slower(self) -> tuple[str, ...]:
        """The arms that were shown to be not slower than the other, at 2.5 %."""
        found = (
            (self.arm, self.p_arm_not_slower),
            (self.reference, self.p_reference_not_slower),
        )
        return tuple(arm for arm, p in found if p < NON_INFERIORITY)


def require_margin(margin: float | None) -> None:
    """Raise TableError for what is no margin."""
    if margin is not None and not (isfinite(margin) and margin > 1):
        raise TableError(f"The margin is {margin:g}; it is a ratio of times above 1, such as 1.1.")


def equivalence(contrast: Contrast, margin: float) -> Equivalence:
    """Return the tests of one contrast."""
    low, high = (
        contrast.log_difference
        + sign * float(stats.t.ppf(1 - EQUIVALENCE, contrast.df)) * contrast.se
        for sign in (-1, 1)
    )
    return Equivalence(
        arm=contrast.arm,
        reference=contrast.reference,
        margin=margin,
        ratio=exp(contrast.log_difference),
        ci=exponential(low, high),
        p_arm_not_slower=_p((contrast.log_difference - log(margin)) / contrast.se, contrast.df),
        p_reference_not_slower=_p(
            -(contrast.log_difference + log(margin)) / contrast.se, contrast.df
        ),
    )


def _p(t: float, df: float) -> float:
    return float(stats.t.cdf(t, df))
