"""How numbers are written in texts and tables."""

from reporting.stats.interval import Interval
from reporting.stats.reml import FTest


def interval_text(interval: Interval | None, digits: int = 3) -> str:
    """Return the ends in brackets."""
    if interval is None:
        return "[not known]"
    return f"[{interval.low:.{digits}f}, {interval.high:.{digits}f}]"


def p_text(value: float) -> str:
    """Return a p value with the sign before it."""
    return "<0.001" if value < 0.001 else f"={value:.3f}"


def f_text(test: FTest) -> str:
    """Return F with its degrees of freedom and p value."""
    return f"F({test.df}, {test.df_error:.2f})={test.statistic:.3f}, p{p_text(test.p)}"
