"""``mqlrules lsp``: the language server for editors."""

import sys

import click

from mqlrules.cli.command import Command, Failure
from mqlrules.events.errors import MissingExtra


@click.command(
    cls=Command, page="language-server", context_settings={"ignore_unknown_options": True},
    examples="""
mqlrules lsp
mqlrules lsp --stdio
""")  # fmt: skip
@click.argument("ignored", nargs=-1, type=click.UNPROCESSED, metavar="")
def command(ignored: tuple[str, ...]) -> int:
    """Serve editors: findings while you type, completion, explanations, renaming, quick fixes.

    The server speaks the Language Server Protocol on standard input and output; editors start it. Other arguments that
    they add, such as --stdio, are ignored.
    """
    try:
        from mqlrules.lsp.serving import serve
    except ModuleNotFoundError as error:
        if error.name not in ("pygls", "lsprotocol"):
            raise
        raise MissingExtra("the language server needs pygls", "lsp") from None
    if sys.stdin.isatty():
        raise Failure("the language server is started by an editor, not from a terminal; see docs/language-server.md")
    serve()
    return 0
