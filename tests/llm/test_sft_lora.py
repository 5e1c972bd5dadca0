"""The lean LoRA layer computes what peft's own does, and steps back where it could not."""

from __future__ import annotations

import pytest
import torch
from peft import LoraConfig, get_peft_model

from llm.sft.batches import collate
from llm.sft.lora import make_lean
from llm.sft.loss import AnswerLoss
from tests.llm.test_sft_loss import EXAMPLES, gradients
from tests.llm.tiny import tiny_model

ALL = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


def adapted(dtype=torch.float32, **config):
    net = tiny_model(40).to(dtype)
    torch.manual_seed(2)
    settings = {"r": 4, "lora_alpha": 12, "target_modules": ALL, "init_lora_weights": False}
    return get_peft_model(net, LoraConfig(**settings | config)).train()


def test_loss_and_gradients_are_those_of_peft():
    plain, lean = adapted(), adapted()
    assert make_lean(lean) == 14
    losses = [AnswerLoss(net)(collate(EXAMPLES)) for net in (plain, lean)]
    assert losses[0].item() == pytest.approx(losses[1].item(), abs=1e-5)
    wanted, found = (gradients(n, loss) for n, loss in zip((plain, lean), losses, strict=True))
    assert wanted.abs().max() > 0.1
    assert torch.allclose(found, wanted, atol=1e-5)


@pytest.mark.parametrize(
    "net",
    [
        adapted(torch.bfloat16),
        adapted(lora_dropout=0.1),
        adapted(use_dora=True),
        adapted(use_rslora=True, target_modules=["embed_tokens"]),
    ],
    ids=["bfloat16", "dropout", "dora", "embedding"],
)
def test_other_layers_stay_as_they_are(net):
    assert make_lean(net) == 0


def test_the_weights_merge_as_before():
    net = adapted()
    make_lean(net)
    ids = torch.tensor([[3, 4, 5]])
    layout = (torch.tensor([[0, 1, 2]]), torch.tensor([0, 1, 2]))
    before = net(input_ids=ids, layout=layout).logits
    merged = net.merge_and_unload()
    assert torch.allclose(merged(input_ids=ids, layout=layout).logits, before, atol=1e-5)
