"""What each node keeps for a lead, and the instants that can change it.

The bound is that of the incremental engine's state, evidence included: how many events it keeps at most, or what the
number grows with. Nothing grows with the length of a history unless its bound says so.
"""

from collections.abc import Iterable, Iterator
from typing import Literal

import attrs

from mqlrules.plan import nodes as n
from mqlrules.plan.dependencies import BOTH, Cause, causes, moved_by_time
from mqlrules.plan.lower import walk

Growth = Literal["fixed", "window", "rate", "values", "history"]
"""What the state of a lead grows with: nothing; the events in a window; the events in a delay; the number of values
that ``with same`` splits by; the length of the history.
"""

_WORST_FIRST: tuple[Growth, ...] = ("history", "values", "rate", "window", "fixed")


@attrs.frozen
class Bound:
    """How much of a history is kept. ``events`` is the number of events where that is fixed; ``span`` the microseconds
    of history that are kept where it is a window or a delay; ``reason`` says why, in plain words."""

    growth: Growth
    reason: str
    events: int | None = None
    span: int | None = None


@attrs.frozen
class Instants:
    """When a node can change with no event: at an event's time plus one of ``after``, in microseconds.

    ``again`` are halvings: every multiple of them, until nothing is left of an event's points.
    """

    after: frozenset[int] = frozenset()
    again: frozenset[int] = frozenset()


def bounds(node: n.Node | n.Score) -> Iterator[tuple[n.Leaf | n.EventPoints, Bound]]:
    """The leaves below a node (and the lines of its scores), each with what it keeps."""
    kept = _counted(node)
    for inner in walk([node]):
        match inner:
            case n.Count():
                yield inner, _of_count(inner, kept.get(inner, 1))
            case n.Aggregate():
                yield inner, _of_events(inner.interval, inner.record.keeps)
            case n.Sequence():
                yield inner, _of_sequence(inner)
            case n.Split():
                yield inner, Bound("values", "each value that `with same` splits by has a state of its own")
            case n.Score(lines=lines):
                for line in lines:
                    if isinstance(line, n.EventPoints):
                        yield line, _of_line(line)


def bound(node: n.Node | n.Score) -> Bound:
    """The bound of a whole condition: the worst of its leaves."""
    found = [of for _, of in bounds(node)]
    if not found:
        return Bound("fixed", "it reads traits alone", 0)
    worst = min(found, key=lambda of: _WORST_FIRST.index(of.growth))
    if worst.growth == "fixed":
        return Bound("fixed", worst.reason, sum(of.events or 0 for of in found))
    return worst


def instants(node: n.Node | n.Score) -> Instants:
    """The instants at which a node can become true or false (a score: rise or fall) with no event (section 8)."""
    after: set[int] = set()
    again: set[int] = set()
    for cause in {cause: None for way in BOTH for cause in causes(node, way)}:
        if moved_by_time(cause):
            one, more = _instants(cause)
            after |= one
            again |= more
    return Instants(frozenset(after), frozenset(again))


def horizon(roots: Iterable[n.Node | n.Score]) -> int | None:
    """How far back conditions and scores look, in microseconds; None if one looks back without end.

    Traits, and what events have taught about them, don't count: they are kept with the lead.
    """
    spans: list[int | None] = [0]
    for node in walk(roots):
        match node:
            case n.Count() | n.Aggregate() | n.Sequence():
                spans.append(node.interval.horizon)
            case n.Split():
                # A part that an event once made stays, and conditions on absence may hold of it at any time.
                spans.append(None)
            case n.Score(lines=lines):
                spans += [_line_horizon(line) for line in lines if isinstance(line, n.EventPoints)]
    known = [span for span in spans if span is not None]
    return max(known) if len(known) == len(spans) else None


def _line_horizon(line: n.EventPoints) -> int | None:
    visible = line.interval.horizon
    if line.halving is None or line.interval.anchors:
        return visible
    spent = _spent_after(line, line.halving) + line.interval.older
    return spent if visible is None else min(spent, visible)


def _spent_after(line: n.EventPoints, halving: int) -> int:
    """When an event's points are rounded to 0: they have been halved more often than they have binary digits."""
    return halving * (abs(line.points).bit_length() + 1)


def _instants(cause: Cause) -> tuple[set[int], set[int]]:
    leaf = cause.leaf
    assert not isinstance(leaf, (n.Trait, n.Split)), "time does not move them"
    after = {duration for duration in (leaf.interval.within, leaf.interval.older) if duration}
    again: set[int] = set()
    match leaf:
        case n.Sequence(final=n.Quiet(lasting=lasting)):
            after.add(lasting)
        case n.EventPoints(halving=int(halving)):
            again.add(halving)
    return after, again


def _counted(node: n.Node | n.Score) -> dict[n.Leaf, int | None]:
    """How many of its latest matches each count keeps, as its comparisons ask; None for all."""
    kept: dict[n.Leaf, int | None] = {}
    for inner in walk([node]):
        match inner:
            case n.Compare(leaf=n.Count() as leaf, operator=operator, value=int(value)):
                asked = matches_kept(operator, value)
                before = kept.get(leaf, 1)
                kept[leaf] = None if asked is None or before is None else max(asked, before)
    return kept


def matches_kept(operator: str, number: int) -> int | None:
    """How many of the latest matches decide ``P op number`` and are its evidence; None for all."""
    if operator == "!=":
        return None
    return max(number if operator in (">=", "<") else number + 1, 1)


def _of_count(leaf: n.Count, kept: int | None) -> Bound:
    if kept is None:
        return _of_events(leaf.interval, "the evidence of `!=` is all that were counted")
    if leaf.interval.older:
        return _delayed(leaf.interval)
    return Bound("fixed", f"the latest {kept} decide" if kept > 1 else "the latest decides", kept)


def _of_events(interval: n.Interval, reason: str) -> Bound:
    if interval.within is not None:
        return Bound("window", reason, span=interval.within)
    return Bound("history", f"{reason}, and no `within` ends their time")


def _of_line(line: n.EventPoints) -> Bound:
    if not line.every:
        return _delayed(line.interval) if line.interval.older else Bound("fixed", "the latest decides", 1)
    if line.halving is not None:
        span = _spent_after(line, line.halving)
        span = span if line.interval.within is None else min(span, line.interval.within)
        return Bound("window", "events carry points until these are halved to nothing", span=span)
    return _of_events(line.interval, "all events that carry points are its evidence")


def _of_sequence(leaf: n.Sequence) -> Bound:
    if leaf.interval.older:
        return _delayed(leaf.interval)
    waits = [step.after for step in leaf.steps] + [step.quiet.lasting for step in leaf.steps if step.quiet]
    waits += [leaf.final.lasting] if leaf.final else []
    if any(waits):
        return Bound("rate", "each start waits for its gap or its quiet time to pass", span=max(waits))
    return Bound("fixed", "the latest choice of each step decides", _sequence_events(leaf))


def _sequence_events(leaf: n.Sequence) -> int:
    """A chain a step, each of all steps up to it; a step that counts keeps its latest matches and a chain for each."""
    counts = [step.count for step in leaf.steps]
    chains = sum(sum(counts[: k + 1]) * (1 if k + 1 == len(counts) else counts[k + 1]) for k in range(len(counts)))
    return chains + sum(count for count in counts if count > 1)


def _delayed(interval: n.Interval) -> Bound:
    return Bound("rate", "events wait until they are older than asked", span=interval.older)
