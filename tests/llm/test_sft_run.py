"""Runs on a tiny model: stopped and resumed bit by bit, cut into passes, ended early, extended."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from llm.schema import load_templates
from llm.sft.checkpoint import Run
from llm.sft.data import Example
from llm.sft.loop import one_step, plan_steps, train
from llm.sft.loss import AnswerLoss
from llm.sft.model import build
from llm.sft.recipe import RecipeError
from llm.sft.train import BAD_INPUT, DONE, STOPPED, main
from llm.sft.world import World
from llm.synth.cli import main as synth
from tests.llm.tiny import SETTINGS, save_tiny, tiny_recipe

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = ROOT / "fixtures" / "report_templates"
WORLD = World(torch.device("cpu"))
# Enough steps to be stopped in the midst of them. Letters are the tokens of the tiny model, so that
# a pass holds one or two examples: validating more of them would be most of a run.
CHANGES = [
    *SETTINGS,
    "epochs=2",
    "validate_every_steps=20",
    "validate_examples=8",
    "checkpoint_every_steps=7",
]
# A few steps.
FEW = ["--set", "epochs=1", "--pairs", "15"]
# A program that makes several runs one after the other.
SEVERAL = """
import json, sys
from llm.sft.train import main
sys.exit(max(main(command) for command in json.loads(sys.argv[1])))
"""
# Options of a run whose files are not looked at.
DUMMY = [
    "--data",
    "a.jsonl",
    "--validation",
    "b.jsonl",
    "--out",
    "c",
    "--templates",
    str(TEMPLATES),
]


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """A second thread would wait for the first more than it computes, most of all on busy cores."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A tiny base model, forty pairs for chest and lumbar spine, and ten to validate."""
    place = tmp_path_factory.mktemp("sft")
    save_tiny(place / "base")
    for split, count in (("train", "40"), ("val", "10")):
        options = ["--count", count, "--out", str(place / "synth"), "--split", split]
        assert synth([*options, "--templates", str(TEMPLATES), "--template", "ct_chest"]) == 0
    options = ["--count", "10", "--out", str(place / "spine"), "--template", "mri_lumbar_spine"]
    assert synth([*options, "--templates", str(TEMPLATES)]) == 0
    return place


def command(place, out, *more, data="synth", recipe="smollm2-135m-r16"):
    changes = [part for change in CHANGES for part in ("--set", change)]
    paths = {
        "--data": place / data / "train-00000.jsonl",
        "--validation": place / "synth" / "val-00000.jsonl",
        "--base-model": place / "base",
        "--templates": TEMPLATES,
        "--out": place / out,
    }
    named = [part for name, path in paths.items() for part in (name, str(path))]
    return [recipe, *named, *changes, *more]


def metrics(out):
    lines = (out / "metrics.jsonl").read_text().splitlines()
    return [{k: v for k, v in json.loads(line).items() if k != "seconds"} for line in lines]


def weights(out):
    return load_file(out / "adapter" / "adapter_model.safetensors")


def wait_for_line(path, process):
    """Returns once the metrics have lines; the run is then under way."""
    for _ in range(4800):
        if path.is_file() and path.read_text().count("\n") >= 2:
            return
        assert process.poll() is None, "the run ended by itself"
        time.sleep(0.05)
    raise AssertionError("no step was made in four minutes")


@pytest.mark.timeout(900)
def test_a_run_that_was_stopped_goes_on_bit_by_bit(place):
    assert main(command(place, "whole")) == DONE
    stopped = subprocess.Popen(
        [sys.executable, "-m", "llm", "train", *command(place, "cut")],
        cwd=ROOT,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        stderr=subprocess.DEVNULL,
    )
    wait_for_line(place / "cut" / "metrics.jsonl", stopped)
    stopped.send_signal(signal.SIGTERM)
    assert stopped.wait(240) == STOPPED
    made = metrics(place / "cut")
    assert 2 <= len(made) < len(metrics(place / "whole"))
    assert main(command(place, "cut")) == DONE
    assert metrics(place / "cut") == metrics(place / "whole")
    for name, tensor in weights(place / "whole").items():
        assert torch.equal(tensor, weights(place / "cut")[name]), name


