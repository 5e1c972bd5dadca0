"""Files that hold one JSON object on each line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def parsed(text: str | bytes) -> Any:
    """What a text of JSON holds; raises ValueError, also where it is nested too deep to read."""
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("it is nested too deep") from error


def read_objects(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each object of a file with its place, "file:line"; blank lines are passed over.

    Raises OSError, and ValueError with the place for a line that holds anything else.
    """
    # As bytes, for only these end a line at "\n" alone: a text may hold other ends of lines.
    with path.open("rb") as file:
        for number, text in enumerate(file, start=1):
            if not text.strip():
                continue
            where = f"{path}:{number}"
            try:
                line = parsed(text)
            except ValueError as error:
                raise ValueError(f"{where}: not a line of JSON: {error}") from error
            if not isinstance(line, dict):
                raise ValueError(f"{where}: not a JSON object")
            yield where, line
