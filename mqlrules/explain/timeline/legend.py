"""The legend of the picture: the signs that occur in it, and what they mean."""

from collections.abc import Callable

from mqlrules.explain.timeline.drawing import Pen
from mqlrules.explain.timeline.model import Timeline
from mqlrules.explain.timeline.sheet import FAR
from mqlrules.explain.timeline.text import width

_Sign = Callable[[Pen, float, float], float]
"""Draws a sign at a place, its middle on a height; gives how wide it is."""


def legend(pen: Pen, timeline: Timeline, grouped: bool, x: float, y: float) -> float:
    """Draws the signs in a line, or in two; gives the height at which they end. ``grouped`` says that some events share
    a mark.
    """
    left = x
    for sign, words in _entries(timeline, grouped):
        room = 30 + width(words, 11.5)
        if x > left and x + room > FAR:
            x, y = left, y + 20
        wide = sign(pen, x, y - 4)
        pen.text(x + wide + 6, y, words, 11.5, fill="soft")
        x += wide + 6 + width(words, 11.5) + 16
    return y


def _entries(timeline: Timeline, grouped: bool) -> list[tuple[_Sign, str]]:
    kinds = {window.kind for window in timeline.windows}
    found: list[tuple[_Sign, str]] = []
    if timeline.moves:
        found.append((_move, "a move to another stage"))
    pointed = any(occurrence.moves for row in timeline.rows for occurrence in row.occurrences)
    if pointed:
        found.append((_evidence, "event that a move rests on, with its number"))
    if any(not occurrence.moves for row in timeline.rows for occurrence in row.occurrences):
        found.append((_event, "other event" if pointed else "event"))
    if grouped:
        found.append((_group, "several events"))
    if any(score.thresholds for score in timeline.scores):
        found.append((_limit, "what a rule asks of the score"))
    if kinds & {"within", "then within"}:
        found.append((_window, "evidence, and until when it counts"))
    if kinds & {"absence", "quiet"}:
        found.append((_nothing, "time in which something did not happen"))
    if "stay" in kinds:
        found.append((_stay, "time in a stage that a rule waits for"))
    return found


def _move(pen: Pen, x: float, y: float) -> float:
    pen.rect(x, y - 8, 16, 16, fill="move", rx=8)
    pen.text(x + 8, y + 3.7, "1", 10, fill="number", anchor="middle", font_weight=650)
    return 16


def _evidence(pen: Pen, x: float, y: float) -> float:
    pen.circle(x + 5, y, 5, fill="move")
    pen.text(x + 12, y + 1, "1", 9.5, fill="move", font_weight=650)
    return 18


def _event(pen: Pen, x: float, y: float) -> float:
    pen.circle(x + 5, y, 5, fill="event")
    return 10


def _group(pen: Pen, x: float, y: float) -> float:
    pen.rect(x, y - 8, 20, 16, fill="event", rx=8)
    pen.text(x + 10, y + 3.7, "3", 10, fill="number", anchor="middle", font_weight=600)
    return 20


def _limit(pen: Pen, x: float, y: float) -> float:
    pen.line(x, y, x + 22, y, "limit", stroke_dasharray="6 4", stroke_width=1.3)
    return 22


def _window(pen: Pen, x: float, y: float) -> float:
    pen.rect(x, y - 5, 32, 10, fill="window", rx=2)
    pen.line(x, y, x + 16, y, "move", stroke_width=3)
    pen.circle(x + 2, y, 4, fill="move")
    pen.circle(x + 16, y, 4, fill="move")
    pen.line(x + 32, y - 7, x + 32, y + 7, "move", stroke_width=2)
    return 34


def _nothing(pen: Pen, x: float, y: float) -> float:
    pen.rect(x, y - 5, 30, 10, fill="window", stroke="move", rx=2, stroke_dasharray="3 3")
    return 30


def _stay(pen: Pen, x: float, y: float) -> float:
    pen.rect(x, y - 5, 30, 10, fill="window", stroke="stage", rx=2)
    return 30
