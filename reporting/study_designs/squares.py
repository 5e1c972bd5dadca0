"""Orders of arms: cyclic Latin squares, and Williams sequences that balance what came before."""


def latin_square(size: int) -> list[list[int]]:
    """Return the cyclic Latin square: each arm once in every row and every column."""
    return [[(row + column) % size for column in range(size)] for row in range(size)]


def williams_sequences(size: int) -> list[list[int]]:
    """Return sequences in which each arm follows each other arm equally often.

    An even number of arms needs as many sequences, an odd one twice as many (Williams 1949).
    """
    first = [0]
    low, high = 1, size - 1
    while len(first) < size:
        first.append(low)
        low += 1
        if len(first) < size:
            first.append(high)
            high -= 1
    square = [[(arm + row) % size for arm in first] for row in range(size)]
    return square if size % 2 == 0 else square + [list(reversed(row)) for row in square]
