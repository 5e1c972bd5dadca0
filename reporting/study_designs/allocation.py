"""The designs. Each reads readers, cases and arms, and says who reads what and when."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from reporting.study_designs.order import dealt, shuffled
from reporting.study_designs.squares import latin_square, williams_sequences


class DesignInvalid(ValueError):
    """The design cannot be made of these readers, cases and arms; the message says why."""


@dataclass(frozen=True, slots=True)
class PlannedCase:
    """A case by its identifier, with its stratum; practice cases are read first and not counted."""

    id: str
    stratum: str = ""
    is_practice: bool = False

    def __str__(self) -> str:
        return self.id


@dataclass(frozen=True, slots=True)
class PlannedReader:
    """A reader by an identifier, with their stratum (their experience)."""

    id: str
    stratum: str = ""

    def __str__(self) -> str:
        return self.id


@dataclass(frozen=True, slots=True)
class PlannedReading:
    """One reading. `period` is 0 for practice, else from 1; `position` counts a reader's readings
    from 1 over all periods, practice first."""

    reader: str
    case: str
    arm: str
    period: int
    position: int


@dataclass(frozen=True, slots=True)
class Allocation:
    """What a design is made of: the seed decides everything that would else be chance."""

    design: str
    readers: Sequence[PlannedReader]
    cases: Sequence[PlannedCase]
    arms: Sequence[str]
    seed: int

    @property
    def real(self) -> list[PlannedCase]:
        """The cases that count."""
        return [case for case in self.cases if not case.is_practice]

    @property
    def practice(self) -> list[PlannedCase]:
        """The cases for practice, in their order."""
        return [case for case in self.cases if case.is_practice]

    def readers_in_turn(self) -> list[PlannedReader]:
        """The readers in the order in which they get the sequences, stratum by stratum."""
        strata = sorted({reader.stratum for reader in self.readers})
        return [
            reader
            for stratum in strata
            for reader in shuffled(
                (r for r in self.readers if r.stratum == stratum), self.seed, "readers", stratum
            )
        ]

    def cases_by_stratum(self, label: str) -> dict[str, list[PlannedCase]]:
        """The cases that count in their seeded order, stratum by stratum."""
        strata: defaultdict[str, list[PlannedCase]] = defaultdict(list)
        for case in shuffled(self.real, self.seed, label):
            strata[case.stratum].append(case)
        return {stratum: strata[stratum] for stratum in sorted(strata)}


# A session is the readings of one period: pairs of case and arm. A plan has one per period.
Session = list[tuple[PlannedCase, str]]
Plan = Callable[[Allocation], Iterator[tuple[PlannedReader, list[Session]]]]


def _crossover(given: Allocation) -> Iterator[tuple[PlannedReader, list[Session]]]:
    """Every case in every arm, one arm a period, the order of arms by Williams."""
    sequences = williams_sequences(len(given.arms))
    for turn, reader in enumerate(given.readers_in_turn()):
        sequence = sequences[turn % len(sequences)]
        yield reader, [[(case, given.arms[arm]) for case in given.real] for arm in sequence]


def _squared(
    given: Allocation, sequences: Sequence[Sequence[int]]
) -> Iterator[tuple[PlannedReader, list[Session]]]:
    """As many blocks of cases as arms; a reader reads each block once, each in another arm.

    Once all sequences are given out, the next readers meet the blocks in another order.
    """
    count = len(given.arms)
    blocks = dealt(given.cases_by_stratum("blocks"), count)
    for turn, reader in enumerate(given.readers_in_turn()):
        sequence = sequences[turn % len(sequences)]
        first = turn // len(sequences)
        yield (
            reader,
            [
                [(case, given.arms[arm]) for case in blocks[(first + period) % count]]
                for period, arm in enumerate(sequence)
            ],
        )


def _latin(given: Allocation) -> Iterator[tuple[PlannedReader, list[Session]]]:
    yield from _squared(given, latin_square(len(given.arms)))


def _williams(given: Allocation) -> Iterator[tuple[PlannedReader, list[Session]]]:
    yield from _squared(given, williams_sequences(len(given.arms)))


def _incomplete(given: Allocation) -> Iterator[tuple[PlannedReader, list[Session]]]:
    """Each case once per reader, the arms mixed; over the readers each case meets all arms."""
    count = len(given.arms)
    hands = dealt(given.cases_by_stratum("hands"), count)
    for turn, reader in enumerate(given.readers_in_turn()):
        session = [
            (case, given.arms[(number + turn) % count])
            for number, hand in enumerate(hands)
            for case in hand
        ]
        yield reader, [session]


def _parallel(given: Allocation) -> Iterator[tuple[PlannedReader, list[Session]]]:
    """Each reader in one arm, all cases."""
    for turn, reader in enumerate(given.readers_in_turn()):
        arm = given.arms[turn % len(given.arms)]
        yield reader, [[(case, arm) for case in given.real]]


DESIGNS: dict[str, Plan] = {
    "crossover": _crossover,
    "latin": _latin,
    "williams": _williams,
    "incomplete": _incomplete,
    "parallel": _parallel,
}


def allocate(given: Allocation) -> tuple[PlannedReading, ...]:
    """Return all readings, reader by reader in the order of `readers`, each in reading order.

    Raises DesignInvalid with a sentence for the coordinator.
    """
    _require(given)
    plans = dict(DESIGNS[given.design](given))
    return tuple(
        reading for reader in given.readers for reading in _readings(given, reader, plans[reader])
    )


def _readings(
    given: Allocation, reader: PlannedReader, sessions: list[Session]
) -> Iterator[PlannedReading]:
    arms = list(dict.fromkeys(arm for session in sessions for _, arm in session))
    position = 0
    for case in given.practice:
        arm = arms[position % len(arms)]
        position += 1
        yield PlannedReading(reader.id, case.id, arm, 0, position)
    for period, session in enumerate(sessions, start=1):
        by_id = {case.id: (case, arm) for case, arm in session}
        for case_id in shuffled(by_id, given.seed, "order", reader.id, period):
            position += 1
            yield PlannedReading(reader.id, case_id, by_id[case_id][1], period, position)


def _require(given: Allocation) -> None:
    if given.design not in DESIGNS:
        raise DesignInvalid(f"There is no design {given.design!r}.")
    if not given.readers:
        raise DesignInvalid("Choose the readers first.")
    if not given.real:
        raise DesignInvalid("Choose the cases first; practice cases do not count.")
    least = 1 if given.design == "parallel" else 2
    if len(given.arms) < least:
        raise DesignInvalid(f"This design needs at least {least} arms.")
    if given.design in {"latin", "williams"} and len(given.real) < len(given.arms):
        raise DesignInvalid("There are fewer cases than blocks: each arm needs one case at least.")
    for name, ids in (
        ("reader", [reader.id for reader in given.readers]),
        ("case", [case.id for case in given.cases]),
        ("arm", list(given.arms)),
    ):
        if len(set(ids)) != len(ids):
            raise DesignInvalid(f"A {name} is named twice.")
