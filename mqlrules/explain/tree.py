"""The tree of a condition: what each part asks, and how it stands with the lead."""

from collections.abc import Sequence
from typing import Any

import attrs

from mqlrules.check import program as p
from mqlrules.engine.reference.scores import halved
from mqlrules.engine.reference.visible import Placed
from mqlrules.engine.results import points as as_points
from mqlrules.explain.attempts import attempts, breaking, completed, open_end
from mqlrules.explain.clock import Clock
from mqlrules.explain.conditions import any_window, joined, leaf
from mqlrules.explain.counting import counted, result
from mqlrules.explain.describe import event_line
from mqlrules.explain.document import Clause
from mqlrules.explain.events import events
from mqlrules.explain.model import Part, PartKind, Span
from mqlrules.explain.question import Asked, Place
from mqlrules.explain.sequences import step_words
from mqlrules.explain.view import Seen
from mqlrules.explain.windows import Window
from mqlrules.explain.wording import counted as number_of
from mqlrules.explain.wording import data, duration, millionths, named, quoted
from mqlrules.language.values import at_path
from mqlrules.plan import nodes as n
from mqlrules.plan.interval import Interval, Scope
from mqlrules.plan.lower import Lower

_PARTS_SHOWN = 3


@attrs.frozen(eq=False)
class Where:
    """The surroundings of a part: what is visible to it, whether it is negated, and the part of a ``with same``."""

    window: Window
    negated: bool = False
    place: Place | None = None

    @property
    def interval(self) -> Interval:
        return self.window.interval

    @property
    def scope(self) -> Scope:
        return self.window.scope


