"""Writes commands.md: every command and option of mqlrules, from the commands themselves.

python docs/reference/commands.py
"""

import inspect
from collections.abc import Iterator
from pathlib import Path

import click

from mqlrules.cli.application import COMMANDS, EXAMPLES, application
from mqlrules.cli.command import Command, common_options

PAGE = Path(__file__).with_suffix(".md")

HEAD = """\
# Commands

Every command and option. This page is generated from the commands: `python docs/reference/commands.py` writes it.

All commands exit with 0 if all is well, 1 for findings, failed tests or rows that can't be read, and 2 if the call
itself is wrong. `-` as a file is standard input.
"""

COMPLETION = """\
## Shell completion

Commands, options, files, names of rules and codes are completed. Add the line for your shell to its start-up file:

| shell | line |
| --- | --- |
| bash | `eval "$(_MQLRULES_COMPLETE=bash_source mqlrules)"` |
| zsh | `eval "$(_MQLRULES_COMPLETE=zsh_source mqlrules)"` |
| fish | `_MQLRULES_COMPLETE=fish_source mqlrules \\| source` |
"""


def page() -> str:
    """The whole page."""
    context = click.Context(application, info_name="mqlrules", **application.context_settings)
    parts = [HEAD, COMPLETION, "## mqlrules\n", "The options `-q` and `--color` may also follow any command.\n"]
    parts += [_block(EXAMPLES.strip().splitlines()), _options(context, application.params)]
    for name in COMMANDS:
        command = application.get_command(context, name)
        assert command is not None, name
        parts += _command(command, click.Context(command, parent=context, info_name=name))
    return "\n".join(parts).rstrip() + "\n"


def _command(command: click.Command, context: click.Context, level: str = "##") -> Iterator[str]:
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    yield f"{level} {context.command_path}\n"
    yield f"{_paragraphs(command.help or '')}\n"
    yield _block([usage])
    if isinstance(command, Command):
        yield _block(command.examples)
    elif command.epilog:
        yield _block([line.strip() for line in command.epilog.splitlines() if line.strip().startswith("mqlrules ")])
    common = {option.name for option in common_options()}
    yield _options(context, [param for param in command.get_params(context) if param.name not in common])
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None, name
            yield from _command(inner, click.Context(inner, parent=context, info_name=name), level + "#")


def _paragraphs(text: str) -> str:
    """A help text as paragraphs, each in one line."""
    return "\n\n".join(" ".join(block.split()) for block in inspect.cleandoc(text).split("\n\n"))


def _block(lines: list[str]) -> str:
    return "```text\n" + "\n".join(lines) + "\n```\n"


def _options(context: click.Context, params: list[click.Parameter]) -> str:
    rows = []
    for param in params:
        record = param.get_help_record(context) if isinstance(param, click.Option) and param.name != "help" else None
        if record is not None:
            rows.append(f"| `{_cell(record[0])}` | {_cell(record[1])} |")
    return "\n".join(["| option | meaning |", "| --- | --- |", *rows, ""]) if rows else ""


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
