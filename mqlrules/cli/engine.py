"""``mqlrules engine``: looking after a store: letting time pass, new rules, figures."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from mqlrules.cli.command import Failure
from mqlrules.cli.options import Instant, instant
from mqlrules.cli.rules import load_rules
from mqlrules.console.terminal import counted
from mqlrules.ruleset import RuleSet

# The engine loads when the call is known to be a good one.
if TYPE_CHECKING:
    from mqlrules.durable.engine import DurableEngine


@click.group(epilog="""
\b
Examples:
  mqlrules engine tick sqlite:///leads.db rules/
  mqlrules engine migrate sqlite:///leads.db rules/ --dry-run
  mqlrules engine status sqlite:///leads.db rules/ --verify
""")  # fmt: skip
def command() -> None:
    """Look after the store of an engine: let time pass in it, take it over with new rules, see how it does.

    STORE is an address as `rules.engine(store=...)` takes it: sqlite:///leads.db, postgresql://user@host/database.
    """


@command.command(epilog="""
\b
Examples:
  mqlrules engine tick sqlite:///leads.db rules/
  mqlrules engine tick sqlite:///leads.db rules/ --until 2026-03-31T06:00:00Z
""")  # fmt: skip
@click.argument("store")
@click.argument("rules", nargs=-1, required=True, metavar="RULES...")
@click.option(
    "--until",
    default="now",
    show_default=True,
    callback=instant,
    metavar="TIME",
    help="Up to when: ISO-8601 text, or now, the clock of this machine.",
)
def tick(store: str, rules: tuple[str, ...], until: Instant) -> int:
    """Let time pass for every lead, and print the transitions that fell due, one JSON object a line.

    Made for a cron job. Only leads that are due are looked at. The transitions are in the outbox, too. Where the store
    allows for late events it is settled up to TIME less the lateness.
    """
    from mqlrules.cli.results import write_json_lines

    rule_set = load_rules(rules)
    with engine_of(store, rule_set) as engine:
        transitions = engine.advance(until.within(rule_set.program.timezone))
    write_json_lines(transitions, sys.stdout)
    return 0


@command.command(epilog="""
\b
Examples:
  mqlrules engine migrate sqlite:///leads.db rules/ --dry-run
  mqlrules engine migrate sqlite:///leads.db rules/
""")  # fmt: skip
@click.argument("store")
@click.argument("rules", nargs=-1, required=True, metavar="RULES...")
@click.option("--dry-run", is_flag=True, help="Only print what would change.")
def migrate(store: str, rules: tuple[str, ...], dry_run: bool) -> int:
    """Take a store over that was filled under other rules: every lead is rebuilt from its history.

    Prints the leads whose stage changes, one JSON object per line.
    """
    from mqlrules.cli.results import iso
    from mqlrules.durable.errors import StoreError

    try:
        found = load_rules(rules).migrate(store, dry_run=dry_run)
    except StoreError as error:
        raise Failure(str(error)) from None
    for moved in found.moved:
        record = {
            "lead": moved.lead,
            "from_stage": moved.before,
            "to_stage": moved.after,
            "at": iso(moved.instant),
            "rule": moved.rule,
        }
        print(json.dumps(record))
    told = f"{counted(len(found.moved), 'lead')} of {found.leads:,} {'would stand' if dry_run else 'now stand'}"
    click.echo(f"{told} in another stage", err=True)
    if found.incomplete:
        click.echo(
            f"{counted(len(found.incomplete), 'lead')} had old events dropped, and went on from their stage then",
            err=True,
        )
    return 0


@command.command(epilog="""
\b
Examples:
  mqlrules engine prune sqlite:///leads.db rules/ --before 2025-01-01
""")  # fmt: skip
@click.argument("store")
@click.argument("rules", nargs=-1, required=True, metavar="RULES...")
@click.option("--before", required=True, callback=instant, metavar="TIME", help="ISO-8601 text: what is older goes.")
def prune(store: str, rules: tuple[str, ...], before: Instant) -> int:
    """Drop old events. What they came to stays: stages, scores and time go on as if they were still there.

    But other rules can't be asked of them any more. Events that are older than every window of the rules have nothing
    to say; where a rule looks back without end, a line says so.
    """
    rule_set = load_rules(rules)
    with engine_of(store, rule_set) as engine:
        horizon = engine.horizon
        dropped = engine.prune(before.beginning(rule_set.program.timezone))
    click.echo(f"{counted(dropped, 'event')} dropped", err=True)
    if horizon is None:
        click.echo(
            "these rules look back without end: what they would need of the events is kept with the leads", err=True
        )
    return 0


@command.command(epilog="""
\b
Examples:
  mqlrules engine status sqlite:///leads.db rules/
  mqlrules engine status sqlite:///leads.db rules/ --verify
""")  # fmt: skip
@click.argument("store")
@click.argument("rules", nargs=-1, required=True, metavar="RULES...")
@click.option("--verify", is_flag=True, help="Read everything, and say what is damaged.")
def status(store: str, rules: tuple[str, ...], verify: bool) -> int:
    """Print the figures of a store. With --verify the exit status is 1 if something in it is damaged."""
    with engine_of(store, load_rules(rules)) as engine:
        stats = engine.stats()
        damage = engine.verify() if verify else []
    figures = {
        "leads": f"{stats.leads:,}",
        "events": f"{stats.events:,}",
        "repeated": f"{stats.repeated:,}",
        "held back": f"{stats.held:,}",
        "dead letters": f"{stats.dead_letters:,}",
        "dropped": f"{stats.dropped:,}, of a lead at most {stats.history:,} are kept",
        "transitions": f"{stats.transitions:,} kept, {stats.pending:,} pending",
        "watermark": "none" if stats.watermark is None else stats.watermark.isoformat(),
        "rules": stats.fingerprint,
        "format": str(stats.format),
    }
    for name, value in figures.items():
        print(f"{name:13} {value}")
    for line in damage:
        print(f"damaged: {line}", file=sys.stderr)
    if verify and not damage:
        print("nothing is damaged")
    return 1 if damage else 0


@contextmanager
def engine_of(store: str, rule_set: RuleSet) -> "Iterator[DurableEngine]":
    """The engine over a store that is there. Raises ``Failure`` in place of ``StoreError``."""
    from mqlrules.durable.errors import OtherRules, StoreError
    from mqlrules.durable.opening import open_engine

    try:
        with open_engine(rule_set.plan, rule_set.fingerprint, store, None, must_exist=True) as engine:
            yield engine
    except OtherRules as error:
        raise Failure(f"{error}; from here that is `mqlrules engine migrate STORE RULES... [--dry-run]`") from None
    except StoreError as error:
        raise Failure(str(error)) from None
