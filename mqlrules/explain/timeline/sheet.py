"""The sheet on which panels are drawn: its measures, the scale of time, lanes, headings, and the signs of moves."""

from collections.abc import Sequence
from typing import Any

import attrs

from mqlrules.explain.timeline.dates import Tick, around, ticks, when_on
from mqlrules.explain.timeline.drawing import Pen
from mqlrules.explain.timeline.grouping import numbers
from mqlrules.explain.timeline.model import Span
from mqlrules.explain.timeline.text import width
from mqlrules.language.calendar import Zone

WIDE = 1200
EDGE, FAR = 24, 1176
"""Between these everything is drawn."""

LEFT, RIGHT = 210, 1034
"""Between these the time is drawn; left of it stand names, right of it values."""

MARGIN = 10
_TICKS = 9
BOLD = 1.15
"""How much wider bold text is."""

HALO: dict[str, Any] = {"stroke": "paper", "stroke_width": 4, "paint_order": "stroke", "stroke_linejoin": "round"}
ON_LANE: dict[str, Any] = {**HALO, "stroke": "lane"}
"""Around text that lies over lines: what is under it shows through no more."""


@attrs.frozen
class Scale:
    """The axis: what it shows, in whose time zone, and its marks."""

    shown: Span
    zone: Zone
    ticks: tuple[Tick, ...]

    @classmethod
    def of(cls, span: Span, zone: Zone) -> "Scale":
        """The scale of a span."""
        axis = around(span)
        return cls(axis, zone, tuple(ticks(axis, _TICKS, zone)))

    def x(self, at: int) -> float:
        """Where an instant stands; what is not shown stands at the edge."""
        inside = min(max(at, self.shown.start), self.shown.end)
        wide = RIGHT - LEFT - 2 * MARGIN
        return LEFT + MARGIN + wide * ((inside - self.shown.start) / self.shown.length)

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
    pen.line(EDGE, y + 8.5, FAR, y + 8.5, "grid")
    pen.text(EDGE, y + 28, words, 13, font_weight=650, **HALO)
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
