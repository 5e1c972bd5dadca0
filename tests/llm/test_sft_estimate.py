"""The dry run: its figures are those of the real tiny model, its faults are said."""

from __future__ import annotations

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode
from transformers import AutoConfig

from llm.sft.batches import collate
from llm.sft.data import Example
from llm.sft.estimate import count, kept_by_a_layer, memory_of
from llm.sft.loss import AnswerLoss
from llm.sft.machine import CARDS, fastest_dtype, this_machine
from llm.sft.model import build, empty_model
from llm.sft.recipe import RECIPES, load_recipe
from llm.sft.train import BAD_INPUT, DONE, main
from tests.llm.tiny import CONFIG, save_tiny, tiny_recipe

CPU = torch.device("cpu")
# Examples that share nothing and fill their rows, so that beginnings and tokens are the same.
EXAMPLES = [
    Example((number, *range(20, 59)), (*range(60, 80), 256 - number)) for number in range(8)
]


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return save_tiny(tmp_path_factory.mktemp("base"))


def test_parameters_are_counted_as_they_are(base):
    recipe = tiny_recipe()
    real, counted = build(recipe, base, CPU), count(empty_model(recipe, base))
    trained, total = real.get_nb_trainable_parameters()
    assert (counted.trained, counted.total) == (trained, total)


def test_operations_are_estimated_within_a_twentieth(base):
    recipe = tiny_recipe()
    counts = count(empty_model(recipe, base))
    batch = collate(EXAMPLES)
    # Our own functions hide their products from the counter, so peft's layers and logits count.
    net = build(tiny_recipe("dropout=0.0001"), base, CPU)
    with FlopCounterMode(display=False) as counter:
        AnswerLoss(net)(batch).backward()
    # The first of two layers needs no gradient of its input; at 30 layers that does not show.
    made = counter.get_total_flops()
    assert counts.flops(batch.ids.shape[1], len(batch.targets)) == pytest.approx(made, rel=0.05)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_what_a_pass_keeps_is_estimated_within_a_tenth(base, dtype):
    recipe = tiny_recipe(f"dtype={dtype}")
    net, batch = build(recipe, base, CPU), collate(EXAMPLES)
    weights = {p.untyped_storage().data_ptr() for p in net.parameters()}
    kept: dict[int, torch.Tensor] = {}

    def note(tensor):
        place = tensor.untyped_storage().data_ptr()
        if place not in weights and tensor.shape.numel() >= batch.ids.shape[1]:
            kept[place] = tensor
        return tensor

    is_bf16 = dtype == "bfloat16"
    hooks = torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor)
    with hooks, torch.autocast("cpu", torch.bfloat16, enabled=is_bf16):
        AnswerLoss(net)(batch)
    found = sum(t.untyped_storage().nbytes() for t in kept.values()) / batch.ids.shape[1]
    config = AutoConfig.from_pretrained(base)
    size = 2 if is_bf16 else 4
    layers = CONFIG["num_hidden_layers"]
    expected = kept_by_a_layer(recipe, config, getattr(torch, dtype)) * layers
    # The last norm and the turning angles are once a model; at 30 layers they do not show.
    once = CONFIG["hidden_size"] * (4 + size) + 80
    assert found - once == pytest.approx(expected, rel=0.1)


def test_llama_in_four_bits_fits_where_its_16_bits_do_not():
    sixteen, four = (load_recipe(f"llama-3-8b-{kind}") for kind in ("r16", "qlora"))
    config = AutoConfig.from_pretrained(RECIPES / "llama-3-8b-r16")
    counts = count(empty_model(sixteen, RECIPES / "llama-3-8b-r16"))
    assert counts.total - counts.trained == 8_030_261_248
    needs = [memory_of(recipe, config, counts, torch.bfloat16) for recipe in (sixteen, four)]
    assert needs[1].total < CARDS["rtx-3090"].memory < needs[0].total < CARDS["a100-40gb"].memory
    shared = memory_of(sixteen, config, counts, torch.bfloat16, devices=4)
    assert shared.weights == needs[0].weights / 4


def test_this_machine_is_measured():
    machine = this_machine()
    assert machine.is_measured
    assert 1e9 < machine.speed < 1e16
    assert machine.dtype == fastest_dtype(CPU) or torch.cuda.is_available()


def test_the_dry_run_prints_parameters_memory_and_time(base, capsys, tmp_path):
    options = ["smollm2-135m-r16", "--dry-run", "--base-model", str(base)]
    assert main(options) == DONE
    said = capsys.readouterr().out
    assert "float32" in said or "bfloat16" in said
    assert all(word in said for word in ("parameters:", "memory:", "speed:", "tokens/s"))


def test_a_named_card_is_estimated_without_its_weights(capsys):
    assert main(["llama-3-8b-r16", "--dry-run", "--device", "a100-80gb"]) == DONE
    said = capsys.readouterr().out
    assert "8,072,204,288" in said
    assert "never run by us" in said
    assert "too much" not in said
    assert main(["llama-3-8b-r16", "--dry-run", "--device", "rtx-4090"]) == DONE
    assert "too much" in capsys.readouterr().out
    shared = ["llama-3-8b-r16", "--dry-run", "--device", "rtx-4090", "--devices", "4"]
    assert main(shared) == DONE
    assert "too much" not in capsys.readouterr().out


def test_no_device_at_all_is_refused(capsys):
    assert main(["llama-3-8b-r16", "--dry-run", "--devices", "0"]) == BAD_INPUT
    assert "--devices" in capsys.readouterr().err


def test_an_unknown_card_is_said_with_those_known(capsys):
    assert main(["llama-3-8b-r16", "--dry-run", "--device", "abacus"]) == BAD_INPUT
    assert "a100-80gb" in capsys.readouterr().err
