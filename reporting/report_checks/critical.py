"""The rule on critical results: somebody must have been told."""

from collections.abc import Iterator

from reporting.report_checks.found import Found
from reporting.report_checks.says import Critical, ReportSays


def critical_not_told(says: ReportSays) -> Iterator[Found]:
    """A critical result without a record of who was told."""
    for result in says.critical:
        if result.key not in says.communicated:
            yield Found(result.place, sentence_of(result), result.start, result.end)


def sentence_of(result: Critical) -> str:
    """What is said of a critical result that nobody was told."""
    return f"Critical result: {result.label}. Record whom you told, and when."
