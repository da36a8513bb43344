"""The panels of the picture, one below the other on one scale of time: stages, scores, segments, events, windows.

A panel draws itself from a height on, and gives the height at which it ends; one with nothing to show takes no room.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import attrs

from mqlrules.explain.timeline import summary
from mqlrules.explain.timeline.dates import Tick, day, length_words, ticks, when, when_on
from mqlrules.explain.timeline.drawing import Pen, number
from mqlrules.explain.timeline.grouping import Group, Marks, groups, numbers, short
from mqlrules.explain.timeline.model import Row, ScoreLine, Span, Threshold, Timeline, Window
from mqlrules.explain.timeline.text import fitted, shown, width
from mqlrules.language.calendar import UNITS, Zone

LEFT, RIGHT = 210, 1034
"""Between these the time is drawn; left of it stand names, right of it values."""

_EDGE, _FAR = 24, 1176
_MARGIN = 10
_TICKS = 9
BOLD = 1.15
"""How much wider bold text is."""

HALO: dict[str, Any] = {"stroke": "paper", "stroke_width": 4, "paint_order": "stroke", "stroke_linejoin": "round"}
ON_LANE: dict[str, Any] = {**HALO, "stroke": "lane"}
"""Around text that lies over lines: what is under it shows through no more."""

_PIECES = 18
MARKS = Marks(
    single=10,
    numbered=lambda count: max(18.0, 11 + width(short(count), 10)),
    widest=(RIGHT - LEFT) / _PIECES,
    start=LEFT,
)


@attrs.frozen
class Scale:
    """The axis: what it shows, in whose time zone, and its marks."""

    shown: Span
    zone: Zone
    ticks: tuple[Tick, ...]

    @classmethod
    def of(cls, span: Span, zone: Zone) -> "Scale":
        """The scale of a span; an instant alone is shown with half a day on each side."""
        if not span.length:
            span = Span(span.start - UNITS["d"] // 2, span.end + UNITS["d"] // 2)
        return cls(span, zone, tuple(ticks(span, _TICKS, zone)))

    def x(self, at: int) -> float:
        """Where an instant stands; what is not shown stands at the edge."""
        inside = min(max(at, self.shown.start), self.shown.end)
        wide = RIGHT - LEFT - 2 * _MARGIN
        return LEFT + _MARGIN + wide * ((inside - self.shown.start) / self.shown.length)

    def ends(self, at: int) -> bool:
        """Whether an instant lies beyond the end of the axis."""
        return at > self.shown.end

    def when(self, at: int) -> str:
        """An instant, as finely as the axis tells instants apart."""
        return when_on(self.shown, at, self.zone)


@attrs.frozen(eq=False)
class Sheet:
    """Where panels are drawn: ``ground`` lies under the lines that mark time, ``pen`` above them."""

    ground: Pen
    pen: Pen

    def lane(self, y: float, high: float) -> None:
        """The ground of a row."""
        self.ground.rect(LEFT, y, RIGHT - LEFT, high, fill="lane", rx=3)


def heading_of(pen: Pen, words: str, y: float) -> float:
    """The heading of a panel."""
    pen.line(_EDGE, y + 8.5, _FAR, y + 8.5, "grid")
    pen.text(_EDGE, y + 28, words, 13, font_weight=650, **HALO)
    return y + 36


def badge(pen: Pen, x: float, y: float, moves: Sequence[int], title: str = "") -> None:
    """The number of a move, or of several, in a round sign around a place."""
    half = badge_width(moves) / 2
    group = pen.group(title)
    group.rect(x - half, y - 9.5, 2 * half, 19, fill="move", rx=9.5)
    group.text(x, y + 4, _in_badge(moves), 11, fill="number", anchor="middle", font_weight=650)


def badge_width(moves: Sequence[int]) -> float:
    """How wide the sign of these moves is."""
    return max(19.0, width(_in_badge(moves), 11) + 10)


def _in_badge(moves: Sequence[int]) -> str:
    words = numbers(moves)
    return words if len(words) <= 9 else f"{moves[0]}…{moves[-1]}"


def axis(pen: Pen, scale: Scale, y: float, below: bool) -> float:
    """Dates and clocks, above the panels or below them; the larger unit on the far side."""
    near, far = (16, 31) if below else (28, 13)
    free, free_above, larger = 0.0, 0.0, ""
    for tick in scale.ticks:
        x, half = scale.x(tick.at), width(tick.label, 11.5) / 2
        if x - half >= free:
            pen.text(x, y + near, tick.label, 11.5, fill="soft", anchor="middle")
            free = x + half + 6
        # What there is no room for yet is said at the next mark.
        larger = tick.larger or larger
        half = BOLD * width(larger, 11.5) / 2
        if larger and x - half >= free_above:
            pen.text(x, y + far, larger, 11.5, anchor="middle", font_weight=600)
            free_above, larger = x + half + 6, ""
    return y + 36


def _name(pen: Pen, y: float, words: str, title: str = "", **more: Any) -> None:
    room = (LEFT - _EDGE - 10) / (BOLD if more.get("font_weight") == 650 else 1)
    pen.text(LEFT - 12, y, fitted(shown(words), room, 12), 12, anchor="end", title=title, **more)


# -- stages --------------------------------------------------------------------------------------------------------


def _stages(sheet: Sheet, timeline: Timeline, scale: Scale, y: float) -> float:
    pen = sheet.pen
    y = heading_of(pen, "Stages", y)
    height = 24
    middle: dict[str, float] = {}
    for place, stage in enumerate(timeline.lanes):
        if stage in timeline.outside and timeline.lanes[place - 1] not in timeline.outside:
            y += 6
        sheet.lane(y + 2, height - 4)
        here = stage == timeline.stage
        _name(pen, y + 16, stage, stage, font_weight=650 if here else 400, fill="ink" if here else "soft")
        middle[stage] = y + height / 2
        y += height
    for before, stay in zip(timeline.stays, timeline.stays[1:], strict=False):
        x = scale.x(stay.start)
        pen.line(x, middle[before.stage], x, middle[stay.stage], "move", stroke_width=2)
    for place, stay in enumerate(timeline.stays):
        last = place == len(timeline.stays) - 1
        x, end = scale.x(stay.start), scale.x(stay.end)
        if last and stay.end >= scale.shown.end:
            end = RIGHT - _MARGIN / 2
        wide = max(end - x, 4)
        role = "out" if stay.stage in timeline.outside else "stage"
        title = summary.stay_words(stay, scale.zone, last)
        pen.rect(x if wide > 4 else x - 2, middle[stay.stage] - 7, wide, 14, fill=role, rx=3, title=title)
        words = length_words(stay.end - stay.start)
        if wide > width(words, 10.5) + 12:
            pen.text(x + 7, middle[stay.stage] + 3.8, words, 10.5, fill="number")
    if timeline.span is not None and scale.ends(timeline.span.end):
        words = f"→ {day(timeline.span.end, scale.zone)}"
        pen.text(RIGHT + 8, middle[timeline.stage] + 4, words, 11, fill="soft")
    return y + 4


# -- scores --------------------------------------------------------------------------------------------------------


def _scores(sheet: Sheet, timeline: Timeline, scale: Scale, y: float) -> float:
    pen = sheet.pen
    if timeline.scores:
        y = heading_of(pen, "Scores" if len(timeline.scores) > 1 else "Score", y)
    for score in timeline.scores:
        y = _score(sheet, score, scale, y) + 14
    return y - 6 if timeline.scores else y


def score_range(score: ScoreLine) -> tuple[Decimal, Decimal]:
    """From where to where the axis of a score reaches: its clamp, unless that is far from all that happens."""
    values = [value for _, value in score.steps] + [limit.value for limit in score.thresholds]
    low, high = min(Decimal(0), *values), max(Decimal(0), *values)
    if score.high is not None and high <= score.high <= 4 * high:
        high = score.high
    if score.low is not None and 4 * low <= score.low <= low:
        low = score.low
    return low, high if high > low else low + 1


def _score(sheet: Sheet, score: ScoreLine, scale: Scale, y: float) -> float:
    pen = sheet.pen
    high = 86.0
    top, bottom = y + 6, y + high - 4
    sheet.lane(y, high)
    least, most = score_range(score)

    def level(value: Decimal) -> float:
        return bottom - (bottom - top) * float((value - least) / (most - least))

    room = LEFT - _EDGE - 52
    pen.text(_EDGE, y + 18, fitted(shown(score.name), room, 12), 12, font_weight=600, title=summary.score_words(score))
    pen.text(_EDGE, y + 35, f"{_points(score.steps[-1][1])} in the end", 11, fill="soft")
    highest = max(value for _, value in score.steps)
    pen.text(_EDGE, y + 51, f"{_points(highest)} at most", 11, fill="soft")
    for value in sorted({least, most, Decimal(0)} if least < 0 < most else {least, most}):
        pen.text(LEFT - 8, level(value) + 4, _points(value), 10.5, fill="soft", anchor="end")
        pen.line(LEFT, level(value), RIGHT, level(value), "grid")
    taken: list[float] = []
    for limit in sorted(score.thresholds, key=lambda limit: -limit.value):
        _threshold(pen, limit, level(limit.value), taken)
    d, area = _steps(score, scale, level)
    pen.path(area, fill="score", fill_opacity=0.13)
    pen.path(d, stroke="score", stroke_width=2, stroke_linejoin="round")
    _values(pen, score, scale, level)
    return y + high


def _points(value: Decimal) -> str:
    return fitted(summary.points(value), 60, 11)


def _threshold(pen: Pen, limit: Threshold, y: float, taken: list[float]) -> None:
    pen.line(LEFT, y, RIGHT, y, "limit", stroke_dasharray="6 4", stroke_width=1.3)
    # Labels of lines near to each other move down.
    label = max([y + 4, *(other + 13 for other in taken)])
    taken.append(label)
    words = summary.threshold(limit)
    title = f"{limit.operator} {summary.points(limit.value)} is asked for by {', '.join(limit.rules)}"
    pen.text(RIGHT + 8, label, fitted(shown(words), _FAR - RIGHT - 8, 11), 11, fill="limit", title=title)


def _steps(score: ScoreLine, scale: Scale, level: Callable[[Decimal], float]) -> tuple[str, str]:
    """The line of a score, and the area under it. Of many changes within a pixel the line shows how far they reach."""
    ground = level(Decimal(0))
    x0 = scale.x(score.steps[0][0])
    d = f"M{number(x0)} {number(level(score.steps[0][1]))}"
    changes = [(round(scale.x(at), 1), level(value)) for at, value in score.steps[1:]]
    for place, (x, y) in enumerate(changes):
        following = changes[place + 1 : place + 2]
        if place and following and changes[place - 1][0] == x == following[0][0]:
            before, after = changes[place - 1][1], following[0][1]
            if min(before, after) <= y <= max(before, after):
                continue
        d += f"H{number(x)}V{number(y)}"
    d += f"H{number(RIGHT - _MARGIN / 2)}"
    return d, f"{d}V{number(ground)}H{number(x0)}Z"


def _values(pen: Pen, score: ScoreLine, scale: Scale, level: Callable[[Decimal], float]) -> None:
    """The value of a step, where there is room for it."""
    ends = [*(scale.x(at) for at, _ in score.steps[1:]), float(RIGHT)]
    for (at, value), end in zip(score.steps, ends, strict=True):
        words = _points(value)
        x, y = scale.x(at), level(value)
        if value and end - x > width(words, 10.5) + 8:
            below = y < level(score_range(score)[1]) + 12
            pen.text(x + 4, y + 12 if below else y - 4, words, 10.5, fill="score", **ON_LANE)


# -- segments ------------------------------------------------------------------------------------------------------


def _segments(sheet: Sheet, timeline: Timeline, scale: Scale, y: float) -> float:
    pen = sheet.pen
    if not timeline.segments:
        return y
    y = heading_of(pen, "Segments", y)
    for member in timeline.segments:
        sheet.lane(y + 2, 18)
        _name(pen, y + 15, member.name, member.description or "")
        for span in member.spans:
            x, end = scale.x(span.start), scale.x(span.end)
            if span.end >= scale.shown.end:
                end = RIGHT - _MARGIN / 2
            title = f"in {member.name}: {when(span.start, scale.zone)} to {when(span.end, scale.zone)}"
            pen.rect(x, y + 6, max(end - x, 3), 10, fill="member", rx=3, title=title)
        y += 22
    return y + 4


# -- events --------------------------------------------------------------------------------------------------------


def sharing(timeline: Timeline, scale: Scale) -> int:
    """How many events share a mark with others."""
    marks = [mark for row in timeline.rows for side in split(row, scale) for mark in side]
    return sum(mark.count for mark in marks if mark.count > 1)


def _events(sheet: Sheet, timeline: Timeline, scale: Scale, y: float) -> float:
    pen = sheet.pen
    y = heading_of(pen, "Events", y)
    for row in timeline.rows:
        y = _row(sheet, row, scale, y)
    return y + 4


def _row(sheet: Sheet, row: Row, scale: Scale, y: float) -> float:
    pen = sheet.pen
    pointed, others = split(row, scale)
    crowded = any(one.left < other.right and other.left < one.right for one in pointed for other in others)
    high = (52 if crowded else 34) if pointed else 24
    middle = y + high - 12.5
    sheet.lane(y + 2, high - 4)
    sent = ", ".join(row.names)
    _name(pen, middle + 4, row.name, f"{row.name}: sent as {sent}" if sent != row.name else row.name)
    pen.text(RIGHT + 8, middle + 4, f"{len(row.occurrences):,}", 11, fill="soft")
    for group in others:
        _mark(pen, row, group, middle, scale)
    # Evidence has a line of its own where other events are in its way.
    for group in pointed:
        _mark(pen, row, group, middle - 18 if crowded else middle, scale)
    _numbers(pen, pointed, y + 11)
    return y + high


def split(row: Row, scale: Scale) -> tuple[list[Group], list[Group]]:
    """The marks of a row: of its events that are evidence, and of the others."""
    pointed = [occurrence for occurrence in row.occurrences if occurrence.moves]
    others = [occurrence for occurrence in row.occurrences if not occurrence.moves]
    return groups(pointed, scale.x, MARKS), groups(others, scale.x, MARKS)


def _mark(pen: Pen, row: Row, group: Group, y: float, scale: Scale) -> None:
    role = "move" if group.moves else "event"
    mark = pen.group(summary.group_words(row.name, group, scale.zone))
    x = (group.left + group.right) / 2
    if group.count == 1:
        mark.circle(x, y, 5, fill=role)
    else:
        mark.rect(group.left, y - 8, group.right - group.left, 16, fill=role, rx=8)
        mark.text(x, y + 3.7, short(group.count), 10, fill="number", anchor="middle", font_weight=600)


def _numbers(pen: Pen, pointed: Sequence[Group], y: float) -> None:
    """The numbers of the moves above their evidence: where two would touch, one moves aside a little."""
    free, before = float(_EDGE), ""
    for group in pointed:
        words = numbers(group.moves)
        words = words if len(words) <= 6 else f"{group.moves[0]}…{group.moves[-1]}"
        x, half = (group.left + group.right) / 2, BOLD * width(words, 10) / 2
        place = max(x, free + half)
        # What there is no room for is in the title of the mark.
        if place - x > 10 or (place > x and words == before):
            continue
        pen.text(place, y, words, 10, fill="move", anchor="middle", font_weight=650, **ON_LANE)
        free, before = place + half + 4, words


# -- windows -------------------------------------------------------------------------------------------------------


def _windows(sheet: Sheet, timeline: Timeline, scale: Scale, y: float) -> float:
    pen = sheet.pen
    if not timeline.windows:
        return y
    y = heading_of(pen, "Windows, as they stood at each move", y)
    before = None
    for window in timeline.windows:
        sheet.lane(y + 1, 34)
        if window.move != before:
            rule = timeline.moves[window.move - 1].rule
            badge(pen, _EDGE + 10, y + 18, [window.move])
            pen.text(_EDGE + 28, y + 22, fitted(shown(rule), LEFT - _EDGE - 40, 12), 12, title=rule)
        before = window.move
        _window(pen, window, timeline.moves[window.move - 1].at, scale, y)
        y += 36
    return y + 4


def _window(pen: Pen, window: Window, at: int, scale: Scale, y: float) -> None:
    title = summary.window_words(window, scale.zone)
    group = pen.group(title)
    x, last = scale.x(window.first), scale.x(window.last)
    end = last if window.end is None else scale.x(window.end)
    bar, middle = y + 20, y + 25
    match window.kind:
        case "absence":
            group.rect(x, bar, max(last - x, 4), 10, fill="window", stroke="move", rx=2, stroke_dasharray="3 3")
        case "stay":
            group.rect(x, bar, max(end - x, 4), 10, fill="window", stroke="stage", rx=2)
        case "open":
            group.line(x, middle, max(last, x + 2), middle, "move", stroke_width=3)
        case "quiet":
            group.rect(x, bar, max(end - x, 4), 10, fill="window", stroke="move", rx=2, stroke_dasharray="3 3")
        case _:
            group.rect(x, bar, max(end - x, 4), 10, fill="window", rx=2)
            group.line(x, middle, max(last, x + 2), middle, "move", stroke_width=3)
    if window.kind not in ("absence", "stay"):
        for place in (x, last):
            group.circle(place, middle, 4, fill="move")
    if window.end is not None:
        if scale.ends(window.end):
            group.path(f"M{number(end - 1)} {number(bar)}l7 5l-7 5z", fill="move")
        else:
            group.line(end, bar - 2, end, bar + 12, "move", stroke_width=2)
    ends = ""
    if window.end is not None and window.kind != "stay":
        ends = f"  ·  {'over' if window.kind == 'quiet' else 'until'} {scale.when(window.end)}"
    words = fitted(shown(window.words), RIGHT - LEFT - 16 - width(ends, 11), 11) + ends
    start = min(x, RIGHT - _MARGIN - width(words, 11))
    group.text(max(start, LEFT + 6), y + 14, words, 11, **ON_LANE)


PANELS: tuple[Callable[[Sheet, Timeline, Scale, float], float], ...] = (_stages, _scores, _segments, _events, _windows)
"""All panels, from the top down."""
