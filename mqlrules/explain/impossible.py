"""What can no longer become true, whatever else the lead does and however long one waits, and why.

Sound, not complete: what is reported can't become true on this history unless a recycle resets it; anything else may or
may not. Counts and points are ranges of the values that they can still reach; a part is out of reach when no value of
its range compares as asked.
"""

import math
from fractions import Fraction
from typing import Any

import attrs

from mqlrules.explain.clock import Clock
from mqlrules.explain.events import events
from mqlrules.explain.question import Place
from mqlrules.explain.view import View
from mqlrules.explain.wording import data, named
from mqlrules.language.values import compare
from mqlrules.plan import nodes as n
from mqlrules.proof.truth import Range, Truth, nothing_visible

Number = int | float | Fraction


@attrs.frozen(eq=False)
class OutOfReach:
    """Examines one lead. ``clock`` writes the instants of the reasons."""

    clock: Clock
    program: Any
    _truth: Truth = attrs.field(factory=Truth)

    def why(self, node: n.Node, want: bool, place: Place) -> str | None:
        """Why a node will never be what is wanted, in plain words; None if it may, or if that is unknown."""
        if place.holds(node) == want:
            return None
        if self._truth.of(node) is (not want):
            return "no lead can ever meet it"
        match node:
            case n.And(operands=operands) | n.Or(operands=operands):
                reasons = [self.why(operand, want, place) for operand in operands]
                if isinstance(node, n.And) == want:
                    return next((reason for reason in reasons if reason), None)
                return None if None in reasons else "; ".join(dict.fromkeys(reason for reason in reasons if reason))
            case n.Not(operand=operand):
                return self.why(operand, not want, place)
            case n.Compare(leaf=n.Count() as leaf, operator=operator, value=int(value)):
                return self._of_count(leaf, operator, value, want, place.view)
            case n.Compare(leaf=n.Aggregate() as leaf, operator=operator, value=value):
                return self._of_aggregate(leaf, operator, value, want, place)
            case n.Compare(leaf=n.Score() as leaf, operator=operator, value=value):
                return self._of_score(leaf, operator, value, want, place.whole())
            case n.Sequence():
                return self._of_sequence(node, want, place.view)
            case n.Split():
                return self._of_split(node, want, place.whole())
            case _:
                return None

    # -- intervals -------------------------------------------------------------------------------------------------

    def _closed(self, interval: n.Interval, view: View) -> str | None:
        """Why no new event will ever be visible in an interval."""
        for anchor in interval.before:
            found = view.anchor(anchor)
            if found:
                them = events(anchor.pattern, self.program).any
                return f"only events before the first {them} count, which was on {self._on(found[0].event.at)}"
        if interval.during is not None and view.now >= interval.during[1]:
            return f"its dates ended on {self._on(interval.during[1])}"
        return None

    def _on(self, at: int) -> str:
        return self.clock.instant(at)

    def _may_count(self, pattern: Any, interval: n.Interval, view: View) -> int:
        """How many of the events so far are visible, or may become so."""
        some_day = attrs.evolve(interval, older=0)
        return len(view.visible(pattern, some_day))

    # -- leaves ----------------------------------------------------------------------------------------------------

    def _range(self, pattern: Any, interval: n.Interval, view: View) -> tuple[Range, str | None]:
        """How many visible matches there may still be, and why no more."""
        stays = interval.within is None and not interval.since
        low = len(view.visible(pattern, interval)) if stays else 0
        closed = self._closed(interval, view)
        if closed is None and nothing_visible(pattern, interval):
            closed = "no event can ever count"
        high: Number = math.inf if closed is None else self._may_count(pattern, interval, view)
        return Range(low, high), closed

    def _of_count(self, leaf: n.Count, operator: Any, value: int, want: bool, view: View) -> str | None:
        found, closed = self._range(leaf.pattern, leaf.interval, view)
        if found.meets(operator, value) is not (not want):
            return None
        them = events(leaf.pattern, self.program).any
        if closed is not None:
            return f"{them}: {closed}"
        return f"{them} has already happened {_times(int(found.low))}"

    def _of_aggregate(self, leaf: n.Aggregate, operator: Any, value: Any, want: bool, place: Place) -> str | None:
        interval, view = leaf.interval, place.view
        stays = interval.within is None and not interval.since
        closed = self._closed(interval, view)
        of = _called(leaf, events(leaf.pattern, self.program).any)
        if leaf.record.only_grows:
            now = view.result(leaf, place.question.zone)
            low = now if stays else 0
            high: Number = math.inf
            if closed is not None:
                some_day = attrs.evolve(leaf, interval=attrs.evolve(interval, older=0))
                high = view.result(some_day, place.question.zone)
            if Range(low, high).meets(operator, value) is not (not want):
                return None
            return f"{of}: {closed}" if closed else f"{of} is already {low} and can't decrease"
        fixed = closed is not None and stays and not interval.older
        if not stays:
            return None
        values = view.values(leaf)
        if fixed:
            # Nothing comes and nothing leaves: its value is final.
            return f"{of}: {closed}"
        if leaf.record.picks == "first" and values and not compare(values[0], operator, value) and want:
            first = view.counted(leaf)[0].event
            value = data(values[0])
            return f"{of} is {value}, from {self._on(first.at)}, and can't change"
        if leaf.record.picks in ("least", "greatest") and values and want:
            now = view.result(leaf, place.question.zone)
            greatest = leaf.record.picks == "greatest"
            only = ("<", "<=") if greatest else (">", ">=")
            if compare(now, ">" if greatest else "<", value) and operator in (*only, "="):
                return f"{of} is already {data(now)} and can't {'decrease' if greatest else 'increase'}"
        return None

    def _of_sequence(self, node: n.Sequence, want: bool, view: View) -> str | None:
        if not want:
            if node.interval.within is None and not node.interval.since:
                return "the events have already happened in this order"
            return None
        closed = self._closed(node.interval, view)
        return None if closed is None or node.interval.older or node.final is not None else closed

    def _of_split(self, node: n.Split, want: bool, place: Place) -> str | None:
        parts = place.view.parts(node.path)
        if len(parts) > 50:
            return None
        reasons = []
        for key, part in parts.items():
            inside = place.part(node, key, None)
            if not want and not inside.holds(node.condition):
                continue
            reasons.append(self.why(node.condition, want, attrs.evolve(inside, view=part)))
            if not want and reasons[-1] is not None and place.trial.parts(node).get(key) is not None:
                return reasons[-1]
        if not want:
            return None
        fresh = place.part(node, ("nothing", None), None)
        reasons.append(None if fresh.holds(node.condition) else self.why(node.condition, True, fresh))
        return None if None in reasons else reasons[-1]

    # -- scores ----------------------------------------------------------------------------------------------------

    def _of_score(self, score: n.Score, operator: Any, value: Any, want: bool, place: Place) -> str | None:
        low: Number = 0
        high: Number = 0
        for line in score.lines:
            least, most = self._of_line(line, place)
            low, high = low + least, high + most
        if score.low is not None and score.high is not None:
            low, high = (min(max(end, score.low), score.high) for end in (low, high))
        if Range(low, high, whole=False).meets(operator, value) is not (not want):
            return None
        name = self.program.scores[score.name].name
        if high != math.inf:
            return f"the score “{name}” can reach at most {_points(high)} points"
        return f"the score “{name}” can't fall below {_points(low)} points"

    def _of_line(self, line: n.EventPoints | n.ConditionPoints, place: Place) -> tuple[Number, Number]:
        if isinstance(line, n.ConditionPoints):
            now = place.holds(line.condition)
            changes = self.why(line.condition, not now, place) is None
            ends = [line.points] if now else [0]
            ends += ([0] if now else [line.points]) if changes else []
            return min(ends), max(ends)
        found, _ = self._range(line.pattern, line.interval, place.view)
        low, high = found.low, found.high
        if not line.every:
            low, high = min(low, 1), min(high, 1)
        least: Number = 0 if line.halving is not None else _of(line.points, low)
        most = _of(line.points, high)
        least, most = (_capped(end, line.cap) for end in (least, most))
        return min(least, most), max(least, most)


def _called(leaf: n.Aggregate, them: str) -> str:
    if leaf.path is None:
        return f"the number of days with {them}"
    return f"{leaf.record.english} {named(leaf.path)} of {them}"


def _of(points: int, many: Number) -> Number:
    return 0 if not many or not points else points * many


def _capped(points: Number, cap: int | None) -> Number:
    return points if cap is None else max(-cap, min(cap, points))


def _points(millionths: Number) -> str:
    exact = Fraction(millionths) / 1_000_000
    return str(int(exact)) if exact.denominator == 1 else str(float(exact))


def _times(many: int) -> str:
    return {1: "once", 2: "twice"}.get(many, f"{many} times")
