"""Confidence intervals, however they were found."""

from dataclasses import dataclass

import numpy as np

LEVEL = 0.95
# The exponential of more than this overflows.
MOST = 700.0


@dataclass(frozen=True, slots=True)
class Interval:
    """A 95 % confidence interval."""

    low: float
    high: float


def exponential(low: float, high: float) -> Interval:
    """Return the interval of a ratio from that of its logarithm, no wider than numbers go."""
    ends = np.exp(np.clip([low, high], -MOST, MOST))
    return Interval(float(ends[0]), float(ends[1]))
