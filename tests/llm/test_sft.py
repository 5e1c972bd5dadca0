"""Training: the causal trick is exact with right padding, the data are cut as they are decoded."""

import random

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import LlamaConfig, LlamaForCausalLM

from llm.sft.data import IGNORED, Batch, Example, collate, examples_of, plan_batches
from llm.sft.loss import answer_loss
from llm.sft.train import RECIPES, RecipeError, load_recipe
from llm.synth.pairs import Generator
from tests.llm.strategies import SMALL
from tests.llm.test_engine_transformers import Letters
from tests.llm.test_synth import SHIPPED

EXAMPLES = [
    Example((5, 6, 7, 8, 9), (10, 11, 0)),
    Example((3, 4), (12, 0)),
    Example((21, 22, 23), (24, 25, 26, 0)),
]


def model():
    torch.manual_seed(1)
    config = LlamaConfig(
        vocab_size=40,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
    )
    return LlamaForCausalLM(config)


def masked_loss(net, batch, mask):
    logits = net(input_ids=batch.ids, attention_mask=mask).logits[:, :-1]
    return torch.nn.functional.cross_entropy(
        logits.reshape(-1, 40), batch.labels[:, 1:].reshape(-1), ignore_index=IGNORED
    )


def gradients(net, loss):
    net.zero_grad()
    loss.backward()
    return torch.cat([p.grad.flatten() for p in net.parameters() if p.grad is not None])


def test_without_a_mask_loss_and_gradients_are_those_with_one():
    net, batch = model(), collate(EXAMPLES, 0)
    mask = torch.tensor([[int(i < e.length) for i in range(8)] for e in EXAMPLES])
    ours, tokens = answer_loss(net, batch)
    assert tokens == 9
    theirs = masked_loss(net, batch, mask)
    assert torch.allclose(ours / tokens, theirs, atol=1e-6)
    assert torch.allclose(
        gradients(net, ours / tokens), gradients(net, masked_loss(net, batch, mask)), atol=1e-5
    )


def test_with_left_padding_it_would_be_wrong():
    net, batch = model(), collate(EXAMPLES, 0)
    width = batch.ids.shape[1]
    ids, labels = batch.ids.clone(), batch.labels.clone()
    for row, example in enumerate(EXAMPLES):
        shift = width - example.length
        ids[row], labels[row] = batch.ids[row].roll(shift), batch.labels[row].roll(shift)
    left, tokens = answer_loss(net, Batch(ids, labels))
    right, _ = answer_loss(net, batch)
    assert abs(float((left - right) / tokens)) > 1e-3


def test_labels_stand_on_the_answer_alone():
    batch = collate(EXAMPLES, 0)
    for row, example in enumerate(EXAMPLES):
        wanted = [IGNORED] * len(example.prompt) + list(example.answer)
        assert batch.labels[row, : example.length].tolist() == wanted
        assert set(batch.labels[row, example.length :].tolist()) <= {IGNORED}


@given(st.lists(st.integers(1, 300), min_size=1, max_size=80), st.integers(0, 99))
def test_batches_hold_every_example_once_and_keep_the_budget(lengths, seed):
    batches = plan_batches(lengths, 512, random.Random(seed))
    assert sorted(index for batch in batches for index in batch) == list(range(len(lengths)))
    for batch in batches:
        assert max(lengths[i] for i in batch) * len(batch) <= 512 or len(batch) == 1
    assert batches == plan_batches(lengths, 512, random.Random(seed))


def test_an_example_is_cut_as_the_decoder_cuts_it():
    (pair,) = Generator([SHIPPED["ct_chest"]], 4, "train").pairs(1)
    for example, clause in zip(
        examples_of(pair, SHIPPED["ct_chest"], Letters()), pair["clauses"], strict=True
    ):
        letters = Letters().encode(clause["answer"], add_special_tokens=False)
        assert list(example.answer) == [*letters, 0]


@pytest.mark.parametrize("path", sorted(RECIPES.glob("*/config.yaml")), ids=lambda p: p.parent.name)
def test_every_recipe_loads(path):
    recipe = load_recipe(path.parent.name)
    assert recipe.rank > 0
    assert (path.parent / "README.md").is_file()


def test_a_recipe_that_is_not_there_is_said():
    with pytest.raises(RecipeError, match="smollm2-135m-r16"):
        load_recipe("nothing")


def test_a_broken_recipe_is_said(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text("rank: 4\nspeed: 9\n")
    with pytest.raises(RecipeError, match="speed"):
        load_recipe(str(path))


def test_small_template_is_trainable():
    (pair,) = Generator([SMALL], 4, "train").pairs(1)
    assert list(examples_of(pair, SMALL, Letters()))
