"""Rules on anatomy: organs of the other sex, levels that the exam does not show."""

import re
from collections.abc import Iterator

from reporting.report_checks.found import Found, in_conclusion, words
from reporting.report_checks.says import ReportSays

_OF_ONE_SEX = {
    "female": re.compile(
        r"\b(?:uter(?:us|ine|i)|endometri\w+|myometri\w+|ovar(?:y|ies|ian)|adnexa\w*|vagin\w+|"
        r"fallopian|hysterectomy|oophorectomy|hydrosalpin\w*|gravid|pregnan\w+|placenta\w*)\b",
        re.IGNORECASE,
    ),
    "male": re.compile(
        r"\b(?:prostat(?!ic acid)\w*|seminal vesicles?|testi(?:s|cle|cles|cular|es)|scrot\w+|"
        r"epididym\w+|vas deferens|penis|penile|hydrocele|varicocele|orchi\w+)\b",
        re.IGNORECASE,
    ),
}


def sex(says: ReportSays) -> Iterator[Found]:
    """An organ of the other sex is named; one finding for each text."""
    if says.sex is None:
        return
    other = "male" if says.sex == "female" else "female"
    for text in says.texts:
        match = _OF_ONE_SEX[other].search(text.text)
        if match:
            sentence = f"{text.label}: “{match[0]}”, but the patient is {says.sex}."
            sentence = f"{sentence} Check the patient and the text."
            yield Found(text.place, sentence, *match.span())


def level(says: ReportSays) -> Iterator[Found]:
    """A spinal level is named that this exam does not show."""
    for far in says.far_levels:
        sentence = f"This exam does not show {words(says, far.start, far.end)}. Correct the level."
        yield in_conclusion(sentence, far.start, far.end)
