"""The model card: what an adapter is, what it was trained on, what it scores."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

CARD = "card.json"
README = "README.md"
# The file beside it, as peft names it.
WEIGHTS = "adapter_model.safetensors"


def read(directory: Path) -> dict[str, Any]:
    """The card of an adapter; raises OSError or ValueError."""
    card: dict[str, Any] = json.loads((directory / CARD).read_text(encoding="utf-8"))
    return card


def filled_templates(card: Mapping[str, Any]) -> list[str]:
    """The keys of the templates that the adapter was trained on and that are not withheld."""
    return [key for key in card["templates"] if key not in card.get("withheld", {})]


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
        *(f"| template {key} | `{digest}` |" for key, digest in card["templates"].items()),
        *(f"| withheld: {key} | {reason} |" for key, reason in card.get("withheld", {}).items()),
        "",
        *_rounds(training),
    ]
    lines += _calibration(card.get("calibration") or {})
    if scores:
        lines += ["## Scores on held-out synthetic conclusions", "", *_SYNTHETIC, *_scores(scores)]
    for name, found in card.get("label_scores", {}).items():
        lines += [f"## Scores on labelled conclusions: {name}", "", *_LABELLED]
        lines += [f"Labels: `{found['labels_sha256']}`.", "", *_scores(found)]
    lines += [
        "The card (`card.json`) lists the hashes of the fields it was trained on; a field that is",
        "not among them is not filled.",
        "",
    ]
    return "\n".join(lines)


def _rounds(training: Mapping[str, Any]) -> list[str]:
    """The runs that made the adapter, the last one first, each a column."""
    rounds = [training]
    while isinstance(before := rounds[-1].get("started_from"), Mapping):
        rounds.append(before)
    names = [name for name in training if name != "started_from"]
    rows = [f"| {name} | {' | '.join(str(r.get(name, '–')) for r in rounds)} |" for name in names]
    heads = ["the last run", *["the one before"] * (len(rounds) - 1)]
    return [
        "## Training",
        "",
        f"| | {' | '.join(heads)} |",
        f"|---|{'---|' * len(rounds)}",
        *rows,
        "",
    ]


_SYNTHETIC = (
    "Findings in wording that was never trained on. Both text and truth were generated; no",
    "radiologist wrote, labelled or checked them.",
    "",
)
_LABELLED = (
    "Conclusions that were not generated, labelled by their id. No radiologist labelled",
    "them: the truth is one careful reading, not a clinical one.",
    "",
)


def _calibration(calibration: Mapping[str, Any]) -> list[str]:
    if not calibration:
        return []
    facts = {name: value for name, value in calibration.items() if name != "data_sha256"}
    return [
        "## Calibration",
        "",
        f"Fitted on the validation split, data `{calibration.get('data_sha256', '')}`. Values less",
        "sure than the threshold are marked for a closer look.",
        "",
        "| | |",
        "|---|---|",
        *(f"| {name} | {_cell(value)} |" for name, value in facts.items()),
        "",
    ]


def _scores(scores: Mapping[str, Any]) -> list[str]:
    """The figures by template; templates that the adapter was not trained on are marked."""
    apart = {f"{key} (left out)": found for key, found in scores.get("left_out", {}).items()}
    columns = {"all": scores["total"], **scores["by_template"], **apart}
    rows = [
        f"| {name} | {' | '.join(_cell(column.get(name)) for column in columns.values())} |"
        for name in scores["total"]
    ]
    return [
        f"Data: `{scores['data_sha256']}`.",
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
