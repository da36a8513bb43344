"""New rules over an old store: every lead is made anew from its history, under the rules as they are now.

What comes out for the past is no news: nothing is put into the outbox. The leads that stand in another stage are
listed, and they can be listed before anything is changed.
"""

import datetime
from collections.abc import Iterator, Sequence

import attrs

from mqlrules.durable.comparing import Compared, compare
from mqlrules.durable.protocol import (
    ACKNOWLEDGED,
    FORMAT,
    WITHDRAWN,
    Changes,
    LeadRow,
    PartitionRow,
    Store,
    TransitionRow,
    next_number,
)
from mqlrules.durable.records import transition_to_text
from mqlrules.durable.telemetry import LOG
from mqlrules.durable.unit_of_work import traits_of
from mqlrules.engine.incremental.runner import Host
from mqlrules.engine.incremental.snapshot import Snapshots, standing
from mqlrules.events.encoding import event_from_text, lead_from_text
from mqlrules.events.model import Lead
from mqlrules.language.instants import moment
from mqlrules.plan import nodes as n

AT_ONCE = 1_000
"""So many leads are read at a time."""


@attrs.frozen
class Moved:
    """A lead that stands in another stage under the new rules. ``instant`` is when it would have come into it."""

    lead: Lead
    before: str
    after: str
    instant: int
    rule: str | None
    """The rule that would have brought it there; None for the first stage."""

    @property
    def at(self) -> datetime.datetime:
        """When, as an aware datetime in UTC."""
        return moment(self.instant)


@attrs.frozen
class Migration:
    """What new rules make of a store. ``done`` is False after a dry run: nothing has changed."""

    leads: int
    moved: tuple[Moved, ...]
    before: str
    """The fingerprint of the rules under which the store was filled."""
    after: str
    done: bool
    incomplete: tuple[Lead, ...] = ()
    """Leads whose older events have been dropped. They go on from the stage that they had then, with the events that
    are kept."""


def migrate(plan: n.Plan, fingerprint: str, store: Store, dry_run: bool) -> Migration:
    """Makes every lead anew. With ``dry_run`` nothing is written; else all of it is, in one transaction."""
    host = Host(plan, fingerprint)
    snapshots = Snapshots(host.engine)
    numbers = [row.number for row in store.partition_rows()]
    moved: list[Moved] = []
    incomplete: list[Lead] = []
    leads = after = 0
    if not numbers:
        return Migration(0, (), fingerprint, fingerprint, not dry_run)
    with store.transaction(numbers) as transaction:
        partitions = transaction.partitions()
        before = partitions[0].fingerprint
        while rows := transaction.all_leads(after, AT_ONCE):
            after = rows[-1].number
            changes = Changes()
            for row in rows:
                if row.stage is None:
                    continue
                leads += 1
                name = lead_from_text(row.lead)
                history = transaction.history(row.number)
                events = [event_from_text(name, event.at, event.body) for event in history]
                base = transaction.base(row.number)
                if base is None:
                    state, made = host.replay(events, traits_of(row), row.settled or 0)
                else:
                    incomplete.append(name)
                    state = host.afresh(name, standing(base.state))
                    changes.bases.append(attrs.evolve(base, layout=snapshots.layout, state=snapshots.write(state)))
                    made = host.go_on(state, events, row.settled or 0)
                if state.stage.name != row.stage:
                    rule = made[-1].rule if made else None
                    moved.append(Moved(name, row.stage, state.stage.name, state.since, rule))
                if not dry_run:
                    found = compare(made, transaction.transitions(row.number), base)
                    changes.transitions += _recorded(row, found, partitions)
                    again = _again(row, state.stage.name, host.due(state), state.settled, snapshots.layout)
                    changes.leads.append((again, snapshots.write(state)))
            if not dry_run:
                transaction.write(changes)
        if not dry_run:
            for partition in partitions:
                partition.fingerprint = fingerprint
            transaction.write(Changes(partitions=partitions))
    if not dry_run:
        LOG.info("took a store of format %d over from rules %s to %s", FORMAT, before, fingerprint)
    return Migration(leads, tuple(moved), before, fingerprint, not dry_run, tuple(incomplete))


def _recorded(row: LeadRow, found: Compared, partitions: Sequence[PartitionRow]) -> Iterator[TransitionRow]:
    """What the new rules make of the past is known from now on, and nobody is told; what is pending stays so."""
    partition = partitions[row.partition]
    for transition in found.new:
        number = next_number(partition, len(partitions))
        text = transition_to_text(transition)
        yield TransitionRow(number, partition.number, row.number, transition.instant, ACKNOWLEDGED, text)
    for old, _ in found.gone:
        if old.status == ACKNOWLEDGED:
            yield attrs.evolve(old, status=WITHDRAWN)


def _again(row: LeadRow, stage: str, due: int | None, settled: int, layout: str) -> LeadRow:
    return attrs.evolve(row, version=row.version + 1, stage=stage, due=due, settled=settled, layout=layout)
