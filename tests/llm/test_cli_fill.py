"""`python -m llm fill`: one line out for each line in, whatever the line holds."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm.cli import LineFiller, line_batches, main
from llm.engines.fake import FakeEngine
from tests.llm.strategies import SMALL

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


def run(lines, engine=None, **settings):
    """The output objects for some raw lines."""
    out = io.StringIO()
    filler = LineFiller(SMALL, engine or FakeEngine(), **settings)
    filler.run(io.BytesIO(b"".join(line + b"\n" for line in lines)), out, batch_lines=3)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def line(conclusion, line_id="a"):
    return json.dumps({"id": line_id, "conclusion": conclusion}).encode()


def test_a_line_gives_values_evidence_support_and_findings():
    script = {"8 mm nodule in the RUL": "nodule[+]size=@1,location=rul"}
    (result,) = run([line("8 mm nodule in the RUL.")], FakeEngine(script))
    assert result["values"] == {"nodule[1].size": 8, "nodule[1].location": ["rul"]}
    evidence = {"quote": "8 mm nodule in the RUL", "start": 0, "end": 22}
    assert result["evidence"] == {path: evidence for path in result["values"]}
    assert set(result["support"].values()) == {"stated"}
    assert result["findings"] == "Lungs: Nodule, 8 mm in the right upper lobe."
    assert (result["id"], result["unused"], result["conflicts"]) == ("a", [], [])


def test_conflicts_and_unused_clauses_are_written():
    script = {"Mild emphysema": "emphysema=mild", "Severe emphysema": "emphysema=severe"}
    (result,) = run([line("Mild emphysema. Severe emphysema. Cough.")], FakeEngine(script))
    assert [c["value"] for c in result["conflicts"][0]["candidates"]] == ["mild", "severe"]
    assert result["unused"][0]["quote"] == "Cough"


@pytest.mark.parametrize(
    ("raw", "line_id", "words"),
    [
        (b"nope", None, "not JSON"),
        (b"", None, "not JSON"),
        (b"[1]", None, "not a JSON object"),
        (b"[" * 100_000, None, "not JSON"),
        (b"\xff\xfe", None, "not UTF-8"),
        (b'{"conclusion": "x"}', None, "id is missing"),
        (b'{"id": 1.5, "conclusion": "x"}', None, "id is missing"),
        (b'{"id": "\\ud800", "conclusion": "x"}', None, "id is missing"),
        (b'{"id": "a"}', "a", "conclusion is missing"),
        (b'{"id": 7, "conclusion": null}', 7, "not a text"),
        (b'{"id": "a", "conclusion": "x\\u0000"}', "a", "null byte"),
        (b'{"id": "a", "conclusion": "\\udfff"}', "a", "surrogate"),
        (line("x" * 1_000_000), "a", "characters"),
        (line("a. " * 1000), "a", "clauses"),
    ],
)
def test_a_bad_line_gives_its_error_and_the_rest_go_on(raw, line_id, words):
    first, bad, last = run([line("Cyst", 1), raw, line("Stone", 2)])
    assert (first["id"], last["id"]) == (1, 2)
    assert set(bad) == {"id", "error"}
    assert bad["id"] == line_id
    assert words in bad["error"]


def test_the_side_of_the_exam_reaches_the_prompt():
    engine = FakeEngine()
    run([line("Cyst")], engine, side="left", sex="female")
    assert engine.asked[0].prompt.startswith("Small trunk|left\n")
    assert engine.asked[0].grammar.context.sex == "female"


@given(st.lists(st.binary(max_size=80).map(lambda b: b.replace(b"\n", b" ")), max_size=9))
@settings(max_examples=60, deadline=None)
def test_any_bytes_give_one_line_each(lines):
    results = run(lines)
    assert len(results) == len(lines)
    assert all("error" in result or "values" in result for result in results)


def test_a_pipe_is_answered_without_waiting_for_a_full_batch():
    read_end, write_end = os.pipe()
    with os.fdopen(read_end, "rb") as source, os.fdopen(write_end, "wb", buffering=0) as sink:
        batches = line_batches(source, 8)
        sink.write(b"one\ntwo\nthr")
        assert next(batches) == [b"one", b"two"]
        sink.write(b"ee\n" + b"x\n" * 10)
        assert [len(next(batches)), len(next(batches))] == [8, 3]
        sink.write(b"last")
        sink.close()
        assert list(batches) == [[b"last"]]


def command(*arguments, given=b""):
    return subprocess.run(
        [sys.executable, "-m", "llm", *arguments],
        input=given, capture_output=True, cwd=ROOT, check=False, timeout=60,
    )  # fmt: skip


def test_the_command_fills_without_django(tmp_path):
    (tmp_path / "t.json").write_bytes((HERE / "small_template.json").read_bytes())
    arguments = ["fill", "--templates", str(tmp_path), "--template", "small_trunk"]
    done = command(*arguments, "--engine", "fake", given=line("폐결절 <b>") + b"\nbad\n")
    good, bad = [json.loads(text) for text in done.stdout.decode().splitlines()]
    assert done.returncode == 0
    assert good["unused"][0]["quote"] == "폐결절 <b>"
    assert bad["id"] is None


def test_an_unknown_template_lists_the_known_ones():
    done = command("fill", "--template", "nope", "--engine", "fake")
    assert done.returncode == 2
    assert b"ct_chest" in done.stderr


def test_an_unknown_command_says_which_there_are(capsys):
    assert main(["fly"]) == 2
    said = capsys.readouterr().err
    for command in ("fill", "synth", "train", "evaluate", "label-sheet", "promote", "rollback"):
        assert command in said
