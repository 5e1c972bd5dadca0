"""The list of the checks as the page shows it."""

from dataclasses import dataclass
from datetime import datetime

from reporting import clock
from reporting.models import CheckOverride, CriticalCommunication, Report
from reporting.report_checks.says import CONCLUSION, FINDINGS_TEXT
from reporting.report_checks.table import BY_KEY, Finding
from reporting.selectors.model_parts import passively_signed
from reporting.selectors.report_checks import Checked, report_checked
from reporting.selectors.reports import html_id

_TEXT_IDS = {CONCLUSION: "conclusion", FINDINGS_TEXT: "findings-text"}


@dataclass(frozen=True, slots=True)
class CheckView:
    """One finding: `html_id` is where its key jumps to, `start` and `end` the words to select.

    They count UTF-16 units, as the text areas of browsers do. `critical` is the key of the result
    that is to be told, `now` the time to offer for it.
    """

    number: int
    rule: str
    about: str
    stops: bool
    place: str
    sentence: str
    html_id: str
    start: int
    end: int
    override: CheckOverride | None
    critical: str
    now: datetime | None


@dataclass(frozen=True, slots=True)
class CheckList:
    """What is to be decided, what was overridden, and what a signature accepts unread."""

    open: tuple[CheckView, ...]
    overridden: tuple[CheckView, ...]
    passive: tuple[str, ...] = ()


def check_list(report: Report) -> CheckList:
    """Return what the checks find in an open report; nothing for one that is closed."""
    if not report.is_open:
        return CheckList((), ())
    found = report_checked(report)
    now = clock.now() if any(one.finding.found.result for one in found) else None
    blocking = [one for one in found if one.blocks]
    return CheckList(
        tuple(_view(report, n, one, now) for n, one in enumerate(blocking, start=1)),
        tuple(_view(report, 0, one, now) for one in found if not one.blocks),
        tuple(passively_signed(report)),
    )


def _view(report: Report, number: int, one: Checked, now: datetime | None) -> CheckView:
    finding = one.finding
    place = finding.found.place
    start, end = _selection(report, finding)
    return CheckView(
        number=number,
        rule=finding.rule,
        about=BY_KEY[finding.rule].about,
        stops=finding.severity == "stop",
        place=place,
        sentence=finding.found.sentence,
        html_id=_TEXT_IDS.get(place) or (html_id(place) if place else ""),
        start=start,
        end=end,
        override=one.override,
        critical=finding.found.result,
        now=now,
    )


def _selection(report: Report, finding: Finding) -> tuple[int, int]:
    """The words of a long text that a finding is about; (0, 0) at a field."""
    texts = {CONCLUSION: report.conclusion, FINDINGS_TEXT: report.findings_text}
    text = texts.get(finding.found.place, "")
    before, until = text[: finding.found.start], text[: finding.found.end]
    return len(before.encode("utf-16-le")) // 2, len(until.encode("utf-16-le")) // 2


@dataclass(frozen=True, slots=True)
class Decision:
    """One line of the history: when, by whom, and in which words."""

    at: datetime
    by: str
    text: str


def decisions(report: Report) -> list[Decision]:
    """Return what was overridden and told, the oldest first."""
    lines = [
        Decision(o.at, o.by.display_name, f"let stand: {o.sentence} Reason: {o.reason}")
        for o in report.check_overrides.select_related("by")
    ] + [
        Decision(told.at, told.by.display_name, _told(told))
        for told in report.critical_communications.select_related("by")
    ]
    return sorted(lines, key=lambda line: line.at)


def _told(told: CriticalCommunication) -> str:
    back = "read back" if told.read_back else "not read back"
    return f"told {told.told_to} of {told.label} at {told.told_at:%Y-%m-%d %H:%M} UTC, {back}"
