"""Runs a system over the cases and keeps all that is needed to score it."""

from __future__ import annotations

import itertools
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from jsonschema import Draft202012Validator
from tqdm import tqdm

from llm.evaluation.alignment import aligned_rows
from llm.evaluation.calibration import Judged
from llm.evaluation.cases import Case
from llm.evaluation.scores import CaseScore, score_values
from llm.evaluation.systems import System
from llm.evaluation.text import findings_text, rouge_l
from llm.json_schema import values_schema
from llm.schema import ReportTemplate
from llm.slots import TemplateKey
from llm.types import FillResult

# Conclusions that are filled in one batch, and those that are timed alone.
TOGETHER = 16
TIMED = 20


@dataclass(frozen=True, slots=True)
class CaseRun:
    """One conclusion filled by one system; `findings` and `true_findings` are texts.

    `rouge_l` compares the two; None where there are no true findings.
    """

    case: Case
    score: CaseScore
    judged: tuple[Judged, ...]
    findings: str
    true_findings: str
    rouge_l: float | None


@dataclass(slots=True)
class SystemRun:
    """All cases of one system; `seconds` are of conclusions that were filled alone."""

    name: str
    cases: list[CaseRun] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def only(self, cases: Sequence[CaseRun]) -> SystemRun:
        """The same system on some of its cases."""
        return SystemRun(self.name, list(cases), self.seconds)

    @property
    def scores(self) -> list[CaseScore]:
        """The scores in the order of the cases."""
        return [run.score for run in self.cases]


def run_system(system: System, cases: Sequence[Case], *, timed: int = TIMED) -> SystemRun:
    """Fills the first `timed` cases one at a time, for the clock, then all of them in batches.

    The clock comes first because an engine may keep its answers; one more conclusion warms it up.
    """
    run = SystemRun(system.name)
    if timed and len(cases) > timed:
        system.fill([cases[-1].request])
    for case in cases[:timed]:
        started = time.perf_counter()
        system.fill([case.request])
        run.seconds.append(time.perf_counter() - started)
    for chunk in _chunks(tqdm(cases, desc=system.name, unit="conclusion", disable=None)):
        results = system.fill([case.request for case in chunk])
        for case, result in zip(chunk, results, strict=True):
            run.cases.append(case_run(case, result, has_confidence=system.has_confidence))
    return run


def _chunks(cases: tqdm[Case]) -> Iterator[list[Case]]:
    stream = iter(cases)
    while chunk := list(itertools.islice(stream, TOGETHER)):
        yield chunk


def case_run(case: Case, result: FillResult, *, has_confidence: bool) -> CaseRun:
    """What one result is worth."""
    template, filled = case.template, {value.path: value.value for value in result.values}
    score = score_values(template, filled, case.true, sex=case.request.sex)
    score.counts.update(_result_counts(case, result))
    judged = judgements(case, result) if has_confidence else ()
    ours, theirs = findings_text(template, filled), findings_text(template, case.true)
    return CaseRun(case, score, judged, ours, theirs, rouge_l(ours, theirs))


def judgements(case: Case, result: FillResult) -> tuple[Judged, ...]:
    """The stated values with their confidence, and whether they are right."""
    stated = [
        value
        for value in result.values
        if value.support == "stated" and case.template.field_at(value.path).kind != "text"
    ]
    filled = {value.path: value.value for value in result.values}
    aligned = aligned_rows(case.template, filled, case.true)
    renamed = dict(zip(filled, aligned, strict=True))
    return tuple(
        Judged(value.confidence, case.true.get(renamed[value.path]) == value.value)
        for value in stated
    )


def _result_counts(case: Case, result: FillResult) -> Counter[str]:
    """What can be said of a result besides its values being right."""
    numbers = [v for v in result.values if case.template.field_at(v.path).kind == "number"]
    conclusion = case.request.conclusion
    counts = Counter(
        invented=sum(
            v.source_text is None or v.source_text not in conclusion
            for v in numbers
            if v.support == "stated" and result.clauses
        ),
        clauses=len(result.clauses),
        unused=len(result.unused),
        conflicts=len(result.conflicts),
        abstained=sum(clause.reason == "abstained" for clause in result.unused),
        violations=_violations(case.template, result),
    )
    if case.answers is not None and result.clauses:
        given = [result.answers.get(number) for number in range(len(case.answers))]
        counts["clauses_known"] = len(case.answers)
        counts["clause_right"] = sum(a == b for a, b in zip(given, case.answers, strict=True))
        counts["unused_true"] = sum(answer in ("none", "?") for answer in case.answers)
    return counts


def _violations(template: ReportTemplate, result: FillResult) -> int:
    values = {value.path: value.value for value in result.values}
    return sum(1 for _ in _schema(TemplateKey(template)).iter_errors(values))


@lru_cache(maxsize=32)
def _schema(key: TemplateKey) -> Draft202012Validator:
    return Draft202012Validator(values_schema(key.template))
