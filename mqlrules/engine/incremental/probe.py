"""The probe: conditions and scores asked of leads outside the lifecycle.

A *trial* is one lead up to some instant. It is continued by events and by time, and it can be forked: the fork goes its
own way while the trial stays where it was. So a hundred possible futures cost a hundred short continuations, not a
hundred histories. What many leads are asked in turn (when did each condition first hold, does it hold at the end, what
is the score) is a method of the probe.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

import attrs

from mqlrules.check.program import Program
from mqlrules.engine.incremental.compile import Machine, Root
from mqlrules.engine.incremental.dispatch import joined
from mqlrules.engine.incremental.runner import NAMES_KEPT, events_of
from mqlrules.engine.incremental.scope_format import ScopeFormat
from mqlrules.engine.incremental.state import NEVER, Cells, Condition, Entry, Held, Update
from mqlrules.engine.incremental.timers import NOTHING_DUE, Timed, Timers
from mqlrules.events.model import Event
from mqlrules.events.traits import known, learn
from mqlrules.language.names import IDENTIFY
from mqlrules.plan import nodes as n
from mqlrules.plan.dependencies import BOTH, Direction, can_hold_of_nothing
from mqlrules.plan.lower import patterns_of, walk


@attrs.frozen
class Status:
    """When a condition first held for a lead (microseconds; None: never), and whether it holds at the end."""

    first: int | None
    holds: bool


class Probe:
    """Asks nodes, by their number in ``nodes``, of any number of leads.

    ``directions`` are the changes of a node that must be seen: by default both, so that every answer can be followed
    through time. None are needed to ask once, at the end of a history.
    """

    def __init__(
        self, nodes: Sequence[n.Node | n.Score], timezone: str, directions: tuple[Direction, ...] = BOTH
    ) -> None:
        self.nodes = tuple(nodes)
        self.machine = Machine([Root(node, directions) for node in self.nodes], timezone)
        self.names = _names_asked(self.nodes)
        """The normalised names of the events that can matter; None for all."""
        self._of_nothing = [
            k
            for k, node in enumerate(self.nodes)
            if not isinstance(node, n.Score) and can_hold_of_nothing(node) is not False
        ]
        self._updates: dict[str, tuple[Update, tuple[int, ...]]] = {}
        self._timed: dict[Timed, list[int]] = {}
        for k, root in enumerate(self.machine.roots):
            for kernel in root.timed:
                self._timed.setdefault(kernel, []).append(k)

    @property
    def holds_of_nothing(self) -> bool:
        """Whether a node may hold for a lead that has none of the events in ``names``."""
        return bool(self._of_nothing)

    def begin(self, traits: Mapping[str, Any]) -> "Trial":
        """A lead with no event yet; ``traits`` are those of a table."""
        trial = Trial(self, known(traits))
        trial.cells = self.machine.fresh(trial)
        return trial

    def update_of(self, name: str) -> tuple[Update, tuple[int, ...]]:
        """What an event of a name moves, and the nodes that it can change."""
        found = self._updates.get(name)
        if found is None:
            changed = tuple(k for k, _ in self.machine.looks(name))
            found = joined(self.machine.scope.updates(name)), changed
            if self.machine.mentions(name) or len(self._updates) < NAMES_KEPT:
                self._updates[name] = found
        return found

    def changed_by(self, kernels: Iterable[Timed]) -> list[int]:
        """The nodes that the instants of kernels can change."""
        return list({k: None for kernel in kernels for k in self._timed.get(kernel, ())})

    @cached_property
    def format(self) -> ScopeFormat:
        """How forks copy the cells of a lead."""
        return ScopeFormat(self.machine.scope, None)

    # -- many leads, one after the other ---------------------------------------------------------------------------

    def first_times(
        self, entries: Iterable[Entry], traits: Mapping[str, Any], as_of: int, begins: int | None = None
    ) -> list[int | None]:
        """When each node first held for a lead.

        ``entries`` are times, positions from 1 and events up to ``as_of``; only those of ``names`` are needed.
        ``begins`` is the time of the lead's first event, whatever its name: that of the first entry by default.
        """
        first: list[int | None] = [None] * len(self.nodes)
        self._follow(self.begin(traits), entries, as_of, begins, first, to_the_end=False)
        return first

    def status(
        self, entries: Iterable[Entry], traits: Mapping[str, Any], as_of: int, begins: int | None = None
    ) -> list[Status]:
        """When each node first held for a lead, and whether it holds at ``as_of``; the arguments are those of
        ``first_times``.
        """
        first: list[int | None] = [None] * len(self.nodes)
        trial = self.begin(traits)
        self._follow(trial, entries, as_of, begins, first, to_the_end=True)
        return [Status(at, at is not None and trial.holds(k, as_of)) for k, at in enumerate(first)]

    def after(self, entries: Iterable[Entry], traits: Mapping[str, Any]) -> "Trial":
        """A lead after a history."""
        trial = self.begin(traits)
        for entry in entries:
            trial.take(entry)
        return trial

    def _follow(
        self,
        trial: "Trial",
        entries: Iterable[Entry],
        as_of: int,
        begins: int | None,
        first: list[int | None],
        to_the_end: bool,
    ) -> None:
        """Takes a lead through its history, and notes in ``first`` when nodes hold first."""
        roots, cells = self.machine.roots, trial.cells
        left = len(first)

        def look(numbers: Iterable[int], now: int) -> None:
            nonlocal left
            for k in numbers:
                if first[k] is None and roots[k].value(cells, now):
                    first[k] = now
                    left -= 1

        begun = False
        for entry in entries:
            at, position, _ = entry
            if not begun and position > 1 and begins is not None:
                look(self._of_nothing, begins)
            begun = True
            while (due := trial.timers.due) <= at:
                look(trial.pass_due(), due)
            look(trial.take(entry), at)
            if position == 1:
                look(self._of_nothing, at)
            if not left and not to_the_end:
                return
        if not begun and begins is not None:
            look(self._of_nothing, begins)
        while (due := trial.timers.due) <= as_of:
            look(trial.pass_due(), due)


class Trial:
    """One lead and one way that its history goes. ``position`` is the number of its events. Cell 0 of its cells is
    this object.
    """

    __slots__ = ("cells", "now", "position", "probe", "timers", "traits")

    def __init__(self, probe: Probe, traits: dict[str, Any]) -> None:
        self.probe = probe
        self.traits = traits
        self.cells: Cells = []
        self.timers: Timers = NOTHING_DUE
        self.position = 0
        self.now = -NEVER

    # -- going on --------------------------------------------------------------------------------------------------

    @property
    def due(self) -> int | None:
        """The next instant at which something can change with no event."""
        return None if self.timers.due == NEVER else self.timers.due

    def feed(self, event: Event) -> Sequence[int]:
        """Takes an event that is not earlier than what it knows; gives the nodes that the event can have changed.

        What time has made due before passes silently; ``pass_due`` tells of it if it is called first.
        """
        self.pass_until(event.at)
        return self.take((event.at, self.position + 1, event))

    def take(self, entry: Entry) -> Sequence[int]:
        """Takes an event at a position, when nothing is due before it; gives the nodes that it can have changed."""
        self.now, self.position, event = entry
        if event.name == IDENTIFY:
            learn(self.traits, event)
        update, changed = self.probe.update_of(event.name)
        update(self.cells, entry)
        return changed

    def pass_due(self) -> list[int]:
        """Lets the next instant come at which something is due; gives the nodes that it can have changed."""
        self.now = self.timers.due
        return self.probe.changed_by(self.timers.pop())

    def pass_until(self, until: int) -> None:
        """Lets time pass up to and including ``until``."""
        while self.timers.due <= until:
            self.pass_due()

    def future(self, most: int) -> Iterator[int]:
        """At most ``most`` of the next instants at which something can change if nothing happens; time goes on to each
        of them.
        """
        for _ in range(most):
            if self.timers.due == NEVER:
                return
            self.pass_due()
            yield self.now

    def fork(self) -> "Trial":
        """The same lead, to go on another way."""
        other = Trial(self.probe, dict(self.traits))
        other.now, other.position = self.now, self.position
        held: list[Held] = []
        dumped = self.probe.format.dump(self.cells, held)
        other.cells = self.probe.machine.fresh(other)
        self.probe.format.load(other, other.cells, dumped, {one[1]: one for one in held}, self.now)
        return other

    # -- asking ----------------------------------------------------------------------------------------------------

    def holds(self, number: int, now: int) -> bool:
        """Whether a node holds at an instant."""
        return bool(self.probe.machine.roots[number].value(self.cells, now))

    def points(self, number: int, now: int) -> int:
        """A score in millionths, at an instant."""
        return self.probe.machine.roots[number].value(self.cells, now)

    def evidence(self, number: int, now: int) -> list[Event]:
        """The evidence of a node that holds."""
        return events_of(self.probe.machine.roots[number].evidence(self.cells, now), "")

    def parts(self, split: n.Split) -> dict[Any, Cells]:
        """The parts of a ``with same``, by the value that makes them (``language.values.identity``)."""
        kept = self.cells[self.probe.machine.scope.split_kernel(split).slot]
        return {} if kept is None else kept.cells

    def fresh_part(self, split: n.Split, value: Any) -> Cells:
        """The cells of a part of a ``with same`` that has no event yet."""
        return self.probe.machine.scope.split_kernel(split).fresh_part(value, self)

    def in_part(self, split: n.Split, node: n.Node) -> Condition:
        """The function that says whether a node below a ``with same`` holds for a part's cells."""
        return self.probe.machine.part_scope(split).condition(node)


def entries_of(history: Iterable[Event]) -> list[Entry]:
    """A history with its times and positions."""
    return [(event.at, position, event) for position, event in enumerate(history, start=1)]


def condition_holds(
    program: Program, condition: n.Node, history: Sequence[Event], now: int, traits: Mapping[str, Any]
) -> bool:
    """Whether a condition holds after everything at ``now``; the lifecycle is ignored."""
    until_now = [event for event in history if event.at <= now]
    return Probe([condition], program.timezone, ()).after(entries_of(until_now), traits).holds(0, now)


def _names_asked(roots: Sequence[n.Node | n.Score]) -> frozenset[str] | None:
    names = {alternative.name for pattern in patterns_of(list(roots)) for alternative in pattern.alternatives}
    if any(isinstance(node, n.Trait) for node in walk(list(roots))):
        names.add(IDENTIFY)
    found = frozenset(name for name in names if name is not None)
    return found if len(found) == len(names) else None
