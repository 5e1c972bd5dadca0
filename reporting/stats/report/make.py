"""Make the report of a table: analysis, figures, page and PDF."""

import platform
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from matplotlib.figure import Figure

from reporting.stats.analysis import Analysis
from reporting.stats.plots.flow import Flow, Step, flow_diagram
from reporting.stats.plots.of_study import figures_of
from reporting.stats.plots.style import FORMATS, written
from reporting.stats.report.content import Picture, Protocol, Provenance, StudyReport, digest
from reporting.stats.study import study_of
from reporting.stats.table import Gap, Reading, Table

PACKAGES = ("numpy", "scipy", "matplotlib", "weasyprint")
CAPTIONS = {
    "flow": "Flow of the readings.",
    "times": "Times by arm on a logarithmic scale: dots are readings, lines join the geometric"
    " means of a reader, large marks are geometric means with bootstrap 95 % intervals.",
    "forest": "Ratios of geometric means with 95 % intervals, by reader (t intervals over this"
    " reader's cases, or readings where no case pairs them) and by the primary model; grey: the"
    " margin of equivalence, if there is one.",
    "learning": "Times against the place of the reading: thin lines are readers' slopes, thick"
    " lines the mean slope of the arm.",
    "residuals": "Residuals of the primary model: normal quantiles, and against the fitted values.",
}


def study_report(
    table: Table, analysis: Analysis, protocol: Protocol, provenance: Provenance
) -> tuple[StudyReport, dict[str, Figure]]:
    """Return the report and its figures by name."""
    flow = flow_of(table)
    figures = {"flow": flow_diagram(flow), **figures_of(analysis, study_of(table.readings))}
    pictures = tuple(
        Picture(name, CAPTIONS[name], written(figure, "svg")) for name, figure in figures.items()
    )
    return StudyReport(protocol, provenance, analysis, pictures, flow), figures


def flow_of(table: Table) -> Flow:
    """Return the flow that a table shows; what was left out before it was made is not in it."""
    rows: list[Reading | Gap] = [*table.readings, *table.gaps, *table.excluded]
    readers = {row.reader for row in rows}
    steps = (
        Step(f"{len(readers)} readers, {len(rows)} readings in the data", _lost(table)),
        Step(f"{len(table.readings)} readings with a time"),
    )
    return Flow(steps, tuple(_arm(table, arm) for arm in sorted({row.arm for row in rows})))


def _arm(table: Table, arm: str) -> tuple[Step, Step]:
    read = tuple(row for row in table.readings if row.arm == arm)
    gaps = tuple(row for row in table.gaps if row.arm == arm)
    excluded = tuple(row for row in table.excluded if row.arm == arm)
    every = len(read) + len(gaps) + len(excluded)
    lost = _lost(Table(read, gaps, 0, excluded))
    return Step(f"{arm}\n{every} readings", lost), Step(f"{len(read)} analysed")


def _lost(table: Table) -> tuple[str, ...]:
    """What of a table is not analysed, by reason."""
    rules = Counter(row.rule for row in table.excluded)
    missing = (f"{len(table.gaps)} without a time",) if table.gaps else ()
    return (*(f"{count} left out: {rule}" for rule, count in rules.items()), *missing)


def write_figures(figures: Mapping[str, Figure], directory: Path) -> None:
    """Write each figure as SVG, PDF and PNG."""
    directory.mkdir(parents=True, exist_ok=True)
    for name, figure in figures.items():
        for kind in FORMATS:
            (directory / f"{name}.{kind}").write_bytes(written(figure, kind))


def provenance_of(path: Path, models: Mapping[str, str]) -> Provenance:
    """Return where the numbers come from: this file, code and installation."""
    return Provenance(
        data=path.name,
        data_sha256=digest(path.read_bytes()),
        code=code_version(),
        software={"Python": platform.python_version(), **dict(_packages())},
        models=models,
    )


def _packages() -> Iterator[tuple[str, str]]:
    for name in PACKAGES:
        try:
            yield name, version(name)
        except PackageNotFoundError:
            continue


def code_version() -> str:
    """Return the commit of this code, and whether it was changed since; "not known" without git."""
    command = ["git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        made = subprocess.run(  # noqa: S603
            command, cwd=Path(__file__).parent, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return "not known"
    return made.stdout.strip()