def test_what_the_run_is_of_is_written_beside_the_adapter(place):
    main(command(place, "whole"))
    facts = json.loads((place / "whole" / "adapter" / "run.json").read_text())
    assert facts["recipe"]["seed"] == 7
    assert facts["data"]["labels"] == "generator"
    assert len(facts["data"]["data_sha256"]) == 64
    assert (place / "whole" / "metrics.png").stat().st_size > 1000


def test_the_labels_that_trained_are_on_the_card(place):
    pairs = [json.loads(line) for line in (place / "synth" / "train-00000.jsonl").open()]
    taught = place / "taught.jsonl"
    taught.write_text("".join(json.dumps(pair) + "\n" for pair in pairs[:12]))
    options = ["--labels", "agreed", "--teacher", str(taught), "--set", "epochs=1"]
    assert main(command(place, "agreed", *options)) == DONE
    training = json.loads((place / "agreed" / "adapter" / "card.json").read_text())["training"]
    assert training["labels"] == "agreed"
    assert training["pairs"] == 12
    assert training["left_out"] == {"no label of the teacher": 28}
    assert len(training["teacher_sha256"]) == 64


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["smollm2-135m-r16"], "needs --data, --validation and --out"),
        (["smollm2-135m-r16", "--labels", "agreed"], "needs --data"),
        ([], "name a recipe"),
        (["--extend", "nowhere"], "needs --data"),
        (["llama-3-8b-r16", *DUMMY], "name the directory with --base-model"),
        (["smollm2-135m-r16", *DUMMY, "--labels", "teacher"], "need --teacher"),
        (["smollm2-135m-r16", *DUMMY, "--base-model", "nowhere"], "no config.json"),
    ],
)
def test_what_is_missing_is_said(capsys, options, said):
    assert main(options) == BAD_INPUT
    assert said in capsys.readouterr().err


def test_a_checkpoint_of_other_data_is_refused(place, capsys):
    main(command(place, "whole"))
    assert main(command(place, "whole", "--pairs", "30")) == BAD_INPUT
    assert "another run (data differ)" in capsys.readouterr().err


def test_an_extended_adapter_covers_the_new_template_and_still_the_old(place):
    main(command(place, "whole"))
    adapter = str(place / "whole" / "adapter")
    more = command(place, "more", "--extend", adapter, data="spine", recipe="smollm2-135m-r16-more")
    assert main(more) == DONE
    before = json.loads((place / "whole" / "adapter" / "card.json").read_text())
    after = json.loads((place / "more" / "adapter" / "card.json").read_text())
    assert set(before["field_hashes"]) == {"ct_chest"}
    assert set(after["field_hashes"]) == {"ct_chest", "mri_lumbar_spine"}
    assert after["field_hashes"]["ct_chest"] == before["field_hashes"]["ct_chest"]
    assert after["training"]["started_from"] == before["training"]
    known = load_templates(TEMPLATES)["mri_lumbar_spine"].field_hashes()
    assert set(after["field_hashes"]["mri_lumbar_spine"].items()) <= set(known.items())


def test_only_fields_that_answers_state_are_covered(place):
    main(command(place, "whole"))
    card = json.loads((place / "whole" / "adapter" / "card.json").read_text())
    lines = (place / "synth" / "train-00000.jsonl").read_text()
    for field, digest in load_templates(TEMPLATES)["ct_chest"].field_hashes().items():
        if card["field_hashes"]["ct_chest"].get(field) == digest and "other" not in field:
            assert f"{field}=" in lines or f"{field}[" in lines


def test_an_adapter_of_another_rank_is_not_extended(place, capsys):
    main(command(place, "whole"))
    adapter = str(place / "whole" / "adapter")
    assert main(command(place, "r8", "--extend", adapter, "--set", "rank=8")) == BAD_INPUT
    assert "r is 4 there and 8 in the recipe" in capsys.readouterr().err


def some_examples(count=24):
    generator = torch.Generator().manual_seed(5)
    lengths = torch.randint(3, 12, (count, 2), generator=generator).tolist()
    return [
        Example(
            tuple(torch.randint(0, 250, (prompt,), generator=generator).tolist()),
            (*torch.randint(0, 250, (answer,), generator=generator).tolist(), 256),
        )
        for prompt, answer in lengths
    ]


def new_run(place, out, *changes, steps=10):
    recipe = tiny_recipe(*changes)
    model = AnswerLoss(build(recipe, place / "base", WORLD.device))
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad])
    out.mkdir(exist_ok=True)
    return Run(recipe, model, optimizer, out, steps, WORLD, {})


