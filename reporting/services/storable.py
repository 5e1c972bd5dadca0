"""What PostgreSQL can store as text and JSON, said before it refuses."""

import json


def text_fault(text: str) -> str | None:
    """Return why the text cannot be stored, as the end of a sentence, or None."""
    if "\x00" in text:
        return "contains a null character"
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        return f"contains half of a character at position {error.start + 1}"
    return None


def json_fault(value: object) -> str | None:
    """Return why the JSON value cannot be stored, as the end of a sentence, or None."""
    try:
        written = json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        return "is not JSON"
    if "\\u0000" in written:
        return "contains a null character"
    return text_fault(written)
