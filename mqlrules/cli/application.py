"""The command ``mqlrules``: finds a sub-command, and turns whatever stops it into one plain line and an exit status."""

import contextlib
import contextvars
import errno
import gc
import importlib
import os
import signal
import sys
from collections.abc import Sequence
from typing import Any

import click
from click.shell_completion import CompletionItem

from mqlrules import __version__
from mqlrules.cli.command import Failure, common_options, write_examples
from mqlrules.cli.interrupts import INTERRUPTED, end_in_order
from mqlrules.cli.writing import reason
from mqlrules.console.terminal import encode_anything, printable
from mqlrules.events.errors import MissingExtra
from mqlrules.language.suggest import closest
from mqlrules.text.error import Error, for_the_command_line

# Each is a module of this package, imported when it is called: `check` must not wait for what `run` needs.
COMMANDS = {
    "check": "Find errors in rule files: syntax, names, types.",
    "lint": "Find likely mistakes that are legal, and fix them.",
    "explain-code": "Explain the code of an error or of a lint rule.",
    "fmt": "Format rule files; comments stay.",
    "describe": "Describe each rule, segment and score in plain English.",
    "test": "Run the tests in rule files, and measure what they cover.",
    "run": "Run rules on event files: which leads qualified, when, and why.",
    "explain": "Explain why a lead qualified, why not, and what is still missing.",
    "report": "Report how leads moved: funnel, conversion, time in stage, rules.",
    "backtest": "Measure how well rules went together with an outcome.",
    "diff": "Compare two versions of a rule set on events.",
    "tune": "Find better counts, thresholds and windows for a rule.",
    "repl": "Ask and change rules interactively, on event files.",
    "engine": "Maintain a store of leads: advance time, migrate to new rules, see figures.",
    "lsp": "Serve editors: findings while you type, completion, explanations.",
    "demo": "Show the main job on the example that ships with the package.",
    "init": "Create a rules folder, with a schema of your own events.",
    "debug": "Print what each stage makes of rules: tree, program, plan.",
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
    "matplotlib": "outcomes",
    "scipy": "outcomes",
}
"""Packages that may be missing, and the extra that brings them."""

OUTPUT_CLOSED = 128 + getattr(signal, "SIGPIPE", 13)
"""The exit status that shells give to a process that wrote to a closed pipe."""

EXAMPLES = """
mqlrules demo
mqlrules check rules/
mqlrules run rules/ --events events.csv --out transitions.csv
"""


class OutputClosed(Exception):
    """Nobody reads standard output any more (`| head`)."""


class Application(click.Group):
    """A group that imports a command when it is called, and that reports whatever stops one."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.params += common_options()

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
            close = closest(args[0], COMMANDS)
            meant = f" Did you mean {close}?" if close else ""
            raise click.UsageError(f"There is no command {args[0]}.{meant}", ctx)
        return super().resolve_command(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        commands = [CompletionItem(name, help=says) for name, says in COMMANDS.items() if name.startswith(incomplete)]
        return commands + click.Command.shell_complete(self, ctx, incomplete)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            # click would end the process itself, as if something had failed.
            raise OutputClosed from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        write_examples(formatter, EXAMPLES.strip().splitlines(), "index")

    def main(  # type: ignore[override]
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> int:
        """Returns the exit status, or with ``standalone_mode`` exits with it."""
        encode_anything()
        # Options such as --color hold for this call alone.
        with for_the_command_line():
            status = contextvars.copy_context().run(self._status, args, prog_name, complete_var, **extra)
        if standalone_mode:
            sys.exit(status)
        return status

    def _status(self, args: Sequence[str] | None, prog_name: str | None, complete_var: str | None, **extra: Any) -> int:
        try:
            status = super().main(args, prog_name, complete_var, standalone_mode=False, **extra)
            sys.stdout.flush()
        except click.exceptions.NoArgsIsHelpError as error:
            print(error.format_message(), file=sys.stderr)
            return 2
        except click.UsageError as error:
            where = error.ctx.command_path if error.ctx else "mqlrules"
            return _stopped(f"{error.format_message()} (see `{where} --help`)")
        except click.ClickException as error:
            return _stopped(error.format_message())
        except Failure as failure:
            if failure.diagnostics:
                from mqlrules.cli.rules import show_diagnostics

                show_diagnostics(failure.diagnostics)
            return _stopped(str(failure), failure.status)
        except Error as error:
            return _stopped(str(error))
        except ModuleNotFoundError as error:
            if error.name not in EXTRAS:
                raise
            return _stopped(str(MissingExtra(f"this command needs {error.name}", EXTRAS[error.name])))
        except (click.Abort, KeyboardInterrupt):
            return _stopped("stopped", INTERRUPTED)
        except (OutputClosed, BrokenPipeError):
            # Not an error; but nothing more can be written there.
            _discard_output()
            return OUTPUT_CLOSED
        except OSError as error:
            if error.errno == errno.ENOSPC:
                _discard_output()
            return _stopped(f"{error.filename}: {reason(error)}" if error.filename else reason(error))
        return status if isinstance(status, int) else 0


@click.group(cls=Application, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "-V", "--version", message="mqlrules %(version)s")
def application() -> None:
    """Decide when a lead is qualified, with rules that read like sentences."""


def _stopped(message: str, status: int = 2) -> int:
    # It may name a file, or a lead from data.
    print("mqlrules: " + "\n".join(map(printable, message.split("\n"))), file=sys.stderr)
    return status


def _discard_output() -> None:
    """Points standard output nowhere, so that Python reports nothing about what is left in its buffer."""
    with contextlib.suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
