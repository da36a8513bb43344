"""The command ``mqlrules``: finds a sub-command, and says in one plain line what stopped it."""

import contextlib
import errno
import gc
import importlib
import os
import signal
import sys
from collections.abc import Sequence
from typing import Any

import click

from mqlrules.cli import INTERRUPTED, end_in_order
from mqlrules.cli.failure import Failure
from mqlrules.events.errors import DataError, MissingExtra
from mqlrules.language.instants import EventError

# Each is a module of this package. They are imported when they are called: `check` must not wait for what `run` needs.
COMMANDS = {
    "check": "Find what is wrong in rule files: syntax, names, types.",
    "lint": "Find mistakes that the language allows, and mend them.",
    "explain-code": "Say what the code of an error or of a lint rule is about.",
    "fmt": "Put rule files in the one layout; comments stay.",
    "describe": "Say each rule, segment and score in plain English.",
    "test": "Run the tests in rule files, and say what they have not seen.",
    "run": "Run rules on event files: which leads qualified, when, and why.",
    "explain": "Say why a lead qualified, why not, and what is still missing.",
    "repl": "Ask and change rules interactively, on event files.",
    "engine": "Look after a store of leads: let time pass, take new rules, see figures.",
    "lsp": "Serve editors: findings while you type, completion, explanations.",
    "demo": "Show the main job on the example that ships with the package.",
    "init": "Begin a rules folder, with a schema of your own events.",
}

EXTRAS = {
    "polars": "files",
    "rich": "terminal",
    "numba": "columnar",
    "pyarrow": "files",
    "prompt_toolkit": "repl",
    "pygls": "lsp",
    "psycopg": "postgres",
    "opentelemetry": "otel",
    "scipy": "outcomes",
}
"""Packages that may be missing, and the extra that brings them."""

OUTPUT_CLOSED = 128 + getattr(signal, "SIGPIPE", 13)
"""The exit status that a shell gives to what was stopped so."""


class OutputClosed(Exception):
    """Whoever read standard output has seen enough (`| head`)."""


class Application(click.Group):
    """A group that knows its commands by name, and that turns whatever stops one into a line and an exit status."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"mqlrules.cli.{cmd_name.replace('-', '_')}").command
        if not gc.isenabled():
            # What has been loaded stays; from here on there may be garbage.
            gc.freeze()
            gc.enable()
        end_in_order()
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in COMMANDS and not args[0].startswith("-"):
            import difflib

            close = difflib.get_close_matches(args[0], COMMANDS, n=1)
            meant = f" Did you mean {close[0]}?" if close else ""
            raise click.UsageError(f"There is no command {args[0]}.{meant}", ctx)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            # click would end the process itself, as if something had failed.
            raise OutputClosed from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def main(  # type: ignore[override]
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> int:
        """Gives the exit status, or with ``standalone_mode`` exits with it."""
        status = self._status(args, prog_name, complete_var, **extra)
        if standalone_mode:
            sys.exit(status)
        return status

    def _status(self, args: Sequence[str] | None, prog_name: str | None, complete_var: str | None, **extra: Any) -> int:
        try:
            status = super().main(args, prog_name, complete_var, standalone_mode=False, **extra)
            sys.stdout.flush()
        except click.exceptions.NoArgsIsHelpError as error:
            click.echo(error.format_message(), err=True)
            return 2
        except click.UsageError as error:
            where = error.ctx.command_path if error.ctx else "mqlrules"
            return _stopped(f"{error.format_message()} (see `{where} --help`)")
        except click.ClickException as error:
            return _stopped(error.format_message())
        except Failure as failure:
            return _stopped(str(failure), failure.status)
        except (DataError, EventError, MissingExtra) as error:
            return _stopped(str(error))
        except ModuleNotFoundError as error:
            if error.name not in EXTRAS:
                raise
            return _stopped(f"this needs {error.name}: pip install 'mqlrules[{EXTRAS[error.name]}]'")
        except (click.Abort, KeyboardInterrupt):
            return _stopped("stopped", INTERRUPTED)
        except (OutputClosed, BrokenPipeError):
            # No error; but nothing more can be said there either.
            _discard_output()
            return OUTPUT_CLOSED
        except OSError as error:
            if error.errno == errno.ENOSPC:
                _discard_output()
            return _stopped(_in_words(error))
        return status if isinstance(status, int) else 0


@click.group(cls=Application, context_settings={"help_option_names": ["-h", "--help"]}, epilog="""
\b
Examples:
  mqlrules demo
  mqlrules check rules/
  mqlrules run rules/ --events events.csv --out transitions.csv
""")  # fmt: skip
@click.version_option(package_name="mqlrules", message="mqlrules %(version)s")
def application() -> None:
    """Decide when a lead is qualified, by rules that read like a sentence."""


def _stopped(message: str, status: int = 2) -> int:
    from mqlrules.console.terminal import printable

    # It may name a file, or a lead that somebody else has named.
    click.echo("mqlrules: " + "\n".join(map(printable, message.split("\n"))), err=True)
    return status


def _in_words(error: OSError) -> str:
    reason = error.strerror or str(error)
    reason = reason[:1].lower() + reason[1:]
    return f"{error.filename}: {reason}" if error.filename else reason


def _discard_output() -> None:
    """Point standard output nowhere, so that nothing is said about what is left in its buffer when Python ends."""
    with contextlib.suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
