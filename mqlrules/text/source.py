"""A source: the text of one rule file, with the offsets of its lines."""

from bisect import bisect_right
from pathlib import Path

import attrs


@attrs.frozen(eq=False)
class Source:
    """The text of one rule file.

    Diagnostics show ``name`` (``<rules>`` for the text given to ``loads``); ``path`` is None for text without a file.
    Offsets count code points of ``text``, which keeps the line ends of the file.
    """

    name: str
    text: str
    path: Path | None = None
    _line_starts: list[int] = attrs.field(init=False, repr=False, factory=list)

    @property
    def line_starts(self) -> list[int]:
        """The offset of the first code point of each line."""
        if not self._line_starts:
            self._line_starts.append(0)
            at = self.text.find("\n")
            while at >= 0:
                self._line_starts.append(at + 1)
                at = self.text.find("\n", at + 1)
        return self._line_starts

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset, both from 1; the column counts code points."""
        line = bisect_right(self.line_starts, offset)
        return line, offset - self.line_starts[line - 1] + 1

    def line(self, number: int) -> str:
        """The text of a line (from 1) without its end."""
        start = self.line_starts[number - 1]
        end = self.text.find("\n", start)
        return self.text[start : end if end >= 0 else len(self.text)].rstrip("\r")
