"""The whole way: `synth`, `teach` by a server that errs now and then, and the labels of `train`."""

from __future__ import annotations

import json

import pytest

from llm.cli import main
from llm.context import read_conclusion
from llm.grammar import ClauseGrammar
from llm.sft.data import read_files
from llm.sft.labels import Labeller, read_taught
from llm.teach.schema import entry_of
from tests.llm.chat_server import DROPPED, chat
from tests.llm.strategies import SHIPPED
from tests.llm.teaching import DONE, SOME_FAILED, arguments, labels, report

CHEST = SHIPPED["ct_chest"]


@pytest.fixture
def shard(place):
    """Forty pairs of one template."""
    options = ["--count", "40", "--out", "synth", "--templates", "templates", "--processes", "1"]
    assert main(["synth", *options]) == DONE
    return place / "synth" / "train-00000.jsonl"


def entries(pair):
    """What a good teacher replies: the true values without normals, quoting the conclusion."""
    for path, value in pair["values"].items():
        field = CHEST.field_at(path)
        if field.kind != "text" and field.derived is None and value not in ("none", "normal"):
            yield entry_of(path, value, pair["conclusion"])


def erring(pairs):
    """A script of the server: the third errs in a value, the fifth in a quote, the eighth not."""
    by_text = {pair["conclusion"]: (number, pair) for number, pair in enumerate(pairs)}

    def answer(request):
        number, pair = by_text[request["messages"][-1]["content"]]
        given = list(entries(pair))
        if number == 3:
            given.append({"field": "gallstones", "value": "present", "quote": pair["conclusion"]})
        if number == 5:
            given = [{**entry, "quote": "as everybody knows"} for entry in given]
        if number == 8:
            return chat("", refusal="I am no physician.")
        return chat({"values": given})

    return answer


def test_from_pairs_by_a_teacher_to_the_labels_that_train(server, place, shard, capsys):
    pairs = list(read_files([shard]))
    assert pairs[3]["values"].get("gallstones") != "present"
    assert list(entries(pairs[5]))
    server.script = erring(pairs)
    server.faults = [(429, {}, {"Retry-After": "0"}), (500, {}), DROPPED, (200, b"{")]
    agreed = str(place / "agreed.jsonl")
    command = arguments(place, "--agreed", agreed, "--max-requests", "15", str(shard))
    statuses = [main(command)]
    while statuses[-1] == 3:
        statuses.append(main(command))
    assert statuses[-1] == SOME_FAILED
    assert len(statuses) == 3 or len(statuses) == 4
    found = report(place)
    assert (found["labelled"], found["failed"]) == (39, {"refused": 1})
    assert found["agreement"]["all"]["agreed"] == 37
    assert found["agreement"]["ct_chest"] == found["agreement"]["all"]
    assert 0.9 < found["agreement"]["all"]["positive_f1"] < 1
    assert found["agreement"]["all"]["fields"]["gallstones"]["positive_precision"] < 1
    wrong = labels(place, "disagreements.jsonl")
    extra = [
        line for line in wrong if line["path"] == "gallstones" and line["id"] == pairs[3]["id"]
    ]
    assert extra[0]["teacher"] == "present"
    assert extra[0]["quote"] == pairs[3]["conclusion"]
    assert "refused" in capsys.readouterr().out

    labeller = Labeller("agreed", {"ct_chest": CHEST}, read_taught([place / "agreed.jsonl"]))
    chosen = list(labeller.pairs(pairs))
    assert chosen == [pair for n, pair in enumerate(pairs) if n not in (3, 5, 8)]
    assert labeller.left_out == {"no label of the teacher": 3}


def test_all_labels_and_the_definition_of_train_agree(server, place, shard):
    pairs = list(read_files([shard]))
    server.script = erring(pairs)
    main(arguments(place, "--agreed", "agreed.jsonl", "--agreement", "0.5", str(shard)))
    both = [
        list(Labeller("agreed", {"ct_chest": CHEST}, read_taught([place / name]), 0.5).pairs(pairs))
        for name in ("agreed.jsonl", "labels.jsonl")
    ]
    assert both[0] == both[1]
    assert len(both[0]) >= 37


def test_a_teacher_alone_labels_conclusions_that_nobody_generated(server, place, shard):
    pairs = list(read_files([shard]))
    server.script = erring(pairs)
    bare = place / "bare.jsonl"
    bare.write_text(
        "".join(
            json.dumps({k: p[k] for k in ("id", "template", "conclusion", "sex")}) + "\n"
            for p in pairs
        )
    )
    main(arguments(place, str(bare)))
    assert report(place)["agreement"] == {}
    labeller = Labeller("teacher", {"ct_chest": CHEST}, read_taught([place / "labels.jsonl"]))
    chosen = list(labeller.pairs([]))
    assert len(chosen) + labeller.left_out.total() == 39
    assert labeller.left_out["a value of the teacher was rejected"] == 1
    assert len(chosen) > 20
    for pair in chosen:
        contexts = read_conclusion(CHEST, pair["conclusion"], exam_side=None, sex=pair["sex"])
        for context, clause in zip(contexts, pair["clauses"], strict=True):
            ClauseGrammar(CHEST, context).path(clause["answer"])
