"""What `teach` reads and writes: conclusions, and files of lines that grow and survive a kill."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

from llm.fill import ConclusionError, check_conclusion
from llm.json_lines import parsed
from llm.schema import ReportTemplate
from llm.teach.replies import Label
from llm.types import FieldData


class LineError(ValueError):
    """A line or a file that cannot be used; the message says which and why."""


@dataclass(frozen=True, slots=True)
class Line:
    """A conclusion to label; `truth` are its values where they are known, `of` what it rewords."""

    id: str
    template: ReportTemplate
    conclusion: str
    exam_side: str | None = None
    sex: str | None = None
    truth: Mapping[str, FieldData] | None = None
    of: str | None = None

    @property
    def key(self) -> tuple[str, str, str]:
        """What a label belongs to."""
        return self.id, self.template.key, self.conclusion

    def data(self) -> dict[str, object]:
        """The line as it is written, without its truth."""
        return {
            "id": self.id,
            "template": self.template.key,
            "conclusion": self.conclusion,
            "exam_side": self.exam_side,
            "sex": self.sex,
            **({"of": self.of} if self.of is not None else {}),
        }


def key_of(data: Mapping[str, Any]) -> tuple[str, str, str]:
    """The key of the line that a written line belongs to; raises KeyError."""
    return str(data["id"]), data["template"], data["conclusion"]


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads lines for some templates; `default` is the one of lines that name none."""

    templates: Mapping[str, ReportTemplate]
    default: str | None = None

    def read(self, name: str, texts: Iterable[str]) -> Iterator[Line | tuple[str, str]]:
        """The lines of a stream; for one that cannot be used its id and the reason."""
        for number, text in enumerate(texts, start=1):
            if text.strip():
                yield self._read(f"{name}:{number}", text)

    def _read(self, where: str, text: str) -> Line | tuple[str, str]:
        try:
            data = parsed(text)
        except ValueError:
            return where, "The line is not JSON."
        if not isinstance(data, dict):
            return where, "The line has no conclusion."
        line_id = where if data.get("id") is None else str(data["id"])
        try:
            return self._line(line_id, data)
        except (LineError, ConclusionError) as error:
            return line_id, str(error)

    def _line(self, line_id: str, data: Mapping[str, Any]) -> Line:
        if not isinstance(data.get("conclusion"), str):
            raise LineError("The line has no conclusion.")
        check_conclusion(data["conclusion"])
        key = str(data.get("template") or self.default)
        if key not in self.templates:
            known = ", ".join(sorted(self.templates))
            raise LineError(f"There is no template {key!r}; name one with --template: {known}.")
        return Line(
            id=line_id,
            template=self.templates[key],
            conclusion=data["conclusion"],
            exam_side=_one_of(data, "exam_side", ("left", "right")),
            sex=_one_of(data, "sex", ("female", "male")),
            truth=_truth(self.templates[key], data.get("values")),
            of=None if data.get("of") is None else str(data["of"]),
        )


def _one_of(data: Mapping[str, Any], name: str, known: tuple[str, ...]) -> str | None:
    value = data.get(name)
    if value is not None and value not in known:
        raise LineError(f"{name} is {value!r}; use one of {', '.join(known)}.")
    return None if value is None else str(value)


def _truth(template: ReportTemplate, values: object) -> Mapping[str, FieldData] | None:
    if values is None:
        return None
    if not isinstance(values, dict):
        raise LineError("The values of a line are an object from path to value.")
    for path in values:
        try:
            template.field_at(path)
        except KeyError as error:
            raise LineError(f"The template {template.key}: {error.args[0]}") from error
    return values


def label_data(line: Line, label: Label, model: str) -> dict[str, object]:
    """The line of a label, as `llm train --teacher` takes it."""
    return line.data() | {
        "values": label.values,
        "evidence": {path: asdict(evidence) for path, evidence in label.evidence.items()},
        "rejected": [asdict(rejected) for rejected in label.rejected],
        "teacher": model,
    }


@dataclass(slots=True)
class Growing:
    """A file of JSON lines that is only ever appended to; `held` is what it held and got.

    A last line that a kill has torn is removed when the file is opened: it counts as not written.
    """

    path: Path
    held: dict[tuple[str, str, str], dict[str, Any]] = field(default_factory=dict)
    _file: IO[bytes] | None = None

    def __enter__(self) -> Growing:
        """Raises LineError for a file of something else or of a run under way, OSError."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self.path.open("a+b")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self._file.close()
            raise LineError(f"{self.path}: another run is writing to it.") from error
        self._file.seek(0)
        end = 0
        for number, text in enumerate(self._file, start=1):
            if not text.endswith(b"\n"):
                break
            self._hold(number, text)
            end += len(text)
        self._file.truncate(end)
        return self

    def __exit__(self, *_error: object) -> None:
        if self._file is not None:
            self._file.close()

    def _hold(self, number: int, text: bytes) -> None:
        try:
            data = parsed(text)
            self.held[key_of(data)] = data
        except (ValueError, KeyError, TypeError) as error:
            raise LineError(f"{self.path}:{number}: not a line of `teach`: {error!r}") from error

    def write(self, data: dict[str, Any]) -> None:
        """Appends one line and hands it to the operating system; raises OSError."""
        if self._file is None:
            raise ValueError(f"{self.path} is not open")
        self._file.write(json.dumps(data, ensure_ascii=False).encode() + b"\n")
        self._file.flush()
        self.held[key_of(data)] = data


def write_lines(path: Path, lines: Iterable[Mapping[str, Any]]) -> None:
    """Writes a whole file, or leaves the old one; raises OSError."""
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.part")
    with unfinished.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    unfinished.replace(path)
