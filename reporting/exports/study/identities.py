"""What stands for people, sites and objects in an export, and by how much dates are shifted."""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings

from reporting.services.paths import path_parse

SHIFT_DAYS = 364


@dataclass(frozen=True, slots=True)
class Identities:
    """Salted names; with a `salt` of None everything stays as it is.

    The same salt gives the same names, so that two exports of a study can be joined; without it
    nobody can go back, or tell that two names belong together.
    """

    salt: bytes | None

    def _digest(self, kind: str, value: object) -> bytes:
        return hmac.new(self.salt or b"", f"{kind}\0{value}".encode(), hashlib.sha256).digest()

    def uid(self, kind: str, value: object) -> str:
        """Return the identifier of an object; "" for None."""
        if value is None or value == "":
            return ""
        if self.salt is None:
            return str(value)
        return str(UUID(bytes=self._digest(kind, value)[:16], version=4))

    def path(self, text: str) -> str:
        """Return the path of a field, with another identifier for the row of an open group."""
        path = path_parse(text)
        return text if path.row is None else str(path.with_row(UUID(self.uid("row", path.row))))

    def name(self, letter: str, value: str) -> str:
        """Return a short name, such as R-… for a reader's pseudonym."""
        if self.salt is None:
            return value
        return f"{letter}-{base64.b32encode(self._digest(letter, value)[:10]).decode()}"

    def shift(self, reader: str) -> timedelta:
        """Return the days by which all times of a reader are moved: constant, up to a year."""
        if self.salt is None:
            return timedelta(0)
        number = int.from_bytes(self._digest("shift", reader)[:8])
        days = number % (2 * SHIFT_DAYS) - SHIFT_DAYS
        return timedelta(days=days if days < 0 else days + 1)


def moment(at: datetime | None, shift: timedelta) -> str:
    """Return a moved time as text, "" for None."""
    return "" if at is None else (at + shift).isoformat()


def identities(*, identified: bool = False) -> Identities:
    """Return the names of this instance: salted by EXPORT_SALT, or derived from SECRET_KEY."""
    if identified:
        return Identities(None)
    secret = settings.EXPORT_SALT or settings.SECRET_KEY
    return Identities(hashlib.sha256(b"concludo study export\0" + secret.encode()).digest())
