"""Evidence: the rows that a person would point at, of one lead at one point (section 8, last paragraphs)."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator

import attrs
import numpy as np
import numpy.typing as npt

from mqlrules.engine.columnar.evaluate import Evaluation
from mqlrules.engine.columnar.grouped_rows import Listed
from mqlrules.engine.columnar.match_starts import Starts
from mqlrules.engine.columnar.requirements import Hit, hit_by, hit_of
from mqlrules.engine.columnar.score_steps import halvings
from mqlrules.engine.columnar.truth_changes import Toggles
from mqlrules.plan import nodes as n

Found = frozenset[int]
NOTHING: Found = frozenset()


@attrs.frozen
class Place:
    """A group at a point: after the event at ``row``, or, where that is -1, when something falls due at ``time``."""

    group: int
    time: int
    row: int


def evidence(over: Evaluation, node: n.Node, place: Place) -> Found:
    """The rows that are evidence of a node that holds there."""
    match node:
        case n.And(operands=operands):
            return NOTHING.union(*(evidence(over, operand, place) for operand in operands))
        case n.Or(operands=operands):
            return evidence(over, next(operand for operand in operands if holds(over, operand, place)), place)
        case n.Not() | n.Trait():
            return NOTHING
        case n.Compare(leaf=n.Count() as leaf, operator=operator, value=int(number)):
            found = _visible(over, hit_by(leaf.pattern), leaf.interval, place)
            enough = {">=": number, ">": number + 1}.get(operator, len(found))
            return frozenset(found[max(len(found) - enough, 0) :])
        case n.Compare(leaf=n.Aggregate() as leaf):
            return frozenset(_visible(over, hit_of(leaf), leaf.interval, place))
        case n.Compare(leaf=n.Score() as score):
            whole, lead = over.around(place.group)
            return _of_score(whole, score, attrs.evolve(place, group=lead))
        case n.Sequence():
            return _of_sequence(over, node, place)
        case n.Split(condition=condition):
            parts = over.parts(node)
            assert parts is not None
            inner, of = parts
            first, last = np.searchsorted(of, [place.group, place.group + 1]).tolist()
            places = [attrs.evolve(place, group=part) for part in range(first, last)]
            found_of = [evidence(inner, condition, at) for at in places if holds(inner, condition, at)]
            return max(found_of, key=lambda rows: sorted(rows, reverse=True))
        case _:
            raise TypeError(f"no condition: {node!r}")


def holds(over: Evaluation, node: n.Node, place: Place) -> bool:
    """Whether a node holds there."""
    return changes_up_to(over.truth(node), place) % 2 == 1


def changes_up_to(toggles: Toggles, place: Place) -> int:
    """How many changes lie before a point or at it."""
    first, last = int(toggles.starts[place.group]), int(toggles.starts[place.group + 1])
    low = first + bisect_left(toggles.times[first:last], place.time)
    count = low - first
    while low < last and toggles.times[low] == place.time and toggles.rows[low] <= place.row:
        low += 1
        count += 1
    return count


def _so_far(over: Evaluation, listed: Listed, place: Place) -> list[int]:
    """The listed rows of a group before a point or at it."""
    rows = _of_group(listed, place.group)
    if place.row >= 0:
        return rows[: bisect_right(rows, place.row)]
    return rows[: bisect_left(rows, place.time, key=over.table.times.__getitem__)]


def _floor(over: Evaluation, interval: n.Interval, place: Place) -> int | None:
    """The row after which alone events are visible; None if none is."""
    floors = over.floors(interval)
    if floors is None:
        return -1
    rows = _so_far(over, floors, place)
    return rows[-1] if rows else None


def _visible(over: Evaluation, hit: Hit, interval: n.Interval, place: Place) -> list[int]:
    floor = _floor(over, interval, place)
    if floor is None:
        return []
    times = over.table.times
    begin = -(2**63) if interval.within is None else place.time - interval.within
    rows = _so_far(over, over.visible(hit, interval), place)
    return [row for row in rows if row > floor and begin < times[row] <= place.time - interval.older]


def _of_score(over: Evaluation, score: n.Score, place: Place) -> Found:
    found = NOTHING
    for line in score.lines:
        if isinstance(line, n.ConditionPoints):
            if holds(over, line.condition, place):
                found |= evidence(over, line.condition, place)
            continue
        rows = _visible(over, hit_by(line.pattern), line.interval, place)
        carrying = rows if line.every else rows[-1:]
        if line.halving is not None:
            times, last = over.table.times, len(halvings(line.points)) - 1
            carrying = [row for row in carrying if (place.time - times[row]) // line.halving < last]
        if line.points:
            found |= frozenset(carrying)
    return found


def _of_sequence(over: Evaluation, node: n.Sequence, place: Place) -> Found:
    """The choice whose positions are latest, compared from the last step backwards."""
    times, levels = over.table.times, over.levels(node)
    floor = _floor(over, node.interval, place)
    assert floor is not None, "nothing is visible, and a sequence does not hold of nothing"
    begin = -(2**63) if node.interval.within is None else place.time - node.interval.within

    def completing(level: Starts) -> Iterator[tuple[int, int]]:
        """The rows that complete a step of a choice that is visible, the latest first, with their places."""
        first = int(level.hits.starts[place.group])
        rows = _so_far(over, level.hits, place)
        for at in range(len(rows) - 1, -1, -1):
            start = level.starts[first + at]
            if start > floor and times[start] > begin:
                yield rows[at], at

    lasting = 0 if node.final is None else node.final.lasting
    row, at = next(
        (row, at)
        for row, at in completing(over.sequence(node))
        if times[row] <= place.time - node.interval.older and times[row] + lasting <= place.time
    )
    found: set[int] = set()
    for k in range(len(node.steps) - 1, -1, -1):
        step = node.steps[k]
        of_step = _of_group(levels[k].hits, place.group)
        found.update(of_step[at - step.count + 1 : at + 1])
        if k > 0:
            way = _way(over, node, step, row, of_step[at - step.count + 1], place.group)
            row, at = next((before, at) for before, at in completing(levels[k - 1]) if way.leads_from(before))
    return frozenset(found)


@attrs.frozen(eq=False)
class _Way:
    """The way to a step that is completed at ``row``, from the step before it."""

    step: n.Step
    row: int
    earliest: int
    """The first of the matches that complete it."""
    times: npt.NDArray[np.int64]
    absent: list[int]
    quiet: list[int]

    def leads_from(self, before: int) -> bool:
        """Whether the step before may be completed there (section 6)."""
        step, elapsed = self.step, self.times[self.row] - self.times[before]
        if before >= self.earliest or elapsed < step.after or (step.within is not None and elapsed >= step.within):
            return False
        if bisect_left(self.absent, self.row) > bisect_right(self.absent, before):
            return False
        if step.quiet is None:
            return True
        after = bisect_right(self.quiet, before)
        broken = after < len(self.quiet) and self.times[self.quiet[after]] < self.times[before] + step.quiet.lasting
        return bool(elapsed >= step.quiet.lasting and not broken)


def _way(over: Evaluation, node: n.Sequence, step: n.Step, row: int, earliest: int, group: int) -> _Way:
    absent = [] if step.absent is None else _of_group(over.visible(hit_by(step.absent), node.interval), group)
    quiet = [] if step.quiet is None else _of_group(over.hits(hit_by(step.quiet.pattern)), group)
    return _Way(step, row, earliest, over.table.times, absent, quiet)


def _of_group(listed: Listed, group: int) -> list[int]:
    rows: list[int] = listed.rows[listed.starts[group] : listed.starts[group + 1]].tolist()
    return rows
