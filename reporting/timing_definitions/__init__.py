"""What the durations of a reading mean: named, versioned definitions over its ledger of events.

Pure arithmetic without Django. `ledger_of` brings the events of one report into order,
`DEFINITIONS` derives seconds or a reason from them, `clock` puts right what a page's clock got
wrong, `exclusions` applies the rules that a protocol states beforehand.
"""

from reporting.timing_definitions.clock import corrected
from reporting.timing_definitions.definitions import (
    DEFINITIONS,
    IDLE_THRESHOLDS,
    Definition,
    Measured,
    definition,
    measure,
)
from reporting.timing_definitions.events import ACTIVITY, INPUTS, Event, Ledger, ledger_of

__all__ = [
    "ACTIVITY",
    "DEFINITIONS",
    "IDLE_THRESHOLDS",
    "INPUTS",
    "Definition",
    "Event",
    "Ledger",
    "Measured",
    "corrected",
    "definition",
    "ledger_of",
    "measure",
]
