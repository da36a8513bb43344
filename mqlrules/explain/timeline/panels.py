"""The panels of the picture, one below the other on one scale of time: stages, scores, segments, events, windows.

A panel draws itself from a height on and returns the height at which it ends. A panel with nothing to show takes no
space.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal

from mqlrules.explain.clock import day, length_words, when
from mqlrules.explain.timeline import summary
from mqlrules.explain.timeline.drawing import Pen, number
from mqlrules.explain.timeline.grouping import Group, Marks, groups, numbers, short
from mqlrules.explain.timeline.model import Row, ScoreLine, Threshold, Timeline, Window
from mqlrules.explain.timeline.sheet import (
    BOLD,
    EDGE,
    FAR,
    LEFT,
    MARGIN,
    ON_LANE,
    RIGHT,
    Scale,
    Sheet,
    badge,
    event_mark,
    heading_of,
    window_bar,
)
from mqlrules.explain.timeline.text import fitted, shown, width

_LABELS, _LABEL = 6, 13.5
"""How many labels a score has at most, and how high each is."""

_MARKS = Marks(
    single=10, numbered=lambda count: max(18.0, 11 + width(short(count), 10)), widest=(RIGHT - LEFT) / 18, start=LEFT
)


def _name(pen: Pen, y: float, words: str, title: str, bold: bool = False, fill: str = "ink") -> None:
    words = fitted(shown(words), (LEFT - EDGE - 10) / (BOLD if bold else 1), 12)
    weight = {"font_weight": 650} if bold else {}
    pen.text(LEFT - 12, y, words, 12, fill, text_anchor="end", title=title, **weight)


# -- stages --------------------------------------------------------------------------------------------------------


def _stages(sheet: Sheet, timeline: Timeline, y: float) -> float:
    pen, scale = sheet.pen, sheet.scale
    y = heading_of(pen, "Stages", y)
    height = 24
    middle: dict[str, float] = {}
    for place, stage in enumerate(timeline.lanes):
        if stage in timeline.outside and timeline.lanes[place - 1] not in timeline.outside:
            y += 6
        sheet.lane(y + 2, height - 4)
        here = stage == timeline.stage
        _name(pen, y + 16, stage, stage, here, "ink" if here else "soft")
        middle[stage] = y + height / 2
        y += height
    for before, stay in zip(timeline.stays, timeline.stays[1:], strict=False):
        x = scale.x(stay.start)
        pen.line(x, middle[before.stage], x, middle[stay.stage], "move", stroke_width=2)
    for stay in timeline.stays:
        last = stay is timeline.stays[-1]
        x = scale.x(stay.start)
        wide = max((scale.end(stay.end) if last else scale.x(stay.end)) - x, 4)
        role = "out" if stay.stage in timeline.outside else "stage"
        title = summary.stay_words(stay, scale.zone, last)
        pen.rect(x if wide > 4 else x - 2, middle[stay.stage] - 7, wide, 14, fill=role, rx=3, title=title)
        words = length_words(stay.end - stay.start)
        if wide > width(words, 10.5) + 12:
            pen.text(x + 7, middle[stay.stage] + 3.8, words, 10.5, "number")
    if timeline.span is not None and timeline.span.end > scale.shown.end:
        pen.text(RIGHT + 8, middle[timeline.stage] + 4, f"→ {day(timeline.span.end, scale.zone)}", 11, "soft")
    return y + 4


# -- scores --------------------------------------------------------------------------------------------------------


def _scores(sheet: Sheet, timeline: Timeline, y: float) -> float:
    if not timeline.scores:
        return y
    y = heading_of(sheet.pen, "Scores" if len(timeline.scores) > 1 else "Score", y)
    for score in timeline.scores:
        y = _score(sheet, score, y) + 14
    return y - 6


def _score(sheet: Sheet, score: ScoreLine, y: float) -> float:
    pen = sheet.pen
    high = 86.0
    top, bottom = y + 6, y + high - 4
    sheet.lane(y, high)
    least, most = score.reach

    def level(value: Decimal) -> float:
        return bottom - (bottom - top) * float((value - least) / (most - least))

    name = fitted(shown(score.name), LEFT - EDGE - 52, 12)
    pen.text(EDGE, y + 18, name, 12, font_weight=600, title=summary.score_words(score))
    pen.text(EDGE, y + 35, f"now {_points(score.now)}", 11, "soft")
    pen.text(EDGE, y + 51, f"peak {_points(score.peak)}", 11, "soft")
    for value in (least, most):
        pen.text(LEFT - 8, level(value) + 4, _points(value), 10.5, "soft", text_anchor="end")
        pen.line(LEFT, level(value), RIGHT, level(value), "grid")
    if level(most) + 12 < level(Decimal(0)) < level(least) - 12:
        pen.text(LEFT - 8, level(Decimal(0)) + 4, "0", 10.5, "soft", text_anchor="end")
    _thresholds(pen, score.thresholds, level, y + high)
    line, area = _steps(score, sheet.scale, level)
    pen.path(area, fill="score", fill_opacity=0.13)
    pen.path(line, stroke="score", stroke_width=2, stroke_linejoin="round")
    _values(pen, score, sheet.scale, level)
    return y + high


def _points(value: Decimal) -> str:
    return fitted(summary.points(value), 60, 11)


def _thresholds(pen: Pen, limits: Sequence[Threshold], level: Callable[[Decimal], float], bottom: float) -> None:
    """A line for each value that rules ask for, with labels that don't overlap."""
    ordered = sorted(limits, key=lambda limit: -limit.value)
    for limit in ordered:
        y = level(limit.value)
        pen.line(LEFT, y, RIGHT, y, "limit", stroke_dasharray="6 4", stroke_width=1.3)
    labelled = ordered if len(ordered) <= _LABELS else ordered[: _LABELS - 1]
    labels = [
        (level(limit.value), summary.threshold(limit), f"asked for by {', '.join(limit.rules)}") for limit in labelled
    ]
    if rest := ordered[len(labelled) :]:
        labels.append((level(rest[0].value), f"{len(rest)} more", "; ".join(map(summary.threshold, rest[:50]))))
    places: list[float] = []
    for y, _, _ in labels:
        places.append(max([y + 4, *(place + _LABEL for place in places[-1:])]))
    for place in reversed(range(len(places))):
        places[place] = min(places[place], bottom - 2 - _LABEL * (len(places) - 1 - place))
    for y, (_, words, title) in zip(places, labels, strict=True):
        pen.text(RIGHT + 8, y, fitted(shown(words), FAR - RIGHT - 8, 11), 11, "limit", title=title)


