"""The server engine and the teacher against a real local server, with its faults."""

import io
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from llm.engines import get_engine
from llm.engines.base import EngineError
from llm.engines.openai import OpenAIEngine
from llm.fill import fill_one
from llm.openai_client import Client, ServerError
from llm.teacher import label, main
from llm.types import FillRequest
from tests.llm.strategies import SMALL


@pytest.fixture
def server():
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            server.asked.append((self.path, body, self.headers["Authorization"]))
            status, answer = server.script(body)
            payload = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(status)
            self.end_headers()
            self.wfile.write(payload)

        def log_message(self, *_args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.asked = []
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


def client(server, **settings):
    url = f"http://127.0.0.1:{server.server_port}/v1"
    return Client(url, "a-model", "a-key", pause=lambda _s: None, **settings)


def completion(text):
    return 200, {"choices": [{"text": text, "logprobs": {"token_logprobs": [-0.1]}}]}


def wanting(answer):
    """A server that goes the way of one answer among the choices it is given."""

    def script(body):
        said = body["prompt"].rpartition("=>")[2]
        rest = answer[len(said) :]
        choices = body["structured_outputs"]["choice"]
        return completion(next((c for c in choices if rest and rest.startswith(c)), "\n"))

    return script


def test_it_walks_the_grammar_by_choices(server):
    server.script = wanting("nodule[+]size=@1,location=rul")
    request = FillRequest("1", SMALL, "8 mm nodule in the right upper lobe")
    result = fill_one(request, OpenAIEngine(client(server)))
    assert {v.path: v.value for v in result.values} == {
        "nodule[1].size": 8,
        "nodule[1].location": ["rul"],
    }
    assert server.asked[0][0] == "/v1/completions"
    assert server.asked[0][2] == "Bearer a-key"


def test_what_is_no_choice_makes_the_clause_abstain(server):
    server.script = lambda _body: completion("nodule[+]size=99")
    result = fill_one(FillRequest("1", SMALL, "Nodule"), OpenAIEngine(client(server)))
    assert result.values == ()
    assert result.unused[0].reason == "abstained"


@pytest.mark.parametrize("fault", [429, 500, 503])
def test_a_passing_fault_is_asked_again(server, fault):
    calls = []

    def script(body):
        calls.append(1)
        return (fault, {}) if len(calls) == 1 else wanting("none")(body)

    server.script = script
    result = fill_one(FillRequest("1", SMALL, "Cough"), OpenAIEngine(client(server)))
    assert result.unused[0].reason == "not_a_finding"


@pytest.mark.parametrize(
    "answer", [(401, {"error": "key"}), (200, b"{trunc"), (200, []), (200, {"choices": []})]
)
def test_a_lasting_fault_is_an_engine_error(server, answer):
    server.script = lambda _body: answer
    with pytest.raises(EngineError, match="127"):
        fill_one(FillRequest("1", SMALL, "Nodule"), OpenAIEngine(client(server)))


def test_nobody_there_is_an_engine_error():
    engine = OpenAIEngine(Client("http://127.0.0.1:9/v1", "m", tries=1, timeout=1))
    with pytest.raises(EngineError):
        fill_one(FillRequest("1", SMALL, "Nodule"), engine)


def test_missing_settings_are_named(monkeypatch):
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    monkeypatch.delenv("OPENAI_MODEL", raising=False)
    with pytest.raises(EngineError, match="OPENAI_BASE_URL and OPENAI_MODEL"):
        get_engine("openai")


def test_the_key_is_not_shown():
    assert "secret" not in repr(Client("http://x", "m", "secret"))


def teach(content):
    return 200, {"choices": [{"message": {"content": json.dumps(content)}}]}


def test_the_teacher_gets_the_schema_and_its_answer_is_checked(server):
    server.script = lambda _body: teach({"emphysema": "mild"})
    assert label(client(server), SMALL, "Mild emphysema.") == {"emphysema": "mild"}
    sent = server.asked[0][1]["response_format"]
    assert sent["type"] == "json_schema"
    assert sent["json_schema"]["schema"]["additionalProperties"] is False


@pytest.mark.parametrize("content", [{"emphysema": "huge"}, {"teeth": "none"}, ["x"], "x"])
def test_an_answer_that_does_not_fit_is_refused(server, content):
    server.script = lambda _body: teach(content)
    with pytest.raises(ServerError):
        label(client(server), SMALL, "x")


def test_a_refusal_is_said(server):
    message = {"content": None, "refusal": "I cannot"}
    server.script = lambda _body: (200, {"choices": [{"message": message}]})
    with pytest.raises(ServerError, match="I cannot"):
        label(client(server), SMALL, "x")


def test_teaching_goes_on_where_it_stopped(server, tmp_path, monkeypatch, capsys):
    server.script = lambda _body: teach({})
    monkeypatch.setenv("OPENAI_BASE_URL", f"http://127.0.0.1:{server.server_port}/v1")
    monkeypatch.setenv("OPENAI_MODEL", "m")
    lines = [json.dumps({"id": n, "conclusion": "Mild emphysema."}) for n in range(4)]
    out = tmp_path / "labels.jsonl"
    for count, code in ((2, 0), (4, 0)):
        monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(lines[:count])))
        assert main(["--template", "ct_chest", "--out", str(out)]) == code
    assert len(server.asked) == 4
    assert [json.loads(line)["id"] for line in out.read_text().splitlines()] == [0, 1, 2, 3]
    monkeypatch.setattr("sys.stdin", io.StringIO("broken\n"))
    assert main(["--template", "ct_chest", "--out", str(out)]) == 1
    assert "no conclusion" in capsys.readouterr().err
