"""The tree of a condition: what each part asks, and its state for one lead."""

from collections.abc import Iterator, Sequence
from typing import Any

from mqlrules.check import program as p
from mqlrules.engine.reference.scores import halved
from mqlrules.engine.reference.visible import Placed
from mqlrules.engine.results import points as as_points
from mqlrules.explain.clock import Clock
from mqlrules.explain.conditions import any_window, leaf, silence, step_words, together
from mqlrules.explain.describe import event_line
from mqlrules.explain.model import Part, PartKind, Span
from mqlrules.explain.question import Asked, Place
from mqlrules.explain.view import Attempt, View, attempts, breaking, completed, deadline
from mqlrules.explain.windows import Term, Window, term
from mqlrules.explain.wording import counted, data, millionths, named, quoted
from mqlrules.language.values import at_path
from mqlrules.plan import nodes as n
from mqlrules.plan.lower import Lower

_PARTS_SHOWN = 3


def asked_nodes(condition: p.Condition, program: p.Program, lower: Lower) -> list[n.Node]:
    """The nodes that the tree of a condition asks of a lead as a whole, not of parts that ``with same`` makes."""
    found: dict[n.Node, None] = {}

    def walk(of: Term) -> None:
        if of.window.split is None:
            found[_lowered(of, lower)] = None
        for inner in of.inner():
            walk(inner)

    walk(term(condition, Window(program)))
    return list(found)


def _lowered(of: Term, lower: Lower) -> n.Node:
    """The node of a term without its negation."""
    return lower(of.node, of.window.interval, of.window.scope)


