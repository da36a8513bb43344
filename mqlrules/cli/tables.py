"""Readable tables, for a person at a terminal."""

import os
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, TextIO

from rich import box
from rich.console import Console
from rich.table import Table

from mqlrules.check.program import Program
from mqlrules.cli.rules import in_colour
from mqlrules.engine.results import Transition
from mqlrules.events.model import Event, moment

if TYPE_CHECKING:
    from mqlrules.batch import Held

WIDTH_WITHOUT_TERMINAL = 100


def console(stream: TextIO) -> Console:
    """A console for a stream: in colour on a terminal alone, and never with ``NO_COLOR``. Text is taken as it is."""
    terminal = stream.isatty()
    wide = None if terminal or os.environ.get("COLUMNS") else WIDTH_WITHOUT_TERMINAL
    return Console(
        file=stream,
        color_system="auto" if in_colour(stream) else None,
        force_terminal=terminal,
        width=wide,
        markup=False,
        highlight=False,
        emoji=False,
        soft_wrap=False,
    )


def table(*columns: str, right: Sequence[str] = ()) -> Table:
    """An empty table; the columns named by ``right`` hold numbers, those in ``(UTC)`` times, which are never folded."""
    empty = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold", show_edge=False)
    for column in columns:
        justify: Literal["left", "right"] = "right" if column in right else "left"
        empty.add_column(column, justify=justify, overflow="fold", no_wrap=column.endswith("(UTC)"))
    return empty


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


def when(instant: int) -> str:
    """An instant (microseconds since 1970 UTC) as a person writes it; seconds only where there are any.

    Fractions of a second are left out: a file or a pipe has them.
    """
    at = moment(instant)
    precision = "seconds" if at.second or at.microsecond else "minutes"
    return at.replace(tzinfo=None).isoformat(" ", precision)


def in_short(events: Sequence[Event]) -> str:
    """Events by their names, each once, with how often it stands there."""
    times = Counter(event.name for event in events)
    spelled = {event.name: printable(event.event) for event in reversed(events)}
    return ", ".join(spelled[name] if count == 1 else f"{spelled[name]} ×{count}" for name, count in times.items())


def printable(value: object) -> str:
    """Text from data without what could steer a terminal."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in str(value))
