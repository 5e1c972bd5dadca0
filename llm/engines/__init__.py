"""The engines by name; each is imported only when it is asked for."""

from __future__ import annotations

import importlib
from typing import Protocol, cast

from llm.engines.base import Engine, EngineError

NAMES = ("transformers", "openai", "fake")


class _Module(Protocol):
    def load(self, **settings: object) -> Engine: ...


def get_engine(name: str, **settings: object) -> Engine:
    """The engine of that name, loaded and ready; each module's `load` names its settings.

    "transformers": base_model_dir, adapter_dir. Raises EngineError for an unknown name, an unknown
    setting, or an engine that cannot load.
    """
    if name not in NAMES:
        raise EngineError(f"There is no engine {name!r}; use one of {', '.join(NAMES)}.")
    module = cast(_Module, importlib.import_module(f"llm.engines.{name}"))
    return module.load(**settings)
