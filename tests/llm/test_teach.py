"""`python -m llm teach` against a real server: labels, quotes, unfit replies, faults, keys."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from llm.cli import main
from llm.http_client import Remote, RemoteError, asked_pause
from tests.llm.chat_server import CUT, DROPPED, chat
from tests.llm.teaching import (
    BAD_INPUT,
    DONE,
    LINE,
    MILD,
    SOME_FAILED,
    STOPPED,
    arguments,
    labels,
    report,
    some,
    teach,
)

KEY = "hush-hush-4711"


def test_a_label_has_values_and_where_they_are_said(server, place, monkeypatch, capsys):
    assert teach(place, monkeypatch, [{**LINE, "sex": "male"}]) == DONE
    (label,) = labels(place)
    assert label["values"] == {"emphysema": "mild"}
    assert label["evidence"] == {"emphysema": {"quote": "Mild emphysema", "start": 0, "end": 14}}
    assert (label["id"], label["template"], label["sex"]) == ("a", "ct_chest", "male")
    assert label["teacher"] == "large"
    found = report(place)
    assert (found["labelled"], found["asked"], found["requests"]) == (1, 1, 1)
    assert (found["prompt_tokens"], found["answer_tokens"]) == (100, 20)
    assert "1 of 1 conclusions labelled" in capsys.readouterr().out


def test_a_line_without_template_takes_the_one_named(server, place, monkeypatch):
    line = {"id": 7, "conclusion": "Mild emphysema."}
    assert teach(place, monkeypatch, [line], "--template", "ct_chest") == DONE
    assert labels(place)[0]["template"] == "ct_chest"


def test_the_server_gets_the_schema_strictly_or_loosely(server, place, monkeypatch):
    teach(place, monkeypatch, [LINE])
    teach(place, monkeypatch, [{**LINE, "id": "b"}], "--loose")
    strict, loose = (request["response_format"]["json_schema"] for request in server.asked)
    assert (strict["strict"], "strict" in loose) == (True, False)
    assert "minimum" not in json.dumps(strict)
    assert "minimum" in json.dumps(loose)


@pytest.mark.parametrize("quote", ["mild emphysema", "Severe emphysema", "", " "])
def test_a_quote_that_is_not_verbatim_is_rejected_and_kept(server, place, monkeypatch, quote):
    server.script = lambda _request: chat({"values": [{**MILD, "quote": quote}]})
    teach(place, monkeypatch, [LINE])
    (label,) = labels(place)
    assert (label["values"], label["evidence"]) == ({}, {})
    found = report(place)
    assert found["rejected_values"] == {"the quote is not in the conclusion": 1}
    assert found["rejected"][0] | {"quote": quote, "value": "mild"} == found["rejected"][0]


def test_a_field_with_two_values_has_neither(server, place, monkeypatch):
    server.script = lambda _request: chat({"values": [MILD, {**MILD, "value": "severe"}]})
    teach(place, monkeypatch, [LINE])
    assert labels(place)[0]["values"] == {}
    assert report(place)["rejected_values"] == {"the field has two values": 2}


@pytest.mark.parametrize(
    ("answer", "kind", "said"),
    [
        (chat("", refusal="I cannot"), "refused", "I cannot"),
        (chat("", finish="content_filter"), "refused", "content_filter"),
        (chat('{"values": [', finish="length"), "cut off", "--max-answer-tokens"),
        (chat('{"values": ['), "invalid", "not JSON"),
        (chat("[" * 5_000), "invalid", "not JSON"),
        (chat({"values": [{**MILD, "value": "huge"}]}), "invalid", "does not fit"),
        (chat({"values": [{**MILD, "field": "teeth"}]}), "invalid", "no field 'teeth'"),
        (chat({"values": [{"field": "emphysema"}]}), "invalid", "does not fit"),
        (chat({"values": [{**MILD, "row": 1}]}), "invalid", "does not fit"),
        (chat(["x"]), "invalid", "does not fit"),
    ],
)
def test_an_unfit_reply_is_said_and_the_others_go_on(
    server, place, monkeypatch, capsys, answer, kind, said
):
    server.faults = [(200, answer)]
    assert teach(place, monkeypatch, some(3), "--together", "1") == SOME_FAILED
    assert [label["id"] for label in labels(place)] == ["n1", "n2"]
    assert report(place)["failed"] == {kind: 1}
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    "fault",
    [(429, {}, {"Retry-After": "0"}), (500, {}), (503, b""), DROPPED, CUT],
    ids=["429", "500", "503", "dropped", "cut"],
)
def test_a_fault_that_passes_is_asked_again(server, place, monkeypatch, fault):
    server.faults = [fault, fault]
    assert teach(place, monkeypatch, [LINE]) == DONE
    assert len(server.asked) == report(place)["requests"] == 3


def test_a_server_that_does_not_answer_in_time_is_given_up(server, place, monkeypatch, capsys):
    server.pause = 1.0
    options = ["--timeout", "0.1", "--attempts", "2"]
    assert teach(place, monkeypatch, [LINE], *options) == SOME_FAILED
    assert "timed out (after 2 tries)" in capsys.readouterr().err
    # Nobody knows whether the server did the work: it counts as done.
    assert report(place)["answer_tokens"] == 2 * 4096


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((401, {"error": f"bad key {KEY}"}), "status 401"),
        ((200, b"{trunc"), "not JSON"),
        ((200, {"choices": []}), "not a chat completion"),
    ],
)
def test_a_fault_that_stays_is_said_at_once(server, place, monkeypatch, capsys, answer, said):
    server.faults = [answer]
    assert teach(place, monkeypatch, some(2), "--together", "1") == SOME_FAILED
    assert said in capsys.readouterr().err
    assert len(labels(place)) == 1


def test_many_failures_in_a_row_end_the_run_with_one_message(server, place, monkeypatch, capsys):
    server.faults = [(401, {})] * 100
    options = ["--give-up-after", "3", "--together", "1"]
    assert teach(place, monkeypatch, some(50), *options) == STOPPED
    assert "failed 3 times in a row" in capsys.readouterr().out
    assert len(server.asked) < 12
    server.faults = []
    assert teach(place, monkeypatch, some(50), *options) == DONE
    assert len(labels(place)) == 50


def test_pauses_grow_vary_and_are_as_long_as_the_server_asks(server):
    slept = []
    remote = Remote(server.url, attempts=5, longest_pause_seconds=8, sleep=slept.append)
    server.faults = [(500, {}), (500, {}), (429, {}, {"Retry-After": "7"}), (429, {}, {})]
    remote.post("/chat/completions", {})
    for pause, most in zip(slept, (0.01, 0.02, 0, 0.08), strict=True):
        assert pause == 7 if most == 0 else most / 2 <= pause <= most
    server.faults = [(429, {}, {"Retry-After": "3600"})]
    remote.post("/chat/completions", {})
    assert slept[-1] == 8


def test_a_pause_may_be_asked_for_by_date():
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    assert 85 < asked_pause(later) <= 90
    assert asked_pause("5") == 5
    assert asked_pause(None) == asked_pause("soon") == asked_pause("nan") == 0


def test_the_key_goes_to_the_server_and_nowhere_else(server, place, monkeypatch, capsys):
    monkeypatch.setenv("LLM_OPENAI_API_KEY", KEY)
    server.faults = [(401, {"error": f"what is {KEY}?"}), (200, chat("", refusal=f"no, {KEY}"))]
    teach(place, monkeypatch, some(3), "--together", "1")
    assert server.keys == {f"Bearer {KEY}"}
    written = [path.read_text() for path in place.rglob("*") if path.is_file()]
    assert len(written) >= 5
    assert not any(KEY in text for text in (*written, *capsys.readouterr()))


def test_a_key_in_the_address_is_refused_without_telling_it():
    with pytest.raises(RemoteError) as caught:
        Remote(f"https://me:{KEY}@localhost/v1")
    assert KEY not in str(caught.value)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("broken", "not JSON"),
        ("[" * 5_000, "not JSON"),
        ('{"id": "x"}', "no conclusion"),
        ('{"id": "x", "conclusion": "y", "template": "ct_toe"}', "no template 'ct_toe'"),
        ('{"id": "x", "conclusion": "y"}', "--template"),
        ('{"id": "x", "conclusion": "y", "template": "ct_chest", "sex": "m"}', "female, male"),
        ('{"id": "x", "conclusion": "y", "template": "ct_chest", "values": {"toe": 1}}', "toe"),
        (json.dumps(LINE | {"id": "x", "conclusion": "a\0"}), "null byte"),
    ],
)
def test_a_line_that_cannot_be_used_is_named(server, place, monkeypatch, capsys, line, said):
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{line}\n\n{json.dumps(LINE)}\n"))
    assert main(arguments(place)) == SOME_FAILED
    assert said in capsys.readouterr().err
    assert [label["id"] for label in labels(place)] == ["a"]
    assert report(place)["failed"] == {"input": 1}


def test_what_is_missing_is_said(server, place, monkeypatch, capsys):
    assert main(arguments(place, "nowhere.jsonl")) == BAD_INPUT
    assert "nowhere.jsonl" in capsys.readouterr().err
    (place / "labels.jsonl").write_text("{}\n")
    assert teach(place, monkeypatch, [LINE]) == BAD_INPUT
    assert "labels.jsonl:1: not a line of `teach`" in capsys.readouterr().err
    (place / "labels.jsonl").write_text(json.dumps(LINE | {"teacher": "other"}) + "\n")
    assert teach(place, monkeypatch, [LINE]) == BAD_INPUT
    assert "holds labels of other" in capsys.readouterr().err
    monkeypatch.delenv("LLM_OPENAI_MODEL")
    assert teach(place, monkeypatch, [LINE]) == BAD_INPUT
    assert "LLM_OPENAI_MODEL is not set" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        teach(place, monkeypatch, [LINE], "--max-cost", "1", "--price-in", "2")
