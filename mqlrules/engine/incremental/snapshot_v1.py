"""States of version 1, turned into arrays of version 2.

In version 1 whatever is not a number or text is an array that begins with a letter: ``e`` an event by its number, ``t``
a tuple, ``l`` a list, ``q`` a deque, ``d`` a mapping, ``p`` the chain of a plain sequence, ``c`` a partial match of
another sequence, ``o`` an object by its name, ``m`` a choice of the least or the greatest, ``v`` any other value. Cells
go by the names that kernels had then. A state is ``[stage, since, settled, position, locked, suppressed, traits, calls,
events, cells]``.
"""

import hashlib
from typing import Any

from mqlrules.engine.incremental.compile import Machine
from mqlrules.engine.incremental.plain_sequences import is_plain
from mqlrules.engine.incremental.scope_format import Leaf, ScopeFormat
from mqlrules.engine.incremental.state import Dumped
from mqlrules.plan import nodes as n
from mqlrules.plan.fingerprint import digest


class Upgrade:
    """Turns the states of one rule set. ``layout`` is the one that they were written under."""

    def __init__(self, machine: Machine, scope: ScopeFormat, fingerprint: str, digests: dict[int, str]) -> None:
        self._machine = machine
        self._format = scope
        self._digests = digests
        self._places: dict[n.Split | None, list[int | None]] = {}
        """For each place of version 1 that of version 2; None for the instants that kernels waited for."""
        names = ["1", fingerprint, *self._named(scope, None)]
        splits = [leaf for leaf in scope.leaves if isinstance(leaf, n.Split)]
        for of, split in sorted([(digest(split, digests), split) for split in splits], key=lambda pair: pair[0]):
            names += [of, *self._named(scope.parts[scope.leaves.index(split)], split)]
        self.layout = hashlib.sha256("\n".join(names).encode()).hexdigest()[:16]

    def _named(self, scope: ScopeFormat, split: n.Split | None) -> list[str]:
        named: list[tuple[str, int | None]] = []
        for place, leaf in enumerate(scope.leaves):
            of = digest(leaf, self._digests)
            named.append((f"{self._kind(leaf, split, of)}", place))
            if not isinstance(leaf, n.Anchor | n.Split):
                named.append((f"timer {of}", None))
        named.sort(key=lambda pair: pair[0])
        self._places[split] = [place for _, place in named]
        return [name for name, _ in named]

    def _kind(self, leaf: Leaf, split: n.Split | None, of: str) -> str:
        match leaf:
            case n.Anchor():
                return f"anchor {of}"
            case n.Split():
                return f"split {of}"
            case n.Count():
                return f"CountKernel {of} {self._machine.keep(split, leaf)}"
            case n.Aggregate() if leaf.record.incremental == "different":
                return f"DistinctKernel {of} "
            case n.Aggregate():
                return f"AggregateKernel {of} "
            case n.Sequence():
                return f"{'Plain' if is_plain(leaf) else ''}SequenceKernel {of} "
            case n.EventPoints(every=False):
                return f"LatestKernel {of} "
            case n.EventPoints(halving=None, interval=n.Interval(older=0)):
                return f"EveryKernel {of} "
            case n.EventPoints():
                return f"FadingKernel {of} "

    def upgraded(self, dumped: list[Any]) -> list[Any]:
        """The array of version 2."""
        stage, since, settled, position, locked, suppressed, traits, _, events, written = dumped
        cells = _Reader(self._places, [event[1] for event in events]).cells(written, self._format, None)
        events = sorted(events, key=lambda event: event[1])
        times, places, names, ids, properties = ([event[column] for event in events] for column in range(5))
        table = [_differences(places), _differences(times), names, properties, ids]
        return [2, stage, settled - since, settled, position, traits, cells, table, locked, suppressed, None]


def _differences(numbers: list[int]) -> list[int]:
    return [number - before for before, number in zip([0, *numbers], numbers, strict=False)]


class _Reader:
    """Reads the cells of one state."""

    def __init__(self, places: dict[n.Split | None, list[int | None]], positions: list[int]) -> None:
        self._places = places
        self._positions = positions
        self._rows: list[list[int]] = []
        self._begin = 0
        """The partial matches of all sequences so far, and where those of this one begin."""

    def cells(self, written: list[Any], scope: ScopeFormat, split: n.Split | None) -> Dumped:
        """The cells of a scope."""
        dumped: list[Dumped] = []
        for number, value, *_ in written:
            place = self._places[split][number]
            if place is None:
                continue
            leaf = scope.leaves[place]
            if isinstance(leaf, n.Split):
                inner = scope.parts[place]
                content = [[*self._value(key), self.cells(part, inner, leaf)] for key, part in value]
            else:
                self._begin = len(self._rows)
                content = self._content(leaf, self._value(value))
            dumped += place, content
        return dumped

    def _content(self, leaf: Leaf, value: Any) -> Dumped:
        match leaf:
            case n.Aggregate():
                entries, *_, waiting = value if leaf.record.incremental == "different" else value[:2]
                visible, young = (
                    [one[0] if isinstance(one, list) else one for one in part or ()] for part in (entries, waiting)
                )
                return [visible, young] if leaf.interval.older else visible
            case n.EventPoints():
                return _line(leaf, value)
            case n.Sequence() if is_plain(leaf):
                return value
            case n.Sequence():
                return self._sequence(leaf, *value)
            case _:
                return value

    def _sequence(
        self, leaf: n.Sequence, complete: int | None, delayed: Any, matches: Any, noise: Any, waiting: Any, ways: Any
    ) -> Dumped:
        stages = []
        for k, (blocked, counted, ripe, quiet) in ways:
            step = leaf.steps[k]
            young = quiet or []
            if step.after or step.quiet:
                # Those that are old enough are told apart again.
                ripe, young = [], [*ripe, *young]
            stages.append([k, ripe, young, blocked, counted or []])
        rows = self._rows[self._begin :]
        last = -1 if complete is None else complete
        return [rows, waiting or [], last, stages, matches or [], delayed or [], noise or []]

    def _value(self, written: Any) -> Any:
        """What was written, with the positions of events and the numbers of partial matches."""
        if type(written) is not list:
            return written
        kind, *rest = written
        match kind:
            case "e":
                return self._positions[rest[0]]
            case "t" | "l" | "q":
                return [self._value(item) for item in rest]
            case "d":
                return [[self._value(key), self._value(item)] for key, item in rest]
            case "p":
                return [self._positions[number] for number, _, _ in reversed(rest)]
            case "c":
                before = -1 if rest[0] is None else rest[0] - self._begin
                for numbers in rest[1:]:
                    self._rows.append([before, *(self._positions[number] for number in numbers)])
                    before = len(self._rows) - 1 - self._begin
                return before
            case "o" if rest[0] == "queue":
                return self._value(rest[1])
            case "o":
                return [self._value(item) for item in rest[1:]]
            case _:
                return rest[0]


def _line(leaf: n.EventPoints, value: Any) -> Dumped:
    """A line of a score, of which there were three kernels."""
    older = leaf.interval.older
    if not leaf.every:
        latest, waiting = value if older else (value, None)
        levels = [[] if latest is None else [latest]]
    elif leaf.halving is None and not older:
        levels, waiting = [value], None
    else:
        levels, waiting = value
    if leaf.halving is not None:
        return [waiting or [], *levels]
    return [levels[0], waiting or []] if older else levels[0]
