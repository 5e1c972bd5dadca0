"""The labels fit the forms and their conclusions."""

import json
from pathlib import Path

import pytest

from llm.derive import validate_value
from llm.evaluation.labels import check_label, read_labels
from tests.llm.strategies import SHIPPED
from tests.real_reports import FILE

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "tests" / "data"
SOURCES = {
    "real_style": [DATA / "real_style" / "dev.jsonl", DATA / "real_style" / "test.jsonl"],
    "reference_labels": [FILE],
}
READINGS = [
    f"labels-{reading}{part}.jsonl" for part in ("dev", "test") for reading in ("", "a-", "b-")
]
# Those of the published reports are not made yet, so none of them need be there.
FILES = [
    *(DATA / "real_style" / name for name in READINGS),
    *sorted((DATA / "reference_labels").glob("labels*.jsonl")),
]


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_labels_fit_their_forms_and_conclusions(path):
    sources = SOURCES[path.parent.name]
    if FILE in sources and not FILE.is_file():
        pytest.skip("the labelled reports are not beside the checkout")
    lines = [json.loads(text) for file in sources for text in file.read_text("utf-8").splitlines()]
    templates = {line["id"]: line.get("template") for line in lines}
    for key, label in read_labels(path).items():
        assert key in templates, label.where
        template = SHIPPED[label.template or templates[key]]
        check_label(label, template)
        for field, value in label.values.items():
            validate_value(template.field_at(field), value)
