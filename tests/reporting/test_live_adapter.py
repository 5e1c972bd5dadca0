"""The app fills with the adapter that is live, says which, and takes up another by itself."""

import json
import shutil
from pathlib import Path

import pytest
from django.conf import settings as conf
from django.urls import reverse

from llm.adapters import registry
from llm.engines.fake import FakeEngine
from llm.types import EngineIdentity
from reporting.selectors.health import adapter_live, health
from reporting.services import fill_worker, fills

SHIPPED = Path(conf.FIXTURES_DIR) / "adapter"


@pytest.fixture
def data(tmp_path, settings, monkeypatch):
    """A data directory of its own; engines load in no time and remember their adapter."""
    settings.DATA_DIR = tmp_path
    settings.LLM_ENGINE = "transformers"
    settings.LLM_ADAPTER_DIR = ""
    monkeypatch.setattr(fills, "ENGINE", fills._EngineHolder())
    monkeypatch.setattr(fills, "get_engine", load)
    return tmp_path


def load(name, *, base_model_dir, adapter_dir):
    engine = FakeEngine()
    engine.name = name
    digest = registry.described(adapter_dir).adapter_sha256
    engine.identity = EngineIdentity("base", "", adapter_dir.name, digest, "")
    return engine


def promoted(data):
    copied = data / "new"
    shutil.copytree(SHIPPED, copied)
    card = json.loads((copied / "card.json").read_text())
    total = {"positive_f1": 0.875, "unsupported_rate": 0.125, "contradiction_rate": 0.0}
    scores = {"data_sha256": "d", "total": total}
    (copied / "card.json").write_text(json.dumps(card | {"scores": scores}))
    return registry.add(data / "adapters", copied)


def test_the_shipped_adapter_is_live_until_one_is_promoted(data):
    fills.engine_load()
    assert fills.ENGINE.adapter == SHIPPED
    entry = promoted(data)
    assert entry.directory in fills.engine_load()
    assert fills.ENGINE.adapter == data / "adapters" / entry.directory
    registry.rollback(data / "adapters")
    fills.engine_load()
    assert fills.ENGINE.adapter == SHIPPED


def test_nothing_is_loaded_again_while_the_same_adapter_is_live(data):
    fills.engine_load()
    before = fills.ENGINE.engine
    fills.engine_load()
    assert fills.ENGINE.engine is before


def test_nothing_changes_under_a_fill(data):
    fills.engine_load()
    promoted(data)
    with fills.RUN_LOCK:
        fills.engine_load()
        assert fills.ENGINE.adapter == SHIPPED
    fills.engine_load()
    assert fills.ENGINE.adapter != SHIPPED


def test_an_adapter_that_the_settings_name_is_used_whatever_is_promoted(data, settings):
    promoted(data)
    settings.LLM_ADAPTER_DIR = str(SHIPPED)
    fills.engine_load()
    assert fills.ENGINE.adapter == SHIPPED
    assert adapter_live().promoted_at is None


def test_a_broken_registry_is_said(data):
    (data / "adapters").mkdir()
    (data / "adapters" / "registry.json").write_text("{")
    with pytest.raises(fills.EngineUnavailable, match="remove it"):
        fills.engine_load()
    assert adapter_live() is None


@pytest.mark.django_db
def test_the_health_page_says_what_the_worker_has_loaded(data):
    entry = promoted(data)
    fill_worker.Poller("w").turn()
    (model,) = [part for part in health() if part.name == "model"]
    assert model.is_up
    assert f"transformers with adapter {entry.directory} is ready" in model.message


def test_the_coordinator_sees_the_live_adapter(data, cast, client):
    client.force_login(cast.carol)
    page = client.get(reverse("timing")).content.decode()
    assert "as shipped or set" in page
    entry = promoted(data)
    page = client.get(reverse("timing")).content.decode()
    for shown in (entry.directory, entry.promoted_at, "0.875", "unsupported 0.125"):
        assert shown in page
    (data / "adapters" / "registry.json").write_text("{")
    assert "cannot be read" in client.get(reverse("timing")).content.decode()
