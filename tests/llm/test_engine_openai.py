"""The remote engine, against a real HTTP server that speaks the protocol."""

from __future__ import annotations

import math
import re
import time

import pytest

from llm.engines import get_engine
from llm.engines.base import EngineError
from llm.engines.openai import OpenAIEngine, Server
from llm.fill import fill_one, tasks_of
from llm.http_client import Remote, RemoteError
from llm.types import EngineIdentity, FillRequest
from tests.llm.chat_server import ChatServer, running
from tests.llm.strategies import SMALL

CONCLUSION = "8 mm nodule in the right upper lobe. Mild emphysema. Follow-up in a year."
ANSWERS = {
    "@1 nodule in the right upper lobe": "nodule[+]size=@1,location=rul",
    "Mild emphysema": "emphysema=mild",
    "Follow-up in a year": "none",
}


@pytest.fixture
def server():
    with running(ChatServer()) as server:
        server.answers, server.log = dict(ANSWERS), -0.1
        server.script = lambda request: completion(server, request)
        yield server


def completion(server, request):
    """The scripted answer of the clause that the prompt ends with."""
    text = server.answers[request["prompt"].splitlines()[-2]]
    tokens = re.findall(r"\w+|\W", text)
    logs = {"tokens": tokens, "token_logprobs": [server.log] * len(tokens)}
    choice = {"text": text, "logprobs": logs if server.log is not None else None}
    return {"choices": [choice], "usage": {"prompt_tokens": 9, "completion_tokens": 4}}


def engine_on(server, *, guide="structured_outputs", timeout=5.0):
    remote = Remote(server.url, timeout_seconds=timeout, sleep=lambda _seconds: None)
    identity = EngineIdentity("small", "", "", "", "")
    return OpenAIEngine(Server(remote, "small", guide), identity)


def fill(server, **settings):
    return fill_one(FillRequest("1", SMALL, CONCLUSION), engine_on(server, **settings))


def values(result):
    return {value.path: value.value for value in result.values}


def test_a_conclusion_is_filled(server):
    result = fill(server)
    assert values(result) == {
        "nodule[1].size": 8,
        "nodule[1].location": ["rul"],
        "emphysema": "mild",
    }
    assert (result.tokens.prompt, result.tokens.output) == (27, 12)
    for request in server.asked:
        clause = request["prompt"].splitlines()[-2]
        assert re.fullmatch(request["structured_outputs"]["regex"], ANSWERS[clause])
        assert not re.fullmatch(request["structured_outputs"]["regex"], "emphysema=huge")
        assert request["temperature"] == 0


@pytest.mark.parametrize("guide", ["guided_regex", "none"])
def test_older_and_plain_servers_get_what_they_understand(server, guide):
    fill(server, guide=guide)
    for request in server.asked:
        assert "structured_outputs" not in request
        assert ("guided_regex" in request) == (guide == "guided_regex")


def test_an_illegal_answer_abstains_and_the_reader_is_told(server):
    server.answers["Mild emphysema"] = "emphysema=gigantic"
    result = fill(server)
    assert "emphysema" not in values(result)
    assert result.answers[1] == "emphysema=gigantic"
    (unused,) = [clause for clause in result.unused if clause.clause_index == 1]
    assert unused.reason == "abstained"
    assert any("not legal" in detail for detail in unused.details)


def test_probabilities_are_those_of_the_tokens(server):
    tasks = tasks_of(FillRequest("1", SMALL, CONCLUSION))
    answer = dict(engine_on(server).answer(tasks))[1]
    first, second, *_ = answer.decisions
    assert (first.text, second.text) == ("emphysema=", "mild")
    assert first.probability == pytest.approx(math.exp(-0.2))
    assert second.probability == pytest.approx(math.exp(-0.1))


def test_without_probabilities_every_value_is_to_be_checked(server):
    server.log = None
    for value in fill(server).values:
        assert value.low_confidence


def test_faults_that_pass_are_tried_again(server):
    server.faults = [(503, {}), (429, {})]
    assert values(fill(server))["emphysema"] == "mild"


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ((401, {"error": "no such key"}), "no such key"),
        ((404, b"gone"), "404"),
        ((307, b""), "307"),
        ((200, b"<html>"), "not JSON"),
        ((200, []), "not a JSON object"),
        ((200, {"choices": []}), "not a completion"),
    ],
)
def test_faults_that_stay_are_said_at_once(server, fault, said):
    server.faults = [fault]
    with pytest.raises(EngineError, match=said):
        fill(server)


def test_a_server_that_stays_broken_is_given_up(server):
    server.faults = [(503, {})] * 20
    with pytest.raises(EngineError, match=r"status 503.*\(after 3 tries"):
        fill(server)


def test_a_server_that_does_not_answer_is_given_up(server):
    server.pause = 1.0
    with pytest.raises(EngineError, match="timed out"):
        fill(server, timeout=0.05)


def test_it_stops_while_the_server_works(server):
    server.pause = 3.0
    tasks = tasks_of(FillRequest("1", SMALL, CONCLUSION))
    stops = iter([False, True])
    began = time.perf_counter()
    assert list(engine_on(server).answer(tasks, should_stop=lambda: next(stops))) == []
    assert time.perf_counter() - began < 1.5


def test_it_loads_from_the_environment_and_shows_its_key_to_the_server(server, monkeypatch):
    monkeypatch.setenv("LLM_OPENAI_URL", server.url)
    monkeypatch.setenv("LLM_OPENAI_MODEL", "small")
    monkeypatch.setenv("LLM_OPENAI_API_KEY", "letters")
    engine = get_engine("openai")
    assert engine.identity.base_model == "small"
    assert server.keys == {"Bearer letters"}
    assert "letters" not in repr(engine.server.remote)


def test_the_key_may_be_in_a_file(server, monkeypatch, tmp_path):
    (tmp_path / "key").write_text("from-file\n")
    monkeypatch.setenv("LLM_OPENAI_API_KEY_FILE", str(tmp_path / "key"))
    get_engine("openai", url=server.url, model="small")
    assert server.keys == {"Bearer from-file"}


def test_what_is_missing_is_said(server, monkeypatch):
    monkeypatch.delenv("LLM_OPENAI_URL", raising=False)
    with pytest.raises(EngineError, match="LLM_OPENAI_URL is not set"):
        get_engine("openai")
    with pytest.raises(EngineError, match="it has small"):
        get_engine("openai", url=server.url, model="large")
    with pytest.raises(EngineError, match="structured_outputs, guided_regex, none"):
        get_engine("openai", url=server.url, model="small", guide="magic")
    with pytest.raises(EngineError, match="not an http"):
        get_engine("openai", url="ftp://x", model="small")


def test_a_server_that_is_not_there_is_said():
    with pytest.raises(RemoteError, match="one try"):
        Remote("http://127.0.0.1:9", attempts=1).get("/models")


def test_the_key_is_never_told(server):
    server.faults = [(401, {"error": "the key hush-hush is unknown"})]
    with pytest.raises(RemoteError) as caught:
        Remote(server.url, "hush-hush").post("/completions", {})
    assert "hush-hush" not in str(caught.value)
