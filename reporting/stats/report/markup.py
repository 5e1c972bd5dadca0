"""HTML from Python: every text is escaped unless it was made here."""

from collections.abc import Iterable
from html import escape

_EMPTY = {"img", "meta", "br"}


class Html(str):
    """A piece of HTML; any other string is text."""

    __slots__ = ()


def element(name: str, *children: str | None, **attributes: str) -> Html:
    """Return the element; children that are text are escaped, None is left out, and an attribute
    `class_` is written without its underscore."""
    given = "".join(f' {key.rstrip("_")}="{escape(value)}"' for key, value in attributes.items())
    if name in _EMPTY:
        return Html(f"<{name}{given}>")
    return Html(f"<{name}{given}>{joined(children)}</{name}>")


def joined(children: Iterable[str | None]) -> Html:
    """Return the children one after another; text is escaped."""
    return Html(
        "".join(
            child if isinstance(child, Html) else escape(child)
            for child in children
            if child is not None
        )
    )


def paragraphs(text: str) -> Html:
    """Return the text as paragraphs, which empty lines part."""
    parts = (part.strip() for part in text.replace("\r\n", "\n").split("\n\n"))
    return joined(element("p", part) for part in parts if part)


def table(head: Iterable[str], rows: Iterable[Iterable[str]], caption: str) -> Html:
    """Return a table; the first cell of a row is its heading."""
    titles = element("tr", *(element("th", title, scope="col") for title in head))
    return element(
        "table",
        element("caption", caption),
        element("thead", titles),
        element("tbody", *map(_row, rows)),
    )


def _row(cells: Iterable[str]) -> Html:
    first, *others = cells
    return element("tr", element("th", first, scope="row"), *(element("td", one) for one in others))
