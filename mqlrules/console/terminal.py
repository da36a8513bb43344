"""Text on a terminal: instants in a time zone, counts, text from data, and whether in colour."""

import codecs
import io
import os
import sys
from collections import Counter
from collections.abc import Sequence
from contextvars import ContextVar
from typing import Literal, TextIO

from mqlrules.events.model import Event
from mqlrules.language.calendar import Zone
from mqlrules.text.words import counted as counted

Colour = Literal["auto", "always", "never"]

_colour: ContextVar[Colour] = ContextVar("colour", default="auto")
_quiet: ContextVar[bool] = ContextVar("quiet", default=False)


def use_colour(choice: Colour) -> None:
    """Sets whether output is in colour, in this context: ``auto`` asks the stream and the environment."""
    _colour.set(choice)


def be_quiet() -> None:
    """Suppresses notes and progress bars in this context."""
    _quiet.set(True)


def is_quiet() -> bool:
    """Whether notes and progress bars are suppressed."""
    return _quiet.get()


def in_colour(stream: TextIO) -> bool:
    """Whether a stream is written to in colour: as chosen, else as ``NO_COLOR`` and ``FORCE_COLOR`` say, else on
    a terminal.
    """
    choice = _colour.get()
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (stream.isatty() and os.environ.get("TERM") != "dumb")


def when(instant: int, zone: str = "UTC") -> str:
    """An instant (microseconds since 1970 UTC) as clocks in a zone show it; seconds only if there are any.

    Fractions of a second are left out: files and pipes have them.
    """
    at = Zone(zone).datetime_of(instant)
    precision = "seconds" if at.second or at.microsecond else "minutes"
    return at.replace(tzinfo=None).isoformat(" ", precision)


def in_short(events: Sequence[Event]) -> str:
    """Events by name, each once, with how often it occurs."""
    times = Counter(event.name for event in events)
    spelled = {event.name: printable(event.event) for event in reversed(events)}
    return ", ".join(spelled[name] if count == 1 else f"{spelled[name]} ×{count}" for name, count in times.items())


def printable(value: object) -> str:
    """Text from data without anything that could control a terminal."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in str(value))


# -- output that is not UTF-8 --------------------------------------------------------------------------------------

_PLAIN = {
    "…": "...", "→": "->", "⇒": "=>", "×": "x", "·": "-", "–": "-", "—": "-", "−": "-", "●": "*", "┄": "-", "─": "-",
    "━": "-", "═": "=", "│": "|", "┤": "|", "├": "|", "└": "`", "┬": "-", "▸": ">", "✓": "+", "✗": "x", "≥": ">=",
    "≤": "<=", "≠": "!=", "“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "\N{REPLACEMENT CHARACTER}": "?",
    **dict.fromkeys("▁▂▃▄", "."), **dict.fromkeys("▅▆▇█", "#"),
}  # fmt: skip
"""The characters of our own output in ASCII."""


def encode_anything() -> None:
    """Makes standard output and standard error take any text: what their encoding can't say is spelled in ASCII, text
    from data as ``\\u017e``.
    """
    codecs.register_error("mqlrules.plain", _plain)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.errors != "mqlrules.plain":
            stream.reconfigure(errors="mqlrules.plain")


def takes_unicode(stream: TextIO) -> bool:
    """Whether a stream is UTF-8; JSON for any other is written in ASCII."""
    return (stream.encoding or "").lower().replace("-", "").replace("_", "") == "utf8"


def _plain(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end]
    return "".join(_PLAIN.get(c) or c.encode("ascii", "backslashreplace").decode() for c in text), error.end
