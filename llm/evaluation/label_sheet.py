"""`python -m llm label-sheet TEMPLATE`: the form for whoever labels conclusions.

Fields, options and rows, without any wording of the lexicon.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from llm.schema import Field, Group, ReportTemplate, TemplateError, load_templates
from llm.shipped import TEMPLATES

HOW = """\
Label what the conclusion states, and nothing that it does not: findings, and normals where it calls
something normal or absent. One line of JSON for each conclusion:

    {"id": "…", "values": {"path": value, …}, "normal": ["section", …]}

- A choice is one of the values listed, several are a list of them, a number is in the unit given;
  "5 to 7" is {"low": 5, "high": 7}, "less than 5" is {"comparator": "<", "value": 5}.
- Rows of an open group are numbered from 1 in the order of the text: group[1].field. If the
  conclusion says that there is none, the path is the group alone and the value "none".
- certainty and change only where the conclusion hedges or compares.
- "normal" names sections that it calls normal as a whole, or "report" for the whole report
  ("otherwise unremarkable"). Leave it out if there is none.
- What fits no field is not labelled. If you cannot decide, leave the field out.
"""


def main(argv: Sequence[str]) -> int:
    """Prints the sheet of a template; 2 for bad input."""
    parser = argparse.ArgumentParser(prog="python -m llm label-sheet", description=__doc__)
    parser.add_argument("template", metavar="TEMPLATE")
    parser.add_argument("--templates", type=Path, default=TEMPLATES)
    options = parser.parse_args(argv)
    try:
        templates = load_templates(options.templates)
    except TemplateError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    template = templates.get(options.template)
    if template is None:
        known = ", ".join(sorted(templates))
        sys.stderr.write(f"There is no template {options.template!r}; known: {known}.\n")
        return 2
    sys.stdout.write(sheet(template))
    return 0


def sheet(template: ReportTemplate) -> str:
    """The form as text."""
    lines = [template.name, "=" * len(template.name), "", HOW]
    for section in template.sections:
        lines += [f"[{section.key}] {section.label}" + _sex(section.sex)]
        for item in section.fields:
            lines += [f"  {line}" for line in _item(item)]
        lines.append("")
    return "\n".join(lines)


def _item(item: Field | Group) -> Iterator[str]:
    if isinstance(item, Field):
        if item.kind != "text":
            yield _field(item.key, item)
            yield from (_field(f"{item.key}.{c.key}", c) for c in item.companions)
        return
    rows = ", ".join(item.row_keys) or f"1 to {item.max_rows}"
    yield f"{item.key}[row]: {item.label}; rows {rows}" + _sex(item.sex)
    if item.normal is not None:
        yield f'  {item.key} = "{item.normal}": there is none'
    yield from (f"  {_field(f'{item.key}[row].{m.key}', m)}" for m in item.fields)


def _field(path: str, item: Field) -> str:
    return f"{path}: {item.label}{_sex(item.sex)}; {_values(item)}"


def _values(item: Field) -> str:
    if item.kind == "number":
        return f"number in {item.unit}" if item.unit else "number"
    several = "one or more of " if item.kind == "multi_choice" else ""
    options = [
        f"{o.value} ({o.label}{', the normal' if o.value == item.normal else ''})"
        for o in item.options
    ]
    return several + " | ".join(options)


def _sex(sex: str | None) -> str:
    return f" ({sex} patients)" if sex else ""
