"""Migrating a store to other rules: every lead is rebuilt from its history under the new rules.

What the new rules make of the past is not announced. The leads that end in another stage are listed, and can be listed
before anything is changed.
"""

import datetime
from collections.abc import Iterator, Sequence

import attrs

from mqlrules.durable.rebuilding import Compared, compare
from mqlrules.durable.records import transition_to_text
from mqlrules.durable.rows import (
    ACKNOWLEDGED,
    FORMAT,
    PENDING,
    RECALLED,
    RETIRED,
    TO_WITHDRAW,
    UNDELIVERABLE,
    UNTOLD,
    WITHDRAWN,
    Changes,
    LeadRow,
    PartitionRow,
    TransitionRow,
    next_number,
)
from mqlrules.durable.store import Store
from mqlrules.durable.telemetry import LOG
from mqlrules.durable.unit_of_work import LONG_AGO, traits_of
from mqlrules.engine.incremental.runner import Runner
from mqlrules.engine.incremental.snapshot import Snapshots, standing
from mqlrules.events.encoding import event_from_text, lead_from_text
from mqlrules.events.model import Lead
from mqlrules.language.instants import moment
from mqlrules.plan import nodes as n

AT_ONCE = 1_000
"""How many leads are read at a time."""


@attrs.frozen
class Moved:
    """A lead whose stage differs under the new rules. ``instant`` is when it would have entered that stage."""

    lead: Lead
    before: str
    after: str
    instant: int
    rule: str | None
    """The rule that would have moved it there; None for the first stage."""

    @property
    def at(self) -> datetime.datetime:
        """The instant as an aware datetime in UTC."""
        return moment(self.instant)


@attrs.frozen
class Migration:
    """What new rules make of a store. ``done`` is False after a dry run: nothing was changed."""

    leads: int
    moved: tuple[Moved, ...]
    before: str
    """The fingerprint of the rules under which the store was filled."""
    after: str
    done: bool
    incomplete: tuple[Lead, ...] = ()
    """Leads whose older events were dropped. They go on from the stage that they had then, with the events kept."""


_STANDS = {
    TO_WITHDRAW: ACKNOWLEDGED,
    RETIRED: ACKNOWLEDGED,
    WITHDRAWN: UNTOLD,
    RECALLED: UNTOLD,
}
_GONE = {ACKNOWLEDGED: RETIRED, UNTOLD: WITHDRAWN, UNDELIVERABLE: WITHDRAWN, PENDING: PENDING}
"""What becomes of a transition that stands under the new rules, or doesn't. Nobody is told of it."""


def migrate(plan: n.Plan, fingerprint: str, store: Store, dry_run: bool) -> Migration:
    """Rebuilds every lead in one transaction. With ``dry_run`` nothing is written."""
    host = Runner(plan, fingerprint)
    snapshots = Snapshots(host)
    numbers = [row.number for row in store.session.partitions()]
    moved: list[Moved] = []
    incomplete: list[Lead] = []
    leads = after = 0
    if not numbers:
        return Migration(0, (), fingerprint, fingerprint, not dry_run)
    with store.transaction(numbers) as session:
        partitions = session.partitions()
        before = partitions[0].fingerprint
        while rows := session.all_leads(numbers, after, AT_ONCE):
            after = rows[-1].number
            changes = Changes()
            for row in rows:
                if row.stage is None:
                    continue
                leads += 1
                name = lead_from_text(row.lead)
                events = [event_from_text(name, event.at, event.body) for event in session.history(row.number)]
                base = session.base(row.number)
                # Time has passed for leads that were not due under the old rules, too.
                passed = partitions[row.partition].settled
                until = max(row.settled or 0, LONG_AGO if passed is None else passed)
                if base is None:
                    state, made = host.replay(events, traits_of(row), until)
                else:
                    incomplete.append(name)
                    state = host.start(name, standing(base.state))
                    changes.put(attrs.evolve(base, layout=snapshots.layout, state=snapshots.write(state)))
                    made = host.go_on(state, events, until)
                if state.stage.name != row.stage:
                    rule = made[-1].rule if made else None
                    moved.append(Moved(name, row.stage, state.stage.name, state.since, rule))
                if dry_run:
                    continue
                found = compare(made, session.transitions(row.number), base, frozenset(_STANDS))
                for transition in _recorded(row, found, partitions):
                    changes.put(transition)
                changes.put_lead(
                    attrs.evolve(
                        row,
                        version=row.version + 1,
                        stage=state.stage.name,
                        due=state.due,
                        settled=state.settled,
                        layout=snapshots.layout,
                    ),
                    snapshots.write(state),
                )
            if not dry_run:
                session.write(changes)
        if not dry_run:
            changes = Changes()
            for partition in partitions:
                partition.fingerprint = fingerprint
                changes.put(partition)
            session.write(changes)
    if not dry_run:
        LOG.info("migrated a store of format %d from rules %s to %s", FORMAT, before, fingerprint)
    return Migration(leads, tuple(moved), before, fingerprint, not dry_run, tuple(incomplete))


def _recorded(row: LeadRow, found: Compared, partitions: Sequence[PartitionRow]) -> Iterator[TransitionRow]:
    partition = partitions[row.partition]
    for transition in found.new:
        number = next_number(partition, len(partitions))
        text = transition_to_text(transition)
        yield TransitionRow(number, partition.number, row.number, transition.instant, UNTOLD, text)
    for old, _ in found.standing:
        if old.status in _STANDS:
            yield attrs.evolve(old, status=_STANDS[old.status])
    for old, _ in found.gone:
        if _GONE[old.status] != old.status:
            yield attrs.evolve(old, status=_GONE[old.status])
