"""Options that several commands share, as decorators: rules, events, leads, columns, instants, output.

What a call leaves out is taken from the project's configuration.
"""

import functools
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, TypeVar

import attrs
import click
from click.shell_completion import CompletionItem

from mqlrules.cli.command import Failure
from mqlrules.cli.inputs import Inputs
from mqlrules.cli.writing import check_writable
from mqlrules.language.calendar import closing_instant, opening_instant
from mqlrules.language.instants import EventError
from mqlrules.language.names import normalise
from mqlrules.text.configuration import COLUMNS, OWN_FILE, Configuration, configuration, relative

Function = TypeVar("Function", bound=Callable[..., Any])

STANDARD_INPUT = "-"
FORMATS = ("csv", "jsonl", "parquet", "arrow", "segment")


def project(ctx: click.Context) -> Configuration:
    """The configuration that holds in the current folder; read once per call."""
    found: Configuration | None = ctx.meta.get("mqlrules.configuration")
    if found is None:
        found = ctx.meta["mqlrules.configuration"] = configuration()
    return found


# -- values --------------------------------------------------------------------------------------------------------


@attrs.frozen
class Instant:
    """A time as it is given. Which instant it is depends on the time zone of the rules."""

    text: str

    def within(self, zone: str) -> int:
        """The instant, in microseconds since 1970 UTC; a date alone is its end in the zone."""
        return time.time_ns() // 1000 if self.text == "now" else closing_instant(self.text, zone)

    def beginning(self, zone: str) -> int:
        """The instant before which something happened: a date alone is its beginning in the zone."""
        return self.within(zone) if self.text == "now" else opening_instant(self.text, zone)


def instant(ctx: click.Context, param: click.Parameter, value: str | None) -> Instant | None:
    """The value of an option that is ISO-8601 text, or ``now``."""
    if value is None:
        return None
    found = Instant(value)
    try:
        found.within("UTC")
    except EventError as error:
        raise click.BadParameter(f"{error}, or now", ctx, param) from None
    return found


def target(*endings: str) -> Callable[[click.Context, click.Parameter, str | None], Path | None]:
    """The value of an option that names a file to write: that it can be written is checked before anything is done."""

    def convert(ctx: click.Context, param: click.Parameter, value: str | None) -> Path | None:
        if value is None:
            return None
        path = Path(value)
        if endings and path.suffix.lower() not in endings:
            *first, last = endings
            raise Failure(f"{path} must end in {', '.join(first)} or {last}: the ending decides the format")
        check_writable(path)
        return path

    return convert


# -- completion ----------------------------------------------------------------------------------------------------

Completion = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def complete_names(kind: Literal["rule", "stage", "test"]) -> Completion:
    """Completes the names that the rules of the call define."""

    def names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from mqlrules.ruleset import check_paths

        # While a line is being typed, click leaves the rules among the other arguments.
        given = [path for path in (*(ctx.params.get("rules") or ()), *ctx.args) if Path(path).exists()]
        program = check_paths(given or [*map(relative, project(ctx).rules)]).program
        known = {
            "rule": [rule.name for rule in program.rules],
            "stage": [*program.lifecycle.ladder, *program.lifecycle.outside],
            "test": [test.name.value for _, test in program.tests],
        }[kind]
        return [CompletionItem(name) for name in known if normalise(name).startswith(normalise(incomplete))]

    return names


