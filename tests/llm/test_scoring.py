"""The scorer: the truth scores one, each kind of fault is counted as what it is."""

from llm.engines.fake import FakeEngine
from llm.evaluate import evaluate, main
from llm.scoring import aligned_rows, score_values
from llm.synth.pairs import Generator
from tests.llm.test_synth import SHIPPED

CHEST = SHIPPED["ct_chest"]
TRUE = {
    "emphysema": "mild",
    "nodule[1].size": 12,
    "nodule[1].location": ["rul"],
    "nodule[2].size": 5,
    "nodule[2].location": ["lll"],
    "effusion[left].size": "small",
    "fibrosis": "none",
}


def test_true_answers_score_one():
    pairs = list(Generator(list(SHIPPED.values()), 8, "test").pairs(45))
    answers = iter([clause["answer"] for pair in pairs for clause in pair["clauses"]])
    report = evaluate(pairs, SHIPPED, FakeEngine(lambda _task: next(answers))).report()
    total = report["total"]
    for name in ("positive_f1", "normal_precision", "number_recall", "clause_exact"):
        assert total[name] == 1.0, name
    assert total["whole_report"] == 1.0
    assert total["schema_violations"] == total["numbers_invented"] == 0
    assert set(report["by_template"]) == set(SHIPPED)


def test_saying_nothing_finds_nothing():
    pairs = list(Generator([CHEST], 8, "test").pairs(10))
    total = evaluate(pairs, SHIPPED, FakeEngine()).report()["total"]
    assert total["positive_recall"] == 0
    assert total["positive_precision"] is None


def test_abstaining_is_counted():
    pairs = list(Generator([CHEST], 8, "test").pairs(4))
    total = evaluate(pairs, SHIPPED, FakeEngine(default="?")).report()["total"]
    assert total["abstained"] == total["clauses"] > 0


def test_rows_are_matched_before_they_are_compared():
    turned = {
        path.replace("[1]", "[9]").replace("[2]", "[1]").replace("[9]", "[2]"): value
        for path, value in TRUE.items()
    }
    assert aligned_rows(CHEST, turned, TRUE) == TRUE
    assert score_values(CHEST, turned, TRUE).report()["positive_f1"] == 1.0


def test_a_wrong_side_is_a_wrong_side():
    filled = {**TRUE}
    filled["effusion[right].size"] = filled.pop("effusion[left].size")
    counts = score_values(CHEST, filled, TRUE).counts
    assert counts["wrong_side"] == 1
    assert counts["positive_right"] == counts["positive_true"] - 1


def test_a_number_of_another_row_is_misassigned():
    filled = {**TRUE, "nodule[1].size": 5, "nodule[2].size": 12}
    assert score_values(CHEST, filled, TRUE).counts["numbers_misassigned"] == 2


def test_normals_are_not_positives():
    counts = score_values(CHEST, {"fibrosis": "none"}, TRUE).counts
    assert counts["normal_right"] == 1
    assert counts["positive_filled"] == 0


def test_an_adapter_that_is_not_there_is_said(tmp_path, capsys):
    path = tmp_path / "x.jsonl"
    path.write_text("")
    assert main(["--data", str(path), "--adapter", str(tmp_path)]) == 2
    assert "adapter" in capsys.readouterr().err