def _steps(score: ScoreLine, scale: Scale, level: Callable[[Decimal], float]) -> tuple[str, str]:
    """The line of a score and the area under it. Of many changes within a pixel the line shows the range."""
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
    d += f"H{number(RIGHT - MARGIN / 2)}"
    return d, f"{d}V{number(level(Decimal(0)))}H{number(x0)}Z"


def _values(pen: Pen, score: ScoreLine, scale: Scale, level: Callable[[Decimal], float]) -> None:
    """The value of each step that is wide enough."""
    ends = [*(scale.x(at) for at, _ in score.steps[1:]), float(RIGHT)]
    for (at, value), end in zip(score.steps, ends, strict=True):
        words = _points(value)
        x, y = scale.x(at), level(value)
        if value and end - x > width(words, 10.5) + 8:
            below = y < level(score.reach[1]) + 12
            pen.text(x + 4, y + 12 if below else y - 4, words, 10.5, "score", **ON_LANE)


# -- segments ------------------------------------------------------------------------------------------------------


def _segments(sheet: Sheet, timeline: Timeline, y: float) -> float:
    pen, scale = sheet.pen, sheet.scale
    if not timeline.segments:
        return y
    y = heading_of(pen, "Segments", y)
    for member in timeline.segments:
        sheet.lane(y + 2, 18)
        _name(pen, y + 15, member.name, member.description or "")
        for span in member.spans:
            x = scale.x(span.start)
            title = f"in {member.name}: {when(span.start, scale.zone)} to {when(span.end, scale.zone)}"
            pen.rect(x, y + 6, max(scale.end(span.end) - x, 3), 10, fill="member", rx=3, title=title)
        y += 22
    return y + 4


# -- events --------------------------------------------------------------------------------------------------------


def sharing(timeline: Timeline, scale: Scale) -> int:
    """How many events share a mark with others."""
    marks = [mark for row in timeline.rows for side in _split(row, scale) for mark in side]
    return sum(mark.count for mark in marks if mark.count > 1)


