"""The model card: what an adapter is, what it was trained on, what it scores."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

CARD = "card.json"
README = "README.md"


def read(directory: Path) -> dict[str, Any]:
    """The card of an adapter; raises OSError or ValueError."""
    card: dict[str, Any] = json.loads((directory / CARD).read_text(encoding="utf-8"))
    return card


def write(directory: Path, card: Mapping[str, Any]) -> None:
    """The card as JSON, and as a page to read."""
    text = json.dumps(card, indent=2) + "\n"
    (directory / CARD).write_text(text, encoding="utf-8")
    (directory / README).write_text(page(card), encoding="utf-8")


def page(card: Mapping[str, Any]) -> str:
    """The card as Markdown."""
    training, scores = card["training"], card["scores"]
    lines = [
        f"# LoRA adapter for {card['base_model']}",
        "",
        "Answers clauses of conclusions with values of report templates. Trained on synthetic",
        "conclusions alone; no patient text was used. Not a medical device.",
        "",
        "| | |",
        "|---|---|",
        f"| base model, SHA-256 | {card['base_model']}, `{card['base_sha256']}` |",
        f"| adapter, SHA-256 | `{card['adapter_sha256']}` |",
        f"| prompt, SHA-256 | `{card['prompt_sha256']}` |",
        *(f"| {name} | {value} |" for name, value in training.items()),
        *(f"| template {key} | `{digest}` |" for key, digest in card["templates"].items()),
        "",
    ]
    if scores:
        lines += _scores(scores)
    lines += [
        "The card (`card.json`) lists the hashes of the fields it was trained on; a field that is",
        "not among them is not filled.",
        "",
    ]
    return "\n".join(lines)


def _scores(scores: Mapping[str, Any]) -> list[str]:
    columns = {"all": scores["total"], **scores["by_template"]}
    rows = [
        f"| {name} | {' | '.join(_cell(column[name]) for column in columns.values())} |"
        for name in scores["total"]
    ]
    return [
        "## Scores on held-out synthetic conclusions",
        "",
        f"Findings in wording that was never trained on. Data: `{scores['data_sha256']}`.",
        "",
        f"| | {' | '.join(columns)} |",
        f"|---|{'---|' * len(columns)}",
        *rows,
        "",
    ]


def _cell(value: object) -> str:
    if value is None:
        return "–"
    return f"{value:.3f}" if isinstance(value, float) else str(value)
