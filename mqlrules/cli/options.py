"""Options that several commands share: where events are, what their columns are called, instants."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from mqlrules.ruleset import rule_files_in

Command = Callable[..., Any]


def instant(ctx: click.Context, param: click.Parameter, value: str | None) -> int | None:
    """ISO-8601 text, or ``now``, as microseconds since 1970 UTC."""
    from mqlrules.language.instants import EventError, parse_time

    if value is None:
        return None
    if value == "now":
        return time.time_ns() // 1000
    try:
        return parse_time(value)
    except EventError as error:
        raise click.BadParameter(f"{error}, or now", ctx, param) from None


def event_files(command: Command) -> Command:
    """The option that says where the events are, for a command that can't do without."""
    return click.option(
        "--events",
        multiple=True,
        required=True,
        metavar="FILE...",
        help="Event files, folders or globs; - is standard input.",
    )(command)


def leads_table(command: Command) -> Command:
    """The options of a table of leads."""
    for option in (
        click.option(
            "--leads-column",
            metavar="NAME",
            help="The column of the lead in the table of leads, if it has another name there than in the events.",
        ),
        click.option("--leads", metavar="FILE", help="A table of leads: traits that hold from the beginning."),
    ):
        command = option(command)
    return command


def kept_rejects(command: Command) -> Command:
    """The options that say what becomes of rows that can't be read."""
    for option in (
        click.option("--allow-rejects", is_flag=True, help="Exit with 0 even if some rows could not be read."),
        click.option(
            "--rejects",
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="Keep all rows that could not be read here, as JSON lines.",
        ),
    ):
        command = option(command)
    return command


def event_columns(command: Command) -> Command:
    """The options that say how event files are to be read."""
    return column_names(
        click.option(
            "--format",
            type=click.Choice(["csv", "jsonl", "parquet", "arrow", "segment"]),
            help="What the event files are (default: by their endings). segment: calls of the Segment spec.",
        )(command)
    )


def column_names(command: Command) -> Command:
    """The options that say what the columns of event files are called."""
    for option in (
        click.option("--id-column", metavar="NAME", help="The column of the event's id (default: id)."),
        click.option("--event-column", metavar="NAME", help="The column of the event's name (default: event)."),
        click.option("--time-column", metavar="NAME", help="The column of the time (default: time)."),
        click.option("--lead-column", metavar="NAME", help="The column of the lead (default: lead)."),
    ):
        command = option(command)
    return command


def is_rules(argument: str) -> bool:
    """Whether an argument that stands after event files is a rule file, or a folder with rule files."""
    path = Path(argument)
    return path.suffix == ".mql" or (path.is_dir() and next(rule_files_in(path), None) is not None)


class TakesManyEvents(click.Command):
    """A command whose ``--events`` takes several files in a row, as a shell writes them for ``--events data/*.csv``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        spread: list[str] = []
        among_events = False
        for argument in args:
            if argument.startswith("-") and argument != "-":
                among_events = False
            elif spread[-1:] == ["--events"]:
                among_events = True
            elif among_events and not is_rules(argument):
                spread.append("--events")
            else:
                among_events = False
            spread.append(argument)
        return super().parse_args(ctx, spread)
