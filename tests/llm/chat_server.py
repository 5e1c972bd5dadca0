"""A real HTTP server that speaks OpenAI's protocol, with the faults that such servers have."""

from __future__ import annotations

import json
import socket
import struct
import sys
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

DROPPED, CUT = "dropped", "cut"


class ChatServer(ThreadingHTTPServer):
    """Answers by `script(request)`; the first `faults` of a request are answered by these.

    A fault is (status, data), (status, data, headers), DROPPED (the connection is reset) or CUT
    (it ends within the answer). `asked` are the requests, `keys` the headers that came with them.
    """

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.script = lambda request: chat({"values": []})
        self.faults = []
        self.asked = []
        self.keys = set()
        self.pause = 0.0
        self.together = self.most_together = 0
        self.lock = threading.Lock()

    def handle_error(self, request, client_address):
        """A client that went away is what some tests are about."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def answered(self, request):
        """The next fault, or what the script says."""
        with self.lock:
            self.asked.append(request)
            fault = self.faults.pop(0) if self.faults else None
        time.sleep(self.pause)
        return (200, self.script(request)) if fault is None else fault

    @contextmanager
    def counted(self):
        with self.lock:
            self.together += 1
            self.most_together = max(self.most_together, self.together)
        yield
        with self.lock:
            self.together -= 1


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.keys.add(self.headers.get("Authorization"))
        self.say(200, {"data": [{"id": "small"}]})

    def do_POST(self):
        self.server.keys.add(self.headers.get("Authorization"))
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.server.counted():
            answer = self.server.answered(request)
        if answer == DROPPED:
            # A linger of zero makes the close a reset.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
        elif answer == CUT:
            self.say(200, chat({"values": []}), length=10_000)
        else:
            self.say(*answer)

    def say(self, status, data, headers=None, *, length=None):
        body = data if isinstance(data, bytes) else json.dumps(data).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(length or len(body)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        if length is not None:
            self.close_connection = True

    def log_message(self, *args):
        pass


def chat(content, *, refusal=None, finish="stop", usage=(100, 20)):
    """A chat completion whose message is this content, as JSON if it is no text."""
    text = content if isinstance(content, str) else json.dumps(content)
    told = dict(zip(("prompt_tokens", "completion_tokens"), usage or (), strict=False))
    choice = {"message": {"content": text, "refusal": refusal}, "finish_reason": finish}
    return {"choices": [choice], **({"usage": told} if usage else {})}


@contextmanager
def running(server):
    """The server, answering while the block runs."""
    with server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server
        server.shutdown()
