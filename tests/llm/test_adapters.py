"""Which adapter is live: the gate before promotion, the registry, and the way back."""

import hashlib
import json
import shutil
from pathlib import Path

import pytest

from llm.adapters import registry
from llm.adapters.gate import CEILINGS, refusals
from llm.cli import main
from llm.engines.adapter import covered_fields, read_card
from llm.sft import card as card_file

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ROOT / "fixtures" / "adapter"
GOOD = {"positive_f1": 0.8, "unsupported_rate": 0.05, "contradiction_rate": 0.0}


def scores(data="d", templates=("ct_chest",), **total):
    found = GOOD | total
    return {"data_sha256": data, "total": found, "by_template": dict.fromkeys(templates, found)}


@pytest.fixture
def adapters(tmp_path, monkeypatch):
    """Makes adapters that score as told; the shipped one is a copy that scores as GOOD."""

    def make(name, found, *, weights=b""):
        made = tmp_path / name
        made.mkdir()
        for file in ("card.json", "adapter_model.safetensors"):
            shutil.copy(SHIPPED / file, made)
        card = card_file.read(made)
        if weights:
            (made / "adapter_model.safetensors").write_bytes(weights)
            card["adapter_sha256"] = hashlib.sha256(weights).hexdigest()
        (made / "card.json").write_text(json.dumps(card | {"scores": found}))
        return made

    shipped = make("shipped", scores())
    monkeypatch.setattr(registry, "SHIPPED", shipped)
    return make


@pytest.fixture
def live(tmp_path):
    return tmp_path / "data" / "adapters"


def promote(adapter, live):
    return main(["promote", str(adapter), "--live", str(live)])


def test_equal_and_better_scores_pass():
    assert not refusals(scores(), scores())
    assert not refusals(scores(positive_f1=0.9), scores())


@pytest.mark.parametrize("name", CEILINGS)
def test_a_ceiling_counts_however_good_the_rest(name):
    at = {name: CEILINGS[name], "positive_f1": 1.0}
    above = {name: CEILINGS[name] + 0.001, "positive_f1": 1.0}
    assert not refusals(scores(**at), scores())
    assert refusals(scores(**above), scores())
    assert refusals(scores(**above), None)


@pytest.mark.parametrize(
    ("new", "old", "reason"),
    [
        (scores(positive_f1=0.79), scores(), "worse than"),
        (scores("e"), scores(), "different data"),
        ({}, scores(), "new adapter has no recorded"),
        (scores(), {}, "live adapter has no recorded"),
        (scores(positive_f1=None), scores(), "not known"),
        (scores(), scores(templates=("ct_chest", "ct_head")), "scored on ct_head"),
    ],
)
def test_why_not(new, old, reason):
    assert any(reason in said for said in refusals(new, old))


def test_only_templates_that_the_live_adapter_fills_are_compared():
    more = scores(templates=("ct_chest", "ct_head"))
    more["total"] = GOOD | {"positive_f1": 0.7}
    more["by_template"]["ct_head"] = GOOD | {"positive_f1": 0.5}
    assert not refusals(more, scores())
    more["by_template"]["ct_chest"] = GOOD | {"positive_f1": 0.79}
    assert "0.790, worse than 0.800" in refusals(more, scores())[0]


@pytest.mark.parametrize("name", CEILINGS)
def test_a_refusal_tells_figure_and_ceiling(name):
    (reason,) = refusals(scores(**{name: 0.987}), None)
    assert f"{name} is 0.987" in reason
    assert str(CEILINGS[name]) in reason


def test_without_a_registry_the_shipped_adapter_is_live(adapters, live):
    found = registry.live_adapter(live)
    assert found.directory.name == "shipped"
    assert found.promoted_at is None
    assert found.scores["total"] == GOOD


def test_promotion_and_the_way_back(adapters, live, capsys):
    first = adapters("first", scores(positive_f1=0.82), weights=b"1")
    second = adapters("second", scores(positive_f1=0.84), weights=b"2")
    assert promote(first, live) == promote(second, live) == 0
    now = registry.live_adapter(live)
    assert now.adapter_sha256 == card_file.read(second)["adapter_sha256"]
    assert now.promoted_at.endswith("+00:00")
    shutil.rmtree(second)
    assert (now.directory / "adapter_model.safetensors").read_bytes() == b"2"
    assert main(["rollback", "--live", str(live)]) == 0
    assert registry.live_adapter(live).scores["total"]["positive_f1"] == 0.82
    assert main(["rollback", "--live", str(live)]) == 0
    assert registry.live_adapter(live).directory.name == "shipped"
    assert main(["rollback", "--live", str(live)]) == 2
    assert "nothing to go back to" in capsys.readouterr().err
    assert len(registry.read(live).entries) == 2


def test_what_the_gate_refuses_changes_nothing(adapters, live, capsys):
    worse = adapters("worse", scores(positive_f1=0.7), weights=b"1")
    assert promote(worse, live) == 1
    assert "worse than 0.800" in capsys.readouterr().err
    assert not live.exists()


def test_promoting_the_live_one_again_adds_nothing(adapters, live):
    adapter = adapters("first", scores(), weights=b"1")
    assert promote(adapter, live) == promote(adapter, live) == 0
    assert len(registry.read(live).entries) == 1


def test_an_adapter_that_was_rolled_back_can_come_again(adapters, live):
    adapter = adapters("first", scores(), weights=b"1")
    promote(adapter, live)
    main(["rollback", "--live", str(live)])
    assert promote(adapter, live) == 0
    assert registry.read(live).live == 1


def test_weights_that_are_not_those_of_the_card_are_refused(adapters, live, capsys):
    adapter = adapters("first", scores(), weights=b"1")
    (adapter / "adapter_model.safetensors").write_bytes(b"other")
    assert promote(adapter, live) == 2
    assert "not those" in capsys.readouterr().err
    assert registry.read(live).live is None


def test_a_live_adapter_that_no_longer_fits_only_leaves_the_ceilings(adapters, live):
    shipped = registry.SHIPPED
    card = card_file.read(shipped)
    (shipped / "card.json").write_text(json.dumps(card | {"prompt_sha256": "0"}))
    assert promote(adapters("first", scores("e", positive_f1=0.1), weights=b"1"), live) == 0


@pytest.mark.parametrize("text", ["{", "[]", '{"entries": [], "live": 3}', '{"entries": [{}]}'])
def test_a_broken_registry_is_said(live, text, capsys):
    live.mkdir(parents=True)
    (live / registry.FILE).write_text(text)
    assert main(["rollback", "--live", str(live)]) == 2
    assert "remove it" in capsys.readouterr().err


def test_a_withheld_template_keeps_only_what_others_share(adapters, capsys):
    made = adapters("new", scores())
    chest = read_card(made)["field_hashes"]["ct_chest"]
    assert main(["withhold", str(made), "ct_chest", "too often wrong"]) == 0
    card = read_card(made)
    others = {
        digest
        for key in card_file.filled_templates(card)
        for digest in card["field_hashes"][key].values()
    }
    assert card["withheld"]["ct_chest"] == "too often wrong"
    assert card["field_hashes"]["ct_chest"] == chest
    assert covered_fields(card) == others
    assert not set(chest.values()) <= others
    assert "too often wrong" in (made / card_file.README).read_text()
    assert main(["withhold", str(made), "ct_chest", "again"]) == 2
    assert "not 'ct_chest'" in capsys.readouterr().err
