"""The rule on critical results: somebody must have been told."""

from collections.abc import Iterator

from reporting.report_checks.found import Found
from reporting.report_checks.says import ReportSays


def critical_not_told(says: ReportSays) -> Iterator[Found]:
    """A critical result without a record of who was told."""
    for result in says.critical:
        if result.key not in says.communicated:
            sentence = f"Critical result: {result.label}. Record whom you told, and when."
            yield Found(result.place, sentence, result.start, result.end, result.key)
