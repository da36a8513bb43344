"""The state of a lead as JSON, and back again: what is kept of it so that no history need be read for its next event.

A state is written as an array. Each kernel writes what it keeps itself, with positions in place of events; the events
follow once, whatever number of kernels hold them, as columns of differences:

    [VERSION, stage, time in it, settled up to, position, traits, cells, events, locked, suppressed rules, ids]

The last three are left out where they are empty. Cells go by their places in the sorted names of the kernels, so a
state means the same in every process. Those names, hashed, are the *layout* of a rule set: a state is read under the
layout under which it was written. Instants that kernels wait for are not written, because kernels can tell them again.

A new way of writing states takes a new ``VERSION``, and a reader that turns the old arrays into new ones
(``snapshot_v1``), since stores and callers keep states for years.
"""

import hashlib
from collections.abc import Iterable
from functools import cached_property
from itertools import accumulate, repeat
from operator import sub
from typing import Any

from mqlrules.engine.incremental import snapshot_v1
from mqlrules.engine.incremental.errors import SnapshotError
from mqlrules.engine.incremental.ids import Ids
from mqlrules.engine.incremental.runner import LeadState, Runner, Standing
from mqlrules.engine.incremental.scope_format import ScopeFormat
from mqlrules.engine.incremental.state import Held, Kept
from mqlrules.engine.incremental.timers import timers_of
from mqlrules.events.encoding import from_text, plain, to_text
from mqlrules.events.model import Event, Lead, checked_event

VERSION = 2

TAG = '"$"'
"""What text has in it that ``events.encoding`` must turn back into values."""


class Snapshots:
    """Writes and reads the states of the leads that one runner moves."""

    def __init__(self, runner: Runner) -> None:
        self.runner = runner
        self._digests: dict[int, str] = {}
        self._scope = ScopeFormat(runner.machine.scope, self._digests)
        names = [str(VERSION), runner.fingerprint, "scores" if runner.scores else "", *self._scope.names()]
        self.layout = hashlib.sha256("\n".join(names).encode()).hexdigest()[:16]

    @cached_property
    def _first_version(self) -> snapshot_v1.Upgrade:
        return snapshot_v1.Upgrade(self.runner.machine, self._scope, self.runner.fingerprint, self._digests)

    def can_read(self, layout: str) -> bool:
        """Whether states of a layout can be read: of this one, and of the same rules in an older version."""
        return layout == self.layout or (not self.runner.scores and layout == self._first_version.layout)

    def write(self, state: LeadState) -> str:
        """A lead's state as JSON text. Raises ``EventError`` for a value that can't be kept."""
        return to_text(self.dump(state))

    def read(self, lead: Lead, text: str) -> LeadState:
        """The state of a lead, from text in a layout that can be read."""
        return self.load(lead, from_text(text), TAG in text)

    def dump(self, state: LeadState) -> list[Any]:
        """A lead's state as an array."""
        held: list[Held] = []
        cells = self._scope.dump(state.cells, held)
        dumped = [
            VERSION, state.stage.name, state.settled - state.since, state.settled, state.position, plain(state.traits),
            cells, _table(held),
        ]  # fmt: skip
        if state.locked or state.suppressed or state.ids:
            suppressed = sorted(rule.order for rule in state.suppressed)
            dumped += state.locked, suppressed, None if state.ids is None else state.ids.dump()
        return dumped

    def load(self, lead: Lead, dumped: list[Any], tagged: bool = True) -> LeadState:
        """The state of a lead, from an array. ``tagged``: some values in it may not be plain JSON."""
        if type(dumped[0]) is str:
            dumped = self._first_version.upgraded(dumped)
        if dumped[0] != VERSION:
            raise SnapshotError(
                f"the state was written in version {dumped[0]!r} of its format, and this mqlrules reads versions up to "
                f"{VERSION}: update mqlrules"
            )
        _, stage, lasting, settled, position, traits, cells, table, *more = dumped
        runner = self.runner
        state = LeadState(lead, runner.stages[stage], settled, traits)
        state.since, state.position = settled - lasting, position
        if more:
            state.locked, suppressed, ids = more
            state.suppressed = frozenset([runner.rules[order] for order in suppressed])
            state.ids = None if ids is None else Ids(ids)
        state.cells = runner.machine.fresh(state)
        if cells:
            self._scope.load(state, state.cells, cells, _events(lead, table, tagged), settled)
        for rule in state.stage.waiting:
            if (instant := state.since + rule.lasting) > settled:
                timers_of(state).call(rule, instant)
        return state


def standing(text: str) -> Standing:
    """Where a state has its lead, read without the rules under which it was written."""
    return standing_of(from_text(text))


def standing_of(dumped: list[Any]) -> Standing:
    """Where the array of a state has its lead."""
    if type(dumped[0]) is str:
        stage, since, settled, position, _, _, traits, *_ = dumped
        return Standing(stage, since, settled, position, traits)
    _, stage, lasting, settled, position, traits, *more = dumped
    ids = Ids(more[-1]) if len(more) > 2 and more[-1] is not None else None
    return Standing(stage, settled - lasting, settled, position, traits, ids)


# -- events --------------------------------------------------------------------------------------------------------


def _table(held: list[Held]) -> list[Any]:
    """The events, each once, as columns: positions and times (as differences), names, properties, and ids if any."""
    if not held:
        return []
    by_position = {one[1]: one for one in held}
    positions = sorted(by_position)
    events = [by_position[position] for position in positions]
    times = [one[0] for one in events]
    kept: list[Kept] = [
        event if isinstance(event := one[2], tuple) else (event.event, plain(event.properties), event.id)
        for one in events
    ]
    names, properties, ids = ([one[column] for one in kept] for column in range(3))
    columns = [list(map(sub, positions, [0, *positions])), list(map(sub, times, [0, *times])), names, properties]
    return columns if ids.count(None) == len(ids) else [*columns, ids]


def _events(lead: Lead, table: list[Any], tagged: bool) -> dict[int, Held]:
    """The events by position."""
    if not table:
        return {}
    differences, times, names, properties, *ids = table
    positions, instants = list(accumulate(differences)), list(accumulate(times))
    rows: Iterable[Kept] = zip(names, properties, ids[0] if ids else repeat(None), strict=False)
    kept: Iterable[Event | Kept] = rows
    if tagged:
        # Writing them again takes care of the values that are no plain JSON.
        kept = [checked_event(lead, at, *row) for at, row in zip(instants, rows, strict=False)]
    return dict(zip(positions, zip(instants, positions, kept, strict=False), strict=False))
