"""The training loop: steps, validation, early stopping, metrics, and stopping when asked to."""

from __future__ import annotations

import json
import random
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import FrameType
from typing import Any

import torch
from torch.nn.utils import parameters_to_vector, vector_to_parameters
from tqdm import tqdm

from llm.sft.batches import collate, passes, plan_epoch
from llm.sft.checkpoint import Run
from llm.sft.data import Example
from llm.sft.recipe import Recipe
from llm.sft.world import whole

METRICS = "metrics.jsonl"


def plan_steps(examples: Sequence[Example], recipe: Recipe) -> list[list[int]]:
    """The examples of every step of all epochs; the same seed gives the same plan."""
    lengths = [example.length for example in examples]
    return [
        step
        for epoch in range(recipe.epochs)
        for step in plan_epoch(
            lengths,
            recipe.tokens_per_step,
            random.Random(f"{recipe.seed}/{epoch}"),
        )
    ]


def train(run: Run, examples: Sequence[Example], held_out: Sequence[Example]) -> bool:
    """Runs until the run is over, or until SIGTERM or SIGINT; True if it is over."""
    steps = [[examples[index] for index in step] for step in plan_steps(examples, run.recipe)]
    sizes = [sum(example.length for example in step) for step in steps]
    _forget_later_metrics(run)
    with _Progress(run, sizes) as progress, _asked_to_stop() as asked:
        while not run.is_over and not run.world.any(bool(asked)):
            began = time.perf_counter()
            line = one_step(run, steps[run.step])
            line |= {"tokens": sizes[run.step - 1], "seconds": time.perf_counter() - began}
            if run.step % run.recipe.validate_every_steps == 0 or run.step == run.steps:
                line["validation_loss"] = validate(run, held_out)
                run.note_validation(line["validation_loss"])
            progress.note(line)
            if run.step % run.recipe.checkpoint_every_steps == 0:
                run.save()
        if run.step:
            run.save()
    return run.is_over


def one_step(run: Run, step: Sequence[Example]) -> dict[str, Any]:
    """One step of the optimizer, in as many passes as the memory allows.

    The loss is the mean over all answer tokens of the step, however it is cut into passes and
    spread over processes.
    """
    recipe, world = run.recipe, run.world
    rate = run.learning_rate()
    for group in run.optimizer.param_groups:
        group["lr"] = rate
    if recipe.dropout:
        # A step's dropout depends on its number alone, so that a resumed run goes the same way.
        torch.manual_seed(hash((recipe.seed, run.step, world.rank)))
    tokens = sum(len(example.answer) for example in step)
    loss = torch.zeros((), device=world.device)
    # FSDP takes the mean of the gradients over the processes; ours are to be summed.
    scale = world.processes if recipe.sharding == "full" else 1
    for part in passes(step, recipe.tokens_per_pass, world.processes)[
        world.rank :: world.processes
    ]:
        given = _loss(run, part, step)
        loss += given.detach()
        (given * (scale / tokens)).backward()  # type: ignore[no-untyped-call]
    trained = run.trained().values()
    if recipe.sharding == "none" and world.processes > 1:
        # All at once: processes that wait for each other at every tensor wait most of the time.
        gradients = [p.grad for p in trained if p.grad is not None]
        vector_to_parameters(world.total(parameters_to_vector(gradients)), gradients)
    norm = torch.nn.utils.clip_grad_norm_(trained, recipe.max_gradient_norm)
    run.optimizer.step()
    run.optimizer.zero_grad(set_to_none=True)
    run.step += 1
    return {
        "step": run.step,
        "loss": float(world.total(loss)) / tokens,
        "gradient_norm": float(whole(norm)),
        "learning_rate": rate,
    }


def _loss(run: Run, part: Sequence[Example], step: Sequence[Example]) -> torch.Tensor:
    """The summed loss of a pass; 0 for an empty one, which runs all the same.

    Processes that shard a model must all make the same passes.
    """
    batch = collate(part or step[:1]).to(run.world.device)
    if not part:
        batch = replace(batch, sources=batch.sources[:0], targets=batch.targets[:0])
    with _autocast(run):
        loss: torch.Tensor = run.model(batch)
    return loss


def _autocast(run: Run) -> torch.autocast:
    """With bfloat16 weights, the float32 adapter computes in bfloat16 too."""
    head: Any = run.model.model.get_output_embeddings()  # type: ignore[operator]
    return torch.autocast(
        run.world.device.type, torch.bfloat16, enabled=head.weight.dtype == torch.bfloat16
    )


@torch.no_grad()
def validate(run: Run, examples: Sequence[Example]) -> float:
    """Mean loss in nats per answer token on phrasings that are not trained on."""
    run.model.eval()
    chosen = examples[: run.recipe.validate_examples]
    world, total = run.world, torch.zeros((), device=run.world.device)
    for part in passes(chosen, run.recipe.tokens_per_pass, world.processes)[
        world.rank :: world.processes
    ]:
        total += _loss(run, part, chosen)
    run.model.train()
    return float(world.total(total)) / sum(len(example.answer) for example in chosen)


@contextmanager
def _asked_to_stop() -> Iterator[list[int]]:
    """Collects SIGTERM and SIGINT instead of dying of them."""
    asked: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        asked.append(number)

    before = {number: signal.signal(number, note) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _forget_later_metrics(run: Run) -> None:
    """Drops the lines behind the checkpoint that is resumed: those steps are made again."""
    path = run.out / METRICS
    if run.world.is_main and path.is_file():
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        kept = [line for line in lines if line.endswith("\n") and _step(line) <= run.step]
        path.write_text("".join(kept), encoding="utf-8")


def _step(line: str) -> int:
    return int(json.loads(line)["step"])


@dataclass(slots=True)
class _Progress:
    """The metrics file and the bar; the bar counts tokens, for steps differ in length."""

    run: Run
    sizes: Sequence[int]
    _bar: Any = field(init=False, default=None)

    def __enter__(self) -> _Progress:
        done = sum(self.sizes[: self.run.step])
        self._bar = tqdm(
            total=sum(self.sizes),
            initial=done,
            unit="tok",
            unit_scale=True,
            disable=None if self.run.world.is_main else True,
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()

    def note(self, line: dict[str, Any]) -> None:
        """Writes the line of a step and moves the bar on."""
        if not self.run.world.is_main:
            return
        with Path(self.run.out / METRICS).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        shown = {"loss": f"{line['loss']:.3f}"}
        if self.run.best_step:
            shown["best"] = f"{self.run.best_loss:.3f}"
        self._bar.set_postfix(shown, refresh=False)
        self._bar.update(line["tokens"])
