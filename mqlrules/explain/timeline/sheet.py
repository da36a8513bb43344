"""The sheet that panels are drawn on: its measures, the scale of time, and the signs that several panels share."""

from collections.abc import Sequence
from typing import Any

import attrs

from mqlrules.explain.timeline.axis import Tick, around, ticks, when_on
from mqlrules.explain.timeline.drawing import Pen
from mqlrules.explain.timeline.grouping import numbers, short
from mqlrules.explain.timeline.model import Span, WindowKind
from mqlrules.explain.timeline.text import width
from mqlrules.language.calendar import Zone

WIDE = 1200
EDGE, FAR = 24, 1176
"""Everything is drawn between these."""

LEFT, RIGHT = 210, 1034
"""Time is drawn between these, with names to the left and values to the right."""

MARGIN = 10
_TICKS = 9
BOLD = 1.15
"""How much wider bold text is."""

HALO: dict[str, Any] = {"stroke": "paper", "stroke_width": 4, "paint_order": "stroke", "stroke_linejoin": "round"}
ON_LANE: dict[str, Any] = {**HALO, "stroke": "lane"}
"""Around text that covers lines."""


@attrs.frozen
class Scale:
    """The axis: the span and time zone that it shows, and its marks."""

    shown: Span
    zone: Zone
    ticks: tuple[Tick, ...]

    @classmethod
    def of(cls, span: Span, zone: Zone) -> "Scale":
        """The scale of a span."""
        axis = around(span)
        return cls(axis, zone, tuple(ticks(axis, _TICKS, zone)))

    def x(self, at: int) -> float:
        """The place of an instant; one outside the axis is at its edge."""
        inside = min(max(at, self.shown.start), self.shown.end)
        wide = RIGHT - LEFT - 2 * MARGIN
        return LEFT + MARGIN + wide * ((inside - self.shown.start) / self.shown.length)

    def end(self, at: int) -> float:
        """The right end of a bar that lasts until an instant."""
        return RIGHT - MARGIN / 2 if at >= self.shown.end else self.x(at)

    def when(self, at: int) -> str:
        """An instant as precisely as the axis can show it."""
        return when_on(self.shown, at, self.zone)


@attrs.frozen(eq=False)
class Sheet:
    """Where panels draw: ``ground`` lies under the lines that mark time, ``pen`` above them."""

    ground: Pen
    pen: Pen
    scale: Scale

    def lane(self, y: float, high: float) -> None:
        """The background of a row."""
        self.ground.rect(LEFT, y, RIGHT - LEFT, high, fill="lane", rx=3)


def heading_of(pen: Pen, words: str, y: float) -> float:
    """The heading of a panel."""
    pen.line(EDGE, y + 8.5, FAR, y + 8.5, "grid")
    pen.text(EDGE, y + 28, words, 13, font_weight=650, **HALO)
    return y + 36


def badge(pen: Pen, x: float, y: float, moves: Sequence[int], title: str = "") -> None:
    """A round sign with the numbers of moves, centred on a place."""
    half = badge_width(moves) / 2
    group = pen.group(title)
    group.rect(x - half, y - 9.5, 2 * half, 19, fill="move", rx=9.5)
    group.text(x, y + 4, _in_badge(moves), 11, "number", text_anchor="middle", font_weight=650)


def badge_width(moves: Sequence[int]) -> float:
    """How wide the sign of these moves is."""
    return max(19.0, width(_in_badge(moves), 11) + 10)


def _in_badge(moves: Sequence[int]) -> str:
    words = numbers(moves)
    return words if len(words) <= 9 else f"{moves[0]}…{moves[-1]}"


def event_mark(pen: Pen, left: float, right: float, y: float, count: int, role: str) -> None:
    """An event, or a group of them with their number."""
    x = (left + right) / 2
    if count == 1:
        pen.circle(x, y, 5, role)
    else:
        pen.rect(left, y - 8, right - left, 16, fill=role, rx=8)
        pen.text(x, y + 3.7, short(count), 10, "number", text_anchor="middle", font_weight=600)


def window_bar(pen: Pen, kind: WindowKind, x: float, last: float, end: float, y: float) -> None:
    """A window around a height: its time, and the evidence in it from ``x`` to ``last``."""
    match kind:
        case "absence" | "quiet":
            pen.rect(x, y - 5, max(end - x, 4), 10, fill="window", stroke="move", rx=2, stroke_dasharray="3 3")
        case "stay":
            pen.rect(x, y - 5, max(end - x, 4), 10, fill="window", stroke="stage", rx=2)
        case "within" | "then within":
            pen.rect(x, y - 5, max(end - x, 4), 10, fill="window", rx=2)
    if kind in ("within", "then within", "open"):
        pen.line(x, y, max(last, x + 2), y, "move", stroke_width=3)
    if kind not in ("absence", "stay"):
        pen.circle(x, y, 4, "move")
        pen.circle(last, y, 4, "move")


def axis(pen: Pen, scale: Scale, y: float, below: bool) -> float:
    """Dates and clocks, above or below the panels; the larger unit is on the far side."""
    near, far = (16, 31) if below else (28, 13)
    free, free_above, larger = 0.0, 0.0, ""
    for tick in scale.ticks:
        x, half = scale.x(tick.at), width(tick.label, 11.5) / 2
        if x - half >= free:
            pen.text(x, y + near, tick.label, 11.5, "soft", text_anchor="middle")
            free = x + half + 6
        # A larger unit that has no room waits for the next mark.
        larger = tick.larger or larger
        half = BOLD * width(larger, 11.5) / 2
        if larger and x - half >= free_above:
            pen.text(x, y + far, larger, 11.5, text_anchor="middle", font_weight=600)
            free_above, larger = x + half + 6, ""
    return y + 36
