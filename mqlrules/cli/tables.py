"""The tables of `run`, for a person at a terminal."""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.table import Table

from mqlrules.check.program import Program
from mqlrules.engine.results import Transition
from mqlrules.tables import console as console
from mqlrules.tables import table as table
from mqlrules.terminal import in_short, printable
from mqlrules.terminal import when as when

if TYPE_CHECKING:
    from mqlrules.batch import Held


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


def summary(results: "Sequence[Transition | Held]", program: Program, leads: int) -> Table:
    """How many leads each rule moved, or held of, and how many stand where at the end."""
    moves = [result for result in results if isinstance(result, Transition)]
    by_rule = Counter(result.rule for result in results)
    rules = table("rule", "leads" if not moves and results else "moves", right=("leads", "moves"))
    for rule in program.rules:
        rules.add_row(rule.name, f"{by_rule[rule.name]:,}")
    if results and not moves:
        return rules
    last = {move.lead: move.to_stage for move in moves}
    now = Counter(last.values())
    first, *others = (*program.lifecycle.ladder, *program.lifecycle.outside)
    now[first] += leads - len(last)
    reached = Counter(stage for _, stage in {(move.lead, move.to_stage) for move in moves})
    reached[first] = leads
    stages = table("stage", "leads at the end", "ever there", right=("leads at the end", "ever there"))
    for stage in (first, *others):
        if reached[stage]:
            stages.add_row(stage, f"{now[stage]:,}", f"{reached[stage]:,}")
    side_by_side = Table.grid(padding=(0, 6))
    side_by_side.add_row(stages, rules)
    return side_by_side


def unasked(program: Program) -> str:
    """What to say of rules with ``when`` where the lifecycle is ignored; nothing if there are none."""
    names = [rule.name for rule in program.rules if rule.when is not None]
    return f"`when` is not asked here, only the condition after it: {', '.join(names)}" if names else ""
