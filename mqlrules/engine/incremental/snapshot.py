"""The state of a lead as text, and back again: what a store keeps so that no history need be read for an event.

The text is JSON, never anything that could run. Cells go by names made of the leaves of the plan, not by the numbers
that one process happened to give them. ``Snapshots.layout`` names how the cells of a rule set are laid out: a state is
only read under the layout under which it was written. Events are written once, whoever holds on to them.

What is no number or text is an array with a letter before it: ``t`` a tuple, ``l`` a list, ``q`` a deque, ``d`` a
mapping, ``e`` an entry, ``p`` the chain of a plain sequence, ``c`` one of another sequence, ``o`` an object, ``m`` the
least or the greatest, ``v`` any other value of a property.
"""

import hashlib
from collections import deque
from collections.abc import Iterator
from typing import Any

import attrs

from mqlrules.engine.incremental import aggregates, distinct, sequences, splits
from mqlrules.engine.incremental.compile import Scope
from mqlrules.engine.incremental.counts import CountKernel
from mqlrules.engine.incremental.engine import CompiledRule, Engine, LeadState
from mqlrules.engine.incremental.sequences import Chain
from mqlrules.engine.incremental.splits import Parts
from mqlrules.engine.incremental.state import NEVER, Cells, Entry, Queue, fresh_cells
from mqlrules.engine.incremental.timers import NOTHING_DUE, Timed, timers_of
from mqlrules.events.encoding import from_text, plain, to_text
from mqlrules.events.model import Event, Lead, checked_event
from mqlrules.plan import nodes as n
from mqlrules.plan.fingerprint import digest

ENCODING = 1
"""Which way of writing states this is. A state that was written in another way is made anew from the history."""

_OBJECTS: dict[str, type] = {
    "queue": Queue,
    "summary": aggregates.Summary,
    "total": aggregates.Total,
    "extreme": aggregates.Extreme,
    "sorted": aggregates.Sorted,
    "values": distinct.State,
    "sequence": sequences.State,
    "way": sequences.Way,
}
_NAMES = {kind: name for name, kind in _OBJECTS.items()}
_SLOTS = {
    kind: tuple(slot for of in reversed(kind.__mro__) for slot in getattr(of, "__slots__", ()))
    for kind in _OBJECTS.values()
}
_CHOICES = {"min": min, "max": max}
_CHOICE_NAMES = {choose: name for name, choose in _CHOICES.items()}


class ScopeLayout:
    """The cells of one scope, each with a number that is the same in every process."""

    def __init__(self, scope: Scope, digests: dict[int, str]) -> None:
        named = {slot: f"anchor {digest(anchor, digests)}" for anchor, slot in scope._anchors.items()}
        self.timers: dict[int, Timed] = {}
        """The kernels that wait, by the cells in which their instants stand."""
        for leaf, kernel in scope.kernels.items():
            of = digest(leaf, digests)
            kept = kernel._keep if isinstance(kernel, CountKernel) else ""
            named[kernel.slot] = f"{type(kernel).__name__} {of} {kept}"
            named[kernel.timer] = f"timer {of}"
            if kernel in scope.machine.timed:
                self.timers[kernel.timer] = kernel
        self.splits: dict[int, n.Split] = {}
        for split, (kernel_of_parts, _, _) in scope._splits.items():
            named[kernel_of_parts.slot] = f"split {digest(split, digests)}"
            self.splits[kernel_of_parts.slot] = split
        self.names = sorted(named.values())
        places = {name: place for place, name in enumerate(self.names)}
        self.places = {slot: places[name] for slot, name in named.items()}
        self.slots = {place: slot for slot, place in self.places.items()}