class Tree:
    """Draws up the tree of one condition for one lead. ``lower`` must be the lowering that ``asked`` was made with."""

    def __init__(self, program: p.Program, lower: Lower, asked: Asked, clock: Clock, condition: p.Condition) -> None:
        self.program = program
        self.lower = lower
        self.asked = asked
        self.clock = clock
        self.some_windows = any_window(condition)
        self.condition = condition

    def root(self) -> Part:
        """The whole condition."""
        return self._part(self.condition, Where(Window(self.program)))

    # -- what is shared by all -------------------------------------------------------------------------------------

    def _part(self, node: p.Condition, where: Where) -> Part:
        match node:
            case p.Not(operand=operand):
                return self._part(operand, attrs.evolve(where, negated=not where.negated))
            case p.Restricted(condition=inner, restrictions=restrictions):
                return self._part(inner, attrs.evolve(where, window=where.window.narrowed(restrictions)))
            case p.And() | p.Or():
                return self._joined(node, where)
            case p.Count():
                return self._count(node, where)
            case p.Aggregate():
                return self._aggregate(node, where)
            case p.Trait():
                return self._trait(node, where)
            case p.SegmentTest(segment=name):
                inside = attrs.evolve(where, negated=False)
                parts = (self._part(self.program.segments[name].condition, inside),)
                return self._made("segment", node, where, "", parts=parts)
            case p.ScoreTest():
                return self._score(node, where)
            case p.Sequence():
                return self._sequence(node, where)
            case p.WithSame():
                return self._same(node, where)

    def _made(
        self,
        kind: PartKind,
        node: p.Condition,
        where: Where,
        value: str,
        found: Sequence[Placed] = (),
        **more: Any,
    ) -> Part:
        clause = more.pop("clause", None) or leaf(node, where.window, where.negated, self.some_windows)
        lowered = self.lower(node, where.interval, where.scope)
        return Part(
            kind, clause.text, value, events=tuple(one.event for one in found), **self._truth(lowered, where), **more
        )

    def _truth(self, lowered: n.Node, where: Where) -> dict[str, Any]:
        """Whether it holds, since when and until when; of what is denied, the other way round."""
        if where.place is not None:
            return {"holds": where.place.holds(lowered) != where.negated}
        spans = self.asked.spans(lowered)
        if where.negated:
            spans = _between(spans, self._begin())
        return {
            "holds": self.asked.holds(lowered) != where.negated,
            "since": self.asked.since(lowered),
            "until": self.asked.until(lowered),
            "spans": spans,
        }

    def _begin(self) -> int | None:
        placed = self.asked.seen.placed
        return placed[0].event.at if placed else None

    def _seen(self, where: Where) -> Seen:
        return self.asked.seen if where.place is None else where.place.seen

    def _joined(self, node: p.And[p.Condition] | p.Or[p.Condition], where: Where) -> Part:
        parts = []
        for part, window, negated in joined(node, where.window, where.negated):
            parts.append(self._part(part, attrs.evolve(where, window=window, negated=negated)))
        every = isinstance(node, p.And) != where.negated
        held = sum(part.holds is True for part in parts)
        said = ("both of these" if len(parts) == 2 else "all of these") if every else "at least one of these"
        value = f"{held} of {len(parts)}"
        return self._made("all" if every else "any", node, where, value, clause=Clause(said), parts=tuple(parts))

    # -- counts and aggregates -------------------------------------------------------------------------------------

    def _count(self, node: p.Count, where: Where) -> Part:
        found = self._seen(where).visible(node.pattern, where.interval)
        operator, many = node.operator, node.number
        needed = _needed(operator, many) if not where.negated else 0
        return self._made(
            "count", node, where, self._listed(_of(len(found), needed), found), found,
            window=self._seen(where).window(where.interval),
        )  # fmt: skip

    def _listed(self, value: str, found: Sequence[Placed]) -> str:
        days = self.clock.days([one.event for one in found])
        return f"{value}: {days}" if days else value

    def _aggregate(self, node: p.Aggregate, where: Where) -> Part:
        seen = self._seen(where)
        lowered = self.lower(node, where.interval, where.scope)
        assert isinstance(lowered, n.Compare)
        assert isinstance(lowered.leaf, n.Aggregate)
        found = counted(lowered.leaf, seen)
        value = result(lowered.leaf, seen, self.asked.question.trials.machine.zone)
        shown = "none" if value is None else data(value)
        if node.path is None:
            shown = _of(value, _needed(node.operator, node.value) if not where.negated else 0)
        elif found:
            shown = f"{shown}, of {number_of(f'{len(found):,}', 'event')}"
        return self._made(
            "aggregate", node, where, self._listed(shown, found), found, window=seen.window(where.interval)
        )

    def _trait(self, node: p.Trait, where: Where) -> Part:
        value = at_path(self.asked.trial.traits, node.test.path)
        return self._made("trait", node, where, "unknown" if value is None else data(value))

    # -- scores ----------------------------------------------------------------------------------------------------

    def _score(self, node: p.ScoreTest, where: Where) -> Part:
        score = self.program.scores[node.score]
        lowered = self.lower(node, where.interval, where.scope)
        assert isinstance(lowered, n.Compare)
        assert isinstance(lowered.leaf, n.Score)
        lines = tuple(self._line(line, low) for line, low in zip(score.lines, lowered.leaf.lines, strict=True))
        now = self.asked.points(lowered.leaf)
        total = sum(round(part.points * 1_000_000) for part in lines if part.points is not None)
        clamped = "" if total == now else f" (the lines add up to {millionths(total)})"
        return self._made(
            "score", node, where, f"{number_of(millionths(now), 'point')}{clamped}", points=as_points(now), parts=lines
        )

    def _line(self, line: p.ScoreLine, lowered: n.EventPoints | n.ConditionPoints) -> Part:
        sign = "+" if line.points >= 0 else ""
        if isinstance(line, p.ConditionLine):
            part = self._part(line.condition, Where(Window(self.program)))
            gives = line.points if part.holds else 0
            asks = f"{sign}{millionths(line.points)} while true"
            return Part("line", asks, millionths(gives), None, points=as_points(gives), parts=(part,))
        assert isinstance(lowered, n.EventPoints)
        carrying = self._carrying(lowered)
        gives = sum(each for _, each in carrying)
        capped = gives if line.cap is None else max(-line.cap, min(line.cap, gives))
        value = millionths(capped) if capped == gives else f"{millionths(capped)} (capped, from {millionths(gives)})"
        found = [one for one, _ in carrying]
        asks = f"{sign}{millionths(line.points)} {', '.join(event_line(line, self.program))}"
        return Part(
            "line", asks, self._listed(value, found), None, tuple(one.event for one in found),
            window=self.asked.seen.window(lowered.interval), points=as_points(capped),
        )  # fmt: skip

    def _carrying(self, line: n.EventPoints) -> list[tuple[Placed, int]]:
        found = self.asked.seen.visible(line.pattern, line.interval)
        counting = found if line.every else found[-1:]
        each = [(one, halved(line.points, line.halving, self.asked.now - one.event.at)) for one in counting]
        return [(one, points) for one, points in each if points]

    # -- sequences -------------------------------------------------------------------------------------------------

    def _sequence(self, node: p.Sequence, where: Where) -> Part:
        seen = self._seen(where)
        lowered = self.lower(node, where.interval, where.scope)
        assert isinstance(lowered, n.Sequence)
        holds = where.place.holds(lowered) if where.place is not None else self.asked.holds(lowered)
        whole = completed(lowered, seen) if holds else None
        done = attempts(lowered, seen)
        reached = max((k for k, attempt in enumerate(done, 1) if attempt is not None), default=0)
        # A choice that has all steps but a broken silence has come furthest, too.
        attempt = whole or (done[reached - 1] if reached else None)
        clauses = [_step_words(step, k, where.window) for k, step in enumerate(node.steps)]
        found = [] if attempt is None else attempt.all_events()
        of_step: list[tuple[Placed, ...]] = []
        back = attempt
        while back is not None:
            of_step.insert(0, back.events)
            back = back.before
        parts = []
        for k, asks in enumerate(clauses):
            if k < len(of_step):
                value, so = self.clock.days([one.event for one in of_step[k]]), True
            else:
                value, so = self._missing(lowered, attempt, reached, seen) if k == reached else "", False
            parts.append(Part("step", asks, value, so, tuple(one.event for one in of_step[k]) if so else ()))
        if node.final is not None:
            parts.append(self._silence(node.final, lowered, attempt if reached == len(clauses) else None, seen, holds))
        steps = len(parts)
        come = sum(part.holds is True for part in parts)
        return self._made(
            "sequence", node, where, f"{come} of {steps} steps", found, clause=Clause(_above(node, where)),
            window=seen.window(where.interval), parts=tuple(parts),
        )  # fmt: skip

    def _missing(self, node: n.Sequence, attempt: Any, reached: int, seen: Seen) -> str:
        step = node.steps[reached]
        after = -1 if attempt is None else attempt.end.position
        partly = [one for one in seen.visible(step.pattern, node.interval) if one.position > after]
        said = f"{len(partly)} of {step.count} so far" if step.count > 1 and partly else "not yet"
        if attempt is None:
            return said
        limit = open_end(node, attempt, reached)
        gap = max(step.after, step.quiet.lasting if step.quiet else 0)
        if limit is not None and limit <= self.asked.now:
            return f"{said}; too late since {self.clock.instant(limit)}"
        if gap and attempt.end.event.at + gap > self.asked.now:
            said += f"; no earlier than {self.clock.instant(attempt.end.event.at + gap)}"
        return said if limit is None else f"{said}; it must come before {self.clock.instant(limit)}"

    def _silence(self, final: p.Absent, node: n.Sequence, attempt: Any, seen: Seen, holds: bool) -> Part:
        assert node.final is not None
        them = events(final.pattern, self.program).any
        asks = f"then {duration(node.final.lasting)} without {them}"
        if attempt is None:
            return Part("step", asks, "", holds)
        end = attempt.end.event.at + node.final.lasting
        broken = breaking(node.final, attempt.end, seen.matching(node.final.pattern))
        if holds:
            return Part("step", asks, "", True)
        if broken is not None:
            return Part("step", asks, f"broken by {quoted(broken.event.event)} on {self._at(broken)}", False,
                        (broken.event,))  # fmt: skip
        return Part("step", asks, f"over on {self.clock.instant(end)}", False, until=end)

    def _at(self, one: Placed) -> str:
        return self.clock.instant(one.event.at)

    # -- with same -------------------------------------------------------------------------------------------------

    def _same(self, node: p.WithSame, where: Where) -> Part:
        split = self.lower(node, where.interval, where.scope)
        assert isinstance(split, n.Split)
        base = self.asked.place()
        parts = self.asked.seen.parts(node.path)
        kept = self.asked.trial.parts(split)
        inside = Where(where.window.split_by(node.path))
        standing = []
        for key in kept:
            seen = parts.get(key)
            if seen is not None and seen.placed:
                place = base.part(split, key, at_path(seen.placed[-1].event.properties, node.path))
                standing.append((place.holds(split.condition), seen.placed[-1].position, place))
        standing.sort(key=lambda one: one[:2], reverse=True)
        shown = []
        for _, _, place in standing[:_PARTS_SHOWN]:
            part = self._part(node.condition, attrs.evolve(inside, place=place))
            asks = f"{named(node.path)} {data(place.value)}"
            shown.append(Part("value", asks, "", part.holds, parts=(part,)))
        held = sum(holds for holds, _, _ in standing)
        value = f"{held:,} of {len(standing):,} values" if standing else "no event has a value yet"
        if len(standing) > len(shown):
            value += f", {len(standing) - len(shown):,} not shown"
        same = "there is no {} for which" if where.negated else "for the same {}"
        return self._made("same", node, where, value, clause=Clause(same.format(named(node.path))), parts=tuple(shown))


