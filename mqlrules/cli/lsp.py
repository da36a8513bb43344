"""``mqlrules lsp``: the language server for editors."""

import sys

import click

from mqlrules.cli.failure import Failure


@click.command(
    context_settings={"ignore_unknown_options": True},
    epilog="""
\b
Examples:
  mqlrules lsp
  mqlrules lsp --stdio
""",
)
@click.argument("ignored", nargs=-1, type=click.UNPROCESSED, metavar="")
def command(ignored: tuple[str, ...]) -> int:
    """Serve editors: findings while you type, completion, explanations, renaming, quick fixes.

    It speaks the Language Server Protocol on standard input and output; editors start it. What else they put behind
    the command, such as --stdio, is passed over. It needs the extra lsp: pip install 'mqlrules[lsp]'.
    """
    try:
        from mqlrules.lsp.server import serve
    except ModuleNotFoundError as error:
        if error.name not in ("pygls", "lsprotocol"):
            raise
        raise Failure("the language server needs its extra: pip install 'mqlrules[lsp]'") from None
    if sys.stdin.isatty():
        raise Failure("this is started by an editor, which speaks to it; see docs/language-server.md")
    serve()
    return 0
