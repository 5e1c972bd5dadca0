"""The conclusions that systems are compared on, each with its truth."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from llm.evaluation.labels import Label, true_values
from llm.json_lines import read_objects
from llm.schema import ReportTemplate
from llm.types import FieldData, FillRequest

Templates = Mapping[str, ReportTemplate]


@dataclass(frozen=True, slots=True)
class Case:
    """One conclusion: what is asked, the true values, and what makes it hard.

    `answers` are the true answers of its clauses, None where only the values are known.
    """

    request: FillRequest
    true: Mapping[str, FieldData]
    tags: tuple[str, ...] = ()
    answers: tuple[str, ...] | None = None

    @property
    def template(self) -> ReportTemplate:
        """The template of the form."""
        return self.request.template


@dataclass(slots=True)
class CaseSet:
    """The cases of some files; `unlabelled` are the ids that the labels leave out."""

    cases: list[Case] = field(default_factory=list)
    unlabelled: list[str] = field(default_factory=list)


def read_cases(
    files: Sequence[Path],
    templates: Templates,
    *,
    labels: Mapping[str, Label] | None = None,
    limit: int | None = None,
) -> CaseSet:
    """The first `limit` cases of the files in order; raises ValueError with file and line.

    Without labels each line is a synthetic pair that carries its truth. With labels each line is an
    id and a conclusion (or `impression`), and the truth is the label of that id.
    """
    found = CaseSet()
    for where, line in itertools.chain.from_iterable(map(read_objects, files)):
        if limit is not None and len(found.cases) == limit:
            break
        if labels is None:
            found.cases.append(_pair_case(where, line, templates))
        elif (label := labels.get(str(line.get("id")))) is None:
            found.unlabelled.append(str(line.get("id")))
        else:
            found.cases.append(_labelled_case(where, line, label, templates))
    if not found.cases:
        raise ValueError(f"No conclusion to score in {', '.join(map(str, files))}.")
    # Shards that were made apart may use the same ids; requests of one batch may not.
    found.cases = [
        replace(case, request=replace(case.request, id=f"{number}/{case.request.id}"))
        for number, case in enumerate(found.cases)
    ]
    return found


def _request(where: str, line: Mapping[str, Any], key: object, templates: Templates) -> FillRequest:
    template = templates.get(str(key))
    if template is None:
        raise ValueError(f"{where}: no template {key!r}; known: {', '.join(sorted(templates))}")
    conclusion = line.get("conclusion", line.get("impression"))
    if not isinstance(conclusion, str):
        raise ValueError(f"{where}: the line has no conclusion")
    return FillRequest(
        str(line.get("id", where)),
        template,
        conclusion,
        exam_side=line.get("exam_side"),
        sex=line.get("sex"),
    )


def _pair_case(where: str, line: Mapping[str, Any], templates: Templates) -> Case:
    request = _request(where, line, line.get("template"), templates)
    if "values" not in line or "clauses" not in line:
        raise ValueError(f"{where}: no true values in the line; name their file with --labels")
    try:
        for path in line["values"]:
            request.template.field_at(path)
    except KeyError as error:
        raise ValueError(
            f"{where}: written for another version of the template: {error.args[0]}"
        ) from error
    try:
        answers = tuple(clause["answer"] for clause in line["clauses"])
    except (KeyError, TypeError) as error:
        raise ValueError(f"{where}: not a pair as `synth` writes it") from error
    return Case(request, line["values"], tuple(line.get("tags", ())), answers)


def _labelled_case(where: str, line: Mapping[str, Any], label: Label, templates: Templates) -> Case:
    request = _request(where, line, label.template or line.get("template"), templates)
    true = true_values(label, request.template, sex=request.sex)
    return Case(request, true, tuple(line.get("tags", ())))