def asked_nodes(program: p.Program, lower: Lower, condition: p.Condition) -> list[n.Node]:
    """The nodes that the tree of a condition asks of a lead as a whole: those that a ``with same`` does not split."""
    found: dict[n.Node, None] = {}

    def walk(node: p.Condition, interval: n.Interval) -> None:
        found[lower(node, interval, "history")] = None
        match node:
            case p.And(operands=operands) | p.Or(operands=operands):
                for operand in operands:
                    walk(operand, interval)
            case p.Not(operand=operand):
                walk(operand, interval)
            case p.Restricted(condition=inner, restrictions=restrictions):
                for one in restrictions:
                    interval = interval.narrowed(one, "history")
                walk(inner, interval)
            case p.SegmentTest(segment=name):
                walk(program.segments[name].condition, interval)
            case p.ScoreTest(score=name):
                of_score(name)
            case p.WithSame(condition=inner):
                scores(inner)

    def of_score(name: str) -> None:
        for line in program.scores[name].lines:
            if isinstance(line, p.ConditionLine):
                walk(line.condition, n.EVERYTHING)

    def scores(node: p.Condition) -> None:
        # Scores are asked of the whole lead, wherever they stand.
        match node:
            case p.And(operands=operands) | p.Or(operands=operands):
                for operand in operands:
                    scores(operand)
            case p.Not(operand=inner) | p.Restricted(condition=inner):
                scores(inner)
            case p.SegmentTest(segment=name):
                scores(program.segments[name].condition)
            case p.ScoreTest(score=name):
                of_score(name)

    walk(condition, n.EVERYTHING)
    return list(found)


def _needed(operator: str, number: object) -> int:
    """How many are enough, or 0 if the comparison asks for something else."""
    return number + (operator == ">") if isinstance(number, int) and operator in (">=", ">") else 0


def _of(found: int, needed: int) -> str:
    """``1 of 2``, ``6 (needs 1)``."""
    if not needed:
        return f"{found:,}"
    return f"{found:,} of {needed:,}" if found <= needed else f"{found:,} (needs {needed:,})"


def _above(node: p.Sequence, where: Where) -> str:
    happened = "these events have not happened" if where.negated else "these events have happened"
    when = "" if where.window.is_all else f", {'both' if len(node.steps) == 2 else 'all'} {where.window.words()}"
    return f"{happened} in this order{when}" if len(node.steps) > 1 or node.final else happened


def _step_words(step: p.Step, k: int, window: Window) -> str:
    return f"{'then ' if k else ''}{step_words(step, window)}"


def _between(spans: tuple[Span, ...], begin: int | None) -> tuple[Span, ...]:
    """The time outside of spans."""
    found, start = [], begin
    for span in spans:
        if span.start is not None and span.start != start:
            found.append(Span(start, span.start))
        if span.end is None:
            return tuple(found)
        start = span.end
    return (*found, Span(start, None))
