"""A timeline as a picture: one self-contained SVG file, readable on light and on dark backgrounds."""

import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator, Sequence

from mqlrules.explain.clock import when
from mqlrules.explain.timeline import summary
from mqlrules.explain.timeline.drawing import FONT, STYLE, Pen, number
from mqlrules.explain.timeline.model import Move, Timeline
from mqlrules.explain.timeline.panels import PANELS, sharing
from mqlrules.explain.timeline.sheet import (
    BOLD,
    EDGE,
    FAR,
    WIDE,
    Scale,
    Sheet,
    axis,
    badge,
    badge_width,
    event_mark,
    heading_of,
    window_bar,
)
from mqlrules.explain.timeline.text import fitted, lines, shown, width
from mqlrules.language.calendar import Zone

_MOVE_LINES = 60
_TITLE, _DESCRIPTION = "timeline-title", "timeline-description"


def draw_svg(timeline: Timeline) -> str:
    """The text of an SVG file: the picture, and the list of moves below it."""
    root = _root(timeline)
    high = _moves(Pen(root), timeline, _picture(root, timeline))
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(_sized(root, high), "unicode") + "\n"


def picture(timeline: Timeline) -> ET.Element:
    """The picture as an element of a page that lists the moves itself."""
    root = _root(timeline)
    return _sized(root, _picture(root, timeline))


def _root(timeline: Timeline) -> ET.Element:
    root = ET.Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "role": "img", "font-family": FONT})
    root.set("aria-labelledby", f"{_TITLE} {_DESCRIPTION}")
    ET.SubElement(root, "title", id=_TITLE).text = f"Timeline of {shown(timeline.lead)}"
    ET.SubElement(root, "desc", id=_DESCRIPTION).text = shown(summary.description(timeline))
    ET.SubElement(root, "style").text = STYLE
    return root


def _sized(root: ET.Element, high: float) -> ET.Element:
    root.set("viewBox", f"0 0 {WIDE} {number(high)}")
    root.set("width", str(WIDE))
    root.set("height", number(high))
    # The background lies under everything: a viewer that ignores the style sheet shows dark ink on light paper.
    paper = ET.Element("g")
    Pen(paper).rect(0, 0, WIDE, high, fill="paper")
    root.insert(3, paper)
    return root


def _picture(root: ET.Element, timeline: Timeline) -> float:
    """Draws everything but the list of moves; returns the height."""
    pen = Pen(root)
    room = WIDE - 2 * EDGE
    pen.text(EDGE, 44, fitted(shown(timeline.lead), room / BOLD, 24), 24, font_weight=650)
    pen.text(EDGE, 68, fitted(summary.heading(timeline), room, 13), 13, "soft")
    if timeline.shown is None:
        return 92.0
    scale = Scale.of(timeline.shown, Zone(timeline.zone))
    together = sharing(timeline, scale)
    y = _legend(pen, timeline, together > 0) + 20
    ground, verticals, front = pen.group(), pen.group(), pen.group()
    sheet = Sheet(ground, front, scale)
    top = y
    y = _badges(pen, timeline, scale, axis(pen, scale, y, below=False))
    lines_from = y
    for panel in PANELS:
        y = panel(sheet, timeline, y)
    _verticals(verticals, timeline, scale, lines_from, y)
    if y - top > 420:
        y = axis(pen, scale, y, below=True)
    y += 12
    notes = list(timeline.notes)
    if together:
        many = f"{together:,} of the {timeline.event_count:,} events"
        notes.append(f"{many} are so close together that they share marks; the number in a mark counts its events.")
    for note in notes:
        for line in lines(shown(note), room, 12, 2):
            pen.text(EDGE, y + 14, line, 12, "soft")
            y += 18
    return y + 16


def _badges(pen: Pen, timeline: Timeline, scale: Scale, y: float) -> float:
    """The numbers of the moves above their instants; those too close to each other share a sign."""
    if not timeline.moves:
        return y + 6
    together: list[list[Move]] = []
    for one in timeline.moves:
        together.append([one])
        while len(together) > 1 and _place(together[-2], scale, 1) > _place(together[-1], scale, -1):
            together[-2:] = [together[-2] + together[-1]]
    for some in together:
        title = "\n".join(f"{one.number}. {when(one.at, scale.zone)}: {summary.move(one)}" for one in some)
        badge(pen, _place(some, scale, 0), y + 11, [one.number for one in some], title)
    return y + 24


def _place(moves: Sequence[Move], scale: Scale, side: int) -> float:
    """The middle of the sign of moves, or one of its sides (-1, 1)."""
    middle = (scale.x(moves[0].at) + scale.x(moves[-1].at)) / 2
    return middle + side * (badge_width([one.number for one in moves]) + 2) / 2


