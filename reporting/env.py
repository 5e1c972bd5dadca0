"""Read settings from the environment, and fail loudly when one of them is wrong."""

import os
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured


def env_bool(name: str, default: str) -> bool:
    """Return the boolean in the variable; anything but True or False is an error."""
    value = os.getenv(name, default)
    if value not in {"True", "False"}:
        raise ImproperlyConfigured(f"{name}={value!r}: use True or False")
    return value == "True"


def env_int(name: str, default: str, *, minimum: int = 0) -> int:
    """Return the whole number in the variable, at least `minimum`."""
    value = os.getenv(name, default)
    try:
        number = int(value)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name}={value!r}: use a whole number") from error
    if number < minimum:
        raise ImproperlyConfigured(f"{name}={value!r}: use {minimum} or more")
    return number


def env_choice(name: str, default: str, *, choices: frozenset[str]) -> str:
    """Return the variable's value, which must be one of `choices`."""
    value = os.getenv(name, default)
    if value not in choices:
        raise ImproperlyConfigured(f"{name}={value!r}: use one of {', '.join(sorted(choices))}")
    return value


def env_list(name: str, default: str) -> list[str]:
    """Return the parts of a comma-separated variable, without blanks."""
    return [part.strip() for part in os.getenv(name, default).split(",") if part.strip()]


def env_secret(name: str) -> str:
    """Return a secret from NAME or from the file named by NAME_FILE; empty when neither is set.

    Both at once, an unreadable file and an empty file are errors.
    """
    value, file_name = os.getenv(name, ""), os.getenv(f"{name}_FILE", "")
    if value and file_name:
        raise ImproperlyConfigured(f"Set {name} or {name}_FILE, not both")
    if not file_name:
        return value
    try:
        value = Path(file_name).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ImproperlyConfigured(f"{name}_FILE={file_name!r} cannot be read: {error}") from error
    if not value:
        raise ImproperlyConfigured(f"{name}_FILE={file_name!r} is empty")
    return value
