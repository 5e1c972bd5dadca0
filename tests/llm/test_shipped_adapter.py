"""The shipped adapter on the real base model: it is what its card says, and it answers."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest
import torch
import transformers

from llm.engines import get_engine
from llm.engines.base import EngineError
from llm.engines.llama import Llama
from llm.fill import fill_many, fill_one, tasks_of
from llm.prompt import prompt_hash
from llm.schema import load_templates
from llm.sft.card import read, write
from llm.tokens import prompt_ids
from llm.types import FillRequest

ROOT = Path(__file__).resolve().parents[2]
ADAPTER = ROOT / "fixtures" / "adapter"
CHEST = load_templates(ROOT / "fixtures" / "report_templates")["ct_chest"]
CONCLUSION = "1. 12 mm nodule in the right upper lobe.\n2. Small left pleural effusion."


@pytest.fixture(scope="module")
def engine(base):
    return get_engine("transformers", base_model_dir=base, adapter_dir=ADAPTER)


def test_the_card_names_these_weights_and_this_prompt(engine):
    weights = (ADAPTER / "adapter_model.safetensors").read_bytes()
    assert engine.identity.adapter_hash == hashlib.sha256(weights).hexdigest()
    assert engine.identity.prompt_hash == prompt_hash()
    assert engine.identity.base_hash == read(ADAPTER)["base_sha256"]


def test_every_field_of_the_shipped_templates_is_covered(engine):
    assert set(CHEST.field_hashes().values()) <= engine.field_hashes_covered


def test_a_plain_conclusion_is_filled_right(engine):
    result = fill_one(FillRequest("1", CHEST, CONCLUSION), engine)
    values = {value.path: value.value for value in result.values}
    assert values["nodule[1].size"] == 12
    assert values["nodule[1].location"] == ["rul"]
    assert values["effusion[left].size"] == "small"
    assert "effusion[right].size" not in values


def test_fills_together_are_the_fills_alone(engine):
    texts = [CONCLUSION, "Severe emphysema. No effusion.", "Normal study."]
    requests = [FillRequest(str(n), CHEST, text) for n, text in enumerate(texts)]
    together = fill_many(requests, engine)
    for request, result in zip(requests, together, strict=True):
        assert fill_one(request, engine).answers == result.answers


def test_the_forward_pass_is_that_of_transformers(base, engine):
    model = transformers.AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    own = Llama(model, torch.device("cpu"), torch.float32)
    task = tasks_of(FillRequest("1", CHEST, CONCLUSION))[1]
    ids = prompt_ids(engine.tokenizer, task.prompt)
    theirs = model(torch.tensor([ids])).logits[0, -1]
    cache = own.cache(1, len(ids))
    own.forward([ids[:7]], cache)
    ours = own.scores(own.forward([ids[7:]], cache), range(theirs.shape[0]))[0]
    assert torch.allclose(ours, theirs, atol=2e-3)


def test_an_adapter_for_another_prompt_is_refused(base, tmp_path):
    copied = tmp_path / "adapter"
    shutil.copytree(ADAPTER, copied)
    write(copied, read(copied) | {"prompt_sha256": "0" * 64})
    with pytest.raises(EngineError, match="another form of the prompt"):
        get_engine("transformers", base_model_dir=base, adapter_dir=copied)


def test_weights_that_the_card_does_not_name_are_refused(base, tmp_path):
    copied = tmp_path / "adapter"
    shutil.copytree(ADAPTER, copied)
    with (copied / "adapter_model.safetensors").open("ab") as file:
        file.write(b"x")
    with pytest.raises(EngineError, match="card names"):
        get_engine("transformers", base_model_dir=base, adapter_dir=copied)


def test_a_base_model_that_is_not_there_is_said(tmp_path):
    with pytest.raises(EngineError, match="base-model"):
        get_engine("transformers", base_model_dir=tmp_path, adapter_dir=ADAPTER)
