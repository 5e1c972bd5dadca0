"""The tables of results."""

from collections.abc import Iterator, Sequence

from reporting.stats.analysis import Analysis
from reporting.stats.equivalence import Equivalence
from reporting.stats.missing import MissingData
from reporting.stats.pairwise import UnitTests
from reporting.stats.primary import PrimaryModel
from reporting.stats.report.markup import Html, element, joined, table
from reporting.stats.text_parts import f_text, interval_text, p_text

LISTED = 40


def descriptives(analysis: Analysis) -> Html:
    """Return the table of the arms."""
    head = ("arm", "readings", "missing", "mean, s", "SD, s", "median, s", "geometric mean, s")
    rows = (
        (
            arm.arm,
            str(arm.n),
            str(arm.missing),
            f"{arm.mean:.1f} {interval_text(arm.mean_ci, 1)}",
            f"{arm.sd:.1f}" if arm.sd is not None else "–",
            f"{arm.median:.1f} ({arm.q1:.1f}–{arm.q3:.1f})",
            f"{arm.geometric_mean:.1f} {interval_text(arm.geometric_mean_ci, 1)}",
        )
        for arm in analysis.arms
    )
    return table(head, rows, "Times by arm; brackets: 95 % intervals, parentheses: quartiles")


def primary(model: PrimaryModel) -> Html:
    """Return the tests of the primary model and its contrasts."""
    head = ("arms", "ratio", "95 % CI", "t (df)", "p", "p, Holm")
    rows = (
        (
            f"{item.arm} / {item.reference}",
            f"{item.ratio:.3f}",
            interval_text(item.ci),
            f"{item.t:.2f} ({item.df:.1f})",
            _p(item.p),
            _p(item.p_holm),
        )
        for item in model.contrasts
    )
    parts = ", ".join(f"{part.name} {part.sd:.3f}" for part in model.components)
    period = f" Periods: {f_text(model.period)}." if model.period else ""
    return joined(
        (
            element("p", f"Arms: {f_text(model.arm)}.{period} SDs of log times: {parts}."),
            table(head, rows, "Ratios of geometric means by the primary model"),
        )
    )


def further(analysis: Analysis) -> Iterator[Html]:
    """Yield the other tables, as far as there are results."""
    if analysis.equivalence:
        yield _equivalence(analysis.equivalence)
    for tests in analysis.by_unit:
        yield from _by_unit(tests)
    head = ("arms", "d", "readers' g", "rank-biserial")
    rows = (
        (
            f"{e.arm} / {e.reference}",
            *("–" if v is None else f"{v:.2f}" for v in (e.d, e.reader_g, e.rank_biserial)),
        )
        for e in analysis.effects
    )
    yield table(head, rows, "Effect sizes of log times")
    yield from _over_time(analysis)


def _equivalence(tests: Sequence[Equivalence]) -> Html:
    head = ("arms", "ratio", "90 % CI", "p", "shown")
    rows = (
        (
            f"{item.arm} / {item.reference}",
            f"{item.ratio:.3f}",
            interval_text(item.ci),
            _p(item.p),
            "; ".join(
                [
                    "equivalent" if item.equivalent else "equivalence not shown",
                    *(f"{arm} not slower" for arm in item.not_slower),
                ]
            ),
        )
        for item in tests
    )
    return table(head, rows, f"Equivalence within a ratio of {tests[0].margin:g}")


def _by_unit(tests: UnitTests) -> Iterator[Html]:
    if tests.paired_t:
        yield _paired(tests)
    if tests.mann_whitney:
        yield table(
            ("arms", f"{tests.unit}s", "U", "p", "p, Holm"),
            (
                (
                    f"{u.arm} / {u.reference}",
                    f"{u.n_arm} and {u.n_reference}",
                    f"{u.statistic:.1f}",
                    _p(u.p),
                    _p(u.p_holm),
                )
                for u in tests.mann_whitney
            ),
            f"Each {tests.unit} counted once, not paired: Mann-Whitney test",
        )
    if found := tests.friedman:
        yield element(
            "p",
            f"Friedman's test over {found.blocks} {tests.unit}s: χ² = {found.statistic:.3f},"
            f" p{p_text(found.p)}.",
        )


def _paired(tests: UnitTests) -> Html:
    head = ("arms", "n", "ratio", "95 % CI", "paired t, p (Holm)", "Wilcoxon, p (Holm)")
    rows = (
        (
            f"{t.arm} / {t.reference}",
            str(t.n),
            f"{t.ratio:.3f}",
            interval_text(t.ci),
            f"{_p(t.p)} ({_p(t.p_holm)})",
            f"{_p(rank.p)} ({_p(rank.p_holm)})",
        )
        for t, rank in zip(tests.paired_t, tests.wilcoxon, strict=True)
    )
    return table(head, rows, f"Each {tests.unit} counted once")


def _over_time(analysis: Analysis) -> Iterator[Html]:
    if analysis.learning and analysis.learning.arms:
        yield table(
            ("arm", "readers", "ratio", "95 % CI", "p"),
            (
                (
                    arm.arm,
                    str(arm.readers),
                    f"{arm.per_ten:.3f}",
                    interval_text(arm.per_ten_ci),
                    _p(arm.p),
                )
                for arm in analysis.learning.arms
            ),
            "Learning: ratio of times ten readings apart",
        )
    if found := analysis.carry_over:
        tests = (("arm before", found.before), ("arm × arm before", found.interaction))
        yield table(
            ("term", "test"),
            ((name, f_text(test) if test else "cannot be told") for name, test in tests),
            f"Carry-over from the {found.by} before",
        )


def missing(found: MissingData) -> Html:
    """Return what is missing and what was done about it."""
    if not found.cells:
        return element("p", f"All {found.planned} readings have a time. {found.assumed}")
    cells = table(
        ("reader", "case", "arm", "in the data"),
        (
            (cell.reader, cell.case, cell.arm, "without a time" if cell.recorded else "no row")
            for cell in found.cells[:LISTED]
        ),
        f"Missing readings ({min(LISTED, len(found.cells))} of {len(found.cells)} listed)",
    )
    treated = table(
        ("analysis", "used", "of", "how"),
        (
            (item.analysis, str(item.used), f"{item.of} {item.unit}", item.how)
            for item in found.treatments
        ),
        "What each analysis did about them",
    )
    return joined((element("p", found.assumed), cells, treated))


def _p(value: float) -> str:
    return p_text(value).removeprefix("=")
