"""`python -m llm evaluate`: systems side by side, on pairs and on labels, into a card."""

import json
import shutil
from pathlib import Path

import pytest

from llm.cli import main
from llm.engines.fake import FakeEngine
from llm.evaluation.cases import read_cases
from llm.evaluation.prompted import (
    END_MARK,
    PromptedEngine,
    chat_examples,
    clause_examples,
)
from llm.evaluation.report import report
from llm.evaluation.runs import run_system
from llm.evaluation.systems import System, Wanted, engine_system, get_system
from llm.evaluation.table import table
from llm.evaluation.text import bleu, rouge_l
from llm.fill import tasks_of
from llm.sft import card as card_file
from llm.synth.pairs import Generator
from llm.teach.replies import Completion, read_label
from llm.types import FillRequest
from tests.llm.chat_server import ChatServer, chat, running
from tests.llm.strategies import SHIPPED

ROOT = Path(__file__).resolve().parents[2]
CHEST = SHIPPED["ct_chest"]


def pairs_file(directory, pairs):
    path = directory / "test.jsonl"
    path.write_text("".join(json.dumps(pair) + "\n" for pair in pairs), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def cases(tmp_path_factory):
    pairs = Generator(list(SHIPPED.values()), 8, "test").pairs(15)
    return read_cases([pairs_file(tmp_path_factory.mktemp("cases"), pairs)], SHIPPED).cases


@pytest.fixture
def data(tmp_path):
    return pairs_file(tmp_path, Generator([CHEST], 3, "test").pairs(6))


@pytest.fixture
def adapter(tmp_path):
    copied = tmp_path / "adapter"
    copied.mkdir()
    shutil.copy(ROOT / "fixtures" / "adapter" / "card.json", copied)
    return copied


def perfect(cases):
    """A system that answers every clause with the truth."""
    true = {c.request.conclusion: iter(()) for c in cases}

    def fill(requests):
        for c in cases:
            true[c.request.conclusion] = iter(c.answers)
        engine = FakeEngine(_script(true, requests))
        return engine_system("", engine).fill(requests)

    return System("perfect", fill, has_confidence=True)


def _script(true, requests):
    order = iter([request.conclusion for request in requests for _ in tasks_of(request)])
    return lambda _task: next(true[next(order)])


def test_a_perfect_system_is_perfect_everywhere(cases):
    found = report([run_system(perfect(cases), cases, timed=2)])["systems"]["perfect"]
    for name in ("positive_f1", "clause_exact", "exact_reports", "bleu", "rouge_l"):
        assert found["total"][name] == pytest.approx(1.0), name
    for name in ("violations", "invented", "unsupported_rate", "contradiction_rate", "ece"):
        assert found["total"][name] == 0, name
    assert found["total"]["latency_p50_s"] > 0
    assert set(found["by_template"]) == set(SHIPPED)
    assert set(found["by_tag"]) == {tag for c in cases for tag in c.tags}


def test_the_all_normal_form_has_every_normal_and_no_finding(cases):
    found = report([run_system(get_system("normal", Wanted(SHIPPED)), cases, timed=0)])
    total = found["systems"]["normal"]["total"]
    # Only what belongs to one sex may be missing, where the sex is not known.
    assert total["normal_recall"] > 0.98
    assert total["positive_recall"] == 0
    assert total["violations"] == 0
    assert total["abstention_rate"] is total["ece"] is total["latency_p50_s"] is None


def test_abstaining_is_counted(cases):
    system = engine_system("shy", FakeEngine(default="?"))
    total = report([run_system(system, cases, timed=0)])["systems"]["shy"]["total"]
    assert total["abstention_rate"] == 1
    assert total["ece"] is None


def test_a_left_out_template_counts_for_nothing_else(cases):
    runs = [run_system(perfect(cases), cases, timed=0)]
    found = report(runs, left_out={"ct_chest"})["systems"]["perfect"]
    assert set(found["left_out"]) == {"ct_chest"}
    assert "ct_chest" not in found["by_template"]
    chest = sum(c.template.key == "ct_chest" for c in cases)
    assert found["total"]["conclusions"] == len(cases) - chest


def test_systems_are_compared_on_the_same_conclusions(cases):
    silent = engine_system("silent", FakeEngine())
    runs = [run_system(system, cases, timed=0) for system in (perfect(cases), silent)]
    (comparison,) = report(runs)["comparisons"]
    assert (comparison["first"], comparison["second"]) == ("perfect", "silent")
    assert comparison["differences"]["positive_f1"]["value"] == 1
    assert not comparison["equivalence"]["equivalent"]
    assert comparison["mcnemar_exact_reports"]["only_second"] == 0
    assert comparison["mcnemar_exact_reports"]["p"] < 0.01
    (same,) = report([runs[0], runs[0]])["comparisons"]
    assert same["equivalence"]["equivalent"]
    assert "not shown to be equivalent" in table(report(runs))


def test_texts_that_are_equal_score_one_and_empty_truth_scores_nothing():
    text = "Lungs: No emphysema. Nodule, 8 mm."
    assert bleu(["", "x"], ["", ""]) is rouge_l("x", "") is None
    assert bleu([text], [text]) == pytest.approx(1.0)
    assert rouge_l(text, text) == pytest.approx(1.0)
    assert bleu([""], [text]) == rouge_l("", text) == 0.0


def test_examples_are_of_the_training_and_of_many_kinds():
    head = clause_examples(CHEST)
    lines = [line for line in head.splitlines() if line.startswith("=>")]
    assert all(line.endswith(END_MARK) for line in lines)
    answers = [line[2 : -len(END_MARK)] for line in lines]
    assert len(answers) == 8
    assert "none" in answers
    assert any("@1" in answer for answer in answers)
    assert any("=none" in answer or "=normal" in answer for answer in answers)


def test_examples_end_as_the_base_model_ends(base):
    assert json.loads((base / "tokenizer_config.json").read_text())["eos_token"] == END_MARK


def test_the_prompted_engine_puts_the_examples_first():
    engine = FakeEngine()
    prompted = PromptedEngine(engine, {CHEST.key: "HEAD\n"})
    (task,) = tasks_of(FillRequest("1", CHEST, "Cough."))
    list(prompted.answer([task]))
    assert engine.asked[0].prompt == "HEAD\n" + task.prompt


def test_a_server_fills_whole_forms_and_unfit_ones_are_empty(monkeypatch, capsys):
    mild = {"field": "emphysema", "value": "mild", "quote": "not verbatim"}
    with running(ChatServer()) as server:
        monkeypatch.setenv("LLM_OPENAI_URL", server.url)
        server.script = lambda body: chat(
            {"values": [mild]} if "Mild" in body["messages"][-1]["content"] else {"teeth": "x"}
        )
        texts = ["Mild emphysema.", "Odd."]
        system = get_system("openai:big", Wanted({CHEST.key: CHEST}))
        results = system.fill([FillRequest(t, CHEST, t) for t in texts])
    assert [{v.path: v.value for v in r.values} for r in results] == [{"emphysema": "mild"}, {}]
    assert "Odd." in capsys.readouterr().err
    messages = server.asked[0]["messages"]
    assert [m["role"] for m in messages] == ["system", *["user", "assistant"] * 4, "user"]
    assert server.asked[0]["model"] == "big"


def test_the_examples_of_a_chat_are_replies_that_the_teacher_could_give():
    for example in chat_examples(CHEST):
        completion = Completion(json.dumps(example.reply), "", "stop", None, None)
        assert read_label(CHEST, example.conclusion, completion).rejected == ()


def test_the_command_writes_figures_and_pictures(data, tmp_path, capsys):
    out, plots = tmp_path / "out.json", tmp_path / "plots"
    options = ["--data", str(data), "--systems", "rules,normal"]
    assert main(["evaluate", *options, "--out", str(out), "--plots", str(plots)]) == 0
    found = json.loads(out.read_text())
    assert set(found["systems"]) == {"rules", "normal"}
    assert {path.name for path in plots.iterdir()} >= {"figures.png", "differences.png"}
    assert all(path.stat().st_size > 1000 for path in plots.iterdir())
    assert "rules minus normal" in capsys.readouterr().out


def test_the_figures_are_recorded_in_the_card(data, adapter, tmp_path):
    options = ["--data", str(data), "--engine", "fake", "--adapter", str(adapter), "--record"]
    assert main(["evaluate", *options]) == 0
    scores = card_file.read(adapter)["scores"]
    assert scores["total"]["conclusions"] == 6
    assert "no\nradiologist" in (adapter / "README.md").read_text()
    labels = tmp_path / "labels.jsonl"
    pair = json.loads(data.read_text().splitlines()[0])
    labels.write_text(json.dumps({"id": pair["id"], "values": {}}))
    assert main(["evaluate", *options, "--labels", str(labels)]) == 0
    card = card_file.read(adapter)
    assert card["scores"] == scores
    assert card["label_scores"]["test.jsonl"]["total"]["conclusions"] == 1
    assert "No radiologist labelled" in (adapter / "README.md").read_text()


def test_calibration_goes_into_the_card(data, adapter, capsys):
    options = ["--data", str(data), "--engine", "fake", "--adapter", str(adapter)]
    before = (adapter / "card.json").read_text()
    assert main(["calibrate", *options]) == 2
    assert "too few" in capsys.readouterr().err
    assert (adapter / "card.json").read_text() == before


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--systems", "magic"], "no system 'magic'"),
        (["--record", "--limit", "2"], "--limit"),
        (["--record", "--systems", "rules"], "sft"),
        (["--adapter", "nowhere"], "No adapter in nowhere"),
    ],
)
def test_bad_input_is_said(data, capsys, options, message):
    assert main(["evaluate", "--data", str(data), *options]) == 2
    assert message in capsys.readouterr().err


def test_what_lacks_a_part_is_said(data, tmp_path, capsys):
    pair = json.loads(data.read_text().splitlines()[0])
    data.write_text(json.dumps(pair | {"clauses": [{"start": 0, "end": 1}]}))
    options = ["--systems", "normal"]
    assert main(["evaluate", "--data", str(data), *options]) == 2
    assert "test.jsonl:1: not a pair" in capsys.readouterr().err
    data.write_text(json.dumps(pair))
    (tmp_path / "card.json").write_text("{}")
    options = ["--adapter", str(tmp_path)]
    assert main(["evaluate", "--data", str(data), *options]) == 2
    assert "has no adapter_sha256, base_sha256" in capsys.readouterr().err


@pytest.mark.parametrize("later", [["magic"], ["sft", "--adapter", "nowhere"]])
def test_nothing_runs_before_all_can(data, server, later):
    last, *options = later
    assert main(["evaluate", "--data", str(data), "--systems", f"openai:big,{last}", *options]) == 2
    assert server.asked == []
