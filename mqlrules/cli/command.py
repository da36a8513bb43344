"""What all commands share: their class, how they fail, and notes to the person who called them."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from mqlrules.console.terminal import Colour, be_quiet, is_quiet, use_colour
from mqlrules.ruleset import rule_files_in
from mqlrules.text.diagnostic import Diagnostic

DOCUMENTATION = "https://mqlrules.readthedocs.io/en/latest/"


class Failure(Exception):
    """Stops a command with one plain line and an exit status (2: the call, or what it names, is wrong)."""

    def __init__(self, message: str, status: int = 2, diagnostics: Sequence[Diagnostic] = ()) -> None:
        super().__init__(message)
        self.status = status
        self.diagnostics = tuple(diagnostics)


def note(text: str) -> None:
    """Tells the caller something on standard error, unless ``--quiet`` is given."""
    if not is_quiet():
        print(text, file=sys.stderr)


class Command(click.Command):
    """A command with examples and a link to its page in its help, and with the options that all commands have.

    ``--events`` takes several files in a row, as a shell writes them for ``--events data/*.csv``. A command of
    ``findings`` reports whatever stops it in its output format, too, so that programs always get a valid document.
    """

    def __init__(self, *args: Any, examples: str, page: str, findings: bool = False, **more: Any) -> None:
        super().__init__(*args, **more)
        self.params += common_options()
        self.examples = examples.strip().splitlines()
        self.page = page
        self.findings = findings

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        write_examples(formatter, self.examples, self.page)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, _spread(args) if any(p.name == "events" for p in self.params) else args)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (Failure, ValueError, ImportError, OSError) as error:
            form = ctx.params.get("output_format", "text")
            if self.findings and form != "text" and not isinstance(error, BrokenPipeError):
                from mqlrules.cli.reports import failure_report

                diagnostics = error.diagnostics if isinstance(error, Failure) else ()
                sys.stdout.write(failure_report(form, str(error), diagnostics))
            raise


def common_options() -> list[click.Parameter]:
    """The options of the application and of every command. They act on the context and reach no function."""

    def quiet(ctx: click.Context, param: click.Parameter, value: bool) -> None:
        if value:
            be_quiet()

    def colour(ctx: click.Context, param: click.Parameter, value: Colour | None) -> None:
        if value is not None:
            use_colour(value)

    choices = click.Choice(["auto", "always", "never"])
    return [
        click.Option(
            ["-q", "--quiet"], is_flag=True, expose_value=False, is_eager=True, callback=quiet,
            help="Print results, warnings and errors; no notes and no progress.",
        ),
        click.Option(
            ["--color"], type=choices, expose_value=False, is_eager=True, callback=colour,
            help="When to use color (default: auto, on a terminal).",
        ),
    ]  # fmt: skip


def write_examples(formatter: click.HelpFormatter, examples: Sequence[str], page: str) -> None:
    """The end of a help text."""
    with formatter.section("Examples" if len(examples) > 1 else "Example"):
        formatter.write("".join(f"{'':{formatter.current_indent}}{line}\n" for line in examples))
    formatter.write_paragraph()
    formatter.write(f"Documentation: {DOCUMENTATION}{page}.html\n")


def is_rules(argument: str) -> bool:
    """Whether an argument after event files is a rule file, or a folder of rule files."""
    path = Path(argument)
    return path.suffix == ".mql" or (path.is_dir() and next(rule_files_in(path), None) is not None)


def _spread(args: Sequence[str]) -> list[str]:
    """The arguments with ``--events`` before each event file."""
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
    return spread
