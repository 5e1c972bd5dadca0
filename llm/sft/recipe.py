"""A recipe: what a training run does, read from YAML and checked before anything is loaded."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Literal

import yaml

RECIPES = Path(__file__).parent / "recipes"
DTYPES = ("auto", "float32", "bfloat16")


class RecipeError(ValueError):
    """A recipe that cannot be used; the message names the file, the key and the fault."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a training run does.

    `dtype` is that of the base weights; "auto" takes what the machine computes in fastest.
    `tokens_per_step` bounds the tokens of an optimizer step and `tokens_per_pass` those of one
    forward and backward pass of a process, padding included. `patience` is the number of
    validations in a row without improvement after which training ends; 0 never ends it.
    `sharding` says whether several processes each hold all weights or a part of them.
    """

    base_model: str
    quantization: Literal["none", "nf4"]
    dtype: Literal["auto", "float32", "bfloat16"]
    rank: int
    alpha: int
    dropout: float
    target_modules: list[str]
    epochs: int
    learning_rate: float
    min_learning_rate: float
    warmup_share: float
    weight_decay: float
    max_gradient_norm: float
    tokens_per_step: int
    tokens_per_pass: int
    gradient_checkpointing: bool
    sharding: Literal["none", "full"]
    seed: int
    validate_every_steps: int
    validate_examples: int
    patience: int
    checkpoint_every_steps: int

    def settings(self) -> dict[str, Any]:
        """All settings by name."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class _Rule:
    """What a value must be, in words, and how that is told."""

    words: str
    holds: Callable[[Any], bool]


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _whole(lowest: int) -> _Rule:
    return _Rule(
        f"a whole number, at least {lowest}", lambda value: _is_whole(value) and value >= lowest
    )


def _number(words: str, holds: Callable[[float], bool]) -> _Rule:
    return _Rule(
        f"a number {words} (write 1.0e-3, not 1e-3)",
        lambda value: (isinstance(value, float) or _is_whole(value)) and holds(value),
    )


def _one_of(*values: str) -> _Rule:
    return _Rule(f"one of {', '.join(values)}", lambda value: value in values)


def _is_names(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(v, str) for v in value)


_SHARE = _number("from 0 up to, but not, 1", lambda value: 0 <= value < 1)
_NOT_NEGATIVE = _number("of at least 0", lambda value: value >= 0)
_POSITIVE = _number("above 0", lambda value: value > 0)
_RULES: Mapping[str, _Rule] = {
    "base_model": _Rule("a name", lambda value: isinstance(value, str) and bool(value)),
    "quantization": _one_of("none", "nf4"),
    "dtype": _one_of(*DTYPES),
    "rank": _whole(1),
    "alpha": _whole(1),
    "dropout": _SHARE,
    "target_modules": _Rule("a list of names of linear layers", _is_names),
    "epochs": _whole(1),
    "learning_rate": _POSITIVE,
    "min_learning_rate": _NOT_NEGATIVE,
    "warmup_share": _SHARE,
    "weight_decay": _NOT_NEGATIVE,
    "max_gradient_norm": _POSITIVE,
    "tokens_per_step": _whole(1),
    "tokens_per_pass": _whole(1),
    "gradient_checkpointing": _Rule("true or false", lambda value: isinstance(value, bool)),
    "sharding": _one_of("none", "full"),
    "seed": _whole(0),
    "validate_every_steps": _whole(1),
    "validate_examples": _whole(1),
    "patience": _whole(0),
    "checkpoint_every_steps": _whole(1),
}


def recipe_names() -> list[str]:
    """The recipes that are shipped."""
    return sorted(path.parent.name for path in RECIPES.glob("*/config.yaml"))


def recipe_path(name: str) -> Path:
    """The file of a recipe by its name or path; raises RecipeError."""
    path = Path(name) if name.endswith((".yaml", ".yml")) else RECIPES / name / "config.yaml"
    if not path.is_file():
        raise RecipeError(f"no recipe {name!r}; there are: {', '.join(recipe_names())}")
    return path


def load_recipe(name: str, changes: Sequence[str] = ()) -> Recipe:
    """The recipe of a name or path, with `key=value` changes; raises RecipeError."""
    path = recipe_path(name)
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise RecipeError(f"{path}: this is not YAML: {error}") from error
    if not isinstance(data, dict):
        raise RecipeError(f"{path}: a recipe is a list of `key: value` lines")
    for change in changes:
        key, equals, value = change.partition("=")
        if not equals:
            raise RecipeError(f"{change!r}: a change is written key=value")
        data[key] = yaml.safe_load(value)
    faults = list(_faults(data))
    if faults:
        raise RecipeError("\n".join(f"{path}: {fault}" for fault in faults))
    numbers = {field.name for field in fields(Recipe) if field.type == "float"}
    settings: dict[str, Any] = {k: float(v) if k in numbers else v for k, v in data.items()}
    return Recipe(**settings)


def _faults(data: Mapping[str, Any]) -> Iterator[str]:
    """One line for each key that is unknown, missing, or holds an impossible value."""
    yield from (f"{key}: there is no such setting" for key in data if key not in _RULES)
    for key, rule in _RULES.items():
        if key not in data:
            yield f"{key}: is missing; it must be {rule.words}"
        elif not rule.holds(data[key]):
            yield f"{key}: must be {rule.words}, not {data[key]!r}"
    yield from _contradictions(data)


def _contradictions(data: Mapping[str, Any]) -> Iterator[str]:
    """Values that are possible by themselves, but not together."""
    sane = {key for key, rule in _RULES.items() if key in data and rule.holds(data[key])}
    if {"learning_rate", "min_learning_rate"} <= sane and (
        data["min_learning_rate"] > data["learning_rate"]
    ):
        yield "min_learning_rate: must not be above learning_rate"
    if {"tokens_per_pass", "tokens_per_step"} <= sane and (
        data["tokens_per_pass"] > data["tokens_per_step"]
    ):
        yield "tokens_per_pass: must not be above tokens_per_step"
    if data.get("quantization") == "nf4" and data.get("dtype") == "float32":
        yield "dtype: 4-bit weights are computed with in bfloat16; write auto or bfloat16"
    if data.get("quantization") == "nf4" and data.get("sharding") == "full":
        yield "sharding: 4-bit weights cannot be sharded; write none"
