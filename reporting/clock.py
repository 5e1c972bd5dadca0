"""The only clock of Concludo: the database's `concludo_now()`.

Web servers, workers, column defaults and triggers all read it, so their times can be compared.
A simulated time exists only where the tests' settings say TESTING and replace the function in
their own database; the function of a production database cannot be told another time, and the
web role does not own it.
"""

from datetime import UTC, date, datetime, time

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, models
from django.db.models import Func

SIMULATION_SQL = """
CREATE TABLE IF NOT EXISTS simulated_clock (
    id integer PRIMARY KEY CHECK (id = 1), at timestamptz NOT NULL
);
CREATE OR REPLACE FUNCTION concludo_clock_simulated() RETURNS boolean LANGUAGE plpgsql AS
$$ BEGIN RETURN EXISTS (SELECT 1 FROM simulated_clock); END $$;
CREATE OR REPLACE FUNCTION concludo_now() RETURNS timestamptz LANGUAGE plpgsql AS
$$ BEGIN RETURN coalesce((SELECT at FROM simulated_clock), clock_timestamp()); END $$;
"""


class Now(Func):
    """The time of the one clock, as a database expression and column default."""

    function = "concludo_now"
    arity = 0
    output_field = models.DateTimeField()


class IsSimulated(Func):
    """Whether that time is a simulated one, as a database expression and column default."""

    function = "concludo_clock_simulated"
    arity = 0
    output_field = models.BooleanField()


def now() -> datetime:
    """Return the time of the one clock, with its time zone."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT concludo_now()")
        moment: datetime = cursor.fetchone()[0]
    return moment


def midnight(day: date) -> datetime:
    """Return the moment at which a day begins, in UTC."""
    return datetime.combine(day, time.min, tzinfo=UTC)


def _require_testing() -> None:
    if not settings.TESTING:
        raise ImproperlyConfigured("A simulated clock exists only under the tests' settings")


def simulation_install() -> None:
    """Replace the clock of a test database by one that `simulate` can set."""
    _require_testing()
    with connection.cursor() as cursor:
        cursor.execute(SIMULATION_SQL)


def simulate(at: datetime | None) -> None:
    """Stop the clock of a test database at a time; None lets it run again."""
    _require_testing()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM simulated_clock")
        if at is not None:
            cursor.execute("INSERT INTO simulated_clock VALUES (1, %s)", [at])
