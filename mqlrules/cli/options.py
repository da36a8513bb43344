"""Options that several commands share: where events are, and what their columns are called."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from mqlrules.ruleset import rule_files_in

Command = Callable[..., Any]


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
