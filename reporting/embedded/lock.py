"""One supervisor for one data directory."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import TextIO


class DataDirectoryTaken(Exception):
    """Another process uses the data directory, or it cannot be used; the message says so."""


def lock(directory: Path) -> TextIO:
    """Take the data directory for as long as the returned file is open.

    The kernel gives it back when the process ends, however it ends. Raises DataDirectoryTaken.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = (directory / "up.lock").open("a+", encoding="ascii")
    except OSError as error:
        raise DataDirectoryTaken(
            f"The data directory {directory} cannot be used: {error.strerror}."
            " Set DATA_DIR to a directory that you may write to."
        ) from error
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        file.seek(0)
        holder = file.read().strip() or "unknown"
        file.close()
        raise DataDirectoryTaken(
            f"Concludo already runs on {directory} (process {holder})."
            " Stop it first, or set DATA_DIR to another directory."
        ) from error
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    return file
