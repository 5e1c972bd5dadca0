"""False alarms of the checks on correct reports, and how many planted mistakes they catch.

    python -m tests.benchmarks.checks.bench [--synthetic N] [--show]

Correct reports are the labelled real-style conclusions of the development part, with the labels
as findings: once alone, once with everything else set to normal, as "all rest normal" does; and N
(200) synthetic pairs in held-out wording. Mistakes are planted in the second kind, one a copy: the
side swapped, a finding negated, a denied finding asserted, a number ten times too large or small. A
copy counts as caught where the checks find something that they do not find in the correct report.

The labels of the test part are never read. Synthetic conclusions name organs without regard to the
patient's sex, rightly found, so their sex is left out; and their truth holds normals that are only
implied, so none is asserted in them.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
import django

django.setup()

from llm.derive import visible_paths  # noqa: E402
from llm.narrative import normal_values  # noqa: E402
from llm.paths import split_path  # noqa: E402
from llm.schema import load_templates  # noqa: E402
from reporting.report_checks.found import Finding  # noqa: E402
from reporting.report_checks.table import findings  # noqa: E402
from reporting.selectors.report_says import Written, says_of  # noqa: E402
from tests.benchmarks.checks.corrupt import copies  # noqa: E402
from tests.benchmarks.checks.priors import (  # noqa: E402
    DENYING,
    FITTING,
    findings_beside,
    prior_of,
)

ROOT = Path(__file__).resolve().parents[3]
DATA = ROOT / "tests" / "data" / "real_style"
SEED = 11
TEMPLATES = load_templates(ROOT / "fixtures" / "report_templates")


@dataclass(frozen=True, slots=True)
class Correct:
    """A report that is right: its conclusion and its findings."""

    name: str
    template: str
    conclusion: str
    sex: str | None
    exam_side: str | None
    true: Mapping[str, object]


@dataclass(slots=True)
class Alarms:
    """What the checks found in some correct reports."""

    reports: int
    by_rule: Counter[str]

    def line(self, name: str) -> str:
        """Alarms for each 100 reports, and of which rules."""
        rate = 100 * self.by_rule.total() / max(1, self.reports)
        rules = ", ".join(f"{rule} {count}" for rule, count in self.by_rule.most_common())
        return f"{name:34}{self.reports:5} reports {rate:7.2f} alarms per 100   {rules}"


def real_style() -> list[Correct]:
    """The development part with its labels."""
    from llm.evaluation.cases import read_cases
    from llm.evaluation.labels import read_labels

    cases = read_cases(
        [DATA / "dev.jsonl"], TEMPLATES, labels=read_labels(DATA / "labels-dev.jsonl")
    )
    return [
        Correct(r.id, r.template.key, r.conclusion, r.sex, r.exam_side, case.true)
        for case in cases.cases
        for r in (case.request,)
    ]


def synthetic(count: int) -> list[Correct]:
    """Generated pairs in wording that the training part does not have."""
    from llm.synth.pairs import Generator

    pairs = Generator(list(TEMPLATES.values()), SEED, "test").pairs(count)
    return [
        Correct(p["id"], p["template"], p["conclusion"], None, p.get("exam_side"), p["values"])
        for p in pairs
    ]


def with_rest_normal(report: Correct) -> dict[str, object]:
    """The findings of a report with the normal of everything that has no value."""
    template = TEMPLATES[report.template]
    rows: dict[str, list[str]] = {}
    for path in report.true:
        parts = split_path(path)
        if parts.row:
            rows.setdefault(parts.key, []).append(parts.row)
    visible = set(visible_paths(template, report.true, sex=report.sex, rows=rows))
    normals = {
        path: value
        for section in template.sections
        for path, value in normal_values(section, visible=visible).items()
        if "[" in path or path not in rows
    }
    return {**normals, **report.true}


def findings_of(report: Correct, values: Mapping[str, object]) -> list[Finding]:
    """What the checks find in a report with these findings."""
    says = says_of(
        TEMPLATES[report.template],
        Written(report.conclusion),
        values,
        sex=report.sex,
        exam_side=report.exam_side,
    )
    return [finding for finding in findings(says) if finding.severity == "warn"]


def alarms(reports: Iterable[Correct], *, rest: bool, show: bool) -> Alarms:
    """The alarms in correct reports."""
    counted = Alarms(0, Counter())
    for report in reports:
        counted.reports += 1
        for finding in findings_of(report, with_rest_normal(report) if rest else report.true):
            counted.by_rule[finding.rule] += 1
            if show:
                sys.stdout.write(f"  {report.name}: {finding.rule}: {finding.found.sentence}\n")
    return counted


def caught(reports: Iterable[Correct]) -> dict[str, tuple[int, int]]:
    """By kind of mistake, how many copies are caught, of how many."""
    counts: dict[str, tuple[int, int]] = {}
    for report in reports:
        form = with_rest_normal(report)
        before = {finding.found.sentence for finding in findings_of(report, form)}
        for kind, copy in copies(TEMPLATES[report.template], report.true, form):
            new = {f.found.sentence for f in findings_of(report, copy)} - before
            hits, all_ = counts.get(kind, (0, 0))
            counts[kind] = (hits + bool(new), all_ + 1)
    return counts


def beside_priors(reports: Iterable[Correct]) -> Iterator[str]:
    """Alarms beside a prior that fits what is said of change, and those that one that denies it
    raises."""
    counts: Counter[str] = Counter()
    for report in reports:
        template = TEMPLATES[report.template]
        fits, denies = (prior_of(template, report.true, how) for how in (FITTING, DENYING))
        counts["reports"] += 1
        quiet = findings_beside(template, report.conclusion, report.true, fits)
        counts["alarms"] += len(quiet)
        if denies != report.true:
            counts["denied"] += 1
            counts["caught"] += bool(
                findings_beside(template, report.conclusion, report.true, denies)
            )
    yield (
        f"{counts['alarms']} alarms in {counts['reports']} reports beside a prior that fits,"
        f" {counts['caught']} of {counts['denied']} caught beside one that denies the change"
    )


def lines(count: int, *, show: bool) -> Iterator[str]:
    """The figures, a line each."""
    for name, reports in (("real-style dev", real_style()), ("synthetic", synthetic(count))):
        yield alarms(reports, rest=False, show=False).line(f"{name}, as stated")
        yield alarms(reports, rest=True, show=show).line(f"{name}, rest normal")
        yield from (f"{name}, {line}" for line in beside_priors(reports))
        for kind, (hits, all_) in sorted(caught(reports).items()):
            if (name, kind) == ("synthetic", "asserted"):
                continue
            yield f"{name}, {kind:20} caught {hits:5} of {all_:5} {100 * hits / all_:6.1f} %"


def main() -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--synthetic", type=int, default=200)
    parser.add_argument("--show", action="store_true", help="print every false alarm")
    chosen = parser.parse_args()
    for line in lines(chosen.synthetic, show=chosen.show):
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
