"""DATABASE_URL and REDIS_URL name services that this supervisor neither starts nor stops."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from reporting.embedded import postgres as embedded_postgres
from reporting.embedded.postgres import OWNER, WEB, Postgres
from reporting.embedded.valkey import Valkey
from tests.embedded.running import Reader, running


@pytest.fixture
def place():
    # Short: the path of a socket has little room.
    made = Path(tempfile.mkdtemp(prefix="else-"))
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture
def postgres(place):
    server = Postgres(place / "there" / "postgres", place / "there" / "run", place / "pg.log")
    server.start()
    yield server
    server.process.stop()


@pytest.fixture
def valkey(place):
    server = Valkey(place / "there" / "valkey", place / "there" / "run", place / "valkey.log")
    server.start()
    yield server
    server.process.stop()


def test_the_app_runs_on_services_elsewhere_and_leaves_them_running(place, postgres, valkey):
    urls = {"DATABASE_URL": postgres.url(WEB), "DATABASE_OWNER_URL": postgres.url(OWNER)}
    with running(place / "data", **urls, REDIS_URL=valkey.url) as up:
        assert set(up.children()) == {"web", "worker"}
        assert Reader(up).sign_in().request("/")[0] == 200
        up.wait_for("broker: ")
        assert up.stop() == 0
    assert not (place / "data" / "postgres").exists()
    assert postgres.process.is_running
    assert valkey.process.is_running


def test_a_database_that_does_not_answer_is_said(place, valkey):
    url = "postgres://nobody:nothing@127.0.0.1:1/none"
    with (
        pytest.raises(AssertionError) as found,
        running(place / "data", DATABASE_URL=url, REDIS_URL=valkey.url),
    ):
        pass
    assert "The preparation failed" in str(found.value)
    assert "DATABASE_URL" in str(found.value)
    assert "Traceback" not in str(found.value)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root needs another user for PostgreSQL")
def test_as_root_without_user_namespaces_postgresql_runs_as_nobody(place, monkeypatch):
    if not shutil.which("setpriv"):
        pytest.skip("setpriv is not installed")
    place.chmod(0o711)
    monkeypatch.setattr(embedded_postgres, "namespaces_work", lambda: False)
    server = Postgres(place / "data" / "postgres", place / "data" / "run", place / "pg.log")
    server.start()
    try:
        assert server.connect().execute("SELECT 1").fetchone() == (1,)
        uid = Path(f"/proc/{server.process.popen.pid}").stat().st_uid
        assert uid != 0
    finally:
        server.process.stop()
