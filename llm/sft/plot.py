"""The course of a run as a picture: loss of each step, validation loss, learning rate."""

from __future__ import annotations

import json
from pathlib import Path

from matplotlib.figure import Figure

from llm.sft.loop import METRICS

PICTURE = "metrics.png"
# Steps that one point of the smoothed line averages over.
SMOOTHED = 20


def plot_metrics(directory: Path) -> Path:
    """Draws `metrics.jsonl` of a run's directory as `metrics.png`; returns its path."""
    text = (directory / METRICS).read_text(encoding="utf-8")
    lines = [json.loads(line) for line in text.splitlines()]
    steps = [line["step"] for line in lines]
    losses = [line["loss"] for line in lines]
    held_out = [(r["step"], r["validation_loss"]) for r in lines if "validation_loss" in r]
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    axes.plot(steps, losses, color="#bbbbbb", linewidth=0.6, label="loss of a step")
    axes.plot(steps, _smoothed(losses), color="#0072b2", linewidth=1.2, label="smoothed")
    validated = [step for step, _ in held_out]
    axes.plot(validated, [loss for _, loss in held_out], "o-", color="#d55e00", label="validation")
    axes.set_yscale("log")
    axes.set_xlabel("step")
    axes.set_ylabel("nats per answer token")
    rate = axes.twinx()
    rates = [line["learning_rate"] for line in lines]
    rate.plot(steps, rates, color="#009e73", linewidth=0.8, linestyle=":")
    rate.set_ylabel("learning rate (dotted)")
    axes.legend(frameon=False)
    figure.savefig(directory / PICTURE, dpi=120)
    return directory / PICTURE


def _smoothed(values: list[float]) -> list[float]:
    """The mean of each value and those just before it."""
    parts = [values[max(0, end - SMOOTHED) : end] for end in range(1, len(values) + 1)]
    return [sum(part) / len(part) for part in parts]
