"""Diagnostics as plain text: the place, the source line with carets under the span, and the hint."""

import unicodedata
from collections.abc import Iterable

import attrs

from mqlrules.text.diagnostic import Diagnostic, Severity
from mqlrules.text.source import Source
from mqlrules.text.span import Span

TAB = 4
WIDTH = 100
"""The longest source line that is shown in full; of a longer one, the part around the span is."""

_RESET = "\x1b[0m"
_BOLD = "\x1b[1m"
_DIM = "\x1b[2m"
_COLOURS: dict[Severity, str] = {"error": "\x1b[1;31m", "warning": "\x1b[1;33m", "hint": "\x1b[1;36m"}


def render_all(diagnostics: Iterable[Diagnostic], *, colour: bool = False, width: int = WIDTH) -> str:
    """Several diagnostics, separated by blank lines."""
    return "\n\n".join(render(diagnostic, colour=colour, width=width) for diagnostic in diagnostics)


def render(diagnostic: Diagnostic, *, colour: bool = False, width: int = WIDTH) -> str:
    """One diagnostic on several lines, without a final line end. ``colour`` adds ANSI codes."""
    tint = _COLOURS[diagnostic.severity]
    pen = _Pen(colour, width, _margin(diagnostic))
    code = pen.paint(tint, f"{diagnostic.severity}[{diagnostic.code}]")
    head = code + pen.paint(_BOLD, f": {_plain(diagnostic.message)}")
    lines = [head, *pen.excerpt(diagnostic.source, diagnostic.span, tint)]
    if diagnostic.hint is not None:
        lines += pen.remark("hint", diagnostic.hint)
    for note in diagnostic.notes:
        lines += pen.remark("note", note.message)
        lines += pen.excerpt(note.source, note.span, _COLOURS["hint"])
    return "\n".join(lines)


def render_marks(
    source: Source, marks: Iterable[tuple[Span, str]], *, colour: bool = False, width: int = WIDTH
) -> list[str]:
    """The source lines of several spans in order, each with carets and a remark under it.

    Of a span of several lines the first is shown. A line is not repeated if it shows all spans marked in it.
    """
    places = [(Span(span.start, _end_of_line(source, span)), remark) for span, remark in marks]
    margin = max((len(str(source.position(span.start)[0])) for span, _ in places), default=0)
    pen = _Pen(colour, width, margin)
    bar = pen.paint(_DIM, "|")
    shown: list[str] = []
    before: tuple[int | None, str] | None = None
    for span, remark in places:
        [(number, text, column, marked)] = _marked_lines(source, span, width)
        if before != (number, text):
            shown.append(f"{pen.paint(_DIM, str(number).rjust(margin))} {bar} {text}".rstrip())
        before = number, text
        carets = pen.paint(_COLOURS["warning"], "^" * marked)
        shown.append(f"{' ' * margin} {bar} {' ' * column}{carets} {remark}")
    return shown


def _end_of_line(source: Source, span: Span) -> int:
    line = source.position(span.start)[0]
    return min(span.end, source.line_starts[line - 1] + len(source.line(line)))


def _margin(diagnostic: Diagnostic) -> int:
    """The width of the widest line number."""
    last = [diagnostic.end_line, *(note.source.position(note.span.end)[0] for note in diagnostic.notes)]
    return len(str(max(last)))


@attrs.frozen
class _Pen:
    colour: bool
    width: int
    margin: int

    def paint(self, code: str, text: str) -> str:
        return f"{code}{text}{_RESET}" if self.colour else text

    def remark(self, kind: str, text: str) -> list[str]:
        first, *more = _plain(text).split("\n")
        lead = " " * self.margin
        return [
            f"{lead} {self.paint(_DIM, '=')} {self.paint(_BOLD, kind)}: {first}",
            *(f"{lead}         {line}" for line in more),
        ]

    def excerpt(self, source: Source, span: Span, tint: str) -> list[str]:
        line, column = source.position(span.start)
        arrow, bar = self.paint(_DIM, "-->"), self.paint(_DIM, "|")
        lead = " " * self.margin
        shown = [f"{lead} {arrow} {_plain(source.name)}:{line}:{column}"]
        if not source.text:
            return shown
        shown.append(f"{lead} {bar}")
        for number, text, before, marked in _marked_lines(source, span, self.width):
            if number is None:
                shown.append(f"{lead} {self.paint(_DIM, '...')}")
                continue
            shown.append(f"{self.paint(_DIM, str(number).rjust(self.margin))} {bar} {text}".rstrip())
            shown.append(f"{lead} {bar} {' ' * before}{self.paint(tint, '^' * marked)}")
        return shown


def _marked_lines(source: Source, span: Span, width: int) -> list[tuple[int | None, str, int, int]]:
    """The first and last line of a span: number (None for omitted lines), text, columns before the carets, carets."""
    first, last = source.position(span.start)[0], source.position(max(span.start, span.end - 1))[0]
    shown: list[tuple[int | None, str, int, int]] = []
    for number in dict.fromkeys((first, last)):
        if number > first + 1:
            shown.append((None, "", 0, 0))
        text = source.line(number)
        offset = source.line_starts[number - 1]
        start = max(0, span.start - offset) if number == first else len(text) - len(text.lstrip())
        end = min(len(text), span.end - offset) if number == last else len(text.rstrip())
        shown.append((number, *_window(text, start, max(end, start), width)))
    return shown


def _window(text: str, start: int, end: int, width: int) -> tuple[str, int, int]:
    """The line as shown, shortened around ``[start, end)``; the columns before the carets; the number of carets."""
    # The line may have millions of characters: only those that can be shown are measured.
    left = 0
    if end >= width or _columns(text[:end]) >= width:
        left = max(0, start - width // 3)
    shown = "…" if left else ""
    column = before = len(shown)
    marked = 0
    for at in range(left, len(text)):
        cell, size = _cell(text[at], column)
        last = at == len(text) - 1
        if column + size > width - (not last):
            shown += "…"
            break
        shown += cell
        column += size
        if at < start:
            before = column
        elif at < end:
            marked += size
    return shown, before, max(1, marked)


def _plain(text: str) -> str:
    """Text from a file, or its name, with control characters spelled out so that they can't steer a terminal."""
    if text.isprintable():
        return text
    return "".join(character if character == "\n" else _cell(character, 0)[0] for character in text)


def _columns(text: str) -> int:
    column = 0
    for character in text:
        column += _cell(character, column)[1]
    return column


def _cell(character: str, column: int) -> tuple[str, int]:
    """A character as shown, and its width in columns."""
    if " " <= character <= "~":
        return character, 1
    if character == "\t":
        size = TAB - column % TAB
        return " " * size, size
    category = unicodedata.category(character)
    if category in ("Mn", "Me"):
        return character, 0
    if category in ("Cc", "Cf", "Cs", "Zl", "Zp", "Co", "Cn"):
        shown = f"<{ord(character):04X}>"
        return shown, len(shown)
    return character, 2 if unicodedata.east_asian_width(character) in "WF" else 1
