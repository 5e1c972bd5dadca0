"""Pairs as training examples.

An example is one clause: the prompt, and the answer cut into tokens chunk by chunk exactly as the
decoder cuts it. The same prompt with the same answer is kept once.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from llm.answers import parse_answer
from llm.context import read_conclusion
from llm.grammar import ClauseGrammar
from llm.json_lines import read_objects
from llm.prompt import prompt_for
from llm.schema import ReportTemplate
from llm.synth.pairs import Pair
from llm.tokens import Tokenizer, answer_ids, prompt_ids


@dataclass(frozen=True, slots=True)
class Example:
    """Token ids of one clause: `prompt` is read, `answer` (end mark included) is learnt."""

    prompt: tuple[int, ...]
    answer: tuple[int, ...]

    @property
    def length(self) -> int:
        """Tokens of the whole example."""
        return len(self.prompt) + len(self.answer)


@dataclass(slots=True)
class Corpus:
    """Distinct examples in the order of their pairs, the pairs counted by template.

    `stated` are the fields, groups and sections that some answer says something of, by template.
    """

    examples: list[Example] = field(default_factory=list)
    pairs: dict[str, int] = field(default_factory=dict)
    stated: dict[str, set[str]] = field(default_factory=dict)


def read_pairs(path: Path) -> Iterator[Pair]:
    """The pairs of one JSONL file; raises ValueError with file and line for a broken one."""
    for where, line in read_objects(path):
        if not {"template", "conclusion", "clauses"} <= set(line):
            raise ValueError(f"{where}: not a pair as `synth` writes it")
        yield cast(Pair, line)


def read_files(files: Sequence[Path], limit: int | None = None) -> Iterator[Pair]:
    """The (first `limit`) pairs of several files in order; raises OSError, ValueError."""
    return itertools.islice((pair for path in files for pair in read_pairs(path)), limit)


def examples_of(pair: Pair, template: ReportTemplate, tokenizer: Tokenizer) -> Iterator[Example]:
    """The clauses of a pair; raises IllegalAnswer where the grammar forbids a stored answer."""
    contexts = read_conclusion(
        template, pair["conclusion"], exam_side=pair["exam_side"], sex=pair["sex"]
    )
    for context, clause in zip(contexts, pair["clauses"], strict=True):
        chunks = ClauseGrammar(template, context).path(clause["answer"])
        prompt = prompt_ids(tokenizer, prompt_for(template.prompt_name, context))
        yield Example(tuple(prompt), tuple(answer_ids(tokenizer, chunks)))


def load_corpus(
    pairs: Iterable[Pair], templates: Mapping[str, ReportTemplate], tokenizer: Tokenizer
) -> Corpus:
    """The examples of pairs; raises ValueError for none or for an unknown template."""
    corpus = Corpus()
    examples: dict[Example, None] = {}
    for pair in pairs:
        key = pair["template"]
        if key not in templates:
            raise ValueError(f"a pair is for the template {key!r}; known: {sorted(templates)}")
        corpus.pairs[key] = corpus.pairs.get(key, 0) + 1
        stated = corpus.stated.setdefault(key, set())
        for clause in pair["clauses"]:
            stated.update(s.slot for s in parse_answer(clause["answer"]).statements)
        examples.update(dict.fromkeys(examples_of(pair, templates[key], tokenizer)))
    if not examples:
        raise ValueError("there is not one pair in the data")
    corpus.examples = list(examples)
    return corpus


def data_hash(files: Sequence[Path]) -> str:
    """SHA-256 over the bytes of the files in order."""
    digest = hashlib.sha256()
    for path in files:
        digest.update(path.read_bytes())
    return digest.hexdigest()
