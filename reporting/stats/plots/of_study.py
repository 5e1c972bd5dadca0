"""All figures that an analysis has, by name."""

from matplotlib.figure import Figure

from reporting.stats.analysis import Analysis
from reporting.stats.plots.forest import forest
from reporting.stats.plots.learning_curves import learning_curves
from reporting.stats.plots.residual_plots import residual_plots
from reporting.stats.plots.times import times_by_arm
from reporting.stats.primary import residuals_of
from reporting.stats.study import Study


def figures_of(analysis: Analysis, study: Study) -> dict[str, Figure]:
    """Return the figures: "times", "forest", "learning" and "residuals", as far as there is
    something to show."""
    found = {"times": times_by_arm(study, analysis.arms)}
    contrasts = analysis.primary.contrasts if analysis.primary else ()
    if contrasts or analysis.by_reader:
        margin = analysis.equivalence[0].margin if analysis.equivalence else None
        found["forest"] = forest(analysis.by_reader, contrasts, margin)
    if analysis.learning and analysis.learning.readers:
        found["learning"] = learning_curves(study, analysis.learning)
    residuals = residuals_of(study) if analysis.primary else None
    if residuals is not None:
        found["residuals"] = residual_plots(study, residuals)
    return found
