"""The primary model: log time ~ arm + period, with readers, cases and their arms random."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from reporting.stats import balanced, reml
from reporting.stats.checks import ResidualChecks, residual_checks
from reporting.stats.design import Design, design_of
from reporting.stats.holm import holm
from reporting.stats.interval import LEVEL, Interval, exponential
from reporting.stats.reml import CannotFit, Estimate, FTest
from reporting.stats.study import Array, Study, complete_cells

MODEL = "log time ~ arm{period}, random: {terms}"


@dataclass(frozen=True, slots=True)
class Component:
    """The variance of one random effect of the log times; `at_zero` where it is estimated as 0."""

    name: str
    variance: float
    sd: float
    at_zero: bool


@dataclass(frozen=True, slots=True)
class Contrast:
    """`arm` less `reference`: difference of mean log times, and its exponential, the ratio of
    geometric means with its 95 % interval (not corrected); `p_holm` is, for all pairs of arms."""

    arm: str
    reference: str
    log_difference: float
    se: float
    df: float
    t: float
    p: float
    p_holm: float
    ratio: float
    ci: Interval


@dataclass(frozen=True, slots=True)
class PrimaryModel:
    """The fitted model.

    `method` says how the arms were tested, "anova" (closed form) or "reml", and `why` why so. All
    else is by REML: the test of the period, the variances, and -2 log of the restricted
    likelihood, `criterion`.
    """

    method: str
    why: str
    model: str
    arm: FTest
    period: FTest | None
    contrasts: tuple[Contrast, ...]
    components: tuple[Component, ...]
    criterion: float
    residuals: ResidualChecks | None


def primary_model(study: Study, notes: list[str], *, seed: int = 0) -> PrimaryModel | None:
    """Return the model, in closed form where the data allow; None, with a note, where nothing
    can be fitted."""
    design = design_of(study, notes)
    try:
        fitted = reml.fit(study.logs, design.columns, design.terms) if design.terms else None
    except CannotFit as error:
        notes.append(f"Primary model: {error}")
        return None
    if fitted is None:
        notes.append("Primary model: no reader or case recurs, so nothing can be told from chance.")
        return None
    squares, why = _squares(study, with_period=design.has_period)
    test, estimates = _by_squares(study, squares) if squares else _by_reml(study, design, fitted)
    of_period = np.eye(design.columns.shape[1])[design.arms :]
    names = ", ".join(term.name for term in design.terms)
    return PrimaryModel(
        method="anova" if squares else "reml",
        why=why,
        model=MODEL.format(period=" + period" if design.has_period else "", terms=names),
        arm=test,
        period=reml.f_test(fitted, of_period) if design.has_period else None,
        contrasts=_contrasts(study, estimates),
        components=_components(design, fitted),
        criterion=fitted.criterion,
        residuals=residual_checks(fitted.residuals, study.logs - fitted.residuals, study.arm, seed),
    )


def residuals_of(study: Study) -> Array | None:
    """Return the residual of each reading from the primary model; None where nothing is fitted."""
    design = design_of(study, [])
    if not design.terms:
        return None
    try:
        return reml.fit(study.logs, design.columns, design.terms).residuals
    except CannotFit:
        return None


def _squares(study: Study, *, with_period: bool) -> tuple[balanced.Squares | None, str]:
    """Return the mean squares where the closed form holds, and why it does or not."""
    cells = complete_cells(study, study.logs)
    if cells is None:
        return None, "not every reader read every case exactly once in every arm"
    periods = None
    if with_period and study.period is not None:
        columns = (complete_cells(study, column) for column in study.period.indicators().T)
        periods = np.array([column for column in columns if column is not None])
        if not balanced.orthogonal_to_arms(periods):
            return None, "the arms do not share all periods alike, so both are fitted jointly"
    squares = balanced.mean_squares(cells, periods)
    dfs = (squares.reader_arm_df, squares.case_arm_df, squares.residual_df)
    if min(dfs) < 1 or not float(squares.error) > 0:
        return None, "too few readers or cases for mean squares"
    return squares, "every reader read every case once in every arm"


def _contrasts(study: Study, estimates: Sequence[Estimate]) -> tuple[Contrast, ...]:
    corrected = holm([estimate.p for estimate in estimates]).tolist()
    return tuple(
        _contrast(study.arm.labels[arm], study.arm.labels[reference], estimate, p_holm)
        for (arm, reference), estimate, p_holm in zip(
            study.pairs_of_arms(), estimates, corrected, strict=True
        )
    )


def _contrast(arm: str, reference: str, estimate: Estimate, p_holm: float) -> Contrast:
    reach = float(stats.t.ppf((1 + LEVEL) / 2, estimate.df)) * estimate.se
    return Contrast(
        arm=arm,
        reference=reference,
        log_difference=estimate.value,
        se=estimate.se,
        df=estimate.df,
        t=estimate.value / estimate.se,
        p=estimate.p,
        p_holm=p_holm,
        ratio=float(np.exp(estimate.value)),
        ci=exponential(estimate.value - reach, estimate.value + reach),
    )


def _components(design: Design, fitted: reml.Fit) -> tuple[Component, ...]:
    names = [*(term.name for term in design.terms), "residual"]
    variances = [*map(float, fitted.variances), fitted.residual_variance]
    return tuple(
        Component(name, value, float(np.sqrt(value)), at_zero=value == 0)
        for name, value in zip(names, variances, strict=True)
    )


def _by_squares(study: Study, squares: balanced.Squares) -> tuple[FTest, list[Estimate]]:
    logs = study.logs
    means = [float(logs[study.arm.codes == arm].mean()) for arm in range(len(study.arm))]
    se, df = float(squares.difference_se), float(squares.error_df)
    test = FTest(float(squares.f), squares.arm_df, df, float(squares.p))
    return test, [Estimate(means[arm] - means[ref], se, df) for arm, ref in study.pairs_of_arms()]


def _by_reml(study: Study, design: Design, fitted: reml.Fit) -> tuple[FTest, list[Estimate]]:
    every = np.eye(design.columns.shape[1])
    # The first arm is the intercept, so its weights are 0.
    of_arm = np.vstack([np.zeros(len(every)), every[1 : design.arms]])
    return reml.f_test(fitted, of_arm[1:]), [
        reml.contrast(fitted, of_arm[arm] - of_arm[reference])
        for arm, reference in study.pairs_of_arms()
    ]
