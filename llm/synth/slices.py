"""The slices of the data: what makes a conclusion hard, by the tags that a pair carries."""

from __future__ import annotations

from collections.abc import Iterable

from llm.synth.drafts import Draft
from llm.synth.sentences import Block, findings_in

MAX_FINDINGS = 10
# From this many characters on a conclusion is long.
LONG = 600

SLICES: dict[str, str] = {
    **{f"findings_{n}": f"{n} abnormal findings" for n in range(MAX_FINDINGS)},
    f"findings_{MAX_FINDINGS}": f"{MAX_FINDINGS} abnormal findings or more",
    "paragraph": "sentences on one line",
    "numbered": "a numbered list",
    "lines": "a line for each sentence",
    "bullets": "a list with bullets",
    "telegram": "findings without verbs, joined by semicolons",
    "lower": "no capitals",
    "upper": "capitals only",
    "typos": "words with slips of the keyboard",
    "title": "a heading above",
    "long": f"{LONG} characters or more",
    "merged": "several findings in one sentence",
    "list": "several findings with one noun",
    "negated": "something said to be absent",
    "normal": "a part or the rest said to be normal",
    "certainty": "a hedged finding",
    "change": "a finding compared with the prior",
    "interpretation": "a finding with what it may be",
    "tail": "words behind a finding that no field holds",
    "number": "a measured finding",
    "several": "several lesions of one kind",
    "both_sides": "a finding on both sides",
    "levels": "a finding at several levels, or a further one at the same",
    "following": "a clause about what the clause before names",
    "together": "findings that often come together",
    "exam_side": "a side that only the exam gives",
    "other": "a finding that fits no field",
    "outside": "a finding at a level outside the form",
    "none": "advice, history or technique",
    "unclear": "one of two findings, left to the reader",
    "contradiction": "two clauses that contradict each other",
    "held_out": "a wording that is never trained on",
}


def tags_of(blocks: Iterable[Block]) -> set[str]:
    """The slices that the sentences of a conclusion belong to."""
    sentences = [sentence for block in blocks for sentence in block]
    drafts: list[Draft] = [draft for sentence in sentences for draft in sentence]
    count = min(sum(map(findings_in, drafts)), MAX_FINDINGS)
    tags = {tag for draft in drafts for tag in draft.tags} | {f"findings_{count}"}
    if any(sum(map(findings_in, sentence)) > 1 for sentence in sentences):
        tags.add("merged")
    return tags
