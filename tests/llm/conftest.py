"""The small template and the base model that tests share, and the server of the teacher's."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from llm.base_model import ensure_base_model
from llm.schema import ReportTemplate
from tests.llm.chat_server import ChatServer, chat, running
from tests.llm.strategies import SMALL
from tests.llm.teaching import MILD

SHIPPED = Path(__file__).resolve().parents[2] / "fixtures" / "report_templates"


@pytest.fixture
def template() -> ReportTemplate:
    return SMALL


@pytest.fixture(scope="session")
def base() -> Path:
    """The directory of the real base model."""
    return ensure_base_model()


@pytest.fixture
def server(monkeypatch):
    """A server that finds mild emphysema everywhere, named by the settings."""
    with running(ChatServer()) as server:
        server.script = lambda _request: chat({"values": [MILD]})
        monkeypatch.setenv("LLM_OPENAI_URL", server.url)
        monkeypatch.setenv("LLM_OPENAI_MODEL", "large")
        monkeypatch.setattr("llm.http_client.FIRST_PAUSE_SECONDS", 0.01)
        yield server


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A working directory with one template."""
    (tmp_path / "templates").mkdir()
    shutil.copy(SHIPPED / "ct_chest.json", tmp_path / "templates")
    monkeypatch.chdir(tmp_path)
    return tmp_path
