"""Durations in words of the language: the largest unit in which they are whole."""

from mqlrules.language.calendar import UNITS
from mqlrules.syntax import tree


def shown(node: tree.Duration) -> str:
    """A duration as an author would write it."""
    for unit in ("d", "h", "m", "s", "ms"):
        if node.microseconds % UNITS[unit] == 0:
            return f"{node.microseconds // UNITS[unit]}{unit}"
    return f"{node.microseconds}us"