class Snapshots:
    """Writes and reads the states of the leads of one engine."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        machine = engine._machine
        digests: dict[int, str] = {}
        self.scope = ScopeLayout(machine.scope, digests)
        self.parts = {split: ScopeLayout(machine.part_scope(split), digests) for split in self.scope.splits.values()}
        names = [str(ENCODING), engine._fingerprint, *self.scope.names]
        for split in sorted(self.parts, key=lambda split: digest(split, digests)):
            names += [digest(split, digests), *self.parts[split].names]
        self.layout = hashlib.sha256("\n".join(names).encode()).hexdigest()[:16]

    def write(self, state: LeadState) -> str:
        """A lead's state. Raises ``EventError`` for a value that can't be kept."""
        return Writer(self).text(state)

    def read(self, lead: Lead, text: str) -> LeadState:
        """The state of a lead, as it was when it was written under this layout."""
        return Reader(self, lead).state(text)


@attrs.frozen
class Standing:
    """Where a state has its lead, whatever the rules."""

    stage: str
    since: int
    settled: int
    position: int
    traits: dict[str, Any]


def standing(text: str) -> Standing:
    """Where a state has its lead, read without the rules under which it was written."""
    stage, since, settled, position, _, _, traits, *_ = from_text(text)
    return Standing(stage, since, settled, position, traits)


class Writer:
    """Writes one state."""

    def __init__(self, snapshots: Snapshots) -> None:
        self._of = snapshots
        self._events: list[list[Any]] = []
        self._numbers: dict[int, int] = {}
        self._chains: dict[int, int] = {}

    def text(self, state: LeadState) -> str:
        """The state as text."""
        calls = [
            [instant, waiter.order]
            for instant, _, waiter, cells in sorted(state.timers._heap, key=lambda item: item[:2])
            if cells is None
        ]
        cells = self._cells(state.cells, self._of.scope)
        return to_text(
            [
                state.stage.name, state.since, state.settled, state.position, state.locked,
                sorted(rule.order for rule in state.suppressed), plain(state.traits), calls, self._events, cells,
            ]
        )  # fmt: skip

    def _cells(self, cells: Cells, layout: ScopeLayout) -> list[Any]:
        found = []
        for slot, value in _filled(cells):
            if slot in layout.splits:
                of_parts = self._of.parts[layout.splits[slot]]
                parts = [[self._value(key), self._cells(part, of_parts)] for key, part in value.cells.items()]
                numbers = {key: number for number, key in enumerate(value.cells)}
                found.append([layout.places[slot], parts, [numbers[key] for key in value.hopeful]])
            else:
                found.append([layout.places[slot], self._value(value)])
        return found

    def _entry(self, entry: Entry) -> int:
        at, position, event = entry
        number = self._numbers.get(position)
        if number is None:
            number = self._numbers[position] = len(self._events)
            self._events.append([at, position, event.event, event.id, plain(event.properties)])
        return number

    def _value(self, value: Any) -> Any:
        kind = type(value)
        if value is None or kind is int or kind is str or kind is bool or kind is float:
            return value
        if kind is tuple:
            if len(value) == 3 and type(value[2]) is Event:
                return ["e", self._entry(value)]
            if len(value) == 4 and type(value[0]) is tuple and type(value[2]) is int:
                return ["p", *self._plain_chain(value)]
            return ["t", *[self._value(item) for item in value]]
        if kind is list:
            return ["l", *[self._value(item) for item in value]]
        if kind is deque:
            return ["q", *[self._value(item) for item in value]]
        if kind is dict:
            return ["d", *[[self._value(key), self._value(item)] for key, item in value.items()]]
        if kind is Chain:
            return self._chain(value)
        if kind is Queue:
            return ["o", "queue", self._value(list(value)), 0]
        name = _NAMES.get(kind)
        if name is not None:
            return ["o", name, *[self._value(getattr(value, slot)) for slot in _SLOTS[kind]]]
        if callable(value):
            return ["m", _CHOICE_NAMES[value]]
        return ["v", plain(value)]

    def _plain_chain(self, chain: Any) -> Iterator[list[int]]:
        while chain is not None:
            entry, chain, time, position = chain
            yield [self._entry(entry), time, position]

    def _chain(self, chain: Chain) -> list[Any]:
        """The links that have not been written yet, the first step's first, and the one that they go on from."""
        links: list[Chain] = []
        link: Chain | None = chain
        while link is not None and id(link) not in self._chains:
            links.append(link)
            link = link.before
        before = None if link is None else self._chains[id(link)]
        written = []
        for new in reversed(links):
            self._chains[id(new)] = len(self._chains)
            written.append([self._entry(entry) for entry in new.entries])
        return ["c", before, *written]


