"""The outbox: transitions on their way to a receiver.

A transition stays in the outbox until it is acknowledged, so it is delivered at least once. Several workers may
deliver: each claims transitions for a while, and the others skip those, together with later ones of the same lead, so
that a lead's transitions arrive in order. A claim ends when its time is up, or with the acknowledgement.
"""

from collections.abc import Iterable, Sequence

import attrs

from mqlrules.durable.records import Pending, transition_of
from mqlrules.durable.rows import (
    ACKNOWLEDGED,
    CLAIMS,
    PENDING,
    RECALLED,
    TO_WITHDRAW,
    UNDELIVERABLE,
    UNTOLD,
    WITHDRAWN,
    Changes,
    ClaimRow,
    TransitionRow,
)
from mqlrules.durable.store import Session

_ACKNOWLEDGED = {
    PENDING: ACKNOWLEDGED,
    UNTOLD: ACKNOWLEDGED,
    UNDELIVERABLE: ACKNOWLEDGED,
    # The receiver has it after all, and has to hear that it doesn't stand.
    RECALLED: TO_WITHDRAW,
    TO_WITHDRAW: WITHDRAWN,
}
_GIVEN_UP = {PENDING: UNDELIVERABLE, TO_WITHDRAW: WITHDRAWN}
_RETRIED = {UNDELIVERABLE: PENDING}


def listed(session: Session, partitions: Sequence[int], status: int, limit: int | None) -> list[Pending]:
    """The transitions with a status, the oldest first."""
    rows = session.transitions_with(partitions, status, limit)
    claims = {claim.id: claim for claim in session.claims(row.id for row in rows)}
    return [_pending(row, claims.get(row.id)) for row in rows]


def claim(
    session: Session, partitions: Sequence[int], status: int, limit: int | None, now: int, until: int
) -> list[Pending]:
    """Claims the oldest transitions with a status whose leads nobody else has a claim on."""
    rows = session.transitions_with(partitions, status, limit, unclaimed_at=now)
    known = {claim.id: claim for claim in session.claims(row.id for row in rows)}
    changes = Changes()
    found = []
    for row in rows:
        new = known.get(row.id) or ClaimRow(row.id, row.lead, until, 0, "")
        new = attrs.evolve(new, lead=row.lead, until=until, attempts=new.attempts + 1)
        changes.put(new)
        found.append(_pending(row, new))
    session.write(changes)
    return found


def acknowledge(session: Session, ids: Iterable[int]) -> int:
    """Marks transitions, and withdrawals, as taken; returns how many weren't until now."""
    return _changed(session, ids, _ACKNOWLEDGED)


def give_up(session: Session, ids: Iterable[int], note: str) -> int:
    """Takes transitions out of the outbox because they can't be delivered; returns how many were in it."""
    return _changed(session, ids, _GIVEN_UP, note)


def retry(session: Session, ids: Iterable[int]) -> int:
    """Puts undeliverable transitions back into the outbox; returns how many."""
    return _changed(session, ids, _RETRIED)


def postpone(session: Session, ids: Iterable[int], until: int, note: str) -> int:
    """Keeps transitions claimed until an instant; returns how many are in the outbox."""
    rows = [row for row in session.transitions_by_id(ids) if row.status in (PENDING, TO_WITHDRAW)]
    known = {claim.id: claim for claim in session.claims(row.id for row in rows)}
    changes = Changes()
    for row in rows:
        old = known.get(row.id) or ClaimRow(row.id, row.lead, until, 0, "")
        changes.put(attrs.evolve(old, lead=row.lead, until=until, note=note))
    session.write(changes)
    return len(rows)


def _changed(session: Session, ids: Iterable[int], statuses: dict[int, int], note: str | None = None) -> int:
    rows = [row for row in session.transitions_by_id(ids) if row.status in statuses]
    session.require(row.partition for row in rows)
    known = {claim.id: claim for claim in session.claims(row.id for row in rows)}
    changes = Changes()
    for row in rows:
        changes.put(attrs.evolve(row, status=statuses[row.status]))
        if note is None:
            changes.drop(CLAIMS, row.id)
        else:
            old = known.get(row.id) or ClaimRow(row.id, row.lead, 0, 0, "")
            changes.put(attrs.evolve(old, until=0, note=note))
    session.write(changes)
    return len(rows)


def _pending(row: TransitionRow, claim: ClaimRow | None) -> Pending:
    if claim is None:
        return Pending(row.id, transition_of(row))
    return Pending(row.id, transition_of(row), claim.attempts, claim.note)
