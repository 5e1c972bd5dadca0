"""Synthetic pairs as files: same seed, same bytes; answers legal; the manifest counts right."""

import hashlib
import json
import os
import subprocess
import sys
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from llm.context import read_conclusion
from llm.grammar import ClauseGrammar
from llm.json_schema import values_schema
from llm.sft.data import data_hash
from llm.synth.cli import main
from llm.synth.drafts import Draft, Mark, Say, Word
from llm.synth.labels import Rejected, label
from llm.synth.pages import Written
from llm.synth.pairs import Generator
from llm.synth.shards import BLOCK_PAIRS, Job, write_shards
from llm.synth.slices import SLICES
from llm.synth.splits import PARTS
from tests.llm.strategies import SHIPPED

ROOT = Path(__file__).resolve().parents[2]
ALL = tuple(SHIPPED.values())


@cache
def many(part):
    """1,500 pairs of a part, made once for all tests that need rare ones."""
    return list(Generator(ALL, 5, part).pairs(1_500))


def pairs(count, part="train", seed=5):
    return list(Generator(ALL, seed, part).pairs(count))


def written(out, name="train"):
    return b"".join(path.read_bytes() for path in sorted(out.glob(f"{name}-*.jsonl")))


def test_the_bytes_depend_on_the_seed_alone(tmp_path):
    """Neither the number of processes nor the hash seed of the interpreter matters."""
    count = 2 * BLOCK_PAIRS + 10
    one = write_shards(Job(ALL, 3, "train", count), tmp_path / "one", processes=1)
    command = ["synth", "--count", str(count), "--seed", "3", "--out", str(tmp_path / "three")]
    options = ["--processes", "3"]
    subprocess.run(
        [sys.executable, "-m", "llm", *command, *options],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "77"},
        check=True,
        capture_output=True,
    )
    assert written(tmp_path / "one") == written(tmp_path / "three")
    assert one == json.loads((tmp_path / "three" / "manifest-train.json").read_text())


def test_another_seed_gives_other_pairs():
    assert [p["conclusion"] for p in pairs(10, seed=1)] != [
        p["conclusion"] for p in pairs(10, seed=2)
    ]


def test_a_pair_depends_on_its_number_alone():
    generator = Generator(ALL, 5, "train")
    assert list(generator.pairs(4, start=7)) == pairs(11)[7:]


def test_the_manifest_counts_what_is_written(tmp_path):
    assert main(["--count", "90", "--out", str(tmp_path)]) == 0
    manifest = json.loads((tmp_path / "manifest-train.json").read_text())
    lines = written(tmp_path).splitlines(keepends=True)
    data = [json.loads(line) for line in lines]
    assert manifest["pairs"] == len(data) == 90
    assert manifest["clauses"] == sum(len(pair["clauses"]) for pair in data)
    assert manifest["tags"] == dict(sorted(Counter(t for p in data for t in p["tags"]).items()))
    assert manifest["sha256"] == hashlib.sha256(b"".join(lines)).hexdigest()
    assert manifest["sha256"] == data_hash(sorted(tmp_path.glob("train-*.jsonl")))
    by_template = manifest["templates"]
    assert {key: t["pairs"] for key, t in by_template.items()} == Counter(
        pair["template"] for pair in data
    )
    for key, template in SHIPPED.items():
        assert by_template[key]["content_hash"] == template.content_hash
    rejected = sum((Counter(t["rejected"]) for t in by_template.values()), Counter())
    assert manifest["rejected"] == dict(sorted(rejected.items()))


def test_what_an_earlier_run_left_is_removed(tmp_path):
    stale = tmp_path / "train-00007.jsonl"
    other = tmp_path / "val-00000.jsonl"
    stale.write_text("{}\n")
    other.write_text("{}\n")
    write_shards(Job(ALL, 3, "train", 5), tmp_path, processes=1)
    assert not stale.exists()
    assert other.exists()


@pytest.mark.parametrize("part", PARTS)
def test_every_stored_answer_is_legal_for_its_clause(part):
    for pair in pairs(90, part):
        template = SHIPPED[pair["template"]]
        contexts = read_conclusion(
            template, pair["conclusion"], exam_side=pair["exam_side"], sex=pair["sex"]
        )
        assert len(contexts) == len(pair["clauses"])
        for context, clause in zip(contexts, pair["clauses"], strict=True):
            assert (context.clause.span.start, context.clause.span.end) == (
                clause["start"],
                clause["end"],
            )
            ClauseGrammar(template, context).path(clause["answer"])


def test_values_fit_the_schema():
    schemas = {key: Draft202012Validator(values_schema(t)) for key, t in SHIPPED.items()}
    for pair in pairs(60):
        assert not list(schemas[pair["template"]].iter_errors(pair["values"]))


def test_every_tag_is_a_slice_and_every_slice_is_drawn():
    seen = {tag for pair in many("train") for tag in pair["tags"]}
    assert seen <= set(SLICES)
    # The rest depends on templates (what comes together, exams of one of two) or on the part.
    assert set(SLICES) - seen <= {"together", "exam_side", "held_out"}
    assert any("held_out" in pair["tags"] for pair in pairs(10, "test"))


def test_a_draft_cut_in_two_is_rejected():
    template = SHIPPED["ct_chest"]
    draft = Draft((Word("Mild emphysema. More"),), (Say("emphysema", None, (("", "mild"),)),))
    cut = Written("Mild emphysema. More", ((draft, 0, 20),), {})
    with pytest.raises(Rejected, match="cut"):
        label(template, cut, sex=None, exam_side=None)


def test_a_row_without_its_words_is_rejected():
    template = SHIPPED["mri_lumbar_spine"]
    say = Say("disc", Mark(("L4/5",)), (("contour", "bulge"),))
    page = Written("Disc bulge", ((Draft((Word("Disc bulge"),), (say,)), 0, 10),), {})
    with pytest.raises(Rejected, match="without its words"):
        label(template, page, sex=None, exam_side=None)


def test_few_draws_have_no_truth():
    generator = Generator(ALL, 9, "train")
    list(generator.pairs(300))
    untold = {
        key: count for key, count in generator.rejected.items() if "combination" not in key[1]
    }
    assert sum(untold.values()) < 15, untold


@pytest.mark.parametrize("option", ["--count", "--processes"])
@pytest.mark.parametrize("value", ["0", "-3", "x"])
def test_a_number_that_cannot_be_is_refused(option, value, tmp_path):
    with pytest.raises(SystemExit):
        main(["--count", "1", "--out", str(tmp_path), option, value])


def test_an_unknown_template_is_said(tmp_path, capsys):
    options = ["--count", "1", "--out", str(tmp_path), "--template", "ct_tooth"]
    assert main(options) == 2
    assert "ct_tooth" in capsys.readouterr().err


def test_a_directory_that_cannot_be_written_is_said(tmp_path, capsys):
    place = tmp_path / "file"
    place.write_text("")
    options = ["--count", "1", "--out", str(place)]
    assert main([*options, "--processes", "1"]) == 1
    assert str(place) in capsys.readouterr().err
