"""The shipped adapter on conclusions nobody here wrote, by the command line."""

import io
import json
import subprocess
import sys

import pytest

from llm.json_schema import values_schema
from llm.schema import load_templates
from tests.real_reports import ROOT, TEMPLATES, real_reports, why_not

pytestmark = pytest.mark.skipif(bool(why_not()), reason=why_not() or "-")
SHIPPED = load_templates(ROOT / "fixtures" / "report_templates")


@pytest.mark.parametrize("template", TEMPLATES.values())
def test_every_conclusion_comes_back_with_its_evidence(template):
    from jsonschema import Draft202012Validator

    reports = [r for r in real_reports() if r.template == template]
    lines = [json.dumps({"id": r.id, "conclusion": r.conclusion}) for r in reports]
    lines.insert(1, "not json")
    done = subprocess.run(
        [sys.executable, "-m", "llm", "fill", "--template", template],
        input="\n".join(lines) + "\n",
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    out = [json.loads(line) for line in io.StringIO(done.stdout)]
    assert [line.get("id") for line in out] == [reports[0].id, None, *(r.id for r in reports[1:])]
    assert "error" in out.pop(1)
    schema = Draft202012Validator(values_schema(SHIPPED[template]))
    filled = 0
    for report, line in zip(reports, out, strict=True):
        assert not list(schema.iter_errors(line["values"]))
        for path, evidence in line["evidence"].items():
            assert path in line["values"]
            quote = report.conclusion[evidence["start"] : evidence["end"]]
            assert quote == evidence["quote"]
        filled += len(line["values"])
    assert filled > len(reports)
