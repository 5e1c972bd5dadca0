"""The state of a run between two steps: saved, and taken up again bit by bit."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from peft import get_peft_model_state_dict
from torch import Tensor

from llm.sft.loss import AnswerLoss
from llm.sft.recipe import Recipe, RecipeError
from llm.sft.world import World, placed_like, whole


@dataclass(slots=True)
class Run:
    """Everything a run needs between two steps.

    `facts` is what the run is of (recipe, data, labels, seeds): a checkpoint of other facts is not
    resumed. `best_loss` in nats a token was found at `best_step`; `stale` counts the validations
    since.
    """

    recipe: Recipe
    model: AnswerLoss
    optimizer: torch.optim.Optimizer
    out: Path
    steps: int
    world: World
    facts: dict[str, Any] = field(default_factory=dict)
    step: int = 0
    best_loss: float = math.inf
    best_step: int = 0
    stale: int = 0

    @property
    def checkpoint(self) -> Path:
        """The file to resume from."""
        return self.out / "checkpoint.pt"

    @property
    def best(self) -> Path:
        """The adapter of the lowest validation loss."""
        return self.out / "best.pt"

    @property
    def is_over(self) -> bool:
        """True at the last step, or once validation has not improved for too long."""
        patience = self.recipe.patience
        return self.step >= self.steps or bool(patience and self.stale >= patience)

    def learning_rate(self) -> float:
        """Linear warm-up, then a cosine down to the smallest rate."""
        recipe = self.recipe
        warmup = max(1, round(self.steps * recipe.warmup_share))
        if self.step < warmup:
            return recipe.learning_rate * (self.step + 1) / warmup
        share = (self.step - warmup) / max(1, self.steps - warmup)
        low, high = recipe.min_learning_rate, recipe.learning_rate
        return low + (high - low) * 0.5 * (1 + math.cos(math.pi * share))

    def trained(self) -> dict[str, torch.nn.Parameter]:
        """The parameters of the adapter by name."""
        return {n: p for n, p in self.model.model.named_parameters() if p.requires_grad}

    def adapter(self) -> dict[str, Tensor]:
        """The adapter as peft names it; every process must ask."""
        state = {name: whole(parameter) for name, parameter in self.trained().items()}
        named: dict[str, Tensor] = get_peft_model_state_dict(self.model.model, state_dict=state)
        return named

    def note_validation(self, loss: float) -> None:
        """Keeps the adapter if the loss is the lowest so far; an improvement resets `stale`.

        Raises RecipeError where the loss is no number: nothing that follows could be one.
        """
        if math.isnan(loss):
            raise RecipeError(
                f"step {self.step}: the loss is no number any more;"
                " lower learning_rate and choose another --out"
            )
        if loss >= self.best_loss:
            self.stale += 1
            return
        self.best_loss, self.best_step, self.stale = loss, self.step, 0
        self._write(self.best, self.adapter())

    def save(self) -> None:
        """Writes the checkpoint; an interrupted write leaves the one before."""
        trained = self.trained()
        moments = {
            name: {key: whole(value) for key, value in self.optimizer.state[parameter].items()}
            for name, parameter in trained.items()
        }
        state = {
            "facts": self.facts,
            "step": self.step,
            "best": [self.best_loss, self.best_step, self.stale],
            "adapter": {name: whole(parameter) for name, parameter in trained.items()},
            "optimizer": moments,
        }
        self._write(self.checkpoint, state)

    def _write(self, path: Path, state: object) -> None:
        if self.world.is_main:
            half_written = path.with_suffix(".part")
            torch.save(state, half_written)
            half_written.replace(path)

    def resume(self) -> None:
        """Goes on from the checkpoint, if there is one; raises RecipeError if it is another run."""
        if not self.checkpoint.is_file():
            return
        state = torch.load(self.checkpoint, weights_only=True)
        others = [key for key, value in self.facts.items() if state["facts"].get(key) != value]
        if others:
            raise RecipeError(
                f"{self.out} holds another run ({', '.join(others)} differ):"
                " choose another --out or remove it"
            )
        for name, parameter in self.trained().items():
            with torch.no_grad():
                parameter.copy_(placed_like(state["adapter"][name], parameter))
            self.optimizer.state[parameter] = {
                key: placed_like(value, parameter) if value.ndim else value
                for key, value in state["optimizer"][name].items()
            }
        self.step = state["step"]
        self.best_loss, self.best_step, self.stale = state["best"]
