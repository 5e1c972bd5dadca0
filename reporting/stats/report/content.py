"""What a study report is made of."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from reporting.stats.analysis import Analysis
from reporting.stats.plots.flow import Flow
from reporting.stats.table import TableError

TO_WRITE = "to be written by the authors"


@dataclass(frozen=True, slots=True)
class Protocol:
    """The texts of a protocol; an empty one is left to the authors. `plan_sha256` was taken of the
    plan when it was locked, at `locked_at`."""

    title: str = ""
    question: str = ""
    hypotheses: str = ""
    intended_use: str = ""
    design: str = ""
    readers: str = ""
    training: str = ""
    cases: str = ""
    outcome: str = ""
    plan: str = ""
    registration: str = ""
    ethics: str = ""
    funding: str = ""
    model: str = ""
    plan_sha256: str = ""
    locked_at: str = ""

    @property
    def is_locked(self) -> bool:
        """Whether there is a plan that is the one that was locked."""
        return bool(self.plan) and self.plan_sha256 == digest(self.plan.encode())


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where the numbers come from: the data by their hash, the code, the software by name and
    version, and the models by name and hash."""

    data: str
    data_sha256: str
    code: str
    software: Mapping[str, str]
    models: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Picture:
    """A figure as SVG, with its caption, which is also what is read out instead of it."""

    name: str
    caption: str
    svg: bytes


@dataclass(frozen=True, slots=True)
class StudyReport:
    """Everything that the report shows."""

    protocol: Protocol
    provenance: Provenance
    analysis: Analysis
    pictures: tuple[Picture, ...]
    flow: Flow | None = None


def digest(content: bytes) -> str:
    """Return the SHA-256 in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def protocol_of(given: Any) -> Protocol:
    """Return the protocol of a JSON object. Raises TableError for what is none, and for a plan that
    is not the one that was locked."""
    known = [field.name for field in fields(Protocol)]
    if not isinstance(given, dict):
        raise TableError("The protocol must be a JSON object of texts.")
    for key, value in given.items():
        if key not in known:
            raise TableError(f"The protocol has {key!r}, which is none of: {', '.join(known)}.")
        if not isinstance(value, str):
            raise TableError(f"The protocol's {key!r} must be a text.")
    protocol = Protocol(**given)
    if protocol.plan_sha256 and not protocol.is_locked:
        raise TableError(
            "The protocol's plan is not the one that was locked: its SHA-256 is"
            f" {digest(protocol.plan.encode())}, the locked one's {protocol.plan_sha256}."
            " Put the locked text back, or take plan_sha256 out; nothing is confirmatory then."
        )
    return protocol
