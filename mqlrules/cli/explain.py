"""``mqlrules explain``: why a lead qualified, why not, and what is still missing."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mqlrules.cli.failure import Failure
from mqlrules.cli.options import TakesManyEvents, column_names, event_files, instant, kept_rejects, leads_table
from mqlrules.cli.reading import keep_rejects, read_batch
from mqlrules.cli.rules import check_standard_input, load_rules

if TYPE_CHECKING:
    from mqlrules.events.model import Event, Lead
    from mqlrules.ruleset import RuleSet
    from mqlrules.run.incremental_run import Batch

ANSWERS = ("tree", "markdown", "json")
FILES = ("csv", "jsonl", "parquet", "arrow", "segment")
PAGES = {".md": "markdown", ".json": "json", ".txt": "tree"}
DRAWINGS = (".svg", ".html", ".txt")


@click.command(cls=TakesManyEvents, epilog="""
\b
Examples:
  mqlrules explain rules/ --events events.csv --lead ada
  mqlrules explain rules/ --events events.csv --lead ada --rule warm --at 2026-01-10
  mqlrules explain rules/ --events events.csv --lead ada --format markdown --out ada.md
  mqlrules explain rules/ --events events.csv --lead ada --timeline --out ada.html
  mqlrules explain rules/ --events events.csv --batch --out leads.csv
