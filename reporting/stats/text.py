"""The analysis as text for people."""

from collections.abc import Iterator

from reporting.stats.analysis import Analysis
from reporting.stats.descriptives import ArmSummary
from reporting.stats.further_text import further_lines
from reporting.stats.pairwise import Friedman, UnitTests, Wilcoxon
from reporting.stats.primary import PrimaryModel
from reporting.stats.text_parts import f_text, interval_text, p_text


def lines(analysis: Analysis) -> list[str]:
    """Return the analysis as text."""
    text = [
        f"Times in seconds. Intervals are 95 %, by bootstrap of {analysis.resampled}.",
        "",
        *map(_arm_line, analysis.arms),
        "",
        f"Ratios of geometric means; paired by {analysis.block}:",
    ]
    for ratio in analysis.ratios:
        how = "paired" if ratio.paired else "not paired"
        text.append(
            f"  {ratio.arm} / {ratio.reference}: {ratio.ratio:.3f} {interval_text(ratio.ci)}"
            f" ({how}, n={ratio.n})"
        )
    if analysis.primary:
        text += ["", *_primary_lines(analysis.primary)]
    for tests in analysis.by_unit:
        text += _unit_lines(tests)
    text += _block_lines(analysis)
    text += further_lines(analysis)
    return text + ([""] if analysis.notes else []) + [f"Note: {note}" for note in analysis.notes]


def _arm_line(arm: ArmSummary) -> str:
    spread = f"{arm.sd:.1f}" if arm.sd is not None else "-"
    if arm.sd_ci:
        spread += f" {interval_text(arm.sd_ci, 1)}"
    return (
        f"{arm.arm}: n={arm.n}, missing={arm.missing}, readers={arm.readers}, cases={arm.cases},"
        f" mean {arm.mean:.1f} {interval_text(arm.mean_ci, 1)}, SD {spread},"
        f" median {arm.median:.1f} {interval_text(arm.median_ci, 1)},"
        f" IQR {arm.q1:.1f}-{arm.q3:.1f}, range {arm.minimum:.1f}-{arm.maximum:.1f},"
        f" geometric mean {arm.geometric_mean:.1f} {interval_text(arm.geometric_mean_ci, 1)}"
    )


def _primary_lines(model: PrimaryModel) -> Iterator[str]:
    how = "closed form" if model.method == "anova" else "REML, Satterthwaite's degrees of freedom"
    yield f"Primary model ({how}: {model.why}):"
    yield f"  {model.model}"
    for name, test in (("arms", model.arm), ("periods", model.period)):
        if test:
            yield f"  {name}: {f_text(test)}"
    for item in model.contrasts:
        yield (
            f"  {item.arm} / {item.reference}: {item.ratio:.3f} {interval_text(item.ci)},"
            f" t({item.df:.2f})={item.t:.3f}, p{p_text(item.p)}, Holm p{p_text(item.p_holm)}"
        )
    parts = (f"{c.name} {c.sd:.4f}{' (at 0)' if c.at_zero else ''}" for c in model.components)
    yield f"  SDs of log times: {', '.join(parts)}"
    if checks := model.residuals:
        yield (
            f"  residuals: QQ correlation {checks.qq:.4f}, Shapiro p{p_text(checks.shapiro_p)}"
            f" (n={checks.shapiro_n}), largest SD of an arm over smallest"
            f" {checks.spread_ratio:.2f} (Brown-Forsythe p{p_text(checks.spread_p)}), size against"
            f" fitted rho {checks.level_rho:.2f}"
        )


def _unit_lines(tests: UnitTests) -> Iterator[str]:
    if not (tests.paired_t or tests.friedman or tests.mann_whitney):
        return
    yield ""
    yield f"By {tests.unit}, each counted once by its mean log time:"
    if tests.friedman:
        yield f"  {_friedman(tests.friedman, tests.unit + 's')}"
    for t, rank in zip(tests.paired_t, tests.wilcoxon, strict=True):
        yield (
            f"  {t.arm} / {t.reference}: {t.ratio:.3f} {interval_text(t.ci)}, n={t.n}, paired"
            f" t({t.df})={t.t:.3f}, p{p_text(t.p)}, Holm p{p_text(t.p_holm)};"
            f" Wilcoxon p{p_text(rank.p)}, Holm p{p_text(rank.p_holm)}"
        )
    for test in tests.mann_whitney:
        yield (
            f"  {test.arm} / {test.reference}: not paired, Mann-Whitney U={test.statistic:.1f},"
            f" n={test.n_arm}+{test.n_reference}, p{p_text(test.p)}, Holm p{p_text(test.p_holm)}"
        )


def _block_lines(analysis: Analysis) -> Iterator[str]:
    if analysis.friedman:
        yield ""
        yield _friedman(analysis.friedman, "blocks")
    if analysis.wilcoxon:
        yield ""
        yield f"Wilcoxon signed rank by {analysis.block}:"
        yield from map(_wilcoxon_line, analysis.wilcoxon)
    if analysis.block != "reader" and (analysis.friedman or analysis.wilcoxon):
        yield "  Blocks of one reader depend on each other: prefer the tests by reader."


def _friedman(test: Friedman, units: str) -> str:
    return f"Friedman: chi2={test.statistic:.3f}, p{p_text(test.p)}, {units}={test.blocks}"


def _wilcoxon_line(test: Wilcoxon) -> str:
    return (
        f"  {test.arm} - {test.reference}: median difference {test.median_difference:.1f} s,"
        f" n={test.n}, p{p_text(test.p)}, Holm p{p_text(test.p_holm)}"
    )
