"""What the form builder asks of each part, and how typed text becomes JSON and back.

What does not fit is kept as the text that was typed: the checks of the template language then
name the field and the fault, and nothing is lost. A control that nobody changed leaves its value
exactly as it is.
"""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

Kind = Literal["line", "text", "lines", "number", "integer", "flag", "choice", "codes", "rows",
               "condition", "json"]  # fmt: skip
Json = dict[str, Any]

SEXES = (("", "Both"), ("female", "Female"), ("male", "Male"))
CHOOSING = frozenset({"choice", "multi_choice", "bool"})


@dataclass(frozen=True, slots=True)
class Control:
    """One input: `name` is its key in the JSON; `only` the kinds of field that need it."""

    name: str
    label: str
    kind: Kind = "line"
    choices: tuple[tuple[str, str], ...] = ()
    hint: str = ""
    only: frozenset[str] = frozenset()


_LABEL = Control("label", "Label")
_KEY = Control("key", "Key", hint="a-z, 0-9 and _; reports and the model know it by this")
_CODES = Control("codes", "Codes", "codes", hint="one a line: RADLEX RID343 prostate")
_SEX = Control("sex", "Sex", "choice", SEXES)
_VISIBLE = Control(
    "visible_if", "Shown only if", "condition", hint="emphysema not in none · zone in pz, tz"
)
_REQUIRED = Control("required", "Must be filled", "flag")
_CERTAINTY = Control("certainty", "Ask how certain", "flag")
_CHANGE = Control("change", "Ask for change", "flag")
_PHRASES = Control("phrases", "Dictated as", "lines", hint="one a line")

TEMPLATE = (
    Control("name", "Name"),
    _KEY,
    Control("modality", "Modality", hint="as in DICOM: CT, MR"),
    Control("body_parts", "Body parts", "lines", hint="one a line, as the exams name them"),
    Control("prompt_name", "Name for the model", hint="a few words"),
    Control("language", "Language"),
    Control("description", "Description", "text"),
    _CODES,
    Control("not_used_phrases", "Said but not used", "lines", hint="advice, history; one a line"),
    Control("other_phrases", "Other findings of a section", "json"),
    Control("rules", "Rules: what implies what", "json"),
    Control("together", "What often comes together", "json"),
)
SECTION = (
    _LABEL,
    _KEY,
    Control("normal", "Normal sentence", "text"),
    Control("shortcut", "Letter", hint="one letter, to jump here"),
    _SEX,
    _CODES,
)
FIELD = (
    _LABEL,
    _KEY,
    Control(
        "kind",
        "Kind",
        "choice",
        (
            ("choice", "Choice of one"),
            ("multi_choice", "Choice of several"),
            ("number", "Number"),
            ("text", "Text"),
            ("bool", "Yes or no"),
            ("group", "Group of rows"),
        ),
    ),
    Control("normal", "Normal", "choice", only=CHOOSING),
    Control("unit", "Unit", hint="mm, cm, mL, HU, %", only=frozenset({"number"})),
    Control("min", "From", "number", only=frozenset({"number"})),
    Control("max", "to", "number", only=frozenset({"number"})),
    Control("decimals", "Decimals", "integer", only=frozenset({"number"})),
    Control(
        "time", "Of the", "choice", (("", "current exam"), ("prior", "prior exam")),
        only=frozenset({"number"}),
    ),
    Control("next_dimension", "Next dimension", hint="key of a number further down",
            only=frozenset({"number"})),
    Control("text", "Sentence", hint="{n} is the number, {value} what was chosen",
            only=frozenset({"number", "multi_choice"})),
    _VISIBLE,
    _SEX,
    _REQUIRED,
    _CERTAINTY,
    _CHANGE,
    replace(_PHRASES, only=frozenset({"number"}), hint="one a line; {n} is the number"),
    Control("help", "Help"),
    Control("role", "Role", "choice", (("", "None"), ("other", "Other findings of the section")),
            only=frozenset({"text"})),
    Control("derived", "Computed", "json", hint='{"expression": "a * b", "stated": true}',
            only=frozenset({"number", "choice"})),
    _CODES,
)  # fmt: skip
GROUP = (
    _LABEL,
    _KEY,
    Control("kind", "Kind", "choice", (("group", "Group of rows"),)),
    Control(
        "row_kind", "Rows", "choice",
        (("open", "Added by the reader"), ("side", "Left and right"), ("level", "Levels")),
    ),
    Control("rows", "Fixed rows", "rows", hint="one a line: left Left"),
    Control("max", "At most", "integer", hint="rows"),
    Control("normal", "Normal", "choice", (("", "None is set"), ("none", "There is none"))),
    Control("normal_text", "Sentence if there is none"),
    Control("absent_phrases", "Absence dictated as", "lines", hint="one a line, without “no”"),
    Control("text", "Sentence of a row", "lines", hint="one piece a line, with {member} in it"),
    Control("identity", "Told apart by", "lines", hint="keys of members, one a line"),
    Control("patterns", "A row dictated as", "lines", hint="one a line, with {member} in it"),
    Control("follow_ups", "Gone on about as", "lines", hint="one a line"),
    Control("laterality", "Has sides", "flag"),
    _VISIBLE,
    _SEX,
    _REQUIRED,
    _CERTAINTY,
    _CHANGE,
    _CODES,
)  # fmt: skip
OPTION = (
    Control("value", "Value"),
    _LABEL,
    Control("text", "Sentence"),
    _PHRASES,
    _CODES,
)