def test_many_passes_make_the_step_of_one(place, tmp_path):
    examples, after = some_examples(), []
    for size in ("512", "40"):
        run = new_run(place, tmp_path / size, f"tokens_per_pass={size}")
        made = [one_step(run, examples) for _ in range(3)]
        after.append((made[-1]["loss"], run.adapter()))
    assert after[0][0] == pytest.approx(after[1][0], abs=1e-5)
    for name, tensor in after[0][1].items():
        assert torch.allclose(tensor, after[1][1][name], atol=1e-5), name


def test_training_learns(place, tmp_path):
    run = new_run(place, tmp_path, "learning_rate=0.05")
    made = [one_step(run, some_examples())["loss"] for _ in range(10)]
    assert made[-1] < made[0] - 0.05


@pytest.mark.parametrize(
    "changes",
    [
        ("dtype=bfloat16",),
        ("dtype=bfloat16", "gradient_checkpointing=true"),
        ("dtype=bfloat16", "quantization=nf4", "gradient_checkpointing=true"),
    ],
    ids=["bfloat16", "checkpointing", "nf4"],
)
def test_what_graphics_cards_run_learns_on_a_cpu_too(place, tmp_path, changes):
    if "quantization=nf4" in changes:
        pytest.importorskip("bitsandbytes", reason="4-bit weights need requirements-gpu.txt")
    run = new_run(place, tmp_path, "learning_rate=0.05", *changes)
    made = [one_step(run, some_examples())["loss"] for _ in range(10)]
    assert made[-1] < made[0] - 0.05


def test_four_bits_without_their_package_are_said(place, tmp_path, monkeypatch):
    monkeypatch.setattr("transformers.utils.is_bitsandbytes_available", lambda: False)
    with pytest.raises(RecipeError, match=r"requirements-gpu\.txt"):
        new_run(place, tmp_path, "dtype=bfloat16", "quantization=nf4")


def test_a_run_that_does_not_improve_ends_early_with_its_best(place, tmp_path):
    examples = some_examples()
    changes = ("epochs=30", "learning_rate=0.05", "validate_every_steps=1", "patience=2")
    steps = len(plan_steps(examples, tiny_recipe(*changes)))
    run = new_run(place, tmp_path, *changes, steps=steps)
    others = [replace(example, answer=example.answer[::-1]) for example in examples]
    assert train(run, examples, others)
    assert run.step < steps
    assert run.step == run.best_step + 2
    losses = [line["validation_loss"] for line in metrics(tmp_path)]
    assert min(losses) == run.best_loss == losses[run.best_step - 1]


def test_a_run_that_diverges_ends_with_a_word(place, capsys):
    changes = ("learning_rate=1.0e+20", "validate_every_steps=1")
    options = [part for change in changes for part in ("--set", change)]
    assert main(command(place, "diverged", *options, *FEW)) == BAD_INPUT
    assert "lower learning_rate" in capsys.readouterr().err
    assert not (place / "diverged" / "adapter").exists()


def sharded(place, out, sharding):
    return command(place, out, "--set", f"sharding={sharding}", *FEW)


@pytest.fixture(scope="module")
def together(place):
    """Two processes that train without and with sharded weights; they start once, which is slow."""
    commands = [sharded(place, f"together-{sharding}", sharding) for sharding in ("none", "full")]
    launcher = ["torch.distributed.run", "--standalone", "--nproc-per-node", "2", "--no-python"]
    made = subprocess.run(
        [sys.executable, "-m", *launcher, sys.executable, "-c", SEVERAL, json.dumps(commands)],
        cwd=ROOT,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == DONE, made.stderr[-3000:]
    return place


@pytest.mark.timeout(900)
@pytest.mark.parametrize("sharding", ["none", "full"])
def test_two_processes_train_as_one(together, sharding):
    alone, both = together / f"alone-{sharding}", together / f"together-{sharding}"
    assert main(sharded(together, alone.name, sharding)) == DONE
    for one, two in zip(metrics(alone), metrics(both), strict=True):
        assert one["loss"] == pytest.approx(two["loss"], abs=1e-4)
        assert one["gradient_norm"] == pytest.approx(two["gradient_norm"], rel=1e-3)
    assert set(weights(alone)) == set(weights(both))
