"""The engine with a store for asyncio: its methods are coroutines, and the event loop never waits for the store."""

import datetime
from collections.abc import Iterable, Mapping
from typing import Any

from mqlrules.durable.engine import UNCHANGED, DurableEngine, Offset, Unchanged
from mqlrules.durable.erasure import Forgotten
from mqlrules.durable.feeding import Feedable
from mqlrules.durable.records import DeadLetter, Due, Pending, Rebuilt
from mqlrules.durable.rewinding import Rewound
from mqlrules.durable.telemetry import Stats
from mqlrules.engine.results import Transition
from mqlrules.events.durations import Duration
from mqlrules.events.model import Event, Lead
from mqlrules.language.instants import Time

STATES_KEPT = 2_000
"""How many leads' states stay in memory: fewer than without asyncio, because a garbage collection looks at all of them
and holds up the event loop meanwhile."""


class AsyncEngine:
    """The methods of ``DurableEngine`` as coroutines. Made by ``RuleSet.aengine``.

    A thread of its own carries calls out in the order in which they were made. Single feeds that wait at the same time
    share a transaction. A call whose caller is cancelled may be carried out all the same.
    """

    def __init__(self, engine: DurableEngine) -> None:
        self._engine = engine
        self._run = engine.queue.run

    async def feed(self, event: Feedable, offset: Offset | Unchanged = UNCHANGED) -> list[Transition]:
        """Feeds one event; see ``DurableEngine.feed``."""
        return await self._engine.afeed(event, offset)

    async def feed_many(self, events: Iterable[Feedable], offset: Offset | Unchanged = UNCHANGED) -> list[Transition]:
        """Feeds events in one transaction; see ``DurableEngine.feed_many``. They are read in the engine's thread."""
        return await self._engine.afeed_many(events, offset)

    async def feed_segment(
        self, calls: Iterable[Mapping[str, Any]], offset: Offset | Unchanged = UNCHANGED
    ) -> list[Transition]:
        """Feeds Segment calls; see ``DurableEngine.feed_segment``."""
        return await self._engine.afeed_segment(calls, offset)

    async def offset(self) -> Offset:
        """The offset given with the last events fed."""
        return await self._run(lambda: self._engine.offset)

    async def advance(self, until: Time) -> list[Transition]:
        """Lets time pass; see ``DurableEngine.advance``."""
        return await self._engine.aadvance(until)

    async def due(self, until: Time) -> list[Due]:
        """The leads that are due; see ``DurableEngine.due``."""
        return await self._run(lambda: self._engine.due(until))

    async def pending(self, limit: int | None = None, lease: Duration | None = None) -> list[Pending]:
        """The outbox; see ``DurableEngine.pending``."""
        return await self._run(lambda: self._engine.pending(limit, lease))

    async def withdrawn(self, limit: int | None = None, lease: Duration | None = None) -> list[Pending]:
        """Transitions that no longer stand; see ``DurableEngine.withdrawn``."""
        return await self._run(lambda: self._engine.withdrawn(limit, lease))

    async def undeliverable(self, limit: int | None = None) -> list[Pending]:
        """Transitions that were given up."""
        return await self._run(lambda: self._engine.undeliverable(limit))

    async def acknowledge(self, transitions: Iterable[Pending | int]) -> int:
        """Marks transitions as taken; see ``DurableEngine.acknowledge``."""
        return await self._run(lambda: self._engine.acknowledge(transitions))

    async def postpone(self, transitions: Iterable[Pending | int], duration: Duration, note: str = "") -> int:
        """Extends claims; see ``DurableEngine.postpone``."""
        return await self._run(lambda: self._engine.postpone(transitions, duration, note))

    async def give_up(self, transitions: Iterable[Pending | int], note: str) -> int:
        """Takes what can't be delivered out of the outbox; see ``DurableEngine.give_up``."""
        return await self._run(lambda: self._engine.give_up(transitions, note))

    async def retry(self, transitions: Iterable[Pending | int]) -> int:
        """Puts undeliverable transitions back into the outbox."""
        return await self._run(lambda: self._engine.retry(transitions))

    async def stage(self, lead: Lead) -> str:
        """The stage of a lead."""
        return await self._run(lambda: self._engine.stage(lead))

    async def history(self, lead: Lead) -> list[Event]:
        """The events of a lead that count."""
        return await self._run(lambda: self._engine.history(lead))

    async def events_kept(self, lead: Lead) -> int:
        """How many events the state of a lead refers to."""
        return await self._run(lambda: self._engine.events_kept(lead))

    async def dead_letters(self) -> list[DeadLetter]:
        """What was fed and didn't count."""
        return await self._run(self._engine.dead_letters)

    async def merge(self, anonymous: Lead, known: Lead) -> Rebuilt:
        """Merges two leads; see ``DurableEngine.merge``."""
        return await self._run(lambda: self._engine.merge(anonymous, known))

    async def rebuild(self, lead: Lead) -> Rebuilt:
        """Rebuilds a lead with its dead letters; see ``DurableEngine.rebuild``."""
        return await self._run(lambda: self._engine.rebuild(lead))

    async def rewind(self, lead: Lead | None = None, *, to: Time) -> Rewound:
        """Undoes what lies after an instant; see ``DurableEngine.rewind``."""
        return await self._run(lambda: self._engine.rewind(lead, to=to))

    async def forget(self, lead: Lead, scrub: bool = True) -> Forgotten:
        """Erases a person; see ``DurableEngine.forget``."""
        return await self._run(lambda: self._engine.forget(lead, scrub))

    async def scrub(self) -> bool:
        """Rewrites the database files without what was deleted; see ``DurableEngine.scrub``."""
        return await self._run(self._engine.scrub)

    async def export(self, lead: Lead) -> dict[str, Any]:
        """Everything that the store holds of a person."""
        return await self._run(lambda: self._engine.export(lead))

    @property
    def horizon(self) -> datetime.timedelta | None:
        """How far back any rule looks; None if one looks back without end."""
        return self._engine.horizon

    async def prune(self, before: Time) -> int:
        """Drops old events; see ``DurableEngine.prune``."""
        return await self._run(lambda: self._engine.prune(before))

    async def partition(self, index: int, count: int) -> "AsyncEngine":
        """An engine for one of ``count`` parts; see ``DurableEngine.partition``."""
        return AsyncEngine(await self._run(lambda: self._engine.partition(index, count)))

    async def stats(self) -> Stats:
        """Statistics of the store, counted now."""
        return await self._run(self._engine.stats)

    async def verify(self) -> list[str]:
        """What is damaged in the store."""
        return await self._run(self._engine.verify)

    async def close(self) -> None:
        """Closes the store, once what was asked for before is done."""
        if not self._engine.queue.is_closed:
            await self._run(self._engine.close)

    async def __aenter__(self) -> "AsyncEngine":
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.close()
