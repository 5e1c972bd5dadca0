"""Holm's correction."""

import numpy as np
from numpy.typing import ArrayLike

from reporting.stats.study import Array


def holm(p_values: ArrayLike) -> Array:
    """Return the p values corrected by Holm's step-down method along the last axis, in the given
    order."""
    p = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p, axis=-1)
    steps = np.take_along_axis(p, order, -1) * np.arange(p.shape[-1], 0, -1)
    corrected = np.empty_like(p)
    raised = np.minimum(np.maximum.accumulate(steps, axis=-1), 1)
    np.put_along_axis(corrected, order, raised, -1)
    return corrected
