"""The methods text on the statistics, from what was done."""

from collections.abc import Iterator, Sequence

from reporting.stats.analysis import Analysis
from reporting.stats.bootstrap import RESAMPLES
from reporting.stats.pairwise import UnitTests
from reporting.stats.primary import PrimaryModel


def statistics_text(analysis: Analysis) -> str:
    """Return paragraphs, parted by empty lines."""
    return "\n\n".join(_parts(analysis))


def _parts(analysis: Analysis) -> Iterator[str]:
    yield (
        "Times were analysed by their natural logarithms; differences are given as ratios of"
        f" geometric means. Descriptive intervals are 95 % percentile intervals of {RESAMPLES:,}"
        f" bootstrap samples of whole {analysis.resampled}."
    )
    if analysis.primary:
        yield _primary(analysis.primary)
    yield from _by_unit(analysis.by_unit)
    if analysis.equivalence:
        yield (
            f"Equivalence within a ratio of {analysis.equivalence[0].margin:g} was tested by two"
            " one-sided tests at 5 % each, and non-inferiority at 2.5 %, with the standard errors"
            " and degrees of freedom of the primary model, uncorrected."
        )
    if analysis.learning:
        yield (
            "Learning was described by the slope of the log time against the place of the reading,"
            " by least squares for each reader and arm, and tested among readers by one-sample t"
            " tests."
        )
    if analysis.carry_over:
        yield (
            f"Carry-over was checked by adding the arm of the {analysis.carry_over.by} before, and"
            " its interaction with the arm, to the primary model."
        )
    if analysis.missing.cells:
        yield (
            f"{len(analysis.missing.cells)} of {analysis.missing.planned} readings have no time."
            f" {analysis.missing.assumed}"
            " No value was imputed; the table of missing data says what each analysis used."
        )


def _by_unit(found: Sequence[UnitTests]) -> Iterator[str]:
    ways = {
        "paired t tests": any(tests.paired_t for tests in found),
        "Wilcoxon's signed-rank tests": any(tests.wilcoxon for tests in found),
        "Friedman's test": any(tests.friedman for tests in found),
        "the Mann-Whitney test where arms share no unit": any(t.mann_whitney for t in found),
    }
    used = [way for way, is_used in ways.items() if is_used]
    if used:
        units = " and ".join(f"each {tests.unit}" for tests in found)
        yield (
            f"Beside it, {units} was counted once, by its mean log time, in {', '.join(used)}."
            " P values of pairs of arms, here and in the primary model, were corrected by Holm's"
            " method."
        )


def _primary(model: PrimaryModel) -> str:
    if model.method == "anova":
        how = (
            "As every reader read every case once in every arm, arms were tested by analysis of"
            " variance in closed form: the mean square of the arms against that of readers by arms"
            " plus the excess of cases by arms over the residual, with Hillis's degrees of freedom."
        )
    else:
        how = (
            f"It was fitted by restricted maximum likelihood ({model.why}), with degrees of freedom"
            " by Satterthwaite's method."
        )
    return (
        f"The primary model is {model.model}. {how} Residuals were checked for normality and for"
        " their spread; the checks decided nothing."
    )
