"""How things are said on a terminal: instants, numbers of things, text from data, and whether in colour."""

import os
from collections import Counter
from collections.abc import Sequence
from typing import TextIO

from mqlrules.events.model import Event
from mqlrules.language.instants import moment


def in_colour(stream: TextIO) -> bool:
    """Whether a stream shows colours: a terminal, and nobody asked for none."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def counted(number: int, thing: str) -> str:
    """``1 lead``, ``2 leads``, ``12,345 leads``."""
    return f"{number:,} {thing}" + ("" if number == 1 else "s")


def when(instant: int) -> str:
    """An instant (microseconds since 1970 UTC) as a person writes it; seconds only where there are any.

    Fractions of a second are left out: a file or a pipe has them.
    """
    at = moment(instant)
    precision = "seconds" if at.second or at.microsecond else "minutes"
    return at.replace(tzinfo=None).isoformat(" ", precision)


def in_short(events: Sequence[Event]) -> str:
    """Events by their names, each once, with how often it stands there."""
    times = Counter(event.name for event in events)
    spelled = {event.name: printable(event.event) for event in reversed(events)}
    return ", ".join(spelled[name] if count == 1 else f"{spelled[name]} ×{count}" for name, count in times.items())


def printable(value: object) -> str:
    """Text from data without what could steer a terminal."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in str(value))
