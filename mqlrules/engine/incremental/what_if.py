"""What if: conditions asked of one lead whose history goes on in several ways.

A *trial* is a lead outside the lifecycle, up to some instant. It can be continued by events and by time, and it can be
forked: the fork goes its own way, the trial stays where it was. So a hundred futures cost a hundred short
continuations, not a hundred histories.
"""

from collections import defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from mqlrules.engine.incremental.compile import Machine, Root
from mqlrules.engine.incremental.engine import events_of
from mqlrules.engine.incremental.joining import joined
from mqlrules.engine.incremental.sequences import Chain
from mqlrules.engine.incremental.state import NEVER, Cells, Condition, Queue
from mqlrules.engine.incremental.timers import NOTHING_DUE, Timed, Timers
from mqlrules.events.model import Event
from mqlrules.events.traits import known, learn
from mqlrules.language.names import IDENTIFY
from mqlrules.plan import nodes as n
from mqlrules.plan.dependencies import BOTH

NAMES_KEPT = 10_000
"""How many names of events the updates are kept of."""


class Trials:
    """Asks nodes, by their number in ``nodes``, of any number of leads."""

    def __init__(self, nodes: Sequence[n.Node | n.Score], timezone: str) -> None:
        self.nodes = tuple(nodes)
        self.machine = Machine([Root(node, BOTH) for node in self.nodes], timezone)
        self._updates: dict[str, tuple[Any, tuple[int, ...]]] = {}
        self._waiting: dict[Timed, list[int]] = {}
        for k, asked in enumerate(self.machine.asked):
            for kernel in asked.timed:
                self._waiting.setdefault(kernel, []).append(k)

    def begin(self, traits: Mapping[str, Any]) -> "Trial":
        """A lead with no event yet; ``traits`` are those of a table."""
        trial = Trial(self, known(traits))
        trial.cells = self.machine.fresh(trial)
        return trial

    def update_of(self, name: str) -> tuple[Any, tuple[int, ...]]:
        """What an event of a name moves, and the nodes that it can change."""
        found = self._updates.get(name)
        if found is None:
            concerned = tuple(k for k, _ in self.machine.looks(name))
            found = joined(self.machine.scope.updates(name)), concerned
            if len(self._updates) < NAMES_KEPT:
                self._updates[name] = found
        return found

    def waiting_for(self, kernel: Timed) -> Sequence[int]:
        """The nodes that a kernel's instant can change."""
        return self._waiting.get(kernel, ())


class Trial:
    """One lead and one way that its history goes. ``position`` is the number of its events. Cell 0 of its cells is
    this.
    """

    __slots__ = ("cells", "position", "timers", "traits", "trials")

    def __init__(self, trials: Trials, traits: dict[str, Any]) -> None:
        self.trials = trials
        self.traits = traits
        self.cells: Cells = []
        self.timers: Timers = NOTHING_DUE
        self.position = 0

    # -- going on --------------------------------------------------------------------------------------------------

    @property
    def due(self) -> int | None:
        """The next instant at which something can change with no event."""
        return None if self.timers.due == NEVER else self.timers.due

    def feed(self, event: Event) -> Sequence[int]:
        """Takes an event, which is not earlier than what it knows; gives the nodes that it can have changed.

        What time has made due before is let go by: ``pass_due`` tells of it, if it is asked first.
        """
        timers = self.timers
        while timers.due <= event.at:
            timers.pop()
        if event.name == IDENTIFY:
            learn(self.traits, event)
        self.position += 1
        update, concerned = self.trials.update_of(event.name)
        update(self.cells, (event.at, self.position, event))
        return concerned

    def pass_due(self) -> list[int]:
        """Lets the next instant come at which something is due; gives the nodes that it can have changed."""
        waiting_for = self.trials.waiting_for
        return list({k: None for kernel in self.timers.pop() for k in waiting_for(kernel)})

    def future(self, most: int) -> Iterator[int]:
        """The next instants, at most so many, at which something can change if nothing happens; time goes on to each of
        them.
        """
        for _ in range(most):
            instant = self.timers.due
            if instant == NEVER:
                return
            self.timers.pop()
            yield instant

    def fork(self) -> "Trial":
        """The same lead, to go on another way."""
        other = Trial(self.trials, dict(self.traits))
        other.position = self.position
        copies: dict[int, Any] = {id(self): other}
        other.cells = _copied(self.cells, copies)
        if self.timers is not NOTHING_DUE:
            other.timers = self.timers.copied(copies)
        return other

    # -- asking ----------------------------------------------------------------------------------------------------

    def holds(self, number: int, now: int) -> bool:
        """Whether a node holds at an instant."""
        return bool(self.trials.machine.asked[number].condition(self.cells, now))

    def points(self, number: int, now: int) -> int:
        """A score in millionths, at an instant."""
        return int(self.trials.machine.asked[number].condition(self.cells, now))

    def evidence(self, number: int, now: int) -> list[Event]:
        """The evidence of a node that holds."""
        return events_of(self.trials.machine.asked[number].evidence(self.cells, now))

    def parts(self, split: n.Split) -> dict[Any, Cells]:
        """The parts of a ``with same``, by the value that makes them (``language.values.identity``)."""
        kernel, _, _ = self.trials.machine.scope.split_kernel(split)
        kept = self.cells[kernel.slot]
        return {} if kept is None else kept.cells

    def in_part(self, split: n.Split, node: n.Node) -> Condition:
        """The function that says whether a node below a ``with same`` holds of a part's cells."""
        return self.trials.machine.part_scope(split).condition(node)


# -- copies --------------------------------------------------------------------------------------------------------

_STAY = frozenset((int, str, bool, float, type(None), Decimal, Fraction, Chain, Event))
"""What never changes once it is there."""


def _copied(value: Any, copies: dict[int, Any]) -> Any:
    """A value of a cell, with copies of whatever kernels change. ``copies`` are those made so far, by identity: the
    cells of a part stand in several places.
    """
    kind = type(value)
    if kind in _STAY:
        return value
    if kind is tuple:
        # Entries and chains of entries never change; a pair of queues stands in a tuple, a list first.
        return tuple([_copied(item, copies) for item in value]) if value and type(value[0]) is list else value
    if kind is Queue:
        queue: Queue[Any] = Queue()
        queue.items, queue.start = value.items.copy(), value.start
        return queue
    made = copies.get(id(value))
    if made is not None:
        return made
    if kind is list:
        made = copies[id(value)] = []
        made.extend(
            [
                item
                if (of := type(item)) in _STAY or (of is tuple and not (item and type(item[0]) is list))
                else _copied(item, copies)
                for item in value
            ]
        )
    elif kind is dict or kind is defaultdict:
        made = copies[id(value)] = {} if kind is dict else defaultdict(type(None))
        made.update((key, _copied(item, copies)) for key, item in value.items())
    elif kind is deque:
        made = copies[id(value)] = value.copy()
    elif callable(value):
        return value
    else:
        made = copies[id(value)] = object.__new__(kind)
        for name in _slots(kind):
            setattr(made, name, _copied(getattr(value, name), copies))
    return made


_SLOTS: dict[Any, tuple[str, ...]] = {}


def _slots(kind: Any) -> tuple[str, ...]:
    found = _SLOTS.get(kind)
    if found is None:
        found = _SLOTS[kind] = tuple(name for of in kind.__mro__ for name in getattr(of, "__slots__", ()))
    return found
