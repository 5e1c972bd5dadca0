"""What a run is of, as written beside its adapter: recipe, data, labels, seeds, versions."""

from __future__ import annotations

import argparse
import importlib.metadata
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from llm.base_model import base_hash
from llm.prompt import prompt_hash
from llm.sft import card as card_file
from llm.sft.data import data_hash
from llm.sft.recipe import Recipe

FACTS = "run.json"
_VERSIONS = ("torch", "transformers", "peft", "accelerate")


def facts_of(
    recipe: Recipe,
    base: Path,
    files: Sequence[Path],
    validation: Sequence[Path],
    options: argparse.Namespace,
) -> dict[str, Any]:
    """All that decides the result; a checkpoint of other facts is another run."""
    start: dict[str, Any] = {}
    if options.extend is not None:
        start = {"started_from": card_file.read(options.extend)["adapter_sha256"]}
    taught = {"teacher_sha256": data_hash(sorted(options.teacher))} if options.teacher else {}
    return {
        "recipe": recipe.settings(),
        "base_sha256": base_hash(base),
        "prompt_sha256": prompt_hash(),
        "data": {
            "data_files": [path.name for path in files],
            "data_sha256": data_hash(files),
            "validation_sha256": data_hash(validation),
            **taught,
            **start,
        },
        "versions": {name: importlib.metadata.version(name) for name in _VERSIONS},
    }


def write_facts(directory: Path, facts: Mapping[str, Any]) -> None:
    """Writes the facts as `run.json`."""
    text = json.dumps(facts, indent=2) + "\n"
    (directory / FACTS).write_text(text, encoding="utf-8")
