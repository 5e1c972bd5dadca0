"""Synthetic pairs: same seed, same bytes; every answer legal; held-out wording held out."""

import json
import random
from pathlib import Path

import pytest

from llm.context import read_conclusion
from llm.grammar import ClauseGrammar
from llm.json_schema import values_schema
from llm.schema import load_templates
from llm.synth.around import following
from llm.synth.cli import TEMPLATES, main
from llm.synth.drafts import Draft, Say, Word
from llm.synth.labels import Rejected, Written, label
from llm.synth.pairs import Generator
from llm.synth.sampler import NothingLeft, Sampler
from llm.synth.splits import draw, phrasings

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = load_templates(ROOT / TEMPLATES)


def pairs(count, part="train", seed=5):
    return list(Generator(list(SHIPPED.values()), seed, part).pairs(count))


def test_same_seed_same_bytes(tmp_path):
    for name in ("a", "b"):
        options = ["--count", "40", "--seed", "3", "--out", str(tmp_path / name)]
        assert main([*options, "--templates", str(ROOT / TEMPLATES)]) == 0
    first, second = ((tmp_path / n / "train-00000.jsonl").read_bytes() for n in ("a", "b"))
    assert first == second
    manifest = json.loads((tmp_path / "a" / "manifest-train.json").read_text())
    assert manifest["pairs"] == 40
    assert set(manifest["templates"]) == set(SHIPPED)


def test_another_seed_gives_other_pairs():
    assert pairs(10, seed=1) != pairs(10, seed=2)


@pytest.mark.parametrize("part", ["train", "val", "test"])
def test_every_stored_answer_is_legal_for_its_clause(part):
    for pair in pairs(90, part):
        template = SHIPPED[pair["template"]]
        contexts = read_conclusion(template, pair["conclusion"], sex=pair["sex"])
        assert len(contexts) == len(pair["clauses"])
        for context, clause in zip(contexts, pair["clauses"], strict=True):
            assert (context.clause.span.start, context.clause.span.end) == (
                clause["start"],
                clause["end"],
            )
            ClauseGrammar(template, context).path(clause["answer"])


def test_values_fit_the_schema():
    from jsonschema import Draft202012Validator

    schemas = {key: Draft202012Validator(values_schema(t)) for key, t in SHIPPED.items()}
    for pair in pairs(60):
        assert not list(schemas[pair["template"]].iter_errors(pair["values"]))


def test_phrasings_of_the_parts_do_not_meet():
    for template in SHIPPED.values():
        for item in template.items():
            for option in getattr(item, "options", ()):
                if len(option.phrases) < 5:
                    continue
                name = f"{template.key}.{item.key}.{option.value}"
                parts = [set(phrasings(name, option.phrases, p)) for p in ("train", "val", "test")]
                assert parts[0]
                assert parts[2]
                assert not parts[0] & parts[2]
                assert not parts[0] & parts[1] or len(option.phrases) < 8


def test_a_held_out_wording_is_never_one_that_is_trained_on():
    import random

    phrases = ("mild x", "(mild|slight) x", "some x", "tiny x", "little x", "small x")
    rng = random.Random(1)
    trained = {draw("n", phrases, "train", rng)[0] for _ in range(200)}
    for _ in range(50):
        try:
            assert draw("n", phrases, "test", rng)[0] not in trained
        except LookupError:
            continue


def test_a_draft_cut_in_two_is_rejected():
    template = SHIPPED["ct_chest"]
    draft = Draft((Word("Mild emphysema. More"),), (Say("emphysema", None, (("", "mild"),)),))
    written = Written("Mild emphysema. More", ((draft, 0, 20),), {})
    with pytest.raises(Rejected, match="cut"):
        label(template, written, sex=None, exam_side=None)


def test_what_measures_a_finding_is_its_size():
    tear = Draft((Word("meniscal tear"),), (Say("meniscal_tear", "+", (("pattern", "tear"),)),))
    numbers = set()
    for seed in range(200):
        try:
            draft = following(Sampler(SHIPPED["mri_knee"], "train", random.Random(seed)), tear)
        except NothingLeft:
            continue
        numbers |= {name for name, _ in draft.says[0].pairs if "number" in draft.tags}
    assert numbers == {"size"}


def test_few_draws_are_thrown_away():
    generator = Generator(list(SHIPPED.values()), 9, "train")
    list(generator.pairs(300))
    assert generator.rejected.total() < 15


@pytest.mark.parametrize("count", ["0", "-3", "x"])
def test_a_count_that_cannot_be_is_refused(count, tmp_path):
    with pytest.raises(SystemExit):
        main(["--count", count, "--out", str(tmp_path)])


def test_an_unknown_template_is_said(tmp_path, capsys):
    options = ["--count", "1", "--out", str(tmp_path), "--template", "ct_tooth"]
    assert main([*options, "--templates", str(ROOT / TEMPLATES)]) == 2
    assert "ct_tooth" in capsys.readouterr().err
