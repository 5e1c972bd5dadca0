"""Fills: what a worker answers. The only module of the app that talks to `llm`.

What the rest of the app needs of the template language is named here too, so that the border
stays one file wide.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from dataclasses import field as dataclass_field
from functools import lru_cache, partial
from pathlib import Path

from django.conf import settings
from django.db import Error

from llm.adapters import registry
from llm.adapters.registry import LiveAdapter
from llm.base_model import BaseModelMissing, ensure_base_model
from llm.derive import derived_values, parse_number, validate_value, visible_paths
from llm.disagreements import disagreements, input_labels
from llm.engines import get_engine
from llm.engines.adapter import covered_fields, read_card
from llm.engines.base import Engine, EngineError
from llm.fill import ConclusionError, FillStopped, fill_many, tasks_of
from llm.narrative import NarrativeSection, number_text
from llm.narrative import render as narrative_render
from llm.reading import Reading, is_normal, measure_of, read_text, sides_named
from llm.schema import (
    Condition,
    Field,
    Group,
    Option,
    ReportTemplate,
    Section,
    TemplateError,
    load_template,
    parse_template,
)
from llm.types import FilledValue, FillRequest, FillResult
from reporting.models import FillJob, Report, ReportTemplateVersion
from reporting.models import Reading as StudyReading
from reporting.services import fill_queue, planted_errors
from reporting.services.fill_writes import FillWriter, Suggestion, Superseded

__all__ = [
    "Condition",
    "EngineUnavailable",
    "Field",
    "Group",
    "LiveAdapter",
    "NarrativeSection",
    "Option",
    "Reading",
    "ReportTemplate",
    "Section",
    "TemplateError",
    "adapter_live",
    "base_model_prepare",
    "derived_values",
    "disagreements",
    "fields_covered",
    "fill_recover",
    "fill_run",
    "input_labels",
    "is_normal",
    "load_template",
    "measure_of",
    "narrative_render",
    "number_text",
    "parse_number",
    "parse_template",
    "read_text",
    "sides_named",
    "template_of",
    "validate_value",
    "visible_paths",
]

logger = logging.getLogger(__name__)

# The model is in memory once; whoever decodes holds this.
RUN_LOCK = threading.Lock()


class EngineUnavailable(Exception):
    """No model can answer; the message is a sentence for the reader."""


@lru_cache(maxsize=64)
def _template_parse(version_id: int) -> ReportTemplate:
    version = ReportTemplateVersion.objects.get(pk=version_id)
    return parse_template(version.definition, name=str(version))


def template_of(report: Report) -> ReportTemplate:
    """Return the template, in exactly the version that the report was opened with."""
    return _template_parse(report.report_template_version_id)


def base_model_prepare() -> Path:
    """Return the directory of the base model, converted once; raises EngineUnavailable."""
    try:
        return ensure_base_model(Path(settings.LLM_BASE_MODEL_DIR))
    except BaseModelMissing as error:
        raise EngineUnavailable(str(error)) from error


class _EngineHolder:
    """The engine of this process, loaded at first use and whenever another adapter is live."""

    def __init__(self) -> None:
        self.engine: Engine | None = None
        self.adapter: Path | None = None

    def get(self) -> Engine:
        wanted = _adapter_directory()
        if self.engine is None or self.adapter != wanted:
            self.engine, self.adapter = _engine_load(wanted), wanted
        return self.engine


ENGINE = _EngineHolder()


def _adapter_directory() -> Path | None:
    """Return where the adapter to use is; None for engines that load none."""
    if settings.LLM_ENGINE != "transformers":
        return None
    if settings.LLM_ADAPTER_DIR:
        return Path(settings.LLM_ADAPTER_DIR)
    try:
        return registry.live_directory(settings.DATA_DIR / "adapters")
    except registry.RegistryError as error:
        raise EngineUnavailable(f"No model is ready: {error}") from error


def adapter_live() -> LiveAdapter:
    """Return the adapter that fills use, with its recorded scores; raises EngineUnavailable.

    An adapter that the settings name, and an engine without one, were promoted by nobody.
    """
    directory = _adapter_directory()
    if directory is None or settings.LLM_ADAPTER_DIR:
        return registry.described(directory or Path(settings.LLM_ENGINE))
    return registry.live_adapter(settings.DATA_DIR / "adapters")


def fields_covered(template: ReportTemplate) -> frozenset[str]:
    """Return the keys of the fields that the live adapter fills; raises EngineUnavailable."""
    hashes, directory = template.field_hashes(), _adapter_directory()
    try:
        known = set(hashes.values()) if directory is None else covered_fields(read_card(directory))
    except EngineError as error:
        raise EngineUnavailable(f"No model is ready: {error}") from error
    return frozenset(key for key, digest in hashes.items() if digest in known)


def _engine_load(adapter: Path | None) -> Engine:
    options: dict[str, object] = {}
    if adapter is not None:
        options = {"base_model_dir": Path(settings.LLM_BASE_MODEL_DIR), "adapter_dir": adapter}
    try:
        return get_engine(settings.LLM_ENGINE, **options)
    except (EngineError, OSError, ImportError) as error:
        logger.warning("The engine %s cannot be loaded: %s", settings.LLM_ENGINE, error)
        raise EngineUnavailable(f"No model is ready: {error}") from error


def engine_load() -> str:
    """Load the engine of this process, or the adapter that is live now; return what answers.

    While it decodes nothing is changed under it. Raises EngineUnavailable.
    """
    if RUN_LOCK.acquire(blocking=False):
        try:
            ENGINE.get()
        finally:
            RUN_LOCK.release()
    if ENGINE.engine is None:
        raise EngineUnavailable("The model is being loaded.")
    digest = ENGINE.engine.identity.adapter_hash[:12]
    return f"{ENGINE.engine.name} with adapter {digest}" if digest else ENGINE.engine.name


def fill_recover() -> int:
    """Give back the fills of dead workers, end those past their deadline; return how many."""
    return fill_queue.recover()


def fill_run(*, worker: str = "worker") -> int:
    """Fill what waits, batch by batch, until nothing waits; return how many fills it took."""
    count = 0
    with RUN_LOCK:
        while jobs := fill_queue.claim(worker=worker, limit=settings.FILL_BATCH_SIZE):
            count += len(jobs)
            _batch_run(jobs)
    return count


def _batch_run(jobs: Sequence[FillJob]) -> None:
    try:
        engine = ENGINE.get()
    except EngineUnavailable as error:
        for job in jobs:
            fill_queue.end_safely(job, reason_code="engine_unavailable", reason=str(error))
        return
    batch = [_Work(job, request) for job in jobs if (request := _request_checked(job, engine))]
    try:
        _batch_decode(batch, engine)
    except FillStopped:
        logger.info("Nobody waits any more for a batch of %s fills", len(batch))
    except Error:
        # Without the database nothing can be recorded: the leases run out and give them back.
        raise
    except Exception:
        logger.exception("A batch of %s fills failed", len(batch))
        for work in batch:
            fill_queue.end_safely(work.job, reason_code="engine_failed")


def _request_checked(job: FillJob, engine: Engine) -> FillRequest | None:
    """Return what to ask, or let the fill fail with the reason why it cannot be asked."""
    request = _request(job, engine)
    try:
        tasks_of(request)
    except ConclusionError as error:
        fill_queue.end_safely(job, reason_code="conclusion_refused", reason=str(error))
        return None
    return request


@dataclass(slots=True)
class _Work:
    """One fill of a batch."""

    job: FillJob
    request: FillRequest
    writer: FillWriter = dataclass_field(init=False)
    alters: StudyReading | None = dataclass_field(init=False)

    def __post_init__(self) -> None:
        self.alters = planted_errors.reading_to_alter(self.job)
        groups = [item for item in self.request.template.items() if isinstance(item, Group)]
        self.writer = FillWriter(
            self.job, {item.key: item.identity for item in groups if item.row_kind == "open"}
        )


def _batch_decode(batch: Sequence[_Work], engine: Engine) -> None:
    works = {work.request.id: work for work in batch}
    with fill_queue.Heartbeat([work.job for work in batch]) as heartbeat:

        def on_clause(request_id: str, values: Sequence[FilledValue]) -> None:
            work = works[request_id]
            # An error is planted into the whole answer, which therefore comes at once.
            if values and work.alters is None and heartbeat.waits(work.job):
                suggestions = [_suggestion(value) for value in values]
                _settle(heartbeat, work.job, partial(work.writer.write, suggestions))

        results = fill_many(
            [work.request for work in batch],
            engine,
            should_stop=heartbeat.nobody_waits,
            on_clause=on_clause,
        )
        for work, result in zip(batch, results, strict=True):
            if heartbeat.waits(work.job):
                suggestions = [_suggestion(value) for value in result.values]
                conflicts = [asdict(conflict) for conflict in result.conflicts]
                outcome = _outcome(result, engine)
                finish = partial(work.writer.finish, outcome=outcome, conflicts=conflicts)
                if work.alters is not None:
                    known = (work.job, work.alters, work.request.template)
                    finish = partial(planted_errors.finish_altered, *known, finish)
                _settle(heartbeat, work.job, partial(finish, suggestions))


def _settle(heartbeat: fill_queue.Heartbeat, job: FillJob, write: Callable[[], object]) -> None:
    """Write for one fill; when it may not write any more, say why and let the others go on."""
    try:
        write()
    except Superseded as error:
        heartbeat.drop(job)
        logger.info("Fill %s writes no more: %s", job.pk, error.reason_code)
        if error.reason_code == "timeout":
            fill_queue.end_safely(job, reason_code="timeout")
        elif error.reason_code in {"conclusion_changed", "report_closed"}:
            fill_queue.revoke_safely(job, reason_code=error.reason_code)


def _request(job: FillJob, engine: Engine) -> FillRequest:
    exam = job.report.imaging_study
    return FillRequest(
        id=str(job.pk),
        template=template_of(job.report),
        conclusion=job.conclusion,
        exam_side=exam.laterality or None,
        sex=exam.patient.sex if exam.patient.sex in {"female", "male"} else None,
        field_hashes_covered=engine.field_hashes_covered,
    )


def _suggestion(value: FilledValue) -> Suggestion:
    evidence = value.evidence
    return Suggestion(
        path=value.path,
        value=value.value,
        support=value.support,
        confidence=value.confidence,
        low_confidence=value.low_confidence,
        quote=evidence.quote if evidence else "",
        start=evidence.start if evidence else None,
        end=evidence.end if evidence else None,
        source_text=value.source_text or "",
        source_unit=value.source_unit or "",
        rule=value.rule or "",
    )


def _outcome(result: FillResult, engine: Engine) -> dict[str, object]:
    """Return the columns of the job that say what answered and what came of it."""
    identity = result.identity
    return {
        "result": [asdict(value) for value in result.values],
        "unused": [asdict(unused) for unused in result.unused],
        "engine": engine.name,
        "base_model": identity.base_model,
        "base_hash": identity.base_hash,
        "adapter": identity.adapter,
        "adapter_hash": identity.adapter_hash,
        "prompt_hash": identity.prompt_hash,
        "prompt_tokens": result.tokens.prompt,
        "output_tokens": result.tokens.output,
        "clause_count": len(result.clauses),
    }
