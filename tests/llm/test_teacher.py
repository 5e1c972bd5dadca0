"""The teacher against a real local server, with its faults."""

import io
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from llm.http_client import Remote, RemoteError
from llm.teacher import Teacher, label, main
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


def client(server):
    url = f"http://127.0.0.1:{server.server_port}/v1"
    return Teacher(Remote(url, "a-key", sleep=lambda _s: None), "a-model")


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
    with pytest.raises(RemoteError):
        label(client(server), SMALL, "x")


@pytest.mark.parametrize("fault", [429, 500])
def test_a_passing_fault_is_asked_again(server, fault):
    answers = iter([(fault, {}), teach({"emphysema": "mild"})])
    server.script = lambda _body: next(answers)
    assert label(client(server), SMALL, "x") == {"emphysema": "mild"}


@pytest.mark.parametrize("answer", [(401, {}), (200, b"{trunc"), (200, []), (200, {"choices": []})])
def test_a_lasting_fault_is_said(server, answer):
    server.script = lambda _body: answer
    with pytest.raises(RemoteError):
        label(client(server), SMALL, "x")


def test_a_refusal_is_said(server):
    message = {"content": None, "refusal": "I cannot"}
    server.script = lambda _body: (200, {"choices": [{"message": message}]})
    with pytest.raises(RemoteError, match="I cannot"):
        label(client(server), SMALL, "x")


def test_teaching_goes_on_where_it_stopped(server, tmp_path, monkeypatch, capsys):
    server.script = lambda _body: teach({})
    monkeypatch.setenv("LLM_OPENAI_URL", f"http://127.0.0.1:{server.server_port}/v1")
    monkeypatch.setenv("LLM_OPENAI_MODEL", "m")
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
