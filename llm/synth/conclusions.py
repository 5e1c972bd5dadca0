"""Plans whole conclusions: what is said, in which order and style."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from llm.phrases import Expansion
from llm.schema import ReportTemplate
from llm.synth import around
from llm.synth.contradictions import contradiction
from llm.synth.difficulty import MIXED, Difficulty
from llm.synth.drafts import Draft
from llm.synth.pages import Written, draw_style, write
from llm.synth.sampler import NothingLeft, Sampler, tried
from llm.synth.sentences import Block, finding_block, findings_in
from llm.synth.slices import LONG, tags_of
from llm.synth.splits import Part


@dataclass(frozen=True, slots=True)
class Conclusion:
    """A written conclusion, what the exam gives (sex, side), and its slices.

    `contradicted` is the slot that two clauses are meant to contradict each other on. `wordings`
    are the phrasings drawn from the template, as (name of the value, wording).
    """

    written: Written
    sex: str | None
    exam_side: str | None
    tags: frozenset[str]
    contradicted: str | None
    wordings: tuple[tuple[str, Expansion], ...]


def conclusion(
    template: ReportTemplate, part: Part, rng: random.Random, difficulty: Difficulty = MIXED
) -> Conclusion:
    """One conclusion in the wording of one part of the split; raises NothingLeft."""
    style = draw_style(rng, difficulty)
    sampler = Sampler(
        template,
        part,
        rng,
        difficulty,
        sex=rng.choice(("female", "male", None)),
        telegram=style.layout == "telegram",
    )
    if sampler.catalog.has_exam_side:
        sampler.exam_side = rng.choice(("left", "left", "right", "right", None))
    blocks = _blocks(sampler)
    against = _contradict(sampler, blocks)
    if rng.random() < 0.7:
        rng.shuffle(blocks)
    if sampler.happens(difficulty.normal_report):
        rest = tried(around.normal_report, sampler)
        blocks += [[(rest,)]] if rest is not None else []
    if not blocks:
        raise NothingLeft
    written = write(blocks, style, rng)
    tags = tags_of(blocks) | style.tags | ({"long"} if len(written.text) >= LONG else set())
    return Conclusion(
        written=written,
        sex=sampler.sex,
        exam_side=sampler.exam_side,
        tags=frozenset(tags),
        contradicted=against,
        wordings=tuple(sampler.wordings),
    )


def _blocks(sampler: Sampler) -> list[Block]:
    weights = sampler.difficulty.findings
    wanted = sampler.rng.choices(range(len(weights)), weights)[0]
    blocks: list[Block] = []
    while wanted > 0:
        try:
            block = finding_block(sampler, room=wanted)
        except NothingLeft:
            break
        wanted -= max(1, sum(findings_in(draft) for sentence in block for draft in sentence))
        blocks.append(block)
    return blocks + _without_findings(sampler, len(blocks))


def _without_findings(sampler: Sampler, beside: int) -> list[Block]:
    """Sentences without findings: for each block with findings, or at least one of some kind."""
    difficulty = sampler.difficulty
    kinds: list[tuple[float, Callable[[Sampler], Draft]]] = [
        (difficulty.denied, around.negation),
        (difficulty.normal, around.normal_part),
        (difficulty.other, around.other),
        (difficulty.unused, around.unused),
        (difficulty.unclear, around.unclear),
    ]
    made = [make for share, make in kinds for _ in range(beside) if sampler.happens(share)]
    if not beside:
        made = sampler.rng.choices(
            [around.negation, around.normal_report, around.normal_part, around.unused],
            (45, 30, 15, 10),
            k=sampler.choice((1, 1, 2, 3)),
        )
    drafts = (tried(make, sampler) for make in made)
    return [[(draft,)] for draft in drafts if draft is not None]


def _contradict(sampler: Sampler, blocks: list[Block]) -> str | None:
    if not sampler.happens(sampler.difficulty.contradiction):
        return None
    said = [d for block in blocks for sentence in block for d in sentence if findings_in(d)]
    against = tried(contradiction, sampler, said)
    if against is None:
        return None
    blocks.append([(against,)])
    return against.says[0].slot
