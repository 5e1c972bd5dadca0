"""Training data: cut as they are decoded, each example once, batches of similar lengths."""

from __future__ import annotations

import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm.sft.batches import collate, passes, plan_epoch
from llm.sft.data import Example, examples_of, load_corpus, read_pairs
from llm.synth.pairs import Generator
from tests.llm.strategies import SMALL
from tests.llm.test_engine_transformers import Letters
from tests.llm.test_synth import SHIPPED

CHEST = SHIPPED["ct_chest"]
ids = st.lists(st.integers(1, 4), min_size=1, max_size=9).map(tuple)
some_examples = st.lists(st.builds(Example, ids, ids), min_size=1, max_size=12)


@given(st.lists(st.integers(1, 300), min_size=1, max_size=80), st.integers(0, 99))
def test_steps_hold_every_example_once_and_keep_the_budget(lengths, seed):
    steps = plan_epoch(lengths, 512, random.Random(seed))
    assert sorted(index for step in steps for index in step) == list(range(len(lengths)))
    for step in steps:
        assert max(lengths[i] for i in step) * len(step) <= 512 or len(step) == 1
    assert steps == plan_epoch(lengths, 512, random.Random(seed))


@given(some_examples, st.integers(1, 60), st.integers(1, 4))
def test_passes_share_a_step_out_evenly_and_keep_the_budget(step, tokens, processes):
    parts = passes(step, tokens, processes)
    assert len(parts) % processes == 0
    assert sorted(map(repr, (e for part in parts for e in part))) == sorted(map(repr, step))
    for part in parts:
        assert len(part) < 2 or max(e.length for e in part) * len(part) <= tokens
    sizes = [len(part) for part in parts]
    assert max(sizes) - min(sizes) <= 1


@given(some_examples)
def test_a_batch_spells_every_example_and_no_beginning_twice(examples):
    batch = collate(examples)
    tokens, positions = batch.ids[0].tolist(), batch.positions[0].tolist()
    flat, beginnings = batch.rows.flatten().tolist(), set()
    for row, example in zip(batch.rows.tolist(), examples, strict=True):
        line = example.prompt + example.answer[:-1]
        assert tuple(tokens[at] for at in row[: len(line)]) == line
        assert [positions[at] for at in row[: len(line)]] == list(range(len(line)))
        beginnings |= {line[: end + 1] for end in range(len(line))}
    assert len(tokens) == len(beginnings)
    assert [flat[place] for place in batch.places.tolist()] == list(range(len(tokens)))
    assert batch.targets.tolist() == [token for e in examples for token in e.answer]


@given(some_examples)
def test_every_target_is_predicted_by_the_token_before_it(examples):
    batch, number = collate(examples), 0
    for row, example in zip(batch.rows.tolist(), examples, strict=True):
        for offset in range(len(example.answer)):
            assert batch.sources[number] == row[len(example.prompt) - 1 + offset]
            number += 1


def test_an_example_is_cut_as_the_decoder_cuts_it():
    (pair,) = Generator([CHEST], 4, "train").pairs(1)
    for example, clause in zip(examples_of(pair, CHEST, Letters()), pair["clauses"], strict=True):
        letters = Letters().encode(clause["answer"], add_special_tokens=False)
        assert list(example.answer) == [*letters, 0]


def test_a_corpus_counts_pairs_and_keeps_an_example_once():
    pairs = list(Generator([SMALL], 4, "train").pairs(3))
    once = load_corpus(pairs, {SMALL.key: SMALL}, Letters())
    twice = load_corpus([*pairs, *pairs], {SMALL.key: SMALL}, Letters())
    assert twice.examples == once.examples
    assert (once.pairs, twice.pairs) == ({SMALL.key: 3}, {SMALL.key: 6})
    assert once.stated[SMALL.key]


def test_no_pair_and_an_unknown_template_are_said():
    pairs = list(Generator([SMALL], 4, "train").pairs(1))
    with pytest.raises(ValueError, match="not one pair"):
        load_corpus([], {}, Letters())
    with pytest.raises(ValueError, match=SMALL.key):
        load_corpus(pairs, {"ct_chest": CHEST}, Letters())


@pytest.mark.parametrize("line", ["{", "[]", '{"template": "ct_chest"}'])
def test_a_broken_line_is_named(tmp_path, line):
    path = tmp_path / "train-00000.jsonl"
    (pair,) = Generator([SMALL], 4, "train").pairs(1)
    path.write_text(f"{json.dumps(pair)}\n{line}\n")
    with pytest.raises(ValueError, match=r"train-00000\.jsonl:2"):
        list(read_pairs(path))