def _split(row: Row, scale: Scale) -> tuple[list[Group], list[Group]]:
    """The marks of a row: of its events that are evidence, and of the others."""
    pointed = [occurrence for occurrence in row.occurrences if occurrence.moves]
    others = [occurrence for occurrence in row.occurrences if not occurrence.moves]
    return groups(pointed, scale.x, _MARKS), groups(others, scale.x, _MARKS)


def _events(sheet: Sheet, timeline: Timeline, y: float) -> float:
    y = heading_of(sheet.pen, "Events", y)
    for row in timeline.rows:
        y = _row(sheet, row, y)
    return y + 4


def _row(sheet: Sheet, row: Row, y: float) -> float:
    pen, scale = sheet.pen, sheet.scale
    pointed, others = _split(row, scale)
    # Evidence gets a line of its own if other events are in its way.
    crowded = any(one.left < other.right and other.left < one.right for one in pointed for other in others)
    high = (52 if crowded else 34) if pointed else 24
    middle = y + high - 12.5
    sheet.lane(y + 2, high - 4)
    sent = ", ".join(row.names)
    _name(pen, middle + 4, row.name, f"{row.name}: sent as {sent}" if sent != row.name else row.name)
    pen.text(RIGHT + 8, middle + 4, f"{len(row.occurrences):,}", 11, "soft")
    for group in (*others, *pointed):
        mark = pen.group(summary.group_words(row.name, group, scale.zone))
        at = middle - 18 if group.moves and crowded else middle
        event_mark(mark, group.left, group.right, at, group.count, "move" if group.moves else "event")
    _numbers(pen, pointed, y + 11)
    return y + high


def _numbers(pen: Pen, pointed: Sequence[Group], y: float) -> None:
    """The numbers of the moves above their evidence, shifted a little if two would touch."""
    free, before = float(EDGE), ""
    for group in pointed:
        words = numbers(group.moves)
        words = words if len(words) <= 6 else f"{group.moves[0]}…{group.moves[-1]}"
        x, half = (group.left + group.right) / 2, BOLD * width(words, 10) / 2
        place = max(x, free + half)
        # A number without room is in the title of the mark.
        if place - x > 10 or (place > x and words == before):
            continue
        pen.text(place, y, words, 10, "move", text_anchor="middle", font_weight=650, **ON_LANE)
        free, before = place + half + 4, words


# -- windows -------------------------------------------------------------------------------------------------------


def _windows(sheet: Sheet, timeline: Timeline, y: float) -> float:
    pen = sheet.pen
    if not timeline.windows:
        return y
    y = heading_of(pen, summary.WINDOWS, y)
    before = None
    for window in timeline.windows:
        sheet.lane(y + 1, 34)
        if window.move != before:
            rule = timeline.moves[window.move - 1].rule
            badge(pen, EDGE + 10, y + 18, [window.move])
            pen.text(EDGE + 28, y + 22, fitted(shown(rule), LEFT - EDGE - 40, 12), 12, title=rule)
        before = window.move
        _window(pen, window, sheet.scale, y)
        y += 36
    return y + 4


def _window(pen: Pen, window: Window, scale: Scale, y: float) -> None:
    group = pen.group(summary.window_words(window, scale.zone))
    x, last = scale.x(window.first), scale.x(window.last)
    end = last if window.end is None else scale.x(window.end)
    middle = y + 25
    window_bar(group, window.kind, x, last, end, middle)
    if window.end is not None:
        if window.end > scale.shown.end:
            group.path(f"M{number(end - 1)} {number(middle - 5)}l7 5l-7 5z", fill="move")
        else:
            group.line(end, middle - 7, end, middle + 7, "move", stroke_width=2)
    ends = f"  ·  {window.ending} {scale.when(window.end)}" if window.ending and window.end is not None else ""
    words = fitted(shown(window.words), RIGHT - LEFT - 16 - width(ends, 11), 11) + ends
    start = min(x, RIGHT - MARGIN - width(words, 11))
    group.text(max(start, LEFT + 6), y + 14, words, 11, **ON_LANE)


PANELS: tuple[Callable[[Sheet, Timeline, float], float], ...] = (_stages, _scores, _segments, _events, _windows)
"""All panels, from the top down."""
