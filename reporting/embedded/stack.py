"""The whole app on one machine, under one supervisor."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings

from reporting.embedded.lock import lock
from reporting.embedded.postgres import OWNER, WEB, Postgres
from reporting.embedded.processes import PartFailed, Process, before_exec, spawn, wait_until
from reporting.embedded.secret_files import secret_read
from reporting.embedded.supervisor import Supervisor, say_to_terminal
from reporting.embedded.valkey import Valkey

HOST = "127.0.0.1"
WEB_SECONDS = 60.0


@dataclass(slots=True)
class Stack:
    """DATABASE_URL or REDIS_URL in the environment mean that this part runs elsewhere."""

    demo: bool = True
    say: Callable[[str], None] = say_to_terminal
    data: Path = field(default_factory=lambda: Path(settings.DATA_DIR))
    port: int = field(default_factory=lambda: int(settings.PORT))
    env: dict[str, str] = field(default_factory=lambda: dict(os.environ))
    _said: dict[str, str] = field(default_factory=dict)
    _next_look: float = 0.0

    def run(self) -> None:
        """Start all parts, watch over them, stop them; raises PartFailed, DataDirectoryTaken."""
        supervisor = Supervisor(self.say)
        supervisor.listen()
        with lock(self.data):
            self._check_port()
            try:
                self._services(supervisor)
                self._prepare()
                if not supervisor.is_stopping:
                    supervisor.add("Web", self._web)
                    supervisor.add("Worker", self._worker)
                    self._greet()
                supervisor.watch(self._report_states)
            finally:
                self.say("Stopping …")
                supervisor.stop()
                self.say("Stopped. Your data are kept.")

    def _check_port(self) -> None:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, self.port))
            except OSError as error:
                raise PartFailed(
                    f"Port {self.port} is taken: stop what uses it, or set PORT to another."
                ) from error

    def _services(self, supervisor: Supervisor) -> None:
        run, logs = self.data / "run", self.data / "logs"
        self.env["DATA_DIR"] = str(self.data)
        if not any(self.env.get(name) for name in ("DATABASE_URL", "DATABASE_URL_FILE")):
            postgres = Postgres(self.data / "postgres", run, logs / "postgres.log")
            supervisor.add("PostgreSQL", lambda: _started(postgres))
            self.env["DATABASE_URL"] = postgres.url(WEB)
            self.env["DATABASE_OWNER_URL"] = postgres.url(OWNER)
            self.say("PostgreSQL runs.")
        if not any(self.env.get(name) for name in ("REDIS_URL", "REDIS_URL_FILE")):
            valkey = Valkey(self.data / "valkey", run, logs / "valkey.log")
            supervisor.add("Valkey", lambda: _started(valkey))
            self.env["REDIS_URL"] = valkey.url
            self.say("Valkey runs.")
        if not any(self.env.get(name) for name in ("SECRET_KEY", "SECRET_KEY_FILE")):
            self.env["SECRET_KEY"] = secret_read(self.data / "secrets" / "django", length=50)

    def _prepare(self) -> None:
        """Migrations and data, in a process of its own; skipped when nothing has changed."""
        stamp, wanted = self.data / "prepared", self._content()
        if stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
            return
        self.say("Preparing; the first time takes about a minute.")
        argv = [sys.executable, "manage.py", "prepare", *(["--demo"] if self.demo else [])]
        done = subprocess.run(  # noqa: S603
            argv,
            env=self.env,
            cwd=settings.BASE_DIR,
            check=False,
            preexec_fn=before_exec(),
        )
        if done.returncode:
            raise PartFailed("The preparation failed; the lines above say why.")
        stamp.write_text(wanted, encoding="utf-8")

    def _content(self) -> str:
        """What the preparation depends on."""
        base = Path(settings.BASE_DIR)
        files = [*base.glob("reporting/migrations/*.py"), *base.glob("fixtures/**/*.json")]
        digest = hashlib.sha256(f"{self.demo} {self.env['DATABASE_URL']}".encode())
        for path in sorted(files):
            digest.update(path.read_bytes())
        return digest.hexdigest()

    def _web(self) -> Process:
        argv = [sys.executable, "-m", "gunicorn", "reporting.wsgi", "--bind", f"{HOST}:{self.port}"]
        argv += ["--workers", "1", "--threads", "8", "--worker-class", "gthread"]
        argv += ["--access-logfile", "-", "--graceful-timeout", "5", "--no-control-socket"]
        process = spawn("Web", argv, log=self.data / "logs" / "web.log", env=self.env)
        wait_until(lambda: self._health() is not None, process, seconds=WEB_SECONDS)
        return process

    def _worker(self) -> Process:
        argv = [sys.executable, "-m", "celery", "-A", "reporting", "worker", "--pool", "solo"]
        argv += ["--queues", "gpu,light", "--loglevel", "INFO", "--without-gossip"]
        argv += ["--without-mingle", "--hostname", "model@localhost"]
        return spawn("Worker", argv, log=self.data / "logs" / "worker.log", env=self.env)

    def _health(self) -> dict[str, str] | None:
        """The states of the parts, or None while the web does not answer."""
        try:
            with urllib.request.urlopen(f"http://{HOST}:{self.port}/health/", timeout=3) as answer:
                return _messages(answer.read())
        except urllib.error.HTTPError as error:
            return _messages(error.read())
        except OSError:
            return None

    def _greet(self) -> None:
        self.say(f"\nConcludo: http://{HOST}:{self.port}/")
        accounts = self.data / "demo-accounts.json"
        if self.demo and accounts.is_file():
            self.say("Demo accounts (invented people, this machine only):")
            for name, password in json.loads(accounts.read_text(encoding="utf-8")).items():
                self.say(f"  {name:<14}{password}")
        self.say("Stop with Ctrl-C.\n")

    def _report_states(self) -> None:
        """Say the state of a part whenever it changes."""
        if time.monotonic() < self._next_look:
            return
        self._next_look = time.monotonic() + 2.0
        for name, message in (self._health() or {}).items():
            if name in {"model", "broker"} and self._said.get(name) != message:
                self._said[name] = message
                self.say(f"{name}: {message}")


def _started(service: Postgres | Valkey) -> Process:
    service.start()
    if service.process is None:
        raise PartFailed("the service has no process")
    return service.process


def _messages(body: bytes) -> dict[str, str]:
    try:
        parts = json.loads(body)["parts"]
    except (ValueError, KeyError):
        return {}
    return {part["name"]: part["message"] for part in parts}
