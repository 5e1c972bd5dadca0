"""Learning curves: log times against the order of readings, a panel for each arm."""

import numpy as np
from matplotlib.figure import Figure

from reporting.stats.learning import Learning
from reporting.stats.plots.style import GREY, PALE, colour, line, panels, seconds, title
from reporting.stats.study import Study


def learning_curves(study: Study, found: Learning) -> Figure:
    """Return the figure: thin lines are readers', the thick one has the mean slope of the arm."""
    if study.order is None:
        raise ValueError("Learning curves need the order of the readings.")
    figure, panel = panels(1 + 2.4 * len(study.arm), 3.4, columns=len(study.arm))
    slopes = {item.arm: item for item in found.arms}
    for index, (axes, arm) in enumerate(zip(panel, study.arm.labels, strict=True)):
        rows = study.arm.codes == index
        order, logs, who = study.order[rows], study.logs[rows], study.reader.codes[rows]
        axes.scatter(order, np.exp(logs), s=4, color=PALE, linewidths=0)
        for item in found.readers:
            if item.arm == arm:
                mine = who == study.reader.labels.index(item.reader)
                ends = np.array([order[mine].min(), order[mine].max()])
                level = logs[mine].mean() + item.slope * (ends - order[mine].mean())
                axes.plot(ends, np.exp(level), color=GREY, linewidth=0.7)
        name = arm
        if arm in slopes:
            ends = np.array([order.min(), order.max()])
            level = logs.mean() + slopes[arm].slope * (ends - order.mean())
            axes.plot(ends, np.exp(level), line(index), color=colour(index), linewidth=2.4)
            ci = slopes[arm].per_ten_ci
            name += f"\n×{slopes[arm].per_ten:.3f} in ten [{ci.low:.3f}, {ci.high:.3f}]"
        title(axes, name)
        axes.set_xlabel("place of the reading")
        seconds(axes, "y", "time, s" if index == 0 else "")
    return figure
