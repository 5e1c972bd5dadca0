"""No mask, no padding, no other logits: the loss and the gradients are those of the plain way."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from peft import LoraConfig, get_peft_model
from torch.nn import functional

from llm.sft.batches import collate
from llm.sft.data import Example
from llm.sft.loss import AnswerLoss
from tests.llm.tiny import tiny_model

IGNORED = -100
# The first three begin alike, the first two have one prompt; lengths differ.
EXAMPLES = [
    Example((5, 6, 7, 8, 9), (10, 11, 0)),
    Example((5, 6, 7, 8, 9), (10, 13, 14, 0)),
    Example((5, 6, 7), (12, 0)),
    Example((21, 22, 23), (24, 25, 26, 0)),
]


def adapted(**config):
    """The tiny model with an adapter that is not zero."""
    net = tiny_model(40, **config)
    torch.manual_seed(2)
    lora = LoraConfig(
        r=4, lora_alpha=8, target_modules=["q_proj", "v_proj", "down_proj"], init_lora_weights=False
    )
    return get_peft_model(net, lora)


def padded(examples, *, left=False):
    """Ids, labels and mask (B, T) as a plain trainer makes them."""
    width = max(example.length for example in examples)
    ids, labels, mask = [], [], []
    for example in examples:
        rest = width - example.length
        line = [*example.prompt, *example.answer]
        wanted = [IGNORED] * len(example.prompt) + list(example.answer)
        if left:
            rows = [0] * rest + line, [IGNORED] * rest + wanted, [0] * rest + [1] * len(line)
        else:
            rows = line + [0] * rest, wanted + [IGNORED] * rest, [1] * len(line) + [0] * rest
        for whole, row in zip((ids, labels, mask), rows, strict=True):
            whole.append(row)
    return torch.tensor(ids), torch.tensor(labels), torch.tensor(mask)


def plain_loss(net, ids, labels, mask):
    """Padded, masked, with all logits."""
    positions = (mask.cumsum(1) - 1).clamp(min=0) if mask is not None else None
    logits = net(input_ids=ids, attention_mask=mask, position_ids=positions).logits[:, :-1]
    return functional.cross_entropy(
        logits.reshape(-1, logits.shape[-1]),
        labels[:, 1:].reshape(-1),
        ignore_index=IGNORED,
        reduction="sum",
    )


def gradients(net, loss):
    net.zero_grad()
    loss.backward()
    return torch.cat([p.grad.flatten() for p in net.parameters() if p.grad is not None])


def test_loss_and_gradients_are_those_with_padding_mask_and_all_logits():
    ours, theirs = adapted(), adapted(attention="sdpa")
    loss, plain = AnswerLoss(ours)(collate(EXAMPLES)), plain_loss(theirs, *padded(EXAMPLES))
    assert float(loss) == pytest.approx(float(plain), abs=1e-5)
    found, wanted = gradients(ours, loss), gradients(theirs, plain)
    assert wanted.abs().max() > 0.1
    assert torch.allclose(found, wanted, atol=1e-5)


def test_right_padding_needs_no_mask():
    net = adapted(attention="sdpa")
    ids, labels, mask = padded(EXAMPLES)
    with_mask = gradients(net, plain_loss(net, ids, labels, mask))
    without = gradients(net, plain_loss(net, ids, labels, None))
    assert torch.allclose(with_mask, without, atol=1e-5)


def test_left_padding_without_a_mask_is_wrong():
    net = adapted(attention="sdpa")
    ids, labels, mask = padded(EXAMPLES, left=True)
    right = plain_loss(net, *padded(EXAMPLES))
    assert float(plain_loss(net, ids, labels, mask)) == pytest.approx(float(right), abs=1e-4)
    assert abs(float(plain_loss(net, ids, labels, None) - right)) > 0.01


def test_packing_without_a_mask_is_wrong():
    net = AnswerLoss(adapted())
    batch = collate(EXAMPLES)
    packed = replace(batch, rows=batch.rows.reshape(1, -1))
    assert abs(float(net(packed) - net(batch))) > 0.01


def test_padding_on_the_left_of_the_shared_rows_is_wrong():
    net = AnswerLoss(adapted())
    batch = collate(EXAMPLES)
    width = batch.rows.shape[1]
    ends = torch.tensor([example.length - 1 for example in EXAMPLES])
    turned = (torch.arange(width) - (width - ends)[:, None]) % width
    row, column = batch.places // width, batch.places % width
    places = row * width + (column + width - ends[row]) % width
    left = replace(batch, rows=batch.rows.gather(1, turned), places=places)
    assert abs(float(net(left) - net(batch))) > 0.01


def test_equal_beginnings_are_computed_once():
    batch = collate(EXAMPLES)
    assert batch.ids.shape[1] == 5 + 2 + 1 + 1 + 1 + 6
    assert len(batch.targets) == sum(len(example.answer) for example in EXAMPLES)


def test_checkpointing_changes_nothing():
    net = adapted()
    plain = gradients(net, AnswerLoss(net)(collate(EXAMPLES)))
    net.get_base_model().gradient_checkpointing_enable(
        gradient_checkpointing_kwargs={"use_reentrant": False}
    )
    net.train()
    assert torch.equal(gradients(net, AnswerLoss(net)(collate(EXAMPLES))), plain)


def test_a_batch_without_answers_costs_nothing_and_breaks_nothing():
    net = adapted()
    batch = collate(EXAMPLES)
    loss = AnswerLoss(net)(replace(batch, sources=batch.sources[:0], targets=batch.targets[:0]))
    assert float(loss) == 0
    assert not gradients(net, loss).any()
