"""The rest of the analysis as text: equivalence, effect sizes, learning, carry-over, gaps."""

from collections.abc import Iterator

from reporting.stats.analysis import Analysis
from reporting.stats.carry_over import CarryOver
from reporting.stats.effects import EffectSize, kendalls_w
from reporting.stats.equivalence import Equivalence
from reporting.stats.learning import Learning
from reporting.stats.missing import MissingData
from reporting.stats.text_parts import f_text, interval_text, p_text

# More missing readings than these are counted only; the JSON lists all.
LISTED = 10


def further_lines(analysis: Analysis) -> Iterator[str]:
    """Yield the lines."""
    if analysis.equivalence:
        yield from _equivalence(analysis.equivalence)
    yield ""
    yield "Effect sizes (log times):"
    yield from map(_effect, analysis.effects)
    if analysis.friedman:
        w = kendalls_w(analysis.friedman, len(analysis.arms))
        yield f"  Kendall's W over blocks {w:.3f}"
    if analysis.learning:
        yield from _learning(analysis.learning)
    if analysis.carry_over:
        yield from _carry_over(analysis.carry_over)
    if analysis.missing.cells:
        yield from _missing(analysis.missing)


def _equivalence(tests: tuple[Equivalence, ...]) -> Iterator[str]:
    margin = tests[0].margin
    yield ""
    yield f"Equivalence within {1 / margin:.3f} to {margin:g} (two one-sided tests, 90 % CI):"
    for test in tests:
        verdict = "equivalent" if test.equivalent else "equivalence not shown"
        slower = "".join(f"; {arm} is not slower by the margin" for arm in test.not_slower)
        yield (
            f"  {test.arm} / {test.reference}: {test.ratio:.3f} {interval_text(test.ci)},"
            f" p{p_text(test.p)}: {verdict}{slower}"
        )


def _effect(size: EffectSize) -> str:
    named = (("d", size.d), ("readers' g", size.reader_g), ("rank-biserial", size.rank_biserial))
    parts = (f"{name} {value:.2f}" for name, value in named if value is not None)
    return f"  {size.arm} / {size.reference}: {', '.join(parts) or 'none'}"


def _learning(found: Learning) -> Iterator[str]:
    yield ""
    yield "Learning, as the ratio of times ten readings apart, among readers:"
    for arm in found.arms:
        yield (
            f"  {arm.arm}: {arm.per_ten:.3f} {interval_text(arm.per_ten_ci)},"
            f" t({arm.df})={arm.t:.3f}, p{p_text(arm.p)}"
        )


def _carry_over(found: CarryOver) -> Iterator[str]:
    yield ""
    yield f"Carry-over from the arm of the {found.by} before:"
    if found.before:
        yield f"  arm before: {f_text(found.before)}"
    if found.interaction:
        yield f"  arm x arm before: {f_text(found.interaction)}"
    for cell in found.cells:
        after = f"after {cell.before}" if cell.before is not None else "first"
        yield f"  {cell.arm} {after}: geometric mean {cell.geometric_mean:.1f} s, n={cell.n}"


def _missing(found: MissingData) -> Iterator[str]:
    yield ""
    recorded = sum(cell.recorded for cell in found.cells)
    yield (
        f"Missing: {len(found.cells)} of {found.planned} readings, {recorded} with a row but no"
        f" time, {len(found.cells) - recorded} without a row. {found.assumed}"
    )
    for cell in found.cells[:LISTED]:
        yield f"  reader {cell.reader}, case {cell.case or '-'}, {cell.arm}"
    if len(found.cells) > LISTED:
        yield f"  and {len(found.cells) - LISTED} more"
    for treatment in found.treatments:
        yield (
            f"  {treatment.analysis}: {treatment.used} of {treatment.of} {treatment.unit};"
            f" {treatment.how}"
        )