class Tree:
    """Draws up the tree of one condition for one lead. ``lower`` must be the lowering that ``asked`` was made with."""

    def __init__(self, program: p.Program, lower: Lower, asked: Asked, clock: Clock) -> None:
        self.program = program
        self.lower = lower
        self.asked = asked
        self.clock = clock
        self.some_windows = False

    def root(self, condition: p.Condition) -> Part:
        """The whole condition."""
        self.some_windows = any_window(condition)
        return self._part(term(condition, Window(self.program)), None)

    def _part(self, of: Term, place: Place | None) -> Part:
        """``place`` is one part of a ``with same``, if the term is inside one."""
        match of.node:
            case p.And() | p.Or():
                return self._joined(of, place)
            case p.Count():
                return self._count(of, of.node, place)
            case p.Aggregate():
                return self._aggregate(of, place)
            case p.Trait(test=test):
                value = at_path(self.asked.trial.traits, test.path)
                return self._made("trait", of, place, "unknown" if value is None else data(value))
            case p.SegmentTest():
                parts = tuple(self._part(inner, place) for inner in of.inner())
                return self._made("segment", of, place, "", parts=parts)
            case p.ScoreTest():
                return self._score(of, of.node, place)
            case p.Sequence():
                return self._sequence(of, of.node, place)
            case p.WithSame():
                return self._same(of, of.node)
            case p.Not() | p.Restricted():
                return self._part(term(*of), place)

    def _made(
        self,
        kind: PartKind,
        of: Term,
        place: Place | None,
        value: str,
        found: Sequence[Placed] = (),
        asks: str | None = None,
        **more: Any,
    ) -> Part:
        """A part, with whether it holds, since when and until when; if it is negated, the other way round."""
        asks = leaf(of, self.some_windows).text if asks is None else asks
        node = _lowered(of, self.lower)
        events = tuple(one.event for one in found)
        if place is not None:
            return Part(kind, asks, value, place.holds(node) != of.negated, events, **more)
        spans = self.asked.spans(node)
        if of.negated:
            placed = self.asked.view.placed
            spans = tuple(_between(spans, placed[0].event.at if placed else None))
        holds = self.asked.holds(node) != of.negated
        return Part(kind, asks, value, holds, events, self.asked.since(node), self.asked.until(node), spans, **more)

    def _view(self, place: Place | None) -> View:
        return self.asked.view if place is None else place.view

    def _listed(self, value: str, found: Sequence[Placed]) -> str:
        days = self.clock.days([one.event for one in found])
        return f"{value}: {days}" if days else value

    def _joined(self, of: Term, place: Place | None) -> Part:
        parts = tuple(self._part(operand, place) for operand in of.operands())
        value = f"{sum(part.holds is True for part in parts)} of {len(parts)}"
        asks = f"{'both' if len(parts) == 2 else 'all'} of these" if of.joins_all else "at least one of these"
        return self._made("all" if of.joins_all else "any", of, place, value, asks=asks, parts=parts)

    # -- counts and aggregates -------------------------------------------------------------------------------------

    def _count(self, of: Term, node: p.Count, place: Place | None) -> Part:
        view, interval = self._view(place), of.window.interval
        found = view.visible(node.pattern, interval)
        value = self._listed(_of(len(found), 0 if of.negated else _needed(node.operator, node.number)), found)
        return self._made("count", of, place, value, found, window=view.window(interval))

    def _aggregate(self, of: Term, place: Place | None) -> Part:
        view, node = self._view(place), _lowered(of, self.lower)
        assert isinstance(node, n.Compare)
        assert isinstance(node.leaf, n.Aggregate)
        found = view.counted(node.leaf)
        value = view.result(node.leaf, self.asked.question.zone)
        shown = "none" if value is None else data(value)
        if node.leaf.path is None:
            shown = _of(value, 0 if of.negated else _needed(node.operator, node.value))
        elif found:
            shown = f"{shown}, of {counted(f'{len(found):,}', 'event')}"
        window = view.window(of.window.interval)
        return self._made("aggregate", of, place, self._listed(shown, found), found, window=window)

    # -- scores ----------------------------------------------------------------------------------------------------

    def _score(self, of: Term, test: p.ScoreTest, place: Place | None) -> Part:
        node = _lowered(of, self.lower)
        assert isinstance(node, n.Compare)
        assert isinstance(node.leaf, n.Score)
        pairs = zip(self.program.scores[test.score].lines, node.leaf.lines, strict=True)
        lines = tuple(self._line(line, low) for line, low in pairs)
        now = self.asked.points(node.leaf)
        total = sum(round(part.points * 1_000_000) for part in lines if part.points is not None)
        clamped = "" if total == now else f" (the lines add up to {millionths(total)})"
        value = f"{counted(millionths(now), 'point')}{clamped}"
        return self._made("score", of, place, value, points=as_points(now), parts=lines)

    def _line(self, line: p.ScoreLine, lowered: n.EventPoints | n.ConditionPoints) -> Part:
        points = f"{'+' if line.points >= 0 else ''}{millionths(line.points)}"
        if isinstance(line, p.ConditionLine):
            part = self._part(term(line.condition, Window(self.program)), None)
            gives = line.points if part.holds else 0
            return Part("line", f"{points} while true", millionths(gives), None, points=as_points(gives), parts=(part,))
        assert isinstance(lowered, n.EventPoints)
        found = self.asked.view.visible(line.pattern, lowered.interval)[0 if line.every else -1 :]
        given = [halved(line.points, line.halving, self.asked.now - one.event.at) for one in found]
        found = [one for one, points in zip(found, given, strict=True) if points]
        gives = sum(given)
        capped = gives if line.cap is None else max(-line.cap, min(line.cap, gives))
        value = millionths(capped) if capped == gives else f"{millionths(capped)} (capped, from {millionths(gives)})"
        return Part(
            "line", f"{points} {', '.join(event_line(line, self.program))}", self._listed(value, found), None,
            tuple(one.event for one in found), window=self.asked.view.window(lowered.interval),
            points=as_points(capped),
        )  # fmt: skip

    # -- sequences -------------------------------------------------------------------------------------------------

    def _sequence(self, of: Term, node: p.Sequence, place: Place | None) -> Part:
        view, sequence = self._view(place), _lowered(of, self.lower)
        assert isinstance(sequence, n.Sequence)
        holds = self.asked.holds(sequence) if place is None else place.holds(sequence)
        done = [attempt for attempt in attempts(sequence, view) if attempt is not None]
        # A choice that has all steps but a broken silence has come furthest too.
        attempt = (completed(sequence, view) if holds else None) or (done[-1] if done else None)
        steps = [] if attempt is None else attempt.steps()
        parts = []
        for k, step in enumerate(node.steps):
            asks = f"{'then ' if k else ''}{step_words(step, of.window)}"
            if k < len(steps):
                events = tuple(one.event for one in steps[k])
                parts.append(Part("step", asks, self.clock.days(events), True, events))
            else:
                value = self._missing(sequence, attempt, k, view) if k == len(steps) else ""
                parts.append(Part("step", asks, value, False))
        if node.final is not None:
            whole = attempt if len(steps) == len(node.steps) else None
            asks = f"then {silence(node.final, of.window)}"
            parts.append(self._silence(asks, sequence, whole, view, holds))
        value = f"{sum(part.holds is True for part in parts)} of {len(parts)} steps"
        asks = f"these events have{' not' if of.negated else ''} happened"
        asks += f" in this order{together(node, of.window)}" if len(parts) > 1 else ""
        found = [one for step in steps for one in step]
        return self._made("sequence", of, place, value, found, asks, window=view.window(of.window.interval),
                          parts=tuple(parts))  # fmt: skip

    def _missing(self, sequence: n.Sequence, attempt: Attempt | None, reached: int, view: View) -> str:
        step = sequence.steps[reached]
        after = -1 if attempt is None else attempt.end.position
        partly = sum(one.position > after for one in view.visible(step.pattern, sequence.interval))
        said = f"{partly} of {step.count} so far" if step.count > 1 and partly else "not yet"
        if attempt is None:
            return said
        limit = deadline(sequence, attempt, reached)
        if limit is not None and limit <= self.asked.now:
            return f"{said}; too late since {self.clock.instant(limit)}"
        earliest = attempt.end.event.at + max(step.after, step.quiet.lasting if step.quiet else 0)
        if earliest > max(self.asked.now, attempt.end.event.at):
            said += f"; no earlier than {self.clock.instant(earliest)}"
        return said if limit is None else f"{said}; it must come before {self.clock.instant(limit)}"

    def _silence(self, asks: str, sequence: n.Sequence, attempt: Attempt | None, view: View, holds: bool) -> Part:
        assert sequence.final is not None
        if attempt is None or holds:
            return Part("step", asks, "", holds)
        end = attempt.end.event.at + sequence.final.lasting
        broken = breaking(sequence.final, attempt.end, view)
        if broken is None:
            return Part("step", asks, f"over on {self.clock.instant(end)}", False, until=end)
        value = f"broken by {quoted(broken.event.event)} on {self.clock.instant(broken.event.at)}"
        return Part("step", asks, value, False, (broken.event,))

    # -- with same -------------------------------------------------------------------------------------------------

    def _same(self, of: Term, node: p.WithSame) -> Part:
        split = _lowered(of, self.lower)
        assert isinstance(split, n.Split)
        [inside] = of.inner()
        base, parts = self.asked.place(), self.asked.view.parts(node.path)
        places = [
            base.part(split, key, parts[key].latest(node.path)) for key in self.asked.trial.parts(split) if key in parts
        ]
        held = [place.holds(split.condition) for place in places]
        order = sorted(zip(held, places, strict=True), key=lambda one: (one[0], one[1].view.placed[-1].position))
        shown = []
        for _, place in reversed(order[-_PARTS_SHOWN:]):
            part = self._part(inside, place)
            shown.append(Part("value", f"{named(node.path)} {data(place.value)}", "", part.holds, parts=(part,)))
        value = f"{sum(held):,} of {len(held):,} values" if held else "no event has a value yet"
        value += f", {len(held) - len(shown):,} not shown" if len(held) > len(shown) else ""
        asks = f"there is no {named(node.path)} for which" if of.negated else f"for the same {named(node.path)}"
        return self._made("same", of, None, value, asks=asks, parts=tuple(shown))


def _needed(operator: str, number: object) -> int:
    """How many are enough, or 0 if the comparison asks for something else."""
    return number + (operator == ">") if isinstance(number, int) and operator in (">=", ">") else 0


def _of(found: int, needed: int) -> str:
    """``1 of 2``, ``6 (needs 1)``."""
    if not needed:
        return f"{found:,}"
    return f"{found:,} of {needed:,}" if found <= needed else f"{found:,} (needs {needed:,})"


def _between(spans: Sequence[Span], begin: int | None) -> Iterator[Span]:
    """The time outside of spans."""
    start = begin
    for span in spans:
        if span.start is not None and span.start != start:
            yield Span(start, span.start)
        if span.end is None:
            return
        start = span.end
    yield Span(start, None)