def complete_codes(*, errors: bool) -> Completion:
    """Completes codes and names of lint rules, and the codes of ``errors``; of a list the last one."""

    def codes(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from mqlrules.cli.codes import error_codes
        from mqlrules.lint.catalogue import rules

        before, comma, last = incomplete.rpartition(",")
        known = {rule.code: rule.name for rule in rules()} | {rule.name: rule.code for rule in rules()}
        if errors:
            known |= {code: entry.title for code, entry in error_codes().items()}
        return [
            CompletionItem(f"{before}{comma}{word}", help=says)
            for word, says in known.items()
            if word.lower().startswith(last.lower())
        ]

    return codes


# -- rules ---------------------------------------------------------------------------------------------------------


def rules_argument(function: Function) -> Function:
    """The rule files of a call, as ``rules``."""
    return _rules(required=True)(function)


def optional_rules_argument(function: Function) -> Function:
    """The rule files of a call that works without any, as ``rules``."""
    return _rules(required=False)(function)


def _rules(*, required: bool) -> Callable[[Function], Function]:
    def given(ctx: click.Context, param: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...]:
        found = value or tuple(map(relative, project(ctx).rules))
        if required and not found:
            raise click.UsageError(f"Name rule files or a folder, or set `rules` in {OWN_FILE}.", ctx)
        return found

    return click.argument("rules", nargs=-1, type=click.Path(), callback=given, metavar="[RULES]...")


# -- inputs --------------------------------------------------------------------------------------------------------


def event_inputs(*, required: bool = True, leads: bool = True, rejects: bool = False) -> Callable[[Function], Function]:
    """The options of events and of a table of leads; a function gets them as ``inputs``.

    ``required``: without events the call is wrong. ``rejects``: rows that can't be read may be kept or allowed.
    """

    def decorate(function: Callable[..., Any]) -> Any:
        @functools.wraps(function)
        def gathered(**given: Any) -> Any:
            inputs = _gathered(click.get_current_context(), given, required)
            return function(inputs=inputs, **given)

        decorated: Any = gathered
        options = [*_EVENTS, *(_LEADS if leads else ()), *_READING, *(_REJECTS if rejects else ())]
        for option in reversed(options):
            decorated = option(decorated)
        return decorated

    return decorate


_EVENTS = (
    click.option(
        "--events", multiple=True, type=click.Path(), metavar="FILE...",
        help="Event files, folders or globs; - is standard input.",
    ),
)  # fmt: skip
_LEADS = (
    click.option(
        "--leads", type=click.Path(), metavar="FILE", help="A table of leads: traits that hold from the beginning."
    ),
    click.option(
        "--leads-column", metavar="NAME",
        help="The column of the lead in the table of leads, if its name differs from that in the events.",
    ),
)  # fmt: skip
_READING = (
    click.option(
        "--format", type=click.Choice(FORMATS),
        help="The format of the event files (default: by their endings). segment: calls of the Segment spec.",
    ),
    click.option("--lead-column", metavar="NAME", help="The column of the lead (default: lead)."),
    click.option("--time-column", metavar="NAME", help="The column of the time (default: time)."),
    click.option("--event-column", metavar="NAME", help="The column of the event's name (default: event)."),
    click.option("--id-column", metavar="NAME", help="The column of the event's ID (default: id)."),
)  # fmt: skip
_REJECTS = (
    click.option(
        "--rejects",
        type=click.Path(),
        callback=target(),
        metavar="FILE",
        help="Write all rows that can't be read to this file (JSON lines).",
    ),
    click.option("--allow-rejects", is_flag=True, help="Exit with 0 even if some rows can't be read."),
)


def _gathered(ctx: click.Context, given: dict[str, Any], required: bool) -> Inputs:
    """The inputs of a call, taken out of its parameters, with the configuration for what it leaves out."""
    settings = project(ctx)
    events: tuple[str, ...] = given.pop("events")
    format: str | None = given.pop("format")
    if not events:
        events, format = tuple(map(relative, settings.events)), format or settings.format
    if not events and required:
        raise click.UsageError(f"Name event files with --events, or set `events` in {OWN_FILE}.", ctx)
    if STANDARD_INPUT in events and STANDARD_INPUT in given.get("rules", ()):
        raise Failure("rules and events can't both come from standard input")
    leads: str | None = given.pop("leads", None)
    if leads is None and settings.leads is not None and "leads" in ctx.params:
        leads = relative(settings.leads)
    columns = [given.pop(f"{role}_column", None) or settings.columns.get(role) for role in COLUMNS]
    return Inputs(events, leads, format, tuple(columns), given.pop("rejects", None), given.pop("allow_rejects", False))


def configured_inputs(ctx: click.Context) -> Inputs:
    """The inputs that the configuration names."""
    settings = project(ctx)
    leads = None if settings.leads is None else relative(settings.leads)
    columns = tuple(settings.columns.get(role) for role in COLUMNS)
    return Inputs(tuple(map(relative, settings.events)), leads, settings.format, columns)


# -- instants and output -------------------------------------------------------------------------------------------


_TIME = "ISO-8601 text, a date (its end in the rules' time zone), or now"


def as_of_option(function: Function) -> Function:
    """When evaluation ends, as ``as_of``."""
    said = f"When evaluation ends: {_TIME} (default: the last event)."
    return click.option("--as-of", callback=instant, metavar="TIME", help=said)(function)


def at_option(function: Function) -> Function:
    """The instant to look at, as ``at``."""
    said = f"The instant to look at: {_TIME} (default: the last event of all)."
    return click.option("--at", callback=instant, metavar="TIME", help=said)(function)


def out_option(*endings: str, help: str) -> Callable[[Function], Function]:
    """The file to write the result to, as ``out``."""
    return click.option("-o", "--out", type=click.Path(), callback=target(*endings), metavar="FILE", help=help)


def output_format_option(*formats: str) -> Callable[[Function], Function]:
    """How the result is printed, as ``output_format``; the first format is the default."""
    said = f"How the result is printed (default: {formats[0]})."
    return click.option("--output-format", type=click.Choice(formats), default=formats[0], help=said)


def raw_csv_option(function: Function) -> Function:
    """Whether CSV keeps cells that a spreadsheet would run as formulas, as ``raw_csv``."""
    said = "In CSV, don't put ' before text that a spreadsheet would run as a formula (text beginning with =, +, -, @)."
    return click.option("--raw-csv", is_flag=True, help=said)(function)
