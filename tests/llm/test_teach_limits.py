"""`python -m llm teach` stops at its limits and goes on: budget, cache, kill, many at a time."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llm.cli import main
from llm.teach.budget import Budget, BudgetSpent, Limits, Use
from llm.teach.lines import Growing
from tests.llm.chat_server import chat
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

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("together", ["1", "4"])
def test_a_limit_of_requests_is_met_and_the_same_command_goes_on(
    server, place, monkeypatch, capsys, together
):
    options = ["--max-requests", "5", "--together", together]
    for held, code in ((5, STOPPED), (10, STOPPED), (12, DONE)):
        assert teach(place, monkeypatch, some(12), *options) == code
        assert len(server.asked) == len(labels(place)) == held
    assert "5 requests; 7 conclusions are left" in capsys.readouterr().out


def test_tries_that_fail_count_as_requests(server, place, monkeypatch):
    server.faults = [(500, {})] * 3
    assert teach(place, monkeypatch, [LINE], "--max-requests", "3") == STOPPED
    assert (len(server.asked), report(place)["left"]) == (3, 1)


@pytest.mark.parametrize("together", ["1", "4"])
def test_tokens_and_money_are_not_passed(server, place, monkeypatch, together):
    server.script = lambda _request: chat({"values": [MILD]}, usage=(20_000, 400))
    options = ["--together", together, "--max-tokens", "100000", "--max-answer-tokens", "500"]
    assert teach(place, monkeypatch, some(12), *options) == STOPPED
    found = report(place)
    assert 60_000 < found["prompt_tokens"] + found["answer_tokens"] <= 100_000
    prices = ["--price-in", "2.5", "--price-out", "10"]
    options = ["--together", together, "--max-cost", "0.2", "--max-answer-tokens", "500", *prices]
    assert teach(place, monkeypatch, some(12), *options) == STOPPED
    found = report(place)
    assert 0.1 < found["cost"] <= 0.2
    assert found["cost"] == pytest.approx(found["requests"] * (0.05 + 0.004))


def test_a_server_that_counts_no_tokens_is_taken_to_use_the_most(server, place, monkeypatch):
    server.script = lambda _request: chat({"values": [MILD]}, usage=None)
    assert teach(place, monkeypatch, [LINE]) == DONE
    found = report(place)
    assert found["answer_tokens"] == 4096
    assert found["prompt_tokens"] >= len(json.dumps(server.asked[0]["response_format"]))


def test_nothing_is_asked_that_could_pass_the_limit(server, place, monkeypatch):
    assert teach(place, monkeypatch, [LINE], "--max-tokens", "1000") == STOPPED
    assert server.asked == []


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.integers(1, 50), st.floats(0, 1)), max_size=30), st.integers(0, 300))
def test_whatever_requests_cost_the_limit_holds(costs, limit):
    budget = Budget(Limits(tokens=limit))

    def is_sent(cost):
        most, share = cost
        try:
            budget.reserve(Use(1, most, 0))
        except BudgetSpent:
            return False
        budget.settle(Use(1, most, 0), Use(1, int(most * share), 0))
        return True

    with ThreadPoolExecutor(4) as pool:
        sent = list(pool.map(is_sent, costs))
    assert budget.used.tokens <= limit
    assert budget.used.requests == sum(sent)
    if not all(sent):
        assert budget.used.tokens + max(most for most, _ in costs) > limit


def test_questions_go_side_by_side_and_labels_keep_their_order(server, place, monkeypatch):
    server.pause = 0.5
    assert teach(place, monkeypatch, some(12), "--together", "4") == DONE
    assert server.most_together == 4
    assert [label["id"] for label in labels(place)] == [f"n{n}" for n in range(12)]


def test_what_was_paid_for_is_not_asked_again(server, place, monkeypatch):
    server.faults = [(200, chat("", refusal="no"))]
    teach(place, monkeypatch, some(4), "--together", "1")
    (place / "labels.jsonl").unlink()
    assert teach(place, monkeypatch, some(4)) == SOME_FAILED
    assert len(server.asked) == 4
    found = report(place)
    assert (found["requests"], found["from_cache"], found["failed"]) == (0, 4, {"refused": 1})
    teach(place, monkeypatch, some(4), "--max-answer-tokens", "99")
    assert len(server.asked) == 5


def test_the_same_question_at_the_same_time_is_asked_once(server, place, monkeypatch):
    server.pause = 0.1
    twins = [{**LINE, "id": f"twin{n}"} for n in range(6)]
    teach(place, monkeypatch, twins)
    assert (len(server.asked), len(labels(place))) == (1, 6)


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGINT], ids=["killed", "interrupted"])
def test_a_stopped_run_goes_on_and_a_torn_line_is_mended(server, place, sent):
    lines = place / "lines.jsonl"
    lines.write_text("".join(json.dumps(line) + "\n" for line in some(60)))
    server.pause = 0.05
    command = [sys.executable, "-m", "llm", *arguments(place, "--together", "2", str(lines))]
    cache = ["--cache", str(place / "cache")]
    # Tests that run in the background would hand on that Ctrl-C is ignored.
    process = subprocess.Popen(
        [*command, *cache],
        cwd=ROOT,
        env=os.environ,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    out = place / "labels.jsonl"
    deadline = time.monotonic() + 120
    while not (out.is_file() and out.read_bytes().count(b"\n") >= 5):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(sent)
    assert process.wait() == (STOPPED if sent == signal.SIGINT else -sent)
    with out.open("ab") as file:
        file.write(b'{"id": "n5", "templ')
    server.pause = 0.0
    assert main(arguments(place, *cache, str(lines))) == DONE
    assert [label["id"] for label in labels(place)] == [f"n{n}" for n in range(60)]
    # What was under way when it was killed may have been asked twice, nothing else.
    assert len(server.asked) <= (62 if sent == signal.SIGKILL else 60)


def test_a_second_run_on_the_same_file_is_refused(server, place, monkeypatch, capsys):
    with Growing(place / "labels.jsonl"):
        assert teach(place, monkeypatch, [LINE]) == BAD_INPUT
    assert "another run" in capsys.readouterr().err