def controls_for(part: Mapping[str, Any], depth: int) -> tuple[Control, ...]:
    """Return the controls of a part: those of its kind, and those whose value is there anyway."""
    if depth < 2:
        return SECTION if depth else TEMPLATE
    kind = part.get("kind")
    if kind == "group":
        return GROUP
    # The flags of a member stand on its group, and a member is never a group.
    hidden = {"certainty", "change"} if depth == 3 else set()
    found = [c for c in FIELD if c.name in part or (c.name not in hidden and _applies(c, kind))]
    return tuple(_with_choices(control, part, depth) for control in found)


def _applies(control: Control, kind: object) -> bool:
    return not control.only or kind in control.only


def _with_choices(control: Control, part: Mapping[str, Any], depth: int) -> Control:
    if control.name == "normal":
        values = [str(option.get("value", "")) for option in part.get("options", [])]
        given = tuple((value, value) for value in dict.fromkeys(values) if value)
        return replace(control, choices=(("", "None is set"), *given))
    if control.name == "kind":
        kept = [c for c in control.choices if c[0] != "group"]
        return replace(control, choices=tuple(kept))
    return control


def shown(control: Control, value: object) -> str:
    """Return a value as the text of its input; "on" for a flag that is set."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if control.kind == "flag":
        return "on" if value is True else ""
    written = _WRITERS.get(control.kind, _json_text)(value)
    return _json_text(value) if written is None else written


def read(control: Control, text: str) -> object:
    """Return the value that a text stands for; None where the key is to be left out."""
    if control.kind == "flag":
        return True if text else None
    if not text.strip():
        return None
    return _READERS.get(control.kind, str)(text)


def merged(controls: tuple[Control, ...], part: Json, given: Mapping[str, str]) -> Json:
    """Return the part with what was typed; keys without a control, or unchanged, stay as is."""
    result = dict(part)
    for control in controls:
        text = given.get(control.name, "").replace("\r\n", "\n")
        if text == shown(control, part.get(control.name)).replace("\r\n", "\n"):
            continue
        value = read(control, text)
        if value is None:
            result.pop(control.name, None)
        else:
            result[control.name] = value
    return result


def _json_text(value: object) -> str:
    compact = json.dumps(value, ensure_ascii=False)
    return compact if len(compact) < 100 else json.dumps(value, ensure_ascii=False, indent=1)


def _lines_text(value: object) -> str | None:
    if isinstance(value, list) and all(isinstance(v, str) and "\n" not in v for v in value):
        return "\n".join(value)
    return None


def _words_text(keys: tuple[str, ...]) -> Callable[[object], str | None]:
    def write(value: object) -> str | None:
        if not isinstance(value, list):
            return None
        for one in value:
            if not isinstance(one, dict) or not set(one) <= set(keys):
                return None
        return "\n".join(" ".join(str(one.get(key, "")) for key in keys).rstrip() for one in value)

    return write


def _words_read(keys: tuple[str, ...]) -> Callable[[str], object]:
    def take(text: str) -> object:
        lines = [line.split(None, len(keys) - 1) for line in text.split("\n") if line.strip()]
        return [
            {key: word.strip() for key, word in zip(keys, words, strict=False)} for words in lines
        ]

    return take


def _condition_text(value: object) -> str | None:
    if not isinstance(value, dict) or len(value) != 2 or "field" not in value:
        return None
    name = "in" if "in" in value else "not_in"
    values = value.get(name)
    if not isinstance(values, list) or not all(isinstance(v, str) for v in values):
        return None
    return f"{value['field']} {name.replace('_', ' ')} {', '.join(values)}"


def _condition_read(text: str) -> object:
    words = text.split()
    for name, length in (("not_in", 2), ("in", 1)):
        if [word.lower() for word in words[1 : 1 + length]] == name.split("_"):
            rest = " ".join(words[1 + length :])
            values = [value.strip() for value in rest.split(",") if value.strip()]
            return {"field": words[0], name: values}
    return text


def _number_read(text: str) -> object:
    try:
        number = float(text)
    except ValueError:
        return text
    if not math.isfinite(number):
        return text
    return int(number) if number.is_integer() and abs(number) < 1e15 else number


def _json_read(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


_CODE_KEYS, _ROW_KEYS = ("system", "code", "display"), ("key", "label")
_WRITERS: dict[str, Callable[[object], str | None]] = {
    "lines": _lines_text,
    "codes": _words_text(_CODE_KEYS),
    "rows": _words_text(_ROW_KEYS),
    "condition": _condition_text,
}
_READERS: dict[str, Callable[[str], object]] = {
    "lines": lambda text: [line for line in text.split("\n") if line.strip()],
    "codes": _words_read(_CODE_KEYS),
    "rows": _words_read(_ROW_KEYS),
    "condition": _condition_read,
    "number": _number_read,
    "integer": _number_read,
    "json": _json_read,
}
