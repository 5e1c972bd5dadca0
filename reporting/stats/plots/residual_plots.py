"""The residuals of the primary model: normal quantiles, and against the fitted values."""

import numpy as np
from matplotlib.figure import Figure
from scipy import stats

from reporting.stats.plots.style import GREY, colour, marker, panels, seconds, title
from reporting.stats.study import Array, Study


def residual_plots(study: Study, residuals: Array) -> Figure:
    """Return the figure; fitted values hold the predicted effects of readers and cases."""
    figure, (left, right) = panels(7.5, 3.6, columns=2)
    (quantiles, ordered), (slope, level, _) = stats.probplot(residuals)
    left.plot(quantiles, level + slope * quantiles, color=GREY, linewidth=1)
    left.plot(quantiles, ordered, ".", color=colour(0), markersize=3)
    left.set_xlabel("normal quantile")
    left.set_ylabel("residual of the log time")
    title(left, "normal quantiles")
    fitted = study.logs - residuals
    for index, arm in enumerate(study.arm.labels):
        rows = study.arm.codes == index
        right.scatter(
            np.exp(fitted[rows]),
            residuals[rows],
            s=9,
            marker=marker(index),
            facecolors="none",
            edgecolors=colour(index),
            linewidths=0.6,
            label=arm,
        )
    right.axhline(0, color=GREY, linewidth=1)
    seconds(right, "x", "fitted time, s")
    title(right, "against the fitted values")
    right.legend(fontsize=8, frameon=False)
    return figure
