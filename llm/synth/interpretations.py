"""Interpretations behind a finding: "X, likely Y". The hedge belongs to Y.

Where Y is a finding of the form it is a second statement, hedged; where it is none, nothing is said
of it. A wording that could be either is never used.
"""

from __future__ import annotations

from llm.synth import asides, wording
from llm.synth.catalog import unrelated
from llm.synth.drafts import Draft, Say, glue
from llm.synth.findings import field_finding
from llm.synth.sampler import Sampler, tried


def interpretation(sampler: Sampler, of: Draft) -> list[Draft]:
    """The drafts to put behind a finding."""
    if sampler.happens(0.5):
        found = tried(_finding, sampler, of)
        if found is not None:
            value = next(str(v) for name, v in found.says[0].pairs if name == "certainty")
            return [glue(sampler.frame("hedged", wording.HEDGED_JOINS[value])), found]
    texts = unrelated(sampler.template, asides.INTERPRETATIONS)
    if not texts:
        return []
    frame = sampler.frame("interpreted", asides.INTERPRETED)
    return [glue(frame.replace("{f}", sampler.choice(texts)))]


def _finding(sampler: Sampler, of: Draft) -> Draft:
    """A finding of the same section whose field may be hedged, said to be likely or possible."""
    section = sampler.catalog.section_of[of.says[0].slot]
    fields = [
        item
        for item in sampler.catalog.slots.fields.values()
        if item.certainty and sampler.catalog.section_of[item.key] == section
    ]
    draft = field_finding(sampler, sampler.choice(fields), bare=True)
    first = draft.says[0]
    hedge = sampler.choice(tuple(wording.HEDGED_JOINS))
    return draft.saying(Say(first.slot, None, (*first.pairs, ("certainty", hedge))))
