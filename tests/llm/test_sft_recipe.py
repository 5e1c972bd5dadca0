"""Recipes: every shipped one loads; a wrong one is refused with its file and keys."""

from __future__ import annotations

import pytest
import yaml

from llm.sft.recipe import RECIPES, RecipeError, load_recipe, recipe_names

SHIPPED = RECIPES / "smollm2-135m-r16" / "config.yaml"


def broken(tmp_path, **changes):
    settings = yaml.safe_load(SHIPPED.read_text()) | changes
    kept = {key: value for key, value in settings.items() if value is not None}
    path = tmp_path / "config.yaml"
    path.write_text(yaml.safe_dump(kept))
    with pytest.raises(RecipeError) as caught:
        load_recipe(str(path))
    assert str(path) in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("name", recipe_names())
def test_every_recipe_loads_and_says_what_it_is(name):
    assert load_recipe(name).rank == 16
    assert (RECIPES / name / "README.md").is_file()


def test_the_recipes_of_the_three_machines_are_there():
    assert {"smollm2-135m-r16", "llama-3-8b-r16", "llama-3-8b-qlora"} <= set(recipe_names())


def test_a_recipe_that_is_not_there_is_said_with_those_that_are():
    with pytest.raises(RecipeError, match="smollm2-135m-r16"):
        load_recipe("nothing")


def test_unknown_and_missing_keys_are_all_named(tmp_path):
    said = broken(tmp_path, speed=9, rank=None, seed=None)
    assert "speed: there is no such setting" in said
    assert "rank: is missing" in said
    assert "seed: is missing" in said


@pytest.mark.parametrize(
    ("key", "value", "wanted"),
    [
        ("rank", 0, "at least 1"),
        ("rank", True, "a whole number"),
        ("rank", "16", "a whole number"),
        ("learning_rate", "1e-3", "write 1.0e-3"),
        ("learning_rate", -0.1, "above 0"),
        ("dropout", 1.0, "from 0"),
        ("dropout", float("nan"), "from 0"),
        ("dtype", "float16", "one of auto, float32, bfloat16"),
        ("quantization", "int8", "one of none, nf4"),
        ("target_modules", "q_proj", "a list of names"),
        ("target_modules", [], "a list of names"),
        ("gradient_checkpointing", "yes", "true or false"),
        ("min_learning_rate", 0.5, "not be above learning_rate"),
        ("tokens_per_pass", 4096, "not be above tokens_per_step"),
    ],
)
def test_an_impossible_value_is_named_with_what_it_must_be(tmp_path, key, value, wanted):
    said = broken(tmp_path, **{key: value})
    assert f"{key}: must " in said
    assert wanted in said


def test_four_bits_fit_neither_float32_nor_sharding(tmp_path):
    assert "dtype: 4-bit" in broken(tmp_path, quantization="nf4", dtype="float32")
    assert "sharding: 4-bit" in broken(tmp_path, quantization="nf4", sharding="full")


@pytest.mark.parametrize("text", ["- a list", "just text", "a: [unclosed", "\x00"])
def test_what_is_no_recipe_at_all_is_refused(tmp_path, text):
    path = tmp_path / "config.yaml"
    path.write_text(text)
    with pytest.raises(RecipeError, match=r"config\.yaml"):
        load_recipe(str(path))


def test_a_change_is_checked_like_the_file():
    assert load_recipe("smollm2-135m-r16", ["rank=8", "learning_rate=5.0e-4"]).rank == 8
    with pytest.raises(RecipeError, match="rank: must be"):
        load_recipe("smollm2-135m-r16", ["rank=-1"])
    with pytest.raises(RecipeError, match="key=value"):
        load_recipe("smollm2-135m-r16", ["rank"])
