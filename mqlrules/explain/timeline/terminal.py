"""A timeline on a terminal, as wide as it is. Without colour it is plain text that says the same."""

import io
from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal

from mqlrules.events.errors import MissingExtra
from mqlrules.explain.clock import when
from mqlrules.explain.timeline import summary
from mqlrules.explain.timeline.axis import around, ticks, when_on
from mqlrules.explain.timeline.grouping import numbers
from mqlrules.explain.timeline.model import Row, ScoreLine, Span, Timeline, Window
from mqlrules.explain.timeline.text import shown
from mqlrules.language.calendar import Zone

try:
    from rich.cells import cell_len
    from rich.console import Console
    from rich.text import Text
except ModuleNotFoundError:
    raise MissingExtra("drawing on a terminal needs rich", "terminal") from None

NARROWEST = 48
_EIGHTHS = " ▁▂▃▄▅▆▇█"
_SCORE_ROWS = 3
_COUNTS = 7
"""Columns to the right of the plot, for numbers."""

_MOVE, _STAGE, _OUT, _SCORE, _LIMIT, _SOFT = "bold magenta", "blue", "yellow", "cyan", "green", "dim"


def draw_terminal(timeline: Timeline, width: int, colour: bool) -> str:
    """The timeline as lines of text, at most ``width`` columns wide (48 at least), each ended by a line feed.

    With ``colour`` they carry the escape sequences of a terminal with 16 colours. Importing this module without rich
    raises ``MissingExtra``.
    """
    console = Console(
        file=io.StringIO(),
        width=max(width, NARROWEST),
        color_system="standard" if colour else None,
        force_terminal=colour,
        no_color=not colour,
        legacy_windows=False,
        markup=False,
        highlight=False,
        emoji=False,
    )
    with console.capture() as drawn:
        for line in _Drawing(timeline, console).lines():
            line.rstrip()
            console.print(line, no_wrap=True, overflow="ellipsis")
    return drawn.get()


class _Cells:
    """A line of the plot, one character a column."""

    def __init__(self, count: int) -> None:
        self.marks: list[tuple[str, str]] = [(" ", "")] * count

    def put(self, column: int, mark: str, style: str = "") -> None:
        """Writes characters from a column on; characters after the last column are dropped."""
        for place, character in enumerate(mark, start=column):
            if 0 <= place < len(self.marks):
                self.marks[place] = character, style

    def bar(self, first: int, last: int, mark: str, style: str) -> None:
        """The same character from one column to another, both included."""
        self.put(first, mark * (last - first + 1), style)


