"""Paths of values: `emphysema`, `emphysema.change`, `disc[L3/4].contour`, `nodule[UUID].size`."""

import re
from dataclasses import dataclass, replace
from uuid import UUID

PATTERN = re.compile(r"([a-z][a-z0-9_]*)(?:\[([^\[\]]{1,64})\])?(?:\.([a-z][a-z0-9_]*))?")


@dataclass(frozen=True, slots=True)
class Path:
    """The parts of a path; `row` is set for rows of open groups in a report."""

    group: str
    row_key: str = ""
    member: str = ""
    row: UUID | None = None

    def __str__(self) -> str:
        row = f"[{self.row_key}]" if self.row_key else ""
        member = f".{self.member}" if self.member else ""
        return f"{self.group}{row}{member}"

    def with_row(self, row: UUID) -> "Path":
        """Return the same member of another row of an open group."""
        return replace(self, row_key=str(row), row=row)

    def columns(self) -> dict[str, object]:
        """Return the columns of a FieldValue that say where it is."""
        return {
            "path": str(self),
            "group": self.group if self.row_key else "",
            "row_id": self.row,
            "row_key": self.row_key,
            "member": self.member,
        }


def path_parse(text: str) -> Path:
    """Return the parts of a path; raises ValueError when it is not one."""
    match = PATTERN.fullmatch(text)
    if match is None:
        raise ValueError(f"{text[:80]!r} is not the path of a field")
    group, row_key, member = match.groups(default="")
    row = None
    if re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", row_key):
        row = UUID(row_key)
    return Path(group, row_key, member, row)
