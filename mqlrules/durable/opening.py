"""Opening a store under rules: as an engine, or to migrate it."""

from mqlrules.durable.address import Address, database_at
from mqlrules.durable.engine import STATES_KEPT, DurableEngine
from mqlrules.durable.errors import StoreError
from mqlrules.durable.migration import Migration, migrate
from mqlrules.durable.store import Store
from mqlrules.durable.telemetry import Meter
from mqlrules.events.durations import Duration, in_microseconds
from mqlrules.events.traits import LeadTable, as_traits
from mqlrules.plan.nodes import Plan

MAX_AHEAD = "1h"
"""How far events and ``advance`` may be ahead of the wall clock, unless the caller says otherwise."""


def open_engine(
    plan: Plan,
    fingerprint: str,
    address: Address,
    leads: LeadTable | None,
    lateness: Duration | None = None,
    history: int | None = None,
    max_ahead: Duration | None = MAX_AHEAD,
    dead_letters: bool = False,
    meter: Meter | None = None,
    must_exist: bool = False,
    states_kept: int = STATES_KEPT,
) -> DurableEngine:
    """The engine of a plan over the store at an address; a missing store is made, unless it ``must_exist``.

    Raises ``StoreError``.
    """
    if history is not None and (type(history) is not int or history < 1):
        raise ValueError(f"history must be a whole number of events, at least 1, got {history!r}")
    waiting = None if lateness is None else in_microseconds(lateness, "lateness")
    ahead = None if max_ahead is None else in_microseconds(max_ahead, "max_ahead")
    traits = as_traits(leads)
    store = _store_at(address, must_exist)
    try:
        return DurableEngine(
            plan, fingerprint, store, leads=traits, lateness=waiting, history=history, max_ahead=ahead,
            dead_letters=dead_letters, meter=meter, states_kept=states_kept,
        )  # fmt: skip
    except BaseException:
        store.close()
        raise


def migrate_store(plan: Plan, fingerprint: str, address: Address, dry_run: bool) -> Migration:
    """Migrates the store at an address. Raises ``StoreError``."""
    store = _store_at(address, must_exist=True)
    try:
        return migrate(plan, fingerprint, store, dry_run)
    finally:
        store.close()


def _store_at(address: Address, must_exist: bool) -> Store:
    database = database_at(address, must_exist)
    try:
        if must_exist and not database.has_tables():
            raise StoreError("the database holds no store")
        return Store(database)
    except BaseException:
        database.close()
        raise
