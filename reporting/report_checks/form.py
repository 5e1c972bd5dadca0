"""Rules on what is still to be done: text, answers of the model, empty fields and placeholders."""

from collections.abc import Iterator

from reporting.placeholders import open_placeholders
from reporting.report_checks.found import Found, in_conclusion, quoted
from reporting.report_checks.says import ReportSays


def conclusion_empty(says: ReportSays) -> Iterator[Found]:
    """A report without a conclusion."""
    if not says.conclusion.strip():
        yield in_conclusion("The conclusion is empty.")


def fill_running(says: ReportSays) -> Iterator[Found]:
    """The model still writes."""
    if says.is_filling:
        yield Found("", "The model is still filling: wait for it, or cancel it.")


def suggestion_open(says: ReportSays) -> Iterator[Found]:
    """An answer of the model that nobody has attested."""
    for place in says.suggestions:
        message = f"{place.label}: confirm, correct or reject the model's answer."
        yield Found(place.path, message)


def copy_open(says: ReportSays) -> Iterator[Found]:
    """A value that was copied from a prior report and that nobody has confirmed."""
    for place in says.copies:
        message = (
            f"{place.label}: confirm, correct or reject what was copied from the prior report."
        )
        yield Found(place.path, message)


def conflict_open(says: ReportSays) -> Iterator[Found]:
    """Two answers to one field, none of them chosen."""
    for place in says.conflicts:
        message = f"{place.label}: the conclusion says two different things; choose one."
        yield Found(place.path, message)


def required(says: ReportSays) -> Iterator[Found]:
    """A required field without a value."""
    for place in says.missing:
        yield Found(place.path, f"{place.label} must be filled.")


def placeholder(says: ReportSays) -> Iterator[Found]:
    """An empty placeholder of a macro, left in a text."""
    for text in says.texts:
        for place in open_placeholders(text.text)[:1]:
            sentence = f"{text.label}: fill or remove the placeholder {place.text}."
            yield Found(text.place, sentence, place.start, place.end)


def not_read(says: ReportSays) -> Iterator[Found]:
    """A text that cannot be read, so that nothing else can be checked."""
    for text in says.refused:
        yield Found(text.place, f"{text.label}: nothing could be checked. {text.text}")


def support(says: ReportSays) -> Iterator[Found]:
    """A finding from the model whose words are no longer in the conclusion."""
    conclusion = _flat(says.conclusion)
    for value in says.supports:
        if _flat(value.quote) not in conclusion:
            sentence = (
                f"{value.label}: {value.text} was filled from {quoted(value.quote)}, which the"
                " conclusion no longer says. Correct one of the two."
            )
            yield Found(value.path, sentence)


def _flat(text: str) -> str:
    return " ".join(text.casefold().split())
