"""`manage.py up`: starts for a stranger, says what is wrong, stops without a trace."""

import os
import pwd
import shutil
import signal
import socket
import sys
import tempfile
import time
from pathlib import Path

import pytest

from tests.embedded.running import BASE_MODEL, ROOT, descendants, free_port, running, start, wait

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


@pytest.fixture
def data():
    # Short: the path of a socket has little room.
    place = Path(tempfile.mkdtemp(prefix="up-"))
    yield place / "data"
    shutil.rmtree(place, ignore_errors=True)


def alive(pids):
    return [pid for pid in pids if Path(f"/proc/{pid}").exists()]


def test_a_stack_from_nothing_to_stop_and_again(data):
    with running(data) as up:
        assert set(up.children()) == {"postgres", "valkey", "web", "worker"}
        assert "radiologist" in up.said
        second = start(data, free_port())
        assert second.popen.wait(timeout=30) == 1
        assert f"already runs on {data}" in second.said
        up.ask("UPDATE reporting_site SET name = 'Kept' WHERE code = 'NORTH'")
        pids = list(descendants(up.popen.pid))
        assert up.stop() == 0
        assert alive(pids) == []
    began = time.monotonic()
    with running(data) as up:
        assert "Preparing" not in up.said
        assert up.ask("SELECT name FROM reporting_site WHERE code = 'NORTH'") == [("Kept",)]
    assert time.monotonic() - began < 90
    assert oct(data.stat().st_mode)[-3:] == "700"


def test_no_orphan_when_the_supervisor_is_killed(data):
    with running(data) as up:
        pids = list(descendants(up.popen.pid))
        up.popen.send_signal(signal.SIGKILL)
        up.popen.wait()
        wait(lambda: not alive(pids), "every part ends", seconds=30)


def test_a_taken_port_is_said(data):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        up = start(data, port)
        assert up.popen.wait(timeout=30) == 1
    assert f"Port {port} is taken" in up.said
    assert "Traceback" not in up.said


def test_a_data_directory_that_cannot_be_is_said(data):
    data.parent.joinpath("data").write_text("a file")
    up = start(data, free_port())
    assert up.popen.wait(timeout=30) == 1
    assert "cannot be used" in up.said
    assert "Traceback" not in up.said


def test_a_part_that_ends_is_started_again(data):
    with running(data) as up:
        before = up.children()["web"]
        up.kill("web")
        up.wait_for("Web runs again", seconds=40)
        assert up.children()["web"] != before


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_an_ordinary_user_can_start_it():
    if not shutil.which("setpriv"):
        pytest.skip("setpriv is not installed")
    nobody = pwd.getpwnam("nobody")
    place = Path(tempfile.mkdtemp(prefix="up-"))
    os.chown(place, nobody.pw_uid, nobody.pw_gid)
    interpreter = Path(sys.executable).resolve()
    closed = [p for p in (*interpreter.parents, *ROOT.parents, ROOT) if not p.stat().st_mode & 0o1]
    if closed or not BASE_MODEL.exists():
        shutil.rmtree(place)
        pytest.skip(f"an ordinary user may not enter {closed[:1]}")
    command = ["setpriv", "--reuid=nobody", "--clear-groups", "--inh-caps=-all"]
    up = start(place / "data", free_port(), command=command, HOME=str(place))
    try:
        up.wait_for("Stop with Ctrl-C", seconds=120)
        assert (place / "data").stat().st_uid == nobody.pw_uid
        assert up.stop() == 0
    finally:
        up.stop()
        shutil.rmtree(place, ignore_errors=True)
