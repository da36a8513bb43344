"""How answers look: parts of a reply on a console (rich)."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import TextIO, cast

from rich.console import Console
from rich.text import Text

from mqlrules.console.tables import table
from mqlrules.console.terminal import counted, printable, when
from mqlrules.engine.results import points
from mqlrules.events.model import Event
from mqlrules.repl.asking import Census
from mqlrules.repl.parts import (
    Branch,
    Count,
    Difference,
    Drawing,
    Found,
    LeadPage,
    Mistake,
    Moment,
    Part,
    Remark,
    Rows,
    Said,
    Turn,
    Values,
    Why,
)
from mqlrules.repl.values import shown
from mqlrules.text.render import render_all

DIM = "dim"
GOOD = "green"
BAD = "bold red"
STRONG = "bold"


def show(parts: Sequence[Part], out: Console, errors: Console) -> None:
    """Shows the parts of a reply, in order; what is wrong goes to ``errors``."""
    for part in parts:
        match part:
            case Said(text=text):
                out.print(Text(text), soft_wrap=not out.is_terminal)
            case Remark(text=text):
                out.print(Text(text, style=DIM), soft_wrap=not out.is_terminal)
            case Mistake(text=text, hint=hint):
                lines = f"{text}\n  = hint: {hint}" if hint else text
                said = Text.assemble(("error", BAD), ": ", "\n".join(map(printable, lines.split("\n"))))
                errors.print(said, soft_wrap=not errors.is_terminal)
            case Found(diagnostics=diagnostics):
                colour = errors.color_system is not None
                text = render_all(diagnostics, colour=colour, width=max(20, errors.width - 6))
                errors.file.write(f"{text}\n")
                errors.file.flush()
            case Count():
                _count(part, out)
            case Values():
                _values(part, out)
            case Branch():
                _tree(part, out)
            case LeadPage():
                _lead(part, out)
            case Rows(columns=columns, rows=rows, right=right):
                _rows(columns, rows, right, out)
            case Why(explanation=explanation):
                from mqlrules.explain.terminal_tree import show as show_explanation

                show_explanation(explanation, cast(TextIO, out.file))
            case Drawing(timeline=timeline):
                from mqlrules.explain.timeline.terminal import draw_terminal

                out.file.write(draw_terminal(timeline, out.width, out.color_system is not None))
                out.file.flush()
            case Difference(text=text):
                for line in text.split("\n"):
                    out.print(Text(line, style=_DIFFERENCE.get(line[:1], "")), soft_wrap=True)


_DIFFERENCE = {"+": GOOD, "-": "red", "@": "cyan"}


def _rows(columns: Sequence[str], rows: Sequence[tuple[str, ...]], right: Sequence[str], out: Console) -> None:
    made = table(*columns, right=right)
    made.show_header = any(columns)
    if not any(columns):
        made.box = None
        made.pad_edge = True
    for row in rows:
        made.add_row(*map(Text, row))
    out.print(made)


# -- how many leads ------------------------------------------------------------------------------------------------


def _count(part: Count, out: Console) -> None:
    census = part.census
    if not part.skip:
        if census.leads or not census.known:
            out.print(_sentence(census), soft_wrap=not out.is_terminal)
        if census.known:
            leads = counted(census.known, "lead")
            known = (
                f"Of {leads} known by traits alone, {census.known_now:,} {'do' if census.known_now != 1 else 'does'}."
            )
            out.print(Text(known), soft_wrap=not out.is_terminal)
    rows = census.first(part.skip + part.rows)[part.skip :]
    if not rows:
        return
    made = table("lead", "first (UTC)", "now")
    for met in rows:
        made.add_row(Text(shown(met.lead)), when(met.first), Text("yes", GOOD) if met.holds else Text("no", DIM))
    out.print(made)
    _left(census.ever - part.skip - len(rows), out)


def _sentence(census: Census) -> Text:
    now = Text(f"{census.now:,} of {counted(census.leads, 'lead')} now", STRONG)
    share = f" ({_percent(census.now, census.leads)})" if census.now and census.leads >= 100 else ""
    return Text.assemble(now, share, f", {census.ever:,} ever; as of {when(census.at)} UTC")


def _percent(part: int, whole: int) -> str:
    share = 100 * part / whole
    return f"{share:.0f} %" if share >= 10 else f"{share:.1f} %"


def _left(count: int, out: Console) -> None:
    if count > 0:
        out.print(Text(f"… and {count:,} more: `:more`", DIM), soft_wrap=not out.is_terminal)


def _values(part: Values, out: Console) -> None:
    values = part.values
    if not part.skip:
        ordered = [value for _, value in values]
        if not ordered:
            out.print(Text(f"{part.score}: no lead has begun yet"), soft_wrap=not out.is_terminal)
            return
        middle = ordered[len(ordered) // 2]
        other = sum(value != 0 for value in ordered)
        of = f"of {counted(len(values), 'lead')}"
        said = f"{part.score}: from {ordered[-1]} to {ordered[0]}, half {of} have {middle} or more; {other:,} not 0"
        out.print(Text.assemble(Text(said, STRONG), f"; as of {when(part.at)} UTC"), soft_wrap=not out.is_terminal)
    rows = values[part.skip : part.skip + part.rows]
    made = table("lead", part.score, right=(part.score,))
    for lead, value in rows:
        made.add_row(Text(shown(lead)), str(value))
    out.print(made)
    _left(len(values) - part.skip - len(rows), out)


# -- a condition as a tree -----------------------------------------------------------------------------------------


def _tree(whole: Branch, out: Console) -> None:
    lines = list(_lines(whole, "", ""))
    if all(branch.census is None for _, branch in lines):
        for label, _ in lines:
            out.print(Text(label), soft_wrap=not out.is_terminal)
        return
    made = table("", "now", "ever", right=("now", "ever"))
    for label, branch in lines:
        census = branch.census
        made.add_row(Text(label), *(("", "") if census is None else (f"{census.now:,}", f"{census.ever:,}")))
    out.print(made)
    if whole.census is not None:
        said = f"leads of {whole.census.leads:,}; as of {when(whole.census.at)} UTC"
        out.print(Text(said, DIM), soft_wrap=not out.is_terminal)


def _lines(branch: Branch, first: str, others: str) -> Iterator[tuple[str, Branch]]:
    yield first + printable(branch.label), branch
    for number, inner in enumerate(branch.branches, 1):
        last = number == len(branch.branches)
        yield from _lines(inner, others + ("└─ " if last else "├─ "), others + ("   " if last else "│  "))


# -- a lead --------------------------------------------------------------------------------------------------------


def _lead(page: LeadPage, out: Console) -> None:
    head = Text.assemble((shown(page.lead), STRONG), "  ", (page.stage, "bold cyan"))
    if page.moved is not None:
        head.append(f" since {when(page.moved.instant)} UTC, by {page.moved.rule}")
    out.print(head, soft_wrap=not out.is_terminal)
    for name, since in page.segments:
        out.print(Text(f"  in {name} since {when(since)}"), soft_wrap=not out.is_terminal)
    for name, value in page.scores:
        out.print(Text(f"  {name} {value}"), soft_wrap=not out.is_terminal)
    if page.traits:
        out.print(Text("  " + ", ".join(f"{printable(key)} {shown(value)}" for key, value in page.traits)))
    if page.begins is None:
        out.print(
            Text("  no events" + ("" if page.at is None else f" up to {when(page.at)} UTC")),
            soft_wrap=not out.is_terminal,
        )
        return
    out.print(Text(f"  {counted(page.events, 'event')} since {when(page.begins)}"), soft_wrap=not out.is_terminal)
    out.print()
    if page.left_out:
        more = f"… {page.left_out:,} before: `:lead {shown(page.lead)} {page.left_out + len(page.moments)}`"
        out.print(Text(more, DIM), soft_wrap=not out.is_terminal)
    for moment in page.moments:
        _moment(moment, out)


def _moment(moment: Moment, out: Console) -> None:
    instant = when(moment.instant).ljust(19)
    if moment.event is not None:
        out.print(Text.assemble(instant, "  ", *_event(moment.event)), soft_wrap=not out.is_terminal)
        instant = " " * 19
    for turn in moment.changes:
        out.print(Text.assemble(instant, "    ", _turn(turn)), soft_wrap=not out.is_terminal)
        instant = " " * 19


def _event(event: Event) -> list[str | tuple[str, str]]:
    held = ", ".join(f"{printable(key)} {shown(value)}" for key, value in event.properties.items())
    return [(printable(event.event), STRONG), (f"  {held}" if held else "", DIM)]


def _turn(turn: Turn) -> Text:
    change = turn.change
    match change.kind:
        case "stage":
            by = "" if turn.move is None else f" by {turn.move.rule}"
            return Text.assemble((f"{turn.before} → {change.value}", "bold cyan"), by)
        case "segment":
            return Text(f"{'in' if change.value else 'no longer in'} {change.name}", "cyan")
        case "score":
            before = turn.before if isinstance(turn.before, Decimal) else points(0)
            return Text(f"{change.name} {before} → {change.value}", "cyan")
