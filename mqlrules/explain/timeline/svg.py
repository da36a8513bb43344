"""A timeline as a picture: one SVG file that needs nothing else, readable on light and on dark."""

import xml.etree.ElementTree as ET
from collections.abc import Sequence

from mqlrules.explain.timeline.dates import when, when_on
from mqlrules.explain.timeline.drawing import FONT, STYLE, Pen, number
from mqlrules.explain.timeline.legend import legend
from mqlrules.explain.timeline.model import Move, Timeline
from mqlrules.explain.timeline.panels import PANELS, sharing
from mqlrules.explain.timeline.sheet import BOLD, EDGE, WIDE, Scale, Sheet, axis, badge, badge_width, heading_of
from mqlrules.explain.timeline.summary import description, heading, move, reason
from mqlrules.explain.timeline.text import fitted, lines, shown
from mqlrules.language.calendar import Zone

_MOVES_LISTED = 40
_LINES = 60
_TITLE, _DESCRIPTION = "timeline-title", "timeline-description"


def draw_svg(timeline: Timeline) -> str:
    """The text of an SVG file: the picture, and below it the moves in a list."""
    root = _root(timeline)
    high = _picture(root, timeline)
    high = _moves(Pen(root), timeline, high)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(_sized(root, high), "unicode") + "\n"


def picture(timeline: Timeline) -> ET.Element:
    """The picture as an element for a page that lists the moves itself."""
    root = _root(timeline)
    return _sized(root, _picture(root, timeline))


def _root(timeline: Timeline) -> ET.Element:
    root = ET.Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "role": "img", "font-family": FONT})
    root.set("aria-labelledby", f"{_TITLE} {_DESCRIPTION}")
    ET.SubElement(root, "title", id=_TITLE).text = f"Timeline of {shown(timeline.lead)}"
    ET.SubElement(root, "desc", id=_DESCRIPTION).text = shown(description(timeline))
    ET.SubElement(root, "style").text = STYLE
    return root


def _sized(root: ET.Element, high: float) -> ET.Element:
    root.set("viewBox", f"0 0 {WIDE} {number(high)}")
    root.set("width", str(WIDE))
    root.set("height", number(high))
    # The paper lies under everything: whoever ignores the style sheet sees light paper and dark ink.
    paper = ET.Element("g")
    Pen(paper).rect(0, 0, WIDE, high, fill="paper")
    root.insert(3, paper)
    return root


def _picture(root: ET.Element, timeline: Timeline) -> float:
    """Draws all but the list of moves; gives how high it is."""
    pen = Pen(root)
    room = WIDE - 2 * EDGE
    pen.text(EDGE, 44, fitted(shown(timeline.lead), room / BOLD, 24), 24, font_weight=650)
    pen.text(EDGE, 68, fitted(heading(timeline), room, 13), 13, fill="soft")
    if timeline.shown is None:
        return 92.0
    zone = Zone(timeline.zone)
    scale = Scale.of(timeline.shown, zone)
    together = sharing(timeline, scale)
    y = legend(pen, timeline, together > 0, EDGE, 96) + 20
    ground, verticals, front = pen.group(), pen.group(), pen.group()
    sheet = Sheet(ground, front)
    top = y
    y = axis(pen, scale, y, below=False)
    y = _badges(pen, timeline, scale, y)
    lines_from = y
    for panel in PANELS:
        y = panel(sheet, timeline, scale, y)
    _verticals(verticals, timeline, scale, lines_from, y)
    if y - top > 420:
        y = axis(pen, scale, y, below=True)
    y += 12
    notes = list(timeline.notes)
    if together:
        many = f"{together:,} of the {timeline.event_count:,} events"
        notes.append(f"{many} stand so close that several share a mark: the number in it says how many.")
    for note in notes:
        for line in lines(shown(note), room, 12, 2):
            pen.text(EDGE, y + 14, line, 12, fill="soft")
            y += 18
    return y + 16


def _badges(pen: Pen, timeline: Timeline, scale: Scale, y: float) -> float:
    """The numbers of the moves; those too near to each other share one."""
    if not timeline.moves:
        return y + 6
    together: list[list[Move]] = []
    for one in timeline.moves:
        together.append([one])
        while len(together) > 1 and _place(together[-2], scale, 1) > _place(together[-1], scale, -1):
            together[-2:] = [together[-2] + together[-1]]
    for some in together:
        title = "\n".join(f"{one.number}. {when(one.at, scale.zone)}: {move(one)}" for one in some)
        badge(pen, _place(some, scale, 0), y + 11, [one.number for one in some], title)
    return y + 24


def _place(moves: Sequence[Move], scale: Scale, side: int) -> float:
    """The middle of the sign of moves, or (-1, 1) one of its sides."""
    middle = (scale.x(moves[0].at) + scale.x(moves[-1].at)) / 2
    return middle + side * (badge_width([one.number for one in moves]) + 2) / 2


def _verticals(pen: Pen, timeline: Timeline, scale: Scale, top: float, bottom: float) -> None:
    for tick in scale.ticks:
        pen.line(scale.x(tick.at), top, scale.x(tick.at), bottom, "grid")
    moved = dict.fromkeys(round(scale.x(one.at), 1) for one in timeline.moves)
    # Of a lead that goes up and down without end the lines would hide all else.
    for x in moved if len(moved) <= _LINES else ():
        pen.line(x, top, x, bottom, "move", stroke_dasharray="3 4", stroke_opacity=0.55)


def _moves(pen: Pen, timeline: Timeline, y: float) -> float:
    if not timeline.moves or timeline.shown is None:
        return y
    zone = Zone(timeline.zone)
    y = heading_of(pen, "Moves", y - 4)
    for one in timeline.moves[:_MOVES_LISTED]:
        y += 22
        badge(pen, EDGE + 10, y - 4, [one.number])
        pen.text(EDGE + 30, y, when_on(timeline.shown, one.at, zone), 12, fill="soft")
        stages = f"{one.from_stage} → {one.to_stage}"
        pen.text(EDGE + 205, y, fitted(shown(stages), 212 / BOLD, 12), 12, title=stages, font_weight=600)
        rule = one.rule + (f" “{one.description}”" if one.description else "")
        pen.text(EDGE + 425, y, fitted(shown(rule), 305, 12), 12, title=rule)
        why = reason(one, timeline.windows)
        pen.text(EDGE + 740, y, fitted(shown(why), 410, 12), 12, fill="soft", title=why)
    hidden = len(timeline.moves) - _MOVES_LISTED
    if hidden > 0:
        y += 22
        pen.text(EDGE + 30, y, f"… and {hidden} more", 12, fill="soft")
    return y + 20
