"""The paths of values: `emphysema`, `emphysema.change`, `nodule[1].size`, `disc[L4/5].contour`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

_PATH = re.compile(r"([a-z][a-z0-9_]*)(?:\[([^\[\]]{1,64})\])?(?:\.([a-z][a-z0-9_]*))?")


@dataclass(frozen=True, slots=True)
class FieldPath:
    """The parts of `nodule[1].size`, `disc[L4/5].contour`, `emphysema.change`, `emphysema`."""

    key: str
    row: str = ""
    member: str = ""

    @property
    def name(self) -> str:
        """The path without its row, as conditions and rules name it: `nodule.size`."""
        return f"{self.key}.{self.member}" if self.member else self.key

    def __str__(self) -> str:
        row = f"[{self.row}]" if self.row else ""
        return f"{self.key}{row}{f'.{self.member}' if self.member else ''}"


@lru_cache(maxsize=1 << 12)
def split_path(path: str) -> FieldPath:
    """The parts of a path; raises KeyError if it has not the form of one."""
    match = _PATH.fullmatch(path)
    if match is None:
        raise KeyError(f"{path!r} is not the path of a value")
    key, row, member = match.groups(default="")
    return FieldPath(key, row, member)
