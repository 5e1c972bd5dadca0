"""The reasons and comments that people must give for what they do."""

from reporting.services.drafts import text_clean
from reporting.services.errors import TextInvalid

COMMENT_MAX = 2_000


def words_of(
    text: str, missing: str, *, what: str = "The comment", maximum: int = COMMENT_MAX
) -> str:
    """Return the comment without blanks around it; raises TextInvalid, with `missing` if empty."""
    clean = text_clean(text, what=what, maximum=maximum).strip()
    if not clean:
        raise TextInvalid(missing)
    return clean