""")  # fmt: skip
@click.argument("rules", nargs=-1, required=True, metavar="RULES...")
@event_files
@click.option("--lead", "lead_name", metavar="ID", help="The lead to explain.")
@click.option("--rule", metavar="NAME", help="This rule alone (default: those that lead to the lead's next stage).")
@click.option(
    "--at",
    callback=instant,
    metavar="TIME",
    help="The instant to look at: ISO-8601 text, or now (default: the last event of all).",
)
@leads_table
@click.option("--batch", is_flag=True, help="All leads: how far each is away, and which one event would do.")
@click.option("--timeline", is_flag=True, help="Draw the lead's events, windows, scores and stages over time.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write to a file: .md, .json or .txt; with --timeline .svg, .html or .txt; with --batch .csv, .jsonl or "
    ".parquet.",
)
@click.option(
    "--format",
    "formats",
    multiple=True,
    type=click.Choice([*ANSWERS, *FILES]),
    help="How the answer is written (tree, markdown, json), or what the event files are (default: by their endings). "
    "May be given for both.",
)
@column_names
@kept_rejects
def command(
    rules: tuple[str, ...],
    events: tuple[str, ...],
    lead_name: str | None,
    rule: str | None,
    at: int | None,
    leads: str | None,
    batch: bool,
    timeline: bool,
    out: Path | None,
    formats: tuple[str, ...],
    leads_column: str | None,
    lead_column: str | None,
    time_column: str | None,
    event_column: str | None,
    id_column: str | None,
    rejects: Path | None,
    allow_rejects: bool,
) -> int:
    """Say why a lead qualified, why not, and what is still missing: every part of a rule with what was found, and one
    verdict: it holds, it is pending, it would hold if …, it cannot hold any more.

    With --batch for all leads: how many are one event away from each stage, and which event. The exit status is 1 if
    some rows could not be read, 2 if there is no such lead or rule.
    """
    check_standard_input(rules, events)
    answer, files = _one_each(formats)
    _check_call(lead_name, batch, timeline, answer, out)
    rule_set = load_rules(rules)

    from mqlrules.cli.writing import check_writable

    if rule is not None:
        _known_rule(rule_set, rule)
    for path in (out, rejects):
        if path is not None:
            check_writable(path)
    columns = (lead_column, time_column, event_column, id_column, leads_column)
    read = read_batch(rule_set.program, events, leads, files, columns)
    if rejects is not None:
        keep_rejects(read.rejects, rejects)
    if batch:
        from mqlrules.cli.reach import answer_all

        answer_all(rule_set, read, rule, at, out, answer)
    else:
        assert lead_name is not None
        _answer_one(rule_set, read, lead_name, rule, at, out, answer, timeline)
    return 1 if len(read.rejects) and not allow_rejects else 0


def _one_each(formats: Sequence[str]) -> tuple[str | None, str | None]:
    answers = [each for each in formats if each in ANSWERS]
    files = [each for each in formats if each in FILES]
    if len(answers) > 1 or len(files) > 1:
        raise click.UsageError("--format can be given once for the answer and once for the event files")
    return next(iter(answers), None), next(iter(files), None)


def _check_call(lead: str | None, batch: bool, timeline: bool, answer: str | None, out: Path | None) -> None:
    if (lead is None) != batch:
        raise click.UsageError("Give either --lead, for one lead, or --batch, for all of them.")
    if batch and timeline:
        raise click.UsageError("A timeline is of one lead: give --lead with it.")
    if timeline and answer is not None:
        raise click.UsageError("--timeline is drawn on the terminal, or into the file that --out names.")
    if out is None:
        return
    endings = DRAWINGS if timeline else (".jsonl", ".csv", ".parquet") if batch else tuple(PAGES)
    if out.suffix.lower() not in endings:
        shown = f"{', '.join(endings[:-1])} or {endings[-1]}"
        raise Failure(f"{out} must end in {shown}: the ending says the format")
    if not timeline and not batch and answer is not None and PAGES[out.suffix.lower()] != answer:
        raise Failure(f"{out} does not end as {answer} does: the ending says the format")


def _known_rule(rule_set: "RuleSet", name: str) -> None:
    from mqlrules.explain.explanation import unknown
    from mqlrules.language.names import normalise

    names = [rule.name for rule in rule_set.program.rules]
    if normalise(name) not in map(normalise, names):
        raise Failure(unknown("rule", name, names))


def _answer_one(
    rule_set: "RuleSet",
    read: "Batch",
    name: str,
    rule: str | None,
    at: int | None,
    out: Path | None,
    answer: str | None,
    timeline: bool,
) -> None:
    from mqlrules.explain.explanation import explain_lead

    lead, history, traits = _lead(read, name)
    now = read.end(at) or 0
    if timeline:
        _draw(rule_set, lead, history, traits, now, out)
        return
    explanation = explain_lead(rule_set.plan, rule_set.fingerprint, lead, history, traits, now, rule)
    form = answer or ("tree" if out is None else PAGES[out.suffix.lower()])
    if out is None and form == "tree":
        from mqlrules.explain.terminal_tree import show

        show(explanation, sys.stdout)
        return
    text = _page(explanation, form)
    if out is None:
        click.echo(text, nl=False)
    else:
        _write(out, text)


def _page(explanation: Any, form: str) -> str:
    import json

    from mqlrules.explain.pages import as_markdown, as_text
    from mqlrules.explain.records import record

    match form:
        case "markdown":
            return as_markdown(explanation)
        case "json":
            return json.dumps(record(explanation), ensure_ascii=False, indent=2) + "\n"
        case _:
            return as_text(explanation) + "\n"


def _write(out: Path, text: str) -> None:
    from mqlrules.cli.writing import whole_file

    with whole_file(out) as part:
        part.write_text(text, encoding="utf-8")
    click.echo(f"written to {out}", err=True)


def _lead(read: "Batch", name: str) -> "tuple[Lead, list[Event], Mapping[str, Any]]":
    """A lead by the name that was typed, its history, and its traits. Raises ``Failure`` for one that is not there."""
    import attrs
    import polars as pl

    from mqlrules.engine.histories import in_history_order
    from mqlrules.explain.explanation import unknown
    from mqlrules.readers import events_of

    lead = read.table.lead(name)
    mine = (
        attrs.evolve(read.table, frame=read.table.frame.filter(pl.col("lead") == lead))
        if (type(lead) is (int if read.table.frame.schema["lead"] == pl.Int64 else str))
        else None
    )
    events = [] if mine is None else list(events_of(mine))
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

            text = draw_svg(timeline)
        case ".html":
            from mqlrules.explain.timeline.html import draw_html

            text = draw_html(timeline)
        case _:
            from mqlrules.console.tables import console
            from mqlrules.console.terminal import in_colour
            from mqlrules.explain.timeline.terminal import draw_terminal

            text = draw_terminal(timeline, console(sys.stdout).width, out is None and in_colour(sys.stdout))
    if out is None:
        click.echo(text, nl=False, color=True)
    else:
        _write(out, text)
