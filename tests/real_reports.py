"""Conclusions that nobody here wrote: the fictitious reports of a published study."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FILE = ROOT.parent / "shared" / "data" / "reports" / "ct_mr_fictitious.jsonl"
ADAPTER = ROOT / "fixtures" / "adapter"
TEMPLATES = {
    "CT_CHEST": "ct_chest",
    "CT_ABDOMEN": "ct_abdomen_pelvis",
    "MR_SPINE": "mri_lumbar_spine",
}


@dataclass(frozen=True, slots=True)
class RealReport:
    """One conclusion with the template it is read by."""

    id: str
    template: str
    conclusion: str


def real_reports() -> list[RealReport]:
    """All of the three body parts; empty where the file is not there."""
    if not FILE.is_file():
        return []
    lines = map(json.loads, FILE.read_text(encoding="utf-8").splitlines())
    return [
        RealReport(line["id"], TEMPLATES[line["exam"]], line["impression"])
        for line in lines
        if line.get("exam") in TEMPLATES
    ]


def why_not() -> str:
    """Why the tests on them cannot run; empty if they can."""
    return "" if FILE.is_file() else "the published reports are not beside the checkout"
