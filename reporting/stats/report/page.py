"""The report as one HTML page, with its figures and styles in it."""

from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

from reporting.stats.report import results
from reporting.stats.report.checklists import GUIDELINES, Item
from reporting.stats.report.content import TO_WRITE, Picture, Protocol, StudyReport, digest
from reporting.stats.report.markup import Html, element, joined, paragraphs, table
from reporting.stats.report.methods import statistics_text
from reporting.stats.text_parts import p_text

STYLES = Path(__file__).with_name("report.css")
# The protocol's texts as sections: key, heading.
INTRODUCTION = {
    "question": "Question",
    "hypotheses": "Hypotheses",
    "intended_use": "Intended use",
}
METHODS = {
    "design": "Design",
    "readers": "Readers",
    "training": "Training",
    "cases": "Cases",
    "model": "Model",
    "outcome": "Outcomes",
    "plan": "Analysis plan",
    "registration": "Registration and protocol",
    "ethics": "Ethics",
    "funding": "Funding and interests",
}


def page(report: StudyReport) -> str:
    """Return the page; the same content gives the same text."""
    title = report.protocol.title or "Reader study"
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("title", title),
        element("style", Html(STYLES.read_text(encoding="utf-8"))),
    )
    body = element("body", element("h1", title), *_parts(report))
    return f"<!DOCTYPE html>\n{element('html', head, body, lang='en')}\n"


def _parts(report: StudyReport) -> Iterator[Html]:
    if count := report.analysis.simulated:
        words = f"Simulated: {count} rows were made under a simulated clock and measure nobody."
        yield element("p", words, class_="warning")
    yield _texts("Introduction", report.protocol, INTRODUCTION)
    yield _texts("Methods", report.protocol, METHODS)
    yield _section(
        "statistics", "Statistical analysis", paragraphs(statistics_text(report.analysis))
    )
    yield from _results(report)
    yield _provenance(report)
    yield from _checklists(report)


def _section(key: str, heading: str, *children: Html, mark: str = "", level: str = "h3") -> Html:
    marked = element("span", mark, class_="mark") if mark else None
    title = element(level, heading, " " if mark else None, marked)
    return element("section", title, *children, id=key)


def _texts(heading: str, protocol: Protocol, sections: dict[str, str]) -> Html:
    parts = []
    for key, name in sections.items():
        text: str = getattr(protocol, key)
        content = paragraphs(text) if text.strip() else element("p", TO_WRITE, class_="open")
        parts.append(_section(key, name, content))
    return joined((element("h2", heading), *parts))


def _results(report: StudyReport) -> Iterator[Html]:
    analysis = report.analysis
    mark = "confirmatory" if report.protocol.is_locked else "exploratory"
    if analysis.simulated:
        mark = "simulated"
    yield element("h2", "Results", id="results")
    yield from _pictures(report, "flow")
    yield _section(
        "descriptives",
        "Times by arm",
        results.descriptives(analysis),
        *_pictures(report, "times"),
        mark="descriptive",
    )
    primary = results.primary(analysis.primary) if analysis.primary else None
    content = primary or element("p", "The primary model could not be fitted; see the notes.")
    pictures = _pictures(report, "forest")
    yield _section("primary", "Primary analysis", content, *pictures, mark=mark)
    others = (*results.further(analysis), *_pictures(report, "learning", "likert"))
    yield _section("learning", "Further analyses", *others, mark="exploratory")
    yield _section("missing", "Missing data", results.missing(analysis.missing))
    yield _section("checks", "Residuals", *_checks(report))
    if analysis.notes:
        items = (element("li", note) for note in analysis.notes)
        yield _section("notes", "Notes", element("ul", *items))


def _checks(report: StudyReport) -> Iterator[Html]:
    primary = report.analysis.primary
    if primary and (found := primary.residuals):
        yield element(
            "p",
            f"Correlation in the normal quantile plot {found.qq:.4f}; Shapiro and Wilk's W"
            f" {found.shapiro_w:.4f} (p{p_text(found.shapiro_p)}, n={found.shapiro_n}); largest SD"
            f" of an arm over the smallest {found.spread_ratio:.2f} (Brown and Forsythe"
            f" p{p_text(found.spread_p)}); size against fitted values rho {found.level_rho:.2f}"
            f" (p{p_text(found.level_p)}).",
        )
    yield from _pictures(report, "residuals")


def _pictures(report: StudyReport, *names: str) -> Iterator[Html]:
    yield from (_picture(one) for one in report.pictures if one.name in names)


def _picture(picture: Picture) -> Html:
    source = f"data:image/svg+xml;base64,{b64encode(picture.svg).decode()}"
    image = element("img", src=source, alt=picture.caption)
    words = element("figcaption", picture.caption)
    return element("figure", image, words, id=f"figure-{picture.name}")


def _provenance(report: StudyReport) -> Html:
    given, protocol = report.provenance, report.protocol
    rows = [("data", given.data), ("data, SHA-256", given.data_sha256), ("code", given.code)]
    if protocol.plan:
        rows.append(("analysis plan, SHA-256", digest(protocol.plan.encode())))
    locked = protocol.locked_at or "date not given"
    rows.append(("plan locked", locked if protocol.is_locked else "no: nothing is confirmatory"))
    rows += given.software.items()
    rows += [(f"model {name}", value) for name, value in given.models.items()]
    content = table(("what", "which"), rows, "Where the numbers come from")
    return _section("provenance", "Data, code and software", content, level="h2")


def _checklists(report: StudyReport) -> Iterator[Html]:
    sections = _answered(report)
    yield element("h2", "Reporting guidelines")
    yield element(
        "p",
        "What is asked is put in short words of our own; the guidelines' texts are the ones that"
        " count. Where a section is named, the authors still judge whether it says enough.",
    )
    for name, items in GUIDELINES.items():
        rows = (_answer(item, sections) for item in items)
        yield table(("item", "asks for", "where"), rows, name)


def _answer(item: Item, sections: dict[str, str]) -> tuple[str, str, str]:
    return item.number, item.asks, sections.get(item.section, TO_WRITE)


def _answered(report: StudyReport) -> dict[str, str]:
    """Return the sections that have content, by key, as they are named to the reader."""
    protocol = report.protocol
    found = {
        "statistics": "Methods, Statistical analysis",
        "results": "Results",
        "missing": "Results, Missing data",
        "provenance": "Data, code and software",
    }
    for part, sections in (("Introduction", INTRODUCTION), ("Methods", METHODS)):
        for key, name in sections.items():
            if getattr(protocol, key).strip():
                found[key] = f"{part}, {name}"
    learning = report.analysis.learning
    others = (
        ("title", "Title", protocol.title),
        ("protocol", "Methods", protocol.plan),
        ("models", "Data, code and software", report.provenance.models),
        ("flow", "Results, flow diagram", report.flow),
        ("learning", "Results, Further analyses", learning and learning.readers),
    )
    return found | {key: name for key, name, content in others if content}
