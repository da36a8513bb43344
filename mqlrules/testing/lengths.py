"""Lengths of time near another one: what an author might as well have written."""

from mqlrules.language.calendar import LONGEST, UNITS

_SENSIBLE = [
    number * UNITS[unit]
    for unit, numbers in {
        "s": (1, 5, 10, 15, 30),
        "m": (1, 5, 10, 15, 30),
        "h": (1, 2, 4, 6, 12),
        "d": (1, 2, 3, 5, 7, 10, 14, 21, 30, 45, 60, 90, 120, 180, 365, 730),
    }.items()
    for number in numbers
]


def other_lengths(microseconds: int) -> list[int]:
    """Half of it, the next sensible length below and the one above, its double; each once, in this order.

    Half of an odd number is rounded up: of 21 days it is 11.
    """
    unit = max(size for size in UNITS.values() if microseconds % size == 0 and size != UNITS["w"])
    number = microseconds // unit
    half = microseconds // 2 if number == 1 else (number + 1) // 2 * unit
    shorter = max((length for length in _SENSIBLE if length < microseconds), default=0)
    longer = min((length for length in _SENSIBLE if length > microseconds), default=0)
    found = [half, shorter, longer, 2 * microseconds]
    return [length for length in dict.fromkeys(found) if 0 < length <= LONGEST and length != microseconds]