def _verticals(pen: Pen, timeline: Timeline, scale: Scale, top: float, bottom: float) -> None:
    for tick in scale.ticks:
        pen.line(scale.x(tick.at), top, scale.x(tick.at), bottom, "grid")
    moved = dict.fromkeys(round(scale.x(one.at), 1) for one in timeline.moves)
    # Lines for hundreds of moves would hide everything else.
    for x in moved if len(moved) <= _MOVE_LINES else ():
        pen.line(x, top, x, bottom, "move", stroke_dasharray="3 4", stroke_opacity=0.55)


# -- the legend ----------------------------------------------------------------------------------------------------

_Sign = tuple[float, Callable[[float, float], None], str]
"""How wide a sign is, what draws it at a place, and its meaning."""


def _legend(pen: Pen, timeline: Timeline, grouped: bool) -> float:
    """The signs that occur in the picture, in one line or in two; returns the height at which they end."""
    x, y = float(EDGE), 96.0
    for wide, sign, words in _signs(pen, timeline, grouped):
        if x > EDGE and x + 30 + width(words, 11.5) > FAR:
            x, y = float(EDGE), y + 20
        sign(x, y - 4)
        pen.text(x + wide + 6, y, words, 11.5, "soft")
        x += wide + 6 + width(words, 11.5) + 16
    return y


def _signs(pen: Pen, timeline: Timeline, grouped: bool) -> Iterator[_Sign]:
    kinds = {window.kind for window in timeline.windows}
    evident = {bool(occurrence.moves) for row in timeline.rows for occurrence in row.occurrences}
    if timeline.moves:
        yield 19, lambda x, y: badge(pen, x + 9.5, y, [1]), "move to another stage"
    if True in evident:
        yield 18, lambda x, y: _evidence(pen, x, y), "evidence of the move with this number"
    if False in evident:
        yield 10, lambda x, y: event_mark(pen, x, x + 10, y, 1, "event"), "other event" if True in evident else "event"
    if grouped:
        yield 20, lambda x, y: event_mark(pen, x, x + 20, y, 3, "event"), "several events"
    if any(score.thresholds for score in timeline.scores):
        dashes = {"stroke_dasharray": "6 4", "stroke_width": 1.3}
        yield 22, lambda x, y: pen.line(x, y, x + 22, y, "limit", **dashes), "score that a rule asks for"
    if kinds & {"within", "then within"}:
        yield 34, lambda x, y: _window(pen, x, y), "evidence, and until when it counts"
    if kinds & {"absence", "quiet"}:
        yield 30, lambda x, y: window_bar(pen, "absence", x, x, x + 30, y), "time in which something did not happen"
    if "stay" in kinds:
        yield 30, lambda x, y: window_bar(pen, "stay", x, x, x + 30, y), "time in a stage that a rule waits for"


def _evidence(pen: Pen, x: float, y: float) -> None:
    event_mark(pen, x, x + 10, y, 1, "move")
    pen.text(x + 12, y + 1, "1", 9.5, "move", font_weight=650)


def _window(pen: Pen, x: float, y: float) -> None:
    window_bar(pen, "within", x + 4, x + 18, x + 32, y)
    pen.line(x + 32, y - 7, x + 32, y + 7, "move", stroke_width=2)


# -- the list of moves ---------------------------------------------------------------------------------------------


def _moves(pen: Pen, timeline: Timeline, y: float) -> float:
    if not timeline.moves or timeline.shown is None:
        return y
    y = heading_of(pen, "Moves", y - 4)
    scale = Scale.of(timeline.shown, Zone(timeline.zone))
    for one in timeline.moves[: summary.MOVES_LISTED]:
        y += 22
        badge(pen, EDGE + 10, y - 4, [one.number])
        pen.text(EDGE + 30, y, scale.when(one.at), 12, "soft")
        stages = f"{one.from_stage} → {one.to_stage}"
        pen.text(EDGE + 205, y, fitted(shown(stages), 212 / BOLD, 12), 12, title=stages, font_weight=600)
        rule = one.rule + (f" “{one.description}”" if one.description else "")
        pen.text(EDGE + 425, y, fitted(shown(rule), 305, 12), 12, title=rule)
        why = summary.reason(one, timeline.windows)
        pen.text(EDGE + 740, y, fitted(shown(why), 410, 12), 12, "soft", title=why)
    if hidden := len(timeline.moves[summary.MOVES_LISTED :]):
        y += 22
        pen.text(EDGE + 30, y, f"… and {hidden} more", 12, "soft")
    return y + 20
