"""Why a service refused. Each message is a sentence for the reader."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reporting.models import FieldValue, User


class ServiceError(Exception):
    """A refusal with a sentence that can be shown as it is."""


class ActionBlocked(ServiceError):
    """The state of the report does not allow it (signed, a fill is running)."""


class FieldInvalid(ServiceError):
    """The value does not fit the field, or there is no such field."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(message)
        self.path = path


class TextInvalid(ServiceError):
    """The text is too long or holds characters that cannot be stored."""


@dataclass(frozen=True, slots=True)
class Current:
    """What stands in the database now, and who put it there."""

    value: object
    version: int
    by: str
    at: datetime | None


class VersionConflict(ServiceError):
    """Someone else changed the same thing since the page was loaded.

    `current` is what stands there now; nothing was overwritten.
    """

    def __init__(self, path: str, current: Current, field_value: "FieldValue | None" = None):
        when = f" at {current.at:%H:%M:%S} UTC" if current.at else ""
        super().__init__(
            f"{current.by or 'Another page'} changed this{when}. Nothing was overwritten:"
            " look at both versions and choose."
        )
        self.path = path
        self.current = current
        self.field_value = field_value


@dataclass(frozen=True, slots=True)
class Check:
    """One reason why a report cannot be signed yet.

    `path` is the path of a field, or "conclusion", where it can be mended; else None. `from_rule`
    is true for what a check of the report found, whose list shows more of it.
    """

    code: str
    path: str | None
    message: str
    from_rule: bool = False


class SignBlocked(ServiceError):
    """The report cannot be signed yet."""

    def __init__(self, reasons: list[Check]) -> None:
        super().__init__(" ".join(reason.message for reason in reasons))
        self.reasons = reasons


def editor_name(user: "User | None") -> str:
    """Return the name to show for who changed something."""
    return user.display_name if user is not None else "The model"
