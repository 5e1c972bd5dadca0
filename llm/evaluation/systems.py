"""The systems that are compared: each turns requests into results, whatever is behind it.

| name | what it is |
|---|---|
| sft | the base model with the adapter |
| prompted | the same base model untuned, with solved examples of the template in its prompt |
| rules | a lexicon matcher with the template's own wording, without any model |
| normal | the form of a report that is said to be normal as a whole |
| openai:MODEL | a large model on a server: one chat request for each conclusion, with examples |

`sft`, `prompted` and `rules` answer clause by clause under the same grammar and are merged alike.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from llm.base_model import ensure_base_model
from llm.engines import get_engine
from llm.engines.base import Engine
from llm.evaluation.prompted import PromptedEngine, chat_examples, clause_examples
from llm.fill import fill_many
from llm.matcher.engine import RulesEngine
from llm.merge import completed
from llm.schema import ReportTemplate
from llm.synth.splits import Part
from llm.teach.chats import Settings
from llm.teach.replies import UnfitReply
from llm.teach.teacher import Teacher, remote_from_environment
from llm.types import EngineIdentity, FilledValue, FillRequest, FillResult, FillTokens

Fill = Callable[[Sequence[FillRequest]], list[FillResult]]

NAMES = ("sft", "prompted", "rules", "normal")
REMOTE = "openai:"
TOGETHER = 8


@dataclass(frozen=True, slots=True)
class System:
    """A name and a way to fill; `has_confidence` where its confidences mean anything."""

    name: str
    fill: Fill
    has_confidence: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the systems need: the engine and adapter of `sft`, and which wording `rules` may use.

    `part` "train" leaves out the wording that is held out for the test; None takes all of it.
    """

    templates: Mapping[str, ReportTemplate]
    engine: str = "transformers"
    adapter: Path | None = None
    part: Part | None = "train"


def check_name(name: str) -> None:
    """Raises ValueError where there is no such system."""
    if name not in NAMES and not (name.startswith(REMOTE) and name != REMOTE):
        raise ValueError(f"There is no system {name!r}; use {', '.join(NAMES)} or {REMOTE}MODEL.")


def get_system(name: str, wanted: Wanted) -> System:
    """The system of a name, ready to fill; raises ValueError, EngineError, BaseModelMissing."""
    check_name(name)
    if name == "sft":
        return engine_system(name, adapter_engine(wanted), has_confidence=True)
    if name == "prompted":
        shots = {
            key: clause_examples(template) for key, template in sorted(wanted.templates.items())
        }
        engine = PromptedEngine(_model("transformers", None), shots)
        return engine_system(name, engine, has_confidence=True)
    if name == "rules":
        return engine_system(name, RulesEngine(wanted.part))
    if name == "normal":
        return System(name, lambda requests: [_all_normal(request) for request in requests])
    return _server_system(name, name.removeprefix(REMOTE))


def engine_system(name: str, engine: Engine, *, has_confidence: bool = False) -> System:
    """The system of an engine that answers clauses."""
    return System(name, lambda requests: fill_many(requests, engine), has_confidence)


def adapter_engine(wanted: Wanted) -> Engine:
    """The engine of `sft`."""
    return _model(wanted.engine, wanted.adapter)


def _model(engine: str, adapter: Path | None) -> Engine:
    if engine != "transformers":
        return get_engine(engine)
    return get_engine(engine, base_model_dir=ensure_base_model(), adapter_dir=adapter)


def _all_normal(request: FillRequest) -> FillResult:
    values = completed(request.template, {}, ["report"], sex=request.sex)
    return _result(values, "all-normal form")


def _server_system(name: str, model: str) -> System:
    teacher = Teacher(remote_from_environment(), Settings(model))

    def one(request: FillRequest) -> FillResult:
        examples = chat_examples(request.template)
        try:
            label = teacher.label(request.template, request.conclusion, examples=examples)
            given = label.whatever_quoted()
        except UnfitReply as error:
            # It counts as a form with nothing in it, which is what the reader would get.
            sys.stderr.write(f"{name}: {request.id}: {error}\n")
            given = {}
        return _result(completed(request.template, given, sex=request.sex), model)

    def fill(requests: Sequence[FillRequest]) -> list[FillResult]:
        with ThreadPoolExecutor(TOGETHER) as pool:
            return list(pool.map(one, requests))

    return System(name, fill)


def _result(values: Mapping[str, FilledValue], answered: str) -> FillResult:
    """A result without clauses: only values are known."""
    return FillResult(
        values=tuple(values.values()),
        unused=(),
        conflicts=(),
        clauses=(),
        tokens=FillTokens(0, 0),
        identity=EngineIdentity(answered, "", "", "", ""),
    )
