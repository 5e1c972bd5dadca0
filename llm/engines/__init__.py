"""The engines by name; each is imported only when it is asked for."""

from __future__ import annotations

import importlib
import os
from typing import Protocol, cast

from llm.engines.base import Engine, EngineError

# Threads that wait for each other by spinning lose whole time slices to whatever else runs on the
# machine: a short spin costs nothing on idle cores and is several times faster on busy ones. Read
# when torch is first imported.
os.environ.setdefault("GOMP_SPINCOUNT", "10000")

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
