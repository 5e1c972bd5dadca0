"""Files that know their length and hash as they are written."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Written:
    """A file of a bundle: lines without the header, or 0 where lines mean nothing."""

    name: str
    rows: int
    bytes: int
    sha256: str


def write_lines(path: Path, lines: Iterable[str], *, header: int = 1) -> Written:
    """Write lines as they come and return what was written; `header` lines are no rows."""
    digest, size, count = hashlib.sha256(), 0, 0
    with path.open("wb") as file:
        for line in lines:
            data = line.encode()
            file.write(data)
            digest.update(data)
            size += len(data)
            count += 1
    return Written(path.name, max(0, count - header), size, digest.hexdigest())


def describe(path: Path, *, rows: int = 0) -> Written:
    """Return what is in a file that a library wrote."""
    return Written(path.name, rows, path.stat().st_size, sha256_of(path))


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_pieces(path: Path) -> Iterator[bytes]:
    """Yield a file in pieces."""
    with path.open("rb") as file:
        while piece := file.read(1 << 16):
            yield piece
