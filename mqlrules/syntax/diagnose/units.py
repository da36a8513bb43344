"""How people write durations that are none: ``30 days``, ``30dayz``, ``one month``, ``30``."""

import difflib
import re
from decimal import Decimal

import attrs

from mqlrules.language.calendar import UNITS
from mqlrules.syntax.parse_error import Trouble

_NAMES = {
    "us": ("us", "µs", "microsecond", "microseconds", "usec"),
    "ms": ("ms", "millisecond", "milliseconds", "msec", "millis"),
    "s": ("s", "sec", "secs", "second", "seconds"),
    "m": ("m", "min", "mins", "minute", "minutes"),
    "h": ("h", "hr", "hrs", "hour", "hours"),
    "d": ("d", "day", "days"),
    "w": ("w", "wk", "wks", "week", "weeks"),
}
_UNITS = {name: unit for unit, names in _NAMES.items() for name in names}
_CALENDAR = {
    "mo": 30, "mos": 30, "mon": 30, "month": 30, "months": 30, "quarter": 91, "quarters": 91,
    "y": 365, "yr": 365, "yrs": 365, "year": 365, "years": 365,
}  # fmt: skip
NUMERALS = {
    word: number
    for number, words in enumerate(
        (("a", "an", "one"), "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"), start=1
    )
    for word in ((words,) if isinstance(words, str) else words)
}
"""Small numbers in words."""
_STUCK = re.compile(r"(?P<number>[0-9]+(?:\.[0-9]+)?)[-_]?(?P<unit>[^\W\d_]+)")


@attrs.frozen
class Meant:
    """A duration that was meant: as it is to be written, and the token up to which it goes.

    ``calendar``: its unit has no fixed length. ``guessed``: its unit is misspelled.
    """

    text: str
    stop: int
    unit: str
    calendar: bool = False
    guessed: bool = False


def read(trouble: Trouble, index: int) -> Meant | None:
    """The duration that is written at a token, however it is written; None if there is no number, or no unit."""
    token = trouble.at(index)
    following = trouble.at(index + 1)
    match token.kind:
        case "DURATION":
            return Meant(token.text, index + 1, token.text.lstrip("0123456789."))
        case "UNSIGNED" | "SIGNED" if following.kind == "WORD":
            return _meant(token.text.lstrip("+-"), following.text, index + 2)
        case "STUCK":
            found = _STUCK.fullmatch(token.text)
            if found:
                return _meant(found["number"], found["unit"], index + 1)
        case "WORD":
            if token.text.lower() in NUMERALS and following.kind == "WORD":
                return _meant(str(NUMERALS[token.text.lower()]), following.text, index + 2)
            return _meant("1", token.text, index + 1, exact=True)
    return None


def _meant(number: str, unit: str, stop: int, exact: bool = False) -> Meant | None:
    unit_text = unit.lower()
    if unit_text in _UNITS:
        return Meant(f"{number}{_UNITS[unit_text]}", stop, unit)
    if unit_text in _CALENDAR:
        return Meant(f"{Decimal(number) * _CALENDAR[unit_text]:f}d", stop, unit, calendar=True)
    if exact:
        return None
    if len(unit_text) <= 2 and len(set(unit_text)) == 1 and unit_text[0] in UNITS:
        return Meant(f"{number}{unit_text[0]}", stop, unit, guessed=True)
    close = difflib.get_close_matches(unit_text, [name for name in (*_UNITS, *_CALENDAR) if len(name) > 2], n=1)
    if not close:
        return None
    meant = _meant(number, close[0], stop, exact=True)
    return meant and attrs.evolve(meant, unit=unit, guessed=True)
