"""A timeline on a terminal, as wide as it is; without colour it is plain text that says the same."""

import io
from collections.abc import Iterator, Sequence
from decimal import Decimal

import attrs

from mqlrules.events.errors import MissingExtra
from mqlrules.explain.timeline import summary
from mqlrules.explain.timeline.dates import around, ticks, when, when_on
from mqlrules.explain.timeline.grouping import numbers
from mqlrules.explain.timeline.model import Row, ScoreLine, Span, Timeline, Window
from mqlrules.explain.timeline.text import shown
from mqlrules.language.calendar import Zone

try:
    from rich.cells import cell_len, set_cell_size
    from rich.console import Console
    from rich.text import Text
except ModuleNotFoundError:
    raise MissingExtra("drawing on a terminal needs rich: pip install 'mqlrules[terminal]'") from None

NARROWEST = 48
_EIGHTHS = " ▁▂▃▄▅▆▇█"
_SCORE_ROWS = 3
_MOVES_LISTED = 40

_MOVE, _STAGE, _OUT, _SCORE, _LIMIT, _SOFT = "bold magenta", "blue", "yellow", "cyan", "green", "dim"


def draw_terminal(timeline: Timeline, width: int, colour: bool) -> str:
    """The timeline as lines of text, no wider than ``width`` columns (48 at least), each ended by a line feed.

    With ``colour`` they carry the escape sequences of a terminal with 16 colours. Raises ``MissingExtra`` when this
    module is imported without rich.
    """
    wide = max(width, NARROWEST)
    out = io.StringIO()
    console = Console(
        file=out,
        width=wide,
        color_system="standard" if colour else None,
        force_terminal=colour,
        no_color=not colour,
        legacy_windows=False,
        markup=False,
        highlight=False,
        emoji=False,
    )
    for line in _lines(timeline, wide):
        line.rstrip()
        console.print(line, no_wrap=True, overflow="ellipsis", soft_wrap=False)
    return out.getvalue()