class Reader:
    """Reads one state."""

    def __init__(self, snapshots: Snapshots, lead: Lead) -> None:
        self._of = snapshots
        self._lead = lead
        self._entries: list[Entry] = []
        self._chains: list[Chain] = []

    def state(self, text: str) -> LeadState:
        """The state that the text was made of."""
        engine = self._of.engine
        stage, since, settled, position, locked, suppressed, traits, calls, events, cells = from_text(text)
        state = LeadState(self._lead, engine._stages[stage], settled, traits)
        state.since, state.position, state.locked = since, position, locked
        state.suppressed = frozenset(engine._rules[order] for order in suppressed)
        state.registered = -NEVER
        state.timers = NOTHING_DUE
        lead = self._lead
        self._entries = [
            (at, place, checked_event(lead, at, name, properties, id)) for at, place, name, id, properties in events
        ]
        state.cells = engine._machine.fresh(state)
        self._fill(state, state.cells, self._of.scope, cells)
        for instant, order in calls:
            rule: CompiledRule = engine._rules[order]
            timers_of(state).call(rule, instant)
        return state

    def _fill(self, state: LeadState, cells: Cells, layout: ScopeLayout, written: list[Any]) -> None:
        for place, value, *hopeful in written:
            slot = layout.slots[place]
            split = layout.splits.get(slot)
            if split is not None:
                cells[slot] = self._parts(state, split, value, hopeful[0])
                continue
            cells[slot] = self._value(value)
            waiting = layout.timers.get(slot)
            if waiting is not None:
                timers_of(state)._push(value, waiting, cells)

    def _parts(self, state: LeadState, split: n.Split, written: list[Any], hopeful: list[int]) -> Parts:
        parts = splits.Parts()
        width = self._of.engine._machine.part_scope(split).width
        for key, cells in written:
            part = parts.cells[self._value(key)] = fresh_cells(width, state)
            self._fill(state, part, self._of.parts[split], cells)
        keys = list(parts.cells)
        parts.hopeful = {keys[number]: parts.cells[keys[number]] for number in hopeful}
        return parts

    def _value(self, written: Any) -> Any:
        if type(written) is not list:
            return written
        kind, *rest = written
        match kind:
            case "e":
                return self._entries[rest[0]]
            case "t":
                return tuple(self._value(item) for item in rest)
            case "l":
                return [self._value(item) for item in rest]
            case "q":
                return deque(self._value(item) for item in rest)
            case "d":
                return {self._value(key): self._value(item) for key, item in rest}
            case "p":
                plain_chain: Any = None
                for number, time, position in reversed(rest):
                    plain_chain = (self._entries[number], plain_chain, time, position)
                return plain_chain
            case "c":
                chain = None if rest[0] is None else self._chains[rest[0]]
                for numbers in rest[1:]:
                    chain = Chain(tuple(self._entries[number] for number in numbers), chain)
                    self._chains.append(chain)
                return chain
            case "m":
                return _CHOICES[rest[0]]
            case "v":
                return rest[0]
            case "o":
                made: Any = object.__new__(_OBJECTS[rest[0]])
                for slot, item in zip(_SLOTS[type(made)], rest[1:], strict=True):
                    setattr(made, slot, self._value(item))
                return made
        raise ValueError(f"a state has a part {kind!r} that nothing is known of")


def _filled(cells: Cells) -> list[tuple[int, Any]]:
    """The cells that hold something, but for the lead's own."""
    numbered = cells.items() if isinstance(cells, dict) else enumerate(cells)
    return [(slot, value) for slot, value in numbered if slot and value is not None]
