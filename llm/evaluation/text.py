"""BLEU and ROUGE-L of the findings that the values render to."""

from __future__ import annotations

from collections.abc import Sequence

from rouge_score import rouge_scorer
from sacrebleu import corpus_bleu

from llm.evaluation.alignment import Values, without_text
from llm.narrative import as_text, render
from llm.schema import ReportTemplate

ROUGE = "rougeL"


def findings_text(template: ReportTemplate, values: Values) -> str:
    """The findings as the report has them, without free text; "" where nothing has a value."""
    return as_text(render(template, without_text(template, values)))


def text_figures(filled: Sequence[str], true: Sequence[str]) -> dict[str, float | None]:
    """`bleu` of the corpus and mean `rouge_l` F1, in [0, 1]; None where no truth has any text.

    Conclusions whose true findings are empty are left out: nothing can be compared to them.
    """
    pairs = [(ours, theirs) for ours, theirs in zip(filled, true, strict=True) if theirs]
    if not pairs:
        return {"bleu": None, "rouge_l": None}
    bleu = corpus_bleu([ours for ours, _ in pairs], [[theirs for _, theirs in pairs]]).score / 100
    scorer = rouge_scorer.RougeScorer([ROUGE])
    rouge = [scorer.score(theirs, ours)[ROUGE].fmeasure for ours, theirs in pairs]
    return {"bleu": min(bleu, 1.0), "rouge_l": sum(rouge) / len(rouge)}
