"""Positions of the protocol, lines and units of an encoding, and offsets of a text, which count code points."""

import re
from bisect import bisect_right
from typing import Literal

import attrs
from lsprotocol import types

from mqlrules.text.span import Span

Encoding = Literal["utf-8", "utf-16", "utf-32"]

_ENDS = re.compile(r"\r\n|\n|\r")


@attrs.frozen(eq=False)
class Lines:
    """The lines of a text. Only these three ends are line ends to the protocol (Python's ``splitlines`` has more)."""

    text: str
    encoding: Encoding
    _starts: list[int] = attrs.field(init=False, factory=list)
    _stops: list[int] = attrs.field(init=False, factory=list)

    def __attrs_post_init__(self) -> None:
        self._starts.append(0)
        for end in _ENDS.finditer(self.text):
            self._stops.append(end.start())
            self._starts.append(end.end())
        self._stops.append(len(self.text))

    def offset(self, position: types.Position) -> int:
        """The offset of a position; one behind the end of a line, or of the text, is that end."""
        if position.line >= len(self._starts):
            return len(self.text)
        line = max(0, position.line)
        start, stop = self._starts[line], self._stops[line]
        written = self.text[start:stop]
        wanted = max(0, position.character)
        if self.encoding == "utf-32" or written.isascii():
            return min(start + wanted, stop)
        units = 0
        for at, sign in enumerate(written):
            units += _units(sign, self.encoding)
            if units > wanted:
                return start + at
        return stop

    def position(self, offset: int) -> types.Position:
        """The position of an offset."""
        line = bisect_right(self._starts, offset) - 1
        before = self.text[self._starts[line] : min(offset, self._stops[line])]
        return types.Position(line, units(before, self.encoding))

    def range(self, span: Span) -> types.Range:
        """The range of a span."""
        return types.Range(self.position(span.start), self.position(span.end))

    def span(self, range: types.Range) -> Span:
        """The span of a range."""
        start = self.offset(range.start)
        return Span(start, max(start, self.offset(range.end)))

    def line_spans(self, span: Span) -> list[Span]:
        """A span cut where lines end: what a range of several lines covers in each."""
        first, last = bisect_right(self._starts, span.start) - 1, bisect_right(self._starts, span.end) - 1
        cut = []
        for line in _numbers(first, last):
            start, stop = max(span.start, self._starts[line]), min(span.end, self._stops[line])
            if start < stop:
                cut.append(Span(start, stop))
        return cut


def _numbers(first: int, last: int) -> range:
    """The numbers from the first to the last."""
    return range(first, last + 1)


def units(text: str, encoding: Encoding) -> int:
    """How long a text is in an encoding."""
    if encoding == "utf-32" or text.isascii():
        return len(text)
    return sum(_units(sign, encoding) for sign in text)


def _units(sign: str, encoding: Encoding) -> int:
    code = ord(sign)
    if encoding == "utf-16":
        return 2 if code > 0xFFFF else 1
    return 1 if code < 0x80 else 2 if code < 0x800 else 3 if code < 0x10000 else 4


def changed(text: str, change: types.TextDocumentContentChangeEvent, encoding: Encoding) -> str:
    """A text after a change that a client has told of."""
    if not isinstance(change, types.TextDocumentContentChangePartial):
        return change.text
    span = Lines(text, encoding).span(change.range)
    return text[: span.start] + change.text + text[span.end :]
