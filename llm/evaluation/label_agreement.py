"""`python -m llm label-agreement A B --data FILE…`: how far two labellers agree.

Cohen's κ by field, of two who labelled the same conclusions without seeing each other's labels; for
each template and for all.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from llm.evaluation.labels import Label, agreement, read_labels
from llm.schema import ReportTemplate, TemplateError, load_templates
from llm.shipped import TEMPLATES


def main(argv: Sequence[str]) -> int:
    """Prints the agreement for each template and for all; 2 for bad input."""
    options = _parser().parse_args(argv)
    try:
        templates = load_templates(options.templates)
        one, other = read_labels(options.first), read_labels(options.second)
        named = _templates_of(options.data)
        pairs: list[tuple[ReportTemplate, Label, Label]] = []
        for key in one.keys() & other.keys() & named.keys():
            wanted = one[key].template or named[key]
            pairs.append((_template(wanted, templates), one[key], other[key]))
        if not pairs:
            raise ValueError("No conclusion of the data is labelled in both files.")
        by_template = {key: [p for p in pairs if p[0].key == key] for key in sorted(templates)}
        found = {key: asdict(agreement(some)) for key, some in by_template.items() if some}
        found["all"] = asdict(agreement(pairs))
    except (TemplateError, OSError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(json.dumps(found, indent=2) + "\n")
    return 0


def _template(key: str | None, templates: dict[str, ReportTemplate]) -> ReportTemplate:
    if key not in templates:
        raise ValueError(f"There is no template {key!r}; known: {', '.join(sorted(templates))}.")
    return templates[key]


def _templates_of(files: Sequence[Path]) -> dict[str, str | None]:
    """The template of each conclusion by its id."""
    lines = [line for path in files for line in path.read_text("utf-8").splitlines()]
    return {str(line.get("id")): line.get("template") for line in map(json.loads, lines)}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m llm label-agreement", description=__doc__)
    parser.add_argument("first", type=Path, metavar="A")
    parser.add_argument("second", type=Path, metavar="B")
    parser.add_argument("--data", type=Path, nargs="+", required=True, metavar="FILE")
    parser.add_argument("--templates", type=Path, default=TEMPLATES)
    return parser
