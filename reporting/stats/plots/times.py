"""Times by arm: readings, readers' geometric means joined by lines, and arms' means."""

import numpy as np
from matplotlib.figure import Figure

from reporting.stats.descriptives import ArmSummary
from reporting.stats.plots.style import GREY, PALE, colour, marker, panels, seconds, title
from reporting.stats.study import Study, blocks_by

SPREAD = 0.16


def times_by_arm(study: Study, arms: tuple[ArmSummary, ...]) -> Figure:
    """Return the figure; large marks are geometric means with bootstrap 95 % intervals."""
    count = len(study.arm)
    figure, (axes,) = panels(max(4.0, 1.2 + 1.4 * count), 4)
    rng = np.random.default_rng(0)
    for arm in range(count):
        times = study.times[study.arm.codes == arm]
        places = arm + rng.uniform(-SPREAD, SPREAD, len(times))
        axes.scatter(places, times, s=5, color=PALE, linewidths=0, rasterized=len(times) > 2000)
    means = np.exp(blocks_by(study, {"reader": study.reader}).means)
    for row in means:
        axes.plot(range(count), row, color=GREY, linewidth=0.7, marker=".", markersize=4)
    for index, arm_summary in enumerate(arms):
        middle, ends = arm_summary.geometric_mean, arm_summary.geometric_mean_ci
        below, above = max(middle - ends.low, 0), max(ends.high - middle, 0)
        axes.errorbar(
            [index + 0.28],
            [middle],
            yerr=[[below], [above]],
            fmt=marker(index),
            color=colour(index),
            markersize=8,
            capsize=4,
            linewidth=1.6,
        )
        axes.annotate(
            f"{middle:.1f}",
            (index + 0.28, middle),
            xytext=(9, 0),
            textcoords="offset points",
            va="center",
            bbox={"facecolor": "white", "alpha": 0.8, "linewidth": 0, "pad": 0.5},
        )
    names = [f"{arm.arm}\nn = {arm.n}" for arm in arms]
    axes.set_xticks(range(count), names)
    axes.set_xlim(-0.45, count - 0.35)
    seconds(axes, "y", "time, s")
    title(axes, "dots: readings; lines: readers;\nlarge marks: geometric mean, 95 % CI")
    return figure
