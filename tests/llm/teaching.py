"""What the tests of `llm teach` share: lines to label, and the command run in this process."""

from __future__ import annotations

import io
import json

from llm.cli import main

MILD = {"field": "emphysema", "value": "mild", "quote": "Mild emphysema"}
LINE = {"id": "a", "template": "ct_chest", "conclusion": "Mild emphysema."}
DONE, SOME_FAILED, BAD_INPUT, STOPPED = 0, 1, 2, 3


def some(count):
    """Different lines, each of which says that emphysema is mild."""
    return [{**LINE, "id": f"n{n}", "conclusion": f"Mild emphysema. {n}"} for n in range(count)]


def arguments(place, *options):
    return [
        "teach", "--out", str(place / "labels.jsonl"), "--templates", str(place / "templates"),
        *options,
    ]  # fmt: skip


def teach(place, monkeypatch, lines, *options):
    """The exit status of the command with these lines as its input."""
    monkeypatch.setattr("sys.stdin", io.StringIO("".join(json.dumps(x) + "\n" for x in lines)))
    return main(arguments(place, *options))


def report(place):
    return json.loads((place / "report.json").read_text())


def labels(place, name="labels.jsonl"):
    return [json.loads(line) for line in (place / name).read_text().splitlines()]