class _Drawing:
    """One timeline on one console: names to the left, time in the middle, numbers to the right."""

    def __init__(self, timeline: Timeline, console: Console) -> None:
        self.timeline = timeline
        self.console = console
        self.wide = console.width
        self.zone = Zone(timeline.zone)
        self.shown = around(timeline.shown or Span(0, 0))
        labels = [*timeline.lanes, *(row.name for row in timeline.rows), *(one.name for one in timeline.segments)]
        labels += [f"{score.name} 100" for score in timeline.scores]
        # Names get what the longest one needs, a third of the width at most.
        self.names = min(max(cell_len(shown(label)) for label in labels), self.wide // 3)
        self.plot = self.wide - self.names - 2 - _COUNTS

    def lines(self) -> Iterator[Text]:
        timeline = self.timeline
        yield Text(shown(timeline.lead), style="bold")
        yield from self._wrapped(summary.heading(timeline).replace("  ·  ", ", "), _SOFT)
        if timeline.shown is None:
            return
        yield Text()
        yield from self._axis()
        yield from self._numbers()
        yield from self._stages()
        for score in timeline.scores:
            yield Text()
            yield from self._score(score)
        if timeline.segments:
            yield Text()
            yield from self._segments()
        yield Text()
        for row in timeline.rows:
            yield self._events(row)
        if timeline.windows:
            yield Text()
            yield from self._windows()
        yield Text()
        yield from self._wrapped(self._legend(), _SOFT)
        for note in timeline.notes:
            yield from self._wrapped(note, _SOFT)
        if timeline.moves:
            yield Text()
            yield from self._moves()

    # -- what lines are made of ------------------------------------------------------------------------------------

    def _column(self, at: int) -> int:
        """The column of the plot for an instant; the last one for instants after the axis."""
        inside = min(max(at, self.shown.start), self.shown.end)
        return min((inside - self.shown.start) * self.plot // self.shown.length, self.plot - 1)

    def _row(self, name: str, cells: _Cells, after: str = "", style: str = "") -> Text:
        """A line: a name that is safe to show, the plot, a number."""
        line = Text(name, style=style)
        line.truncate(self.names, overflow="ellipsis", pad=True)
        line.append("  ")
        for mark, mark_style in cells.marks:
            line.append(mark, mark_style)
        return line.append(f" {after}", _SOFT) if after else line

    def _wrapped(self, words: str, style: str = "", indent: int = 0) -> Iterator[Text]:
        """Text broken between words."""
        for line in Text(shown(words)).wrap(self.console, self.wide - indent):
            line.rstrip()
            yield Text(" " * indent).append(line.plain, style)

    # -- the axis and the stages -----------------------------------------------------------------------------------

    def _axis(self) -> Iterator[Text]:
        marks = ticks(self.shown, max(self.plot // 12, 2), self.zone)
        room = self.plot + _COUNTS
        larger, labels, line = _Cells(room), _Cells(room), _Cells(self.plot)
        line.bar(0, self.plot - 1, "─", _SOFT)
        free = free_above = 0
        above = ""
        for tick in marks:
            column = self._column(tick.at)
            line.put(column, "┬", _SOFT)
            if column >= free and column + len(tick.label) <= room:
                labels.put(column, tick.label)
                free = column + len(tick.label) + 1
            # A larger unit that has no room waits for the next mark.
            above = tick.larger or above
            if above and column >= free_above and column + len(above) <= room:
                larger.put(column, above, "bold")
                free_above, above = column + len(above) + 1, ""
        if any(tick.larger for tick in marks):
            yield self._row("", larger)
        yield self._row("", labels)
        yield self._row("", line)

    def _numbers(self) -> Iterator[Text]:
        """The numbers of the moves above their columns; numbers that would touch are put together."""
        together: list[tuple[int, list[int]]] = []
        for one in self.timeline.moves:
            column = self._column(one.at)
            if together and column <= together[-1][0] + len(_short(together[-1][1])):
                together[-1][1].append(one.number)
            else:
                together.append((column, [one.number]))
        if together:
            cells = _Cells(self.plot + _COUNTS)
            for column, some in together:
                cells.put(column, _short(some), _MOVE)
            yield self._row("", cells)

    def _stages(self) -> Iterator[Text]:
        timeline = self.timeline
        lanes = {stage: _Cells(self.plot) for stage in timeline.lanes}
        for stay in timeline.stays:
            start, end = self._column(stay.start), self._column(stay.end)
            # A column belongs to the latest stage in it, but a stage of a moment still leaves its mark.
            end = self.plot - 1 if stay is timeline.stays[-1] else max(start, end - 1)
            lanes[stay.stage].bar(start, end, "━", _OUT if stay.stage in timeline.outside else _STAGE)
        goes_on = timeline.span is not None and timeline.span.end > self.shown.end
        for stage, cells in lanes.items():
            here = stage == timeline.stage
            yield self._row(shown(stage), cells, "→" if here and goes_on else "", "bold" if here else "")

    # -- scores and segments ---------------------------------------------------------------------------------------

    def _score(self, score: ScoreLine) -> Iterator[Text]:
        least, most = score.reach

        def level(value: Decimal) -> int:
            """The height of a value in eighths of a row. The lowest is one, so that there is a line."""
            return max(round((value - least) / (most - least) * 8 * _SCORE_ROWS), 1)

        limits = {(level(limit.value) - 1) // 8 for limit in score.thresholds}
        levels: list[int | None] = [None] * self.plot
        for at, value in score.steps:
            levels[self._column(at) :] = [level(value)] * (self.plot - self._column(at))
        for row in reversed(range(_SCORE_ROWS)):
            cells = _Cells(self.plot)
            if row in limits:
                cells.bar(0, self.plot - 1, "┄", _LIMIT)
            for column, height in enumerate(levels):
                filled = min(max((height or 0) - row * 8, 0), 8)
                if filled:
                    cells.put(column, _EIGHTHS[filled], _SCORE)
            top, bottom = row == _SCORE_ROWS - 1, row == 0
            value_words = summary.points(most) if top else summary.points(least) if bottom else ""
            name = Text(shown(score.name) if top else "")
            room = self.names - cell_len(value_words)
            name.truncate(max(room - 1, 0), overflow="ellipsis")
            name.pad_right(max(room - name.cell_len, 0))
            yield self._row(name.plain + value_words, cells)
        said = f"now {summary.points(score.now)}, peak {summary.points(score.peak)}"
        yield from self._wrapped(said, _SOFT, self.names + 2)
        if score.thresholds:
            asked = "┄ " + ", ".join(map(summary.threshold, score.thresholds))
            yield from self._wrapped(asked, _LIMIT, self.names + 2)

    def _segments(self) -> Iterator[Text]:
        for member in self.timeline.segments:
            cells = _Cells(self.plot)
            for span in member.spans:
                cells.bar(self._column(span.start), self._column(span.end), "═", "")
            yield self._row(shown(member.name), cells)

    # -- events and windows ----------------------------------------------------------------------------------------

    def _events(self, row: Row) -> Text:
        counts = Counter(self._column(occurrence.at) for occurrence in row.occurrences)
        evidence = {self._column(occurrence.at) for occurrence in row.occurrences if occurrence.moves}
        cells = _Cells(self.plot)
        for column, count in counts.items():
            if column in evidence:
                cells.put(column, "●", _MOVE)
            else:
                cells.put(column, "·" if count == 1 else str(count) if count < 10 else "+")
        return self._row(shown(row.name), cells, f"{len(row.occurrences):,}")

    def _windows(self) -> Iterator[Text]:
        before = None
        room = self.plot + _COUNTS
        for window in self.timeline.windows:
            ends = ""
            if window.ending and window.end is not None:
                ends = f", {window.ending} {when_on(self.shown, window.end, self.zone)}"
            words = Text(shown(window.words))
            words.truncate(max(room - len(ends), self.plot // 2), overflow="ellipsis")
            words.append(ends)
            words.truncate(room, overflow="ellipsis")
            start = min(self._column(window.first), room - words.cell_len)
            yield Text(" " * (self.names + 2 + max(start, 0))).append(words.plain, _SOFT)
            name = f"{window.move} {self.timeline.moves[window.move - 1].rule}" if window.move != before else ""
            before = window.move
            yield self._row(shown(name), self._window(window))

    def _window(self, window: Window) -> _Cells:
        cells = _Cells(self.plot)
        first, last = self._column(window.first), self._column(window.last)
        end = last if window.end is None else self._column(window.end)
        if window.kind in ("absence", "quiet"):
            cells.bar(first, max(last, end), "┄", _MOVE)
        else:
            cells.bar(first, max(last, end), "─", _SOFT)
            cells.bar(first, last, "━", _STAGE if window.kind == "stay" else _MOVE)
        if window.end is not None:
            cells.put(end, "▸" if window.end > self.shown.end else "┤", _MOVE)
        if window.kind not in ("absence", "stay"):
            cells.put(first, "●", _MOVE)
            cells.put(last, "●", _MOVE)
        return cells

    def _legend(self) -> str:
        kinds = {window.kind for window in self.timeline.windows}
        signs = []
        if any(occurrence.moves for row in self.timeline.rows for occurrence in row.occurrences):
            signs.append("● evidence of a move")
        signs.append("· another event (2 to 9, +: several)")
        if kinds & {"within", "then within"}:
            signs.append("─┤ until when evidence counts")
        if kinds & {"absence", "quiet"}:
            signs.append("┄ something did not happen")
        return ", ".join(signs) + "."

    # -- moves -----------------------------------------------------------------------------------------------------

    def _moves(self) -> Iterator[Text]:
        moves = self.timeline.moves
        digits = len(str(len(moves)))
        for one in moves[: summary.MOVES_LISTED]:
            line = Text(f"{one.number:>{digits}}  ", style=_MOVE)
            line.append(when(one.at, self.zone), _SOFT)
            line.append(f"  {shown(one.from_stage)} → {shown(one.to_stage)}", "bold")
            why = f"{shown(one.rule)}: {shown(summary.reason(one, self.timeline.windows))}"
            if line.cell_len + 2 + cell_len(why) <= self.wide:
                yield line.append(f"  {why}")
            else:
                yield line
                yield from self._wrapped(why, indent=digits + 2)
        if hidden := len(moves[summary.MOVES_LISTED :]):
            yield Text(f"… and {hidden} more", style=_SOFT)


def _short(moves: Sequence[int]) -> str:
    words = numbers(moves).replace(", ", ",")
    return words if len(words) <= 7 else f"{moves[0]}…{moves[-1]}"
