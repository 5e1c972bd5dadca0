"""BLEU and ROUGE-L of the findings that the values render to."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from rouge_score import rouge_scorer
from sacrebleu import corpus_bleu

from llm.evaluation.alignment import Values, without_text
from llm.narrative import as_text, render
from llm.schema import ReportTemplate

ROUGE = "rougeL"


def findings_text(template: ReportTemplate, values: Values) -> str:
    """The findings as the report has them, without free text; "" where nothing has a value."""
    return as_text(render(template, without_text(template, values)))


def rouge_l(filled: str, true: str) -> float | None:
    """ROUGE-L F1 of one text, in [0, 1]; None where the true one is empty: nothing compares."""
    if not true:
        return None
    return float(_scorer().score(true, filled)[ROUGE].fmeasure)


@lru_cache(maxsize=1)
def _scorer() -> rouge_scorer.RougeScorer:
    return rouge_scorer.RougeScorer([ROUGE])


def bleu(filled: Sequence[str], true: Sequence[str]) -> float | None:
    """BLEU of the corpus, in [0, 1], without the texts whose truth is empty; None if all are."""
    pairs = [(ours, theirs) for ours, theirs in zip(filled, true, strict=True) if theirs]
    if not pairs:
        return None
    score = corpus_bleu([ours for ours, _ in pairs], [[theirs for _, theirs in pairs]]).score
    return min(score / 100, 1.0)
