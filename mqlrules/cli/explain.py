"""``mqlrules explain``: why a lead qualified, why not, and what is still missing."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import click

from mqlrules.cli.command import Command, Failure, note
from mqlrules.cli.inputs import Inputs
from mqlrules.cli.options import (
    Instant,
    at_option,
    complete_names,
    event_inputs,
    out_option,
    raw_csv_option,
    rules_argument,
)
from mqlrules.cli.rules import load_rules
from mqlrules.cli.writing import whole_file
from mqlrules.console.terminal import in_colour, takes_unicode

if TYPE_CHECKING:
    from mqlrules.events.model import Event, Lead
    from mqlrules.explain.pages import Explanation
    from mqlrules.ruleset import RuleSet
    from mqlrules.run.incremental_run import Batch

PAGES = {".md": "markdown", ".json": "json", ".txt": "text"}
DRAWINGS = (".svg", ".html", ".txt")
TABLES = (".jsonl", ".csv", ".parquet")


@click.command(cls=Command, page="explain", examples="""
mqlrules explain rules/ --events events.csv --lead ada
mqlrules explain rules/ --events events.csv --lead ada --rule warm --at 2026-01-10
mqlrules explain rules/ --events events.csv --lead ada --out ada.md
mqlrules explain rules/ --events events.csv --lead ada --timeline --out ada.html
mqlrules explain rules/ --events events.csv --batch --out leads.csv
""")  # fmt: skip
@rules_argument
@event_inputs(rejects=True)
@click.option("--lead", "lead_name", metavar="ID", help="The lead to explain.")
@click.option(
    "--rule", shell_complete=complete_names("rule"), metavar="NAME",
    help="Only this rule (default: the rules that lead to the lead's next stage).",
)  # fmt: skip
@at_option
@click.option("--batch", is_flag=True, help="All leads: how far each one is away, and which single event would do.")
@click.option("--timeline", is_flag=True, help="Draw the lead's events, windows, scores and stages over time.")
@out_option(
    help="Write to a file: .md, .json or .txt; with --timeline .svg, .html or .txt; with --batch .csv, .jsonl or "
    ".parquet."
)
@click.option(
    "--output-format", type=click.Choice(["text", "json", "markdown"]),
    help="How the answer is printed (default: text).",
)  # fmt: skip
@raw_csv_option
def command(
    rules: tuple[str, ...],
    inputs: Inputs,
    lead_name: str | None,
    rule: str | None,
    at: Instant | None,
    batch: bool,
    timeline: bool,
    out: Path | None,
    output_format: str | None,
    raw_csv: bool,
) -> int:
    """Explain why a lead qualified, why not, and what is still missing: every part of a rule with what was found, and a
    verdict: it holds, it is pending, it would hold if …, it can't hold any more.

    With --batch for all leads: how many are one event away from each stage, and which event. The exit status is 1 if
    some rows can't be read, 2 if there is no such lead or rule.
    """
    _check_call(lead_name, batch, timeline, output_format, out)
    rule_set = load_rules(rules)
    if rule is not None:
        _check_rule(rule_set, rule)
    read = inputs.read(rule_set.program)
    now = read.end(None if at is None else at.within(rule_set.program.timezone)) or 0
    if batch:
        from mqlrules.cli.explain_batch import answer_all

        answer_all(rule_set, read, rule, now, out, output_format, guard=not raw_csv)
        return inputs.status(read.rejects)
    assert lead_name is not None, "checked above"
    lead, history, traits = _lead(read, lead_name)
    if timeline:
        _draw(rule_set, lead, history, traits, now, out)
        return inputs.status(read.rejects)

    from mqlrules.explain.explanation import explain_lead

    explanation = explain_lead(rule_set.plan, rule_set.fingerprint, lead, history, traits, now, rule)
    form = output_format or ("text" if out is None else PAGES[out.suffix.lower()])
    if out is None and form == "text":
        from mqlrules.explain.terminal_tree import show

        show(explanation, sys.stdout)
    else:
        _give(_page(explanation, form, ascii_only=out is None and not takes_unicode(sys.stdout)), out)
    return inputs.status(read.rejects)


def _check_call(lead: str | None, batch: bool, timeline: bool, form: str | None, out: Path | None) -> None:
    if (lead is None) != batch:
        raise click.UsageError("Give either --lead, for one lead, or --batch, for all of them.")
    if batch and timeline:
        raise click.UsageError("A timeline shows one lead: give --lead with it.")
    if timeline and form is not None:
        raise click.UsageError("--timeline draws on the terminal, or into the file that --out names.")
    if out is None:
        return
    endings = DRAWINGS if timeline else TABLES if batch else tuple(PAGES)
    if out.suffix.lower() not in endings:
        raise Failure(f"{out} must end in {', '.join(endings[:-1])} or {endings[-1]}: the ending decides the format")
    if not timeline and not batch and form is not None and PAGES[out.suffix.lower()] != form:
        raise Failure(f"--output-format {form} doesn't fit the ending of {out}: leave one of them out")


def _check_rule(rule_set: "RuleSet", name: str) -> None:
    from mqlrules.explain.explanation import unknown
    from mqlrules.language.names import normalise

    names = [rule.name for rule in rule_set.program.rules]
    if normalise(name) not in map(normalise, names):
        raise Failure(unknown("rule", name, names))


def _page(explanation: "Explanation", form: str, *, ascii_only: bool) -> str:
    from mqlrules.explain.document import as_markdown, as_text
    from mqlrules.explain.pages import page
    from mqlrules.explain.records import record

    match form:
        case "markdown":
            return as_markdown(page(explanation))
        case "json":
            return json.dumps(record(explanation), ensure_ascii=ascii_only, indent=2) + "\n"
        case _:
            return as_text(page(explanation))


def _give(text: str, out: Path | None) -> None:
    """Prints a result, or writes it to a file."""
    if out is None:
        sys.stdout.write(text)
        return
    with whole_file(out) as part:
        part.write_text(text, encoding="utf-8")
    note(f"written to {out}")


def _lead(read: "Batch", name: str) -> "tuple[Lead, list[Event], Mapping[str, Any]]":
    """A lead by the name that was typed, its history, and its traits. Raises ``Failure`` if there is no such lead."""
    import polars as pl

    from mqlrules.engine.histories import in_history_order
    from mqlrules.explain.explanation import unknown
    from mqlrules.readers import events_of

    lead = read.table.lead(name)
    events: list[Event] = []
    if type(lead) is (int if read.table.frame.schema["lead"] == pl.Int64 else str):
        events = list(events_of(attrs.evolve(read.table, frame=read.table.frame.filter(pl.col("lead") == lead))))
    if not events and lead not in read.traits:
        raise Failure(unknown("lead", name, read.leads()))
    return lead, in_history_order(events), read.traits.get(lead, {})


def _draw(
    rule_set: "RuleSet", lead: "Lead", history: "list[Event]", traits: Mapping[str, Any], now: int, out: Path | None
) -> None:
    from mqlrules.explain.timeline.layout import timeline_of

    timeline = timeline_of(rule_set.plan, history, lead, {lead: traits}, now)
    match "" if out is None else out.suffix.lower():
        case ".svg":
            from mqlrules.explain.timeline.svg import draw_svg

            _give(draw_svg(timeline), out)
        case ".html":
            from mqlrules.explain.timeline.html import draw_html

            _give(draw_html(timeline), out)
        case _:
            from mqlrules.console.tables import console
            from mqlrules.explain.timeline.terminal import draw_terminal

            colour = out is None and in_colour(sys.stdout)
            _give(draw_terminal(timeline, console(sys.stdout).width, colour), out)
