"""Child processes that never outlive their parent."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_CLONE_NEWUSER = 0x10000000
# Loaded before any fork: a child must not import.
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


class PartFailed(Exception):
    """A part did not start, or not in time; the message says which, why, and where its log is."""


@dataclass(slots=True)
class Process:
    """A running child with its log; `stop_signal` is what asks it to end cleanly."""

    name: str
    popen: subprocess.Popen[bytes]
    log: Path
    stop_signal: signal.Signals

    @property
    def is_running(self) -> bool:
        """Whether the child still runs."""
        return self.popen.poll() is None

    def stop(self, *, seconds: float = 15.0) -> None:
        """Ask the child to end; kill it when it does not in time."""
        if self.is_running:
            self.popen.send_signal(self.stop_signal)
        try:
            self.popen.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End the child at once, as a power cut would."""
        if self.is_running:
            self.popen.kill()
        self.popen.wait()

    def log_tail(self, lines: int = 12) -> str:
        """The last lines of the log."""
        if not self.log.is_file():
            return ""
        text = self.log.read_text(encoding="utf-8", errors="replace")
        return "\n".join(text.splitlines()[-lines:])


def spawn(
    name: str,
    argv: Sequence[str],
    *,
    log: Path,
    env: Mapping[str, str] | None = None,
    stop_signal: signal.Signals = signal.SIGTERM,
    unprivileged: bool = False,
) -> Process:
    """Start a child in its own group that gets `stop_signal` when this process dies.

    `unprivileged=True` hides root from it in a user namespace of one uid.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as file:
        popen = subprocess.Popen(  # noqa: S603
            list(argv),
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            env=dict(env) if env is not None else None,
            start_new_session=True,
            preexec_fn=before_exec(stop_signal, unprivileged=unprivileged),
        )
    return Process(name, popen, log, stop_signal)


def before_exec(
    stop_signal: signal.Signals | None = None, *, unprivileged: bool = False
) -> Callable[[], None]:
    """What a child does between fork and exec."""
    parent = os.getpid()

    def prepare() -> None:
        if unprivileged:
            _enter_namespace()
        if stop_signal is not None and _LIBC is not None:
            _LIBC.prctl(_PR_SET_PDEATHSIG, int(stop_signal), 0, 0, 0)
            if os.getppid() != parent:
                os._exit(1)

    return prepare


def _enter_namespace() -> None:
    """Become uid 1000 in a namespace where that is who we are outside."""
    uid, gid = os.getuid(), os.getgid()
    if _LIBC is None or _LIBC.unshare(_CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "no user namespace")
    Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
    Path("/proc/self/uid_map").write_text(f"1000 {uid} 1", encoding="ascii")
    Path("/proc/self/gid_map").write_text(f"1000 {gid} 1", encoding="ascii")


def namespaces_work() -> bool:
    """Whether a child can be hidden from being root here."""
    try:
        done = subprocess.run(
            [sys.executable, "-c", "import os; raise SystemExit(os.geteuid() == 0)"],
            preexec_fn=before_exec(unprivileged=True),
            check=False,
            capture_output=True,
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0


def wait_until(ready: Callable[[], bool], process: Process, *, seconds: float) -> None:
    """Wait for a part; raises PartFailed when it ends or takes too long."""
    deadline = time.monotonic() + seconds
    while not ready():
        if not process.is_running:
            raise PartFailed(
                f"{process.name} ended with code {process.popen.returncode}.\n{process.log_tail()}"
            )
        if time.monotonic() > deadline:
            raise PartFailed(
                f"{process.name} did not answer within {seconds:.0f} s; see {process.log}.\n"
                f"{process.log_tail()}"
            )
        time.sleep(0.05)
