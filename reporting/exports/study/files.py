"""Files that know their length and hash as they are written."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Written:
    """A file of a bundle: lines without the header, or 0 where lines mean nothing."""

    name: str
    rows: int
    bytes: int
    sha256: str


class LineFile:
    """A file to which lines are added; the first `header` lines are no rows."""

    def __init__(self, path: Path, *, header: int = 1) -> None:
        self.path = path
        self.lines = -header
        self.size = 0
        self.digest = hashlib.sha256()
        self.file = path.open("wb")

    def add(self, line: str) -> None:
        """Write a line, its end included."""
        data = line.encode()
        self.file.write(data)
        self.digest.update(data)
        self.size += len(data)
        self.lines += 1

    def close(self) -> Written:
        """End the file and return what was written."""
        self.file.close()
        return Written(self.path.name, max(0, self.lines), self.size, self.digest.hexdigest())


def write_lines(path: Path, lines: Iterable[str], *, header: int = 1) -> Written:
    """Write lines as they come and return what was written; `header` lines are no rows."""
    file = LineFile(path, header=header)
    try:
        for line in lines:
            file.add(line)
    finally:
        written = file.close()
    return written


def describe(path: Path, *, rows: int = 0) -> Written:
    """Return what is in a file that a library wrote."""
    return Written(path.name, rows, path.stat().st_size, sha256_of(path))


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