@attrs.frozen
class Columns:
    """How the columns of a terminal are shared: names stand in the first ``names``, then ``plot`` of them are time, the
    last ones are numbers.
    """

    wide: int
    names: int
    plot: int
    shown: Span
    zone: Zone

    @classmethod
    def of(cls, timeline: Timeline, wide: int, span: Span) -> "Columns":
        """Names get what the longest one needs, a third of the width at most."""
        span = around(span)
        labels = [*timeline.lanes, *(row.name for row in timeline.rows), *(one.name for one in timeline.segments)]
        longest = max(cell_len(shown(label)) for label in [*labels, *(f"{s.name} 100" for s in timeline.scores)])
        names = min(longest, wide // 3)
        return cls(wide, names, wide - names - 2 - 7, span, Zone(timeline.zone))

    def column(self, at: int) -> int:
        """The column of the plot in which an instant stands; what is not shown stands in the last."""
        inside = min(max(at, self.shown.start), self.shown.end)
        return min((inside - self.shown.start) * self.plot // self.shown.length, self.plot - 1)

    def row(self, name: str, cells: "Cells | None" = None, after: str = "", style: str = "") -> Text:
        """A line: a name (safe to show), the plot, a number."""
        line = Text(set_cell_size(cut(name, self.names), self.names), style=style)
        line.append("  ")
        if cells is not None:
            line.append_text(cells.text())
        if after:
            line.append(" " + fitted(after, self.wide - self.names - self.plot - 3), style=_SOFT)
        return line

    def at_column(self, words: str, column: int, style: str = "") -> Text:
        """Words that begin in a column of the plot, or before it if they would not fit."""
        room = self.plot + 7
        words = fitted(words, room)
        start = min(column, room - cell_len(words))
        return Text(" " * (self.names + 2 + max(start, 0))).append(words, style=style)


class Cells:
    """The plot of one line, a character a column."""

    def __init__(self, count: int) -> None:
        self.marks: list[tuple[str, str]] = [(" ", "")] * count

    def put(self, column: int, mark: str, style: str = "") -> None:
        """Writes characters from a column on; what goes beyond the last is cut."""
        for place, character in enumerate(mark, start=column):
            if 0 <= place < len(self.marks):
                self.marks[place] = character, style

    def bar(self, first: int, last: int, mark: str, style: str) -> None:
        """The same character from a column to another, both included."""
        self.put(first, mark * (last - first + 1), style)

    def free(self, column: int) -> bool:
        """Whether nothing stands in a column."""
        return self.marks[column][0] == " "

    def text(self) -> Text:
        line = Text()
        for mark, style in self.marks:
            line.append(mark, style=style)
        return line


def fitted(text: str, room: int) -> str:
    """Text made safe, and cut to a number of columns."""
    return cut(shown(text), room)


def cut(text: str, room: int) -> str:
    """Text cut to a number of columns."""
    return text if cell_len(text) <= room else set_cell_size(text, max(room - 1, 0)).rstrip() + "…"


def _lines(timeline: Timeline, wide: int) -> Iterator[Text]:
    yield Text(fitted(str(timeline.lead), wide), style="bold")
    yield from _wrapped(summary.heading(timeline).replace("  ·  ", ", "), wide, _SOFT)
    if timeline.shown is None:
        return
    columns = Columns.of(timeline, wide, timeline.shown)
    yield Text()
    yield from _axis(columns)
    yield from _numbers(timeline, columns)
    yield from _stages(timeline, columns)
    for score in timeline.scores:
        yield Text()
        yield from _score(score, columns)
    if timeline.segments:
        yield Text()
        yield from _segments(timeline, columns)
    yield Text()
    for row in timeline.rows:
        yield _events(row, columns)
    if timeline.windows:
        yield Text()
        yield from _windows(timeline, columns)
    yield Text()
    yield from _legend(timeline, wide)
    for note in timeline.notes:
        yield from _wrapped(note, wide, _SOFT)
    yield from _moves(timeline, columns)


def _wrapped(words: str, wide: int, style: str = "", indent: int = 0) -> Iterator[Text]:
    """Text broken between words."""
    line = ""
    for word in shown(words).split():
        joined = f"{line} {word}" if line else word
        if line and cell_len(joined) > wide - indent:
            yield Text(" " * indent).append(fitted(line, wide - indent), style=style)
            joined = word
        line = joined
    if line:
        yield Text(" " * indent).append(fitted(line, wide - indent), style=style)


# -- the axis ------------------------------------------------------------------------------------------------------


def _axis(columns: Columns) -> Iterator[Text]:
    marks = ticks(columns.shown, max(columns.plot // 12, 2), columns.zone)
    room = columns.plot + 7
    larger, labels, line = Cells(room), Cells(room), Cells(columns.plot)
    line.bar(0, columns.plot - 1, "─", _SOFT)
    free = free_above = 0
    above = ""
    for tick in marks:
        column = columns.column(tick.at)
        line.put(column, "┬", _SOFT)
        if column >= free and column + len(tick.label) <= room:
            labels.put(column, tick.label)
            free = column + len(tick.label) + 1
        # What there is no room for yet is said at the next mark.
        above = tick.larger or above
        if above and column >= free_above and column + len(above) <= room:
            larger.put(column, above, "bold")
            free_above, above = column + len(above) + 1, ""
    if any(tick.larger for tick in marks):
        yield columns.row("", larger)
    yield columns.row("", labels)
    yield columns.row("", line)


def _numbers(timeline: Timeline, columns: Columns) -> Iterator[Text]:
    """The numbers of the moves, where they were made; of those that would touch, one word for all."""
    together: list[list[int]] = []
    starts: list[int] = []
    for one in timeline.moves:
        column = columns.column(one.at)
        if together and column <= starts[-1] + len(_short(together[-1])):
            together[-1].append(one.number)
        else:
            together.append([one.number])
            starts.append(column)
    if together:
        cells = Cells(columns.plot + 7)
        for start, some in zip(starts, together, strict=True):
            cells.put(start, _short(some), _MOVE)
        yield columns.row("", cells)


def _short(moves: Sequence[int]) -> str:
    words = numbers(moves).replace(", ", ",")
    return words if len(words) <= 7 else f"{moves[0]}…{moves[-1]}"


# -- stages, scores, segments --------------------------------------------------------------------------------------


def _stages(timeline: Timeline, columns: Columns) -> Iterator[Text]:
    lanes = {stage: Cells(columns.plot) for stage in timeline.lanes}
    for place, stay in enumerate(timeline.stays):
        last = place == len(timeline.stays) - 1
        start, end = columns.column(stay.start), columns.column(stay.end)
        # A column belongs to the stage that came last in it; a stage of a moment still leaves its mark.
        end = columns.plot - 1 if last else max(start, end - 1)
        lanes[stay.stage].bar(start, end, "━", _OUT if stay.stage in timeline.outside else _STAGE)
    for stage, cells in lanes.items():
        cut = stage == timeline.stage and timeline.span is not None and timeline.span.end > columns.shown.end
        yield columns.row(shown(stage), cells, "→" if cut else "", style="bold" if stage == timeline.stage else "")


def _score(score: ScoreLine, columns: Columns) -> Iterator[Text]:
    least, most = score.reach
    levels = [_level(value, least, most) for value in _by_column(score, columns)]
    limits = {_row_of(_level(limit.value, least, most)): limit for limit in reversed(score.thresholds)}
    for row in reversed(range(_SCORE_ROWS)):
        cells = Cells(columns.plot)
        for column, level in enumerate(levels):
            if level is not None:
                filled = min(max(level - row * 8, 0), 8)
                cells.put(column, _EIGHTHS[filled], _SCORE)
        if row in limits:
            for column in range(columns.plot):
                if cells.free(column):
                    cells.put(column, "┄", _LIMIT)
        top, bottom = row == _SCORE_ROWS - 1, row == 0
        value = summary.points(most) if top else summary.points(least) if bottom else ""
        name = shown(score.name) if top else ""
        room = columns.names - cell_len(value)
        name = set_cell_size(fitted(name, max(room - 1, 0)), max(room, 0)) + value
        yield columns.row(name, cells)
    values = [value for _, value in score.steps]
    said = f"{summary.points(values[-1])} in the end, {summary.points(max(values))} at most"
    yield from _wrapped(said, columns.wide, _SOFT, indent=columns.names + 2)
    if score.thresholds:
        asked = "┄ " + ", ".join(map(summary.threshold, score.thresholds))
        yield from _wrapped(asked, columns.wide, _LIMIT, indent=columns.names + 2)


def _by_column(score: ScoreLine, columns: Columns) -> list[Decimal | None]:
    """The value with which the score leaves each column; None before the lead's first event."""
    found: list[Decimal | None] = [None] * columns.plot
    for at, value in score.steps:
        found[columns.column(at)] = value
    for column in range(1, columns.plot):
        if found[column] is None:
            found[column] = found[column - 1]
    return found


def _level(value: Decimal | None, least: Decimal, most: Decimal) -> int | None:
    """How high a value stands, in eighths of a row; the lowest is one, so that a line is seen."""
    return None if value is None else max(round((value - least) / (most - least) * 8 * _SCORE_ROWS), 1)


def _row_of(level: int | None) -> int:
    return min(max((level or 1) - 1, 0) // 8, _SCORE_ROWS - 1)


def _segments(timeline: Timeline, columns: Columns) -> Iterator[Text]:
    for member in timeline.segments:
        cells = Cells(columns.plot)
        for span in member.spans:
            cells.bar(columns.column(span.start), columns.column(span.end), "═", "")
        yield columns.row(shown(member.name), cells)


# -- events and windows --------------------------------------------------------------------------------------------


def _events(row: Row, columns: Columns) -> Text:
    counts: dict[int, int] = {}
    evidence = set()
    for occurrence in row.occurrences:
        column = columns.column(occurrence.at)
        counts[column] = counts.get(column, 0) + 1
        if occurrence.moves:
            evidence.add(column)
    cells = Cells(columns.plot)
    for column, count in counts.items():
        if column in evidence:
            cells.put(column, "●", _MOVE)
        else:
            cells.put(column, "·" if count == 1 else str(count) if count < 10 else "+")
    return columns.row(shown(row.name), cells, f"{len(row.occurrences):,}")


def _windows(timeline: Timeline, columns: Columns) -> Iterator[Text]:
    before = None
    for window in timeline.windows:
        ends = ""
        if window.end is not None and window.kind != "stay":
            word = "over" if window.kind == "quiet" else "until"
            ends = f", {word} {when_on(columns.shown, window.end, columns.zone)}"
        words = fitted(window.words, max(columns.plot + 7 - len(ends), columns.plot // 2)) + ends
        yield columns.at_column(words, columns.column(window.first), _SOFT)
        name = f"{window.move} {timeline.moves[window.move - 1].rule}" if window.move != before else ""
        before = window.move
        yield columns.row(shown(name), _window(window, columns))


def _window(window: Window, columns: Columns) -> Cells:
    cells = Cells(columns.plot)
    first, last = columns.column(window.first), columns.column(window.last)
    end = last if window.end is None else columns.column(window.end)
    if window.kind in ("absence", "quiet"):
        cells.bar(first, max(last, end), "┄", _MOVE)
    else:
        cells.bar(first, max(last, end), "─", _SOFT)
        cells.bar(first, last, "━", _STAGE if window.kind == "stay" else _MOVE)
    if window.end is not None:
        cells.put(end, "▸" if window.end > columns.shown.end else "┤", _MOVE)
    if window.kind not in ("absence", "stay"):
        cells.put(first, "●", _MOVE)
        cells.put(last, "●", _MOVE)
    return cells


def _legend(timeline: Timeline, wide: int) -> Iterator[Text]:
    kinds = {window.kind for window in timeline.windows}
    signs = []
    if any(occurrence.moves for row in timeline.rows for occurrence in row.occurrences):
        signs.append("● evidence of a move")
    signs.append("· another event (2 to 9, +: several)")
    if kinds & {"within", "then within"}:
        signs.append("─┤ until when evidence counts")
    if kinds & {"absence", "quiet"}:
        signs.append("┄ something did not happen")
    yield from _wrapped(", ".join(signs) + ".", wide, _SOFT)


# -- moves ---------------------------------------------------------------------------------------------------------


def _moves(timeline: Timeline, columns: Columns) -> Iterator[Text]:
    if not timeline.moves:
        return
    yield Text()
    digits = len(str(len(timeline.moves)))
    for one in timeline.moves[:_MOVES_LISTED]:
        line = Text(f"{one.number:>{digits}}  ", style=_MOVE)
        line.append(when(one.at, columns.zone), style=_SOFT)
        line.append(f"  {shown(one.from_stage)} → {shown(one.to_stage)}", style="bold")
        why = f"{shown(one.rule)}: {shown(summary.reason(one, timeline.windows))}"
        if line.cell_len + 2 + cell_len(why) <= columns.wide:
            yield line.append(f"  {why}")
        else:
            yield line
            yield from _wrapped(why, columns.wide, indent=digits + 2)
    if len(timeline.moves) > _MOVES_LISTED:
        yield Text(f"… and {len(timeline.moves) - _MOVES_LISTED} more", style=_SOFT)
