"""`python -m llm label-agreement A B --data FILE…`: how far two labellers agree.

Cohen's κ by field, of two who labelled the same conclusions without seeing each other's labels; for
each template and for all.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from llm.evaluation.alignment import aligned_rows
from llm.evaluation.labels import Label, check_label, read_labels
from llm.evaluation.statistics import cohens_kappa
from llm.json_lines import read_objects
from llm.narrative import normal_values
from llm.schema import Field, Group, ReportTemplate, TemplateError, load_templates
from llm.shipped import TEMPLATES
from llm.types import FieldData

_NONE = ""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far two labellers agree; a *decision* is one field of one form, or a section as a whole.

    `kappa_stated` is on whether the field has a value, `kappa_value` on which. `stated` counts the
    fields to which at least one gave a value; `same_stated` is the share of them on which the two
    are equal, `same_value` the share where both gave one.
    """

    conclusions: int
    decisions: int
    stated: int
    kappa_stated: float | None
    kappa_value: float | None
    same_stated: float | None
    same_value: float | None


def agreement(pairs: Sequence[tuple[ReportTemplate, Label, Label]]) -> Agreement:
    """The agreement on some conclusions, each labelled twice; raises LabelError."""
    one: list[str] = []
    other: list[str] = []
    for template, first, second in pairs:
        check_label(first, template)
        check_label(second, template)
        ours = aligned_rows(template, first.values, second.values) | _normal_sections(first)
        theirs = {**second.values, **_normal_sections(second)}
        for path in sorted(_decisions(template) | ours.keys() | theirs.keys()):
            one.append(_category(ours, path))
            other.append(_category(theirs, path))
    is_stated = [["" if c == _NONE else "stated" for c in side] for side in (one, other)]
    either = [(a, b) for a, b in zip(one, other, strict=True) if (a, b) != (_NONE, _NONE)]
    both = [(a, b) for a, b in either if _NONE not in (a, b)]
    return Agreement(
        conclusions=len(pairs),
        decisions=len(one),
        stated=len(either),
        kappa_stated=cohens_kappa(*is_stated),
        kappa_value=cohens_kappa(one, other),
        same_stated=_share_equal(either),
        same_value=_share_equal(both),
    )


def _share_equal(pairs: Sequence[tuple[str, str]]) -> float | None:
    return sum(a == b for a, b in pairs) / len(pairs) if pairs else None


def _normal_sections(label: Label) -> dict[str, FieldData]:
    """The sections that a label calls normal, each as one more decision."""
    return {f"normal {section}": "yes" for section in label.normal}


def _category(values: Mapping[str, FieldData], path: str) -> str:
    if path not in values:
        return _NONE
    value = values[path]
    return json.dumps(sorted(value) if isinstance(value, list) else value, sort_keys=True)


def _decisions(template: ReportTemplate) -> set[str]:
    """What every form decides: plain fields, fixed rows, open groups and sections as a whole."""
    paths = {f"normal {key}" for key in ("report", *(section.key for section in template.sections))}
    for section in template.sections:
        paths |= normal_values(section).keys()
        for item in section.fields:
            if isinstance(item, Field):
                paths |= {item.key} if item.kind != "text" else set()
            elif isinstance(item, Group):
                paths |= {
                    f"{item.key}[{row}].{m.key}" for row in item.row_keys for m in item.fields
                }
    return paths


def main(argv: Sequence[str]) -> int:
    """Prints the agreement for each template and for all; 2 for bad input."""
    options = _parser().parse_args(argv)
    try:
        templates = load_templates(options.templates)
        one, other = read_labels(options.first), read_labels(options.second)
        named = _templates_of(options.data)
        pairs: list[tuple[ReportTemplate, Label, Label]] = []
        for key in one.keys() & other.keys() & named.keys():
            wanted = one[key].template or named[key]
            pairs.append((_template(wanted, templates), one[key], other[key]))
        if not pairs:
            raise ValueError("No conclusion of the data is labelled in both files.")
        by_template = {key: [p for p in pairs if p[0].key == key] for key in sorted(templates)}
        found = {key: asdict(agreement(some)) for key, some in by_template.items() if some}
        found["all"] = asdict(agreement(pairs))
    except (TemplateError, OSError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(json.dumps(found, indent=2) + "\n")
    return 0


def _template(key: str | None, templates: dict[str, ReportTemplate]) -> ReportTemplate:
    if key not in templates:
        raise ValueError(f"There is no template {key!r}; known: {', '.join(sorted(templates))}.")
    return templates[key]


def _templates_of(files: Sequence[Path]) -> dict[str, str | None]:
    """The template of each conclusion by its id."""
    lines = [line for path in files for _, line in read_objects(path)]
    return {str(line.get("id")): line.get("template") for line in lines}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m llm label-agreement", description=__doc__)
    parser.add_argument("first", type=Path, metavar="A")
    parser.add_argument("second", type=Path, metavar="B")
    parser.add_argument("--data", type=Path, nargs="+", required=True, metavar="FILE")
    parser.add_argument("--templates", type=Path, default=TEMPLATES)
    return parser
