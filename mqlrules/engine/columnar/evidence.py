"""Evidence: the rows that a person would point at, for one group at one point (section 8, last paragraphs)."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from typing import assert_never

import attrs

from mqlrules.engine.columnar.evaluate import Evaluation
from mqlrules.engine.columnar.grouped_rows import GroupedRows
from mqlrules.engine.columnar.groups import Groups
from mqlrules.engine.columnar.match_starts import MatchStarts
from mqlrules.engine.columnar.requirements import Matches, counted_by, matching
from mqlrules.engine.columnar.score_steps import halvings
from mqlrules.engine.columnar.truth_changes import TruthChanges
from mqlrules.plan import nodes as n

Found = frozenset[int]
NOTHING: Found = frozenset()


@attrs.frozen
class Place:
    """A point of a group: after the event at ``row`` or, if that is -1, when something is due at ``time``."""

    group: int
    time: int
    row: int


def evidence(over: Evaluation, node: n.Node, place: Place) -> Found:
    """The rows that are evidence of a node that holds at a place."""
    match node:
        case n.And(operands=operands):
            return NOTHING.union(*(evidence(over, operand, place) for operand in operands))
        case n.Or(operands=operands):
            return evidence(over, next(operand for operand in operands if holds(over, operand, place)), place)
        case n.Not() | n.Trait():
            return NOTHING
        case n.Compare():
            return _of_comparison(over, node, place)
        case n.Sequence():
            return _of_sequence(over, node, place)
        case n.Split(condition=condition):
            parts = over.parts(node)
            assert parts is not None
            inner, of = parts
            places = [attrs.evolve(place, group=int(part)) for part in (of == place.group).nonzero()[0]]
            found = [evidence(inner, condition, at) for at in places if holds(inner, condition, at)]
            return max(found, key=lambda rows: sorted(rows, reverse=True))
        case _:
            assert_never(node)


def holds(over: Evaluation, node: n.Node, place: Place) -> bool:
    """Whether a node holds at a place."""
    return changes_up_to(over.truth(node), place) % 2 == 1


def changes_up_to(changes: TruthChanges, place: Place) -> int:
    """How many changes come before a place or at it."""
    first, last = int(changes.offsets[place.group]), int(changes.offsets[place.group + 1])
    at = first + bisect_left(changes.times[first:last], place.time)
    while at < last and changes.times[at] == place.time and changes.rows[at] <= place.row:
        at += 1
    return at - first


def _of_comparison(over: Evaluation, node: n.Compare, place: Place) -> Found:
    match node.leaf:
        case n.Count() as leaf:
            found = _visible(over.groups, matching(leaf.pattern), leaf.interval, place)
            assert isinstance(node.value, int)
            enough = {">=": node.value, ">": node.value + 1}.get(node.operator, len(found))
            return frozenset(found[max(len(found) - enough, 0) :])
        case n.Aggregate() as leaf:
            return frozenset(_visible(over.groups, counted_by(leaf), leaf.interval, place))
        case n.Score() as score:
            whole, lead = over.around(place.group)
            return _of_score(whole, score, attrs.evolve(place, group=lead))
        case _:
            assert_never(node.leaf)


# -- visible rows --------------------------------------------------------------------------------------------------


def _of_group(rows: GroupedRows, group: int) -> list[int]:
    found: list[int] = rows.rows[rows.offsets[group] : rows.offsets[group + 1]].tolist()
    return found


def _so_far(groups: Groups, given: GroupedRows, place: Place) -> list[int]:
    """The rows of a group up to a place."""
    rows = _of_group(given, place.group)
    if place.row >= 0:
        return rows[: bisect_right(rows, place.row)]
    return rows[: bisect_left(rows, place.time, key=groups.table.times.__getitem__)]


def _floor(groups: Groups, interval: n.Interval, place: Place) -> int | None:
    """The latest floor: only rows after it are visible. None if nothing is visible."""
    floors = groups.floors(interval)
    if floors is None:
        return -1
    rows = _so_far(groups, floors, place)
    return rows[-1] if rows else None


def _begin(interval: n.Interval, place: Place) -> int:
    """The instant after which rows are inside the window."""
    return -(2**63) if interval.within is None else place.time - interval.within


def _visible(groups: Groups, matches: Matches, interval: n.Interval, place: Place) -> list[int]:
    floor, begin, times = _floor(groups, interval, place), _begin(interval, place), groups.table.times
    if floor is None:
        return []
    rows = _so_far(groups, groups.visible(matches, interval), place)
    return [row for row in rows if row > floor and begin < times[row] <= place.time - interval.older]


# -- scores and sequences ------------------------------------------------------------------------------------------


def _of_score(over: Evaluation, score: n.Score, place: Place) -> Found:
    found = NOTHING
    for line in score.lines:
        if isinstance(line, n.ConditionPoints):
            if holds(over, line.condition, place):
                found |= evidence(over, line.condition, place)
            continue
        rows = _visible(over.groups, matching(line.pattern), line.interval, place)
        carrying = rows if line.every else rows[-1:]
        if line.halving is not None:
            times, last = over.groups.table.times, len(halvings(line.points)) - 1
            carrying = [row for row in carrying if (place.time - times[row]) // line.halving < last]
        if line.points:
            found |= frozenset(carrying)
    return found


def _of_sequence(over: Evaluation, node: n.Sequence, place: Place) -> Found:
    """The choice whose positions are latest, compared from the last step backwards."""
    groups, times, steps = over.groups, over.groups.table.times, over.steps(node)
    floor, begin = _floor(groups, node.interval, place), _begin(node.interval, place)
    assert floor is not None, "a sequence holds, so something is visible"

    def completing(matches: MatchStarts) -> Iterator[tuple[int, int]]:
        """The rows that complete a step of a choice that is visible, the latest first, with their places."""
        first = int(matches.offsets[place.group])
        rows = _so_far(groups, matches.hits, place)
        for at in range(len(rows) - 1, -1, -1):
            start = matches.starts[first + at]
            if start > floor and times[start] > begin:
                yield rows[at], at

    lasting = 0 if node.final is None else node.final.lasting
    row, at = next(
        (row, at)
        for row, at in completing(over.sequence(node))
        if times[row] <= place.time - max(node.interval.older, lasting)
    )
    found: set[int] = set()
    for k in range(len(node.steps) - 1, -1, -1):
        step, of_step = node.steps[k], _of_group(steps[k].hits, place.group)
        earliest = of_step[at - step.count + 1]
        found.update(of_step[at - step.count + 1 : at + 1])
        if k > 0:
            can_follow = _following(groups, node, step, row, place.group)
            row, at = next((r, number) for r, number in completing(steps[k - 1]) if r < earliest and can_follow(r))
    return frozenset(found)


def _following(groups: Groups, node: n.Sequence, step: n.Step, row: int, group: int) -> Callable[[int], bool]:
    """Whether a step can be completed at ``row`` if the step before it was completed at the row asked (section 6)."""
    times, absent, quiet = groups.table.times, list[int](), list[int]()
    if step.absent is not None:
        absent = _of_group(groups.visible(matching(step.absent), node.interval), group)
    if step.quiet is not None:
        quiet = _of_group(groups.rows(matching(step.quiet.pattern)), group)

    def can_follow(before: int) -> bool:
        elapsed = times[row] - times[before]
        if elapsed < step.after or (step.within is not None and elapsed >= step.within):
            return False
        if bisect_left(absent, row) > bisect_right(absent, before):
            return False
        if step.quiet is None:
            return True
        after = bisect_right(quiet, before)
        broken = after < len(quiet) and times[quiet[after]] < times[before] + step.quiet.lasting
        return bool(elapsed >= step.quiet.lasting and not broken)

    return can_follow
