"""Opening a store under rules: for an engine, or to take it over."""

import datetime
import re
from collections.abc import Iterator
from contextlib import contextmanager

from mqlrules.durable.address import find_store, open_store
from mqlrules.durable.engine import DurableEngine
from mqlrules.durable.migration import Migration, migrate
from mqlrules.durable.protocol import Store
from mqlrules.durable.telemetry import Meter
from mqlrules.events.traits import LeadTable, as_traits
from mqlrules.language.calendar import LONGEST, UNITS
from mqlrules.plan.nodes import Plan
from mqlrules.syntax import literals

Lateness = str | datetime.timedelta
"""How long events may be on their way: ``"1h"`` in the words of the language, or a timedelta."""

_DURATION = re.compile(rf"(\d+|\d*\.\d+)({'|'.join(UNITS)})")


def open_engine(
    plan: Plan,
    fingerprint: str,
    address: str,
    leads: LeadTable | None,
    lateness: Lateness | None = None,
    history: int | None = None,
    meter: Meter | None = None,
    must_be_there: bool = False,
) -> DurableEngine:
    """The engine of a plan over the store at an address, made if there is none, unless it ``must_be_there``.

    Raises ``StoreError``.
    """
    if history is not None and (type(history) is not int or history < 1):
        raise ValueError(f"history is how many events are kept of a lead, at least one, and not {history!r}")
    waiting = None if lateness is None else in_microseconds(lateness)
    traits = as_traits(leads)
    store = (find_store if must_be_there else open_store)(address)
    try:
        return DurableEngine(plan, fingerprint, store, leads=traits, lateness=waiting, history=history, meter=meter)
    except BaseException:
        store.close()
        raise


def migrate_store(plan: Plan, fingerprint: str, address: str, dry_run: bool) -> Migration:
    """Takes the store at an address over. Raises ``StoreError``."""
    with _opened(address) as store:
        return migrate(plan, fingerprint, store, dry_run)


@contextmanager
def _opened(address: str) -> Iterator[Store]:
    store = find_store(address)
    try:
        yield store
    finally:
        store.close()


def in_microseconds(lateness: Lateness) -> int:
    """A lateness in microseconds. Raises ``ValueError`` for what is none."""
    if isinstance(lateness, datetime.timedelta):
        found = lateness // datetime.timedelta(microseconds=1)
    else:
        match = _DURATION.fullmatch(lateness.strip()) if isinstance(lateness, str) else None
        value = None if match is None else literals.number(match[1])
        if match is None or value is None or isinstance(value, literals.Fault):
            raise ValueError(f"{lateness!r} is no lateness; write it as 30s, 15m, 1h or 2d")
        found = int(value * UNITS[match[2]])
    if not 0 <= found <= LONGEST:
        raise ValueError(f"a lateness is between nothing and 36,500 days, and not {lateness}")
    return found
