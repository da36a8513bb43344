"""The tables of `run`, for a person at a terminal."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.table import Table

from mqlrules.check.program import Program
from mqlrules.console.tables import console as console
from mqlrules.console.tables import table as table
from mqlrules.console.terminal import in_short, printable
from mqlrules.console.terminal import when as when
from mqlrules.engine.results import Transition

if TYPE_CHECKING:
    from mqlrules.run.incremental_run import Held
    from mqlrules.run.outcome import Tally


def results_table(results: "Sequence[Transition | Held]") -> Table:
    """A row a transition, with what it rests on; or a row for the first time that a rule held."""
    if results and not isinstance(results[0], Transition):
        rows = table("lead", "rule", "first held (UTC)")
        for held in results:
            rows.add_row(printable(held.lead), held.rule, when(held.instant))
        return rows
    rows = table("lead", "from", "to", "at (UTC)", "rule", "because of")
    for move in results:
        if isinstance(move, Transition):
            rows.add_row(
                printable(move.lead),
                move.from_stage,
                move.to_stage,
                when(move.instant),
                move.rule,
                in_short(move.evidence),
            )
    return rows


def summary(tally: "Tally", program: Program, leads: int, each_rule: bool) -> Table:
    """How many leads each rule moved, or held of, and how many stand where at the end."""
    counted = "leads" if each_rule else "moves"
    rules = table("rule", counted, right=(counted,))
    for rule in program.rules:
        rules.add_row(rule.name, f"{tally.by_rule.get(rule.name, 0):,}")
    if each_rule:
        return rules
    first, *others = (*program.lifecycle.ladder, *program.lifecycle.outside)
    stages = table("stage", "leads at the end", "ever there", right=("leads at the end", "ever there"))
    for stage in (first, *others):
        # All begin in the first stage.
        ever = leads if stage == first else tally.reached.get(stage, 0)
        begun = leads if stage == first else 0
        if ever:
            now = begun + tally.into.get(stage, 0) - tally.out_of.get(stage, 0)
            stages.add_row(stage, f"{now:,}", f"{ever:,}")
    side_by_side = Table.grid(padding=(0, 6))
    side_by_side.add_row(stages, rules)
    return side_by_side


def unasked(program: Program) -> str:
    """What to say of rules with ``when`` where the lifecycle is ignored; nothing if there are none."""
    names = [rule.name for rule in program.rules if rule.when is not None]
    return f"`when` is not asked here, only the condition after it: {', '.join(names)}" if names else ""
