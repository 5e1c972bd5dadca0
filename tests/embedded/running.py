"""`manage.py up` as a person starts it, and a client that signs in to it."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

import psycopg

from reporting.embedded.postgres import DATABASE, Postgres

ROOT = Path(__file__).resolve().parents[2]
BASE_MODEL = ROOT / "var" / "models" / "smollm2-135m-instruct"


def free_port() -> int:
    """A port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(slots=True)
class Up:
    """A running stack; `lines` is what it said so far."""

    data: Path
    port: int
    popen: subprocess.Popen[str]
    log: Path

    @property
    def said(self) -> str:
        """Everything it printed."""
        return self.log.read_text(encoding="utf-8")

    def wait_for(self, text: str, *, seconds: float = 90.0) -> None:
        """Wait until it says something."""
        wait(lambda: text in self.said, f"{text!r} in {self.said[-3000:]}", seconds=seconds)

    def children(self) -> dict[str, int]:
        """The process ids of the parts, by name."""
        names = {
            "postgres": "postgres",
            "valkey-server": "valkey",
            "gunicorn": "web",
            "celery": "worker",
        }
        found = {}
        for pid in descendants(self.popen.pid):
            command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
            for mark, name in names.items():
                if mark in command and parent_of(pid) == self.popen.pid:
                    found[name] = pid
        return found

    def kill(self, part: str) -> None:
        """kill -9 of one part."""
        os.kill(self.children()[part], signal.SIGKILL)

    def stop(self) -> int:
        """Ctrl-C."""
        if self.popen.poll() is None:
            self.popen.send_signal(signal.SIGINT)
        return self.popen.wait(timeout=40)

    def database(self) -> psycopg.Connection[tuple[Any, ...]]:
        """A connection as the superuser."""
        postgres = Postgres(self.data / "postgres", self.data / "run", self.data / "x.log")
        return postgres.connect(DATABASE)

    def ask(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        with self.database() as connection:
            cursor = connection.execute(query, values)
            return cursor.fetchall() if cursor.description else []


def parent_of(pid: int) -> int:
    """The parent of a process; 0 if it is gone."""
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, IndexError, ValueError):
        return 0


def descendants(pid: int) -> Iterator[int]:
    """All processes below one."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and parent_of(int(entry.name)) == pid:
            yield int(entry.name)
            yield from descendants(int(entry.name))


def wait(ready: Callable[[], object], what: str, *, seconds: float = 30.0) -> None:
    """Wait until something is true."""
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.1)


def start(data: Path, port: int, *, command: list[str] | None = None, **env: str) -> Up:
    """Start it; the caller waits for what it needs."""
    log = data.with_name(f"{data.name}-{port}.log")
    inherited = {k: v for k, v in os.environ.items() if k not in {"DATABASE_URL", "REDIS_URL"}}
    inherited.pop("DJANGO_SETTINGS_MODULE", None)
    settings = {"DATA_DIR": str(data), "PORT": str(port), "LLM_BASE_MODEL_DIR": str(BASE_MODEL)}
    with log.open("w") as file:
        popen = subprocess.Popen(
            [*(command or []), sys.executable, "manage.py", "up"],
            cwd=ROOT,
            env={**inherited, **settings, **env},
            stdout=file,
            stderr=subprocess.STDOUT,
            text=True,
        )
    return Up(data, port, popen, log)


@contextmanager
def running(data: Path, **env: str) -> Iterator[Up]:
    """A stack with its first page there, stopped at the end."""
    up = start(data, free_port(), command=None, **env)
    try:
        wait(
            lambda: "Stop with Ctrl-C" in up.said or up.popen.poll() is not None,
            "the first page",
            seconds=180,
        )
        assert up.popen.poll() is None, up.said
        yield up
    finally:
        up.stop()


@dataclass(slots=True)
class Reader:
    """Somebody signed in, without a browser."""

    up: Up
    name: str = "radiologist"
    jar: CookieJar = field(default_factory=CookieJar)

    @property
    def password(self) -> str:
        """The generated password."""
        return str(json.loads((self.up.data / "demo-accounts.json").read_text())[self.name])

    def request(self, path: str, data: dict[str, object] | None = None) -> tuple[int, str, str]:
        """(status, body, address) of a request; 0 where the server did not answer."""
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))
        token = next((c.value for c in self.jar if c.name == "csrftoken"), None) or ""
        url = f"http://127.0.0.1:{self.up.port}{path}"
        body = urllib.parse.urlencode(data).encode() if data is not None else None
        ask = urllib.request.Request(url, body, {"X-CSRFToken": token, "Referer": url})
        try:
            with opener.open(ask, timeout=20) as answer:
                return answer.status, answer.read().decode(), answer.url
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode(errors="replace"), error.url
        except (OSError, ValueError) as error:
            return 0, str(error), url

    def sign_in(self) -> Reader:
        """Sign in."""
        self.request("/accounts/login/")
        data: dict[str, object] = {"username": self.name, "password": self.password}
        status, _, address = self.request("/accounts/login/", data)
        assert status == 200, (status, address)
        assert "login" not in address
        return self

    def open_exam(self, description: str, mode: str) -> str:
        """Open the first waiting exam of a kind; return the id of its report."""
        _, page, _ = self.request("/?status=waiting&sort=date")
        rows = re.findall(r'id="exam-([0-9a-f-]{36})".*?</tr>', page, re.DOTALL)
        bodies = re.findall(r'(id="exam-[0-9a-f-]{36}".*?</tr>)', page, re.DOTALL)
        exam = next(e for e, body in zip(rows, bodies, strict=True) if description in body)
        _, _, address = self.request(f"/exams/{exam}/open/", {"mode": mode})
        return address.rstrip("/").rpartition("/")[2]
