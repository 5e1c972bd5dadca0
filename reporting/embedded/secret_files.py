"""Secrets that are generated once, kept in the data directory and never shown to others."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from urllib.parse import quote


def secret_read(path: Path, *, length: int = 32) -> str:
    """The secret in a file, generated when there is none; only the owner may read the file."""
    if not path.is_file():
        private_write(path, secrets.token_urlsafe(length))
    return path.read_text(encoding="utf-8").strip()


def embedded_url(data: Path, role: str, database: str = "concludo") -> str:
    """The URL of the embedded database below a data directory; empty where there is none.

    A directory that belongs to somebody else holds none for us.
    """
    try:
        text = (data / "secrets" / f"{role}.password").read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return ""
    secret = quote(text.strip(), safe="")
    return f"postgres://{role}:{secret}@{quote(str(data / 'run'), safe='')}/{database}"


def private_write(path: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    half_written = path.with_name(f"{path.name}.part")
    half_written.unlink(missing_ok=True)
    descriptor = os.open(half_written, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(f"{text}\n")
    half_written.replace(path)
