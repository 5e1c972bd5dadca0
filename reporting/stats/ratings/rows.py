"""Ratings as plain rows."""

from dataclasses import dataclass


class RatingError(ValueError):
    """The ratings cannot be analysed; the message says why."""


@dataclass(frozen=True, slots=True)
class Rating:
    """A score that a rater gave to a report on one dimension; `reader` wrote the report on `case`
    in `arm`. `repeat` is 0 for the first rating of this report by this rater, then 1."""

    score: int
    arm: str
    rater: str
    report: str
    reader: str
    case: str
    repeat: int = 0
