"""``mqlrules explain-code``: what a code of a diagnostic is about, with an example."""

import sys

import click

from mqlrules.cli.codes import ROOMS, error_codes
from mqlrules.cli.command import Command, Failure
from mqlrules.cli.options import complete_codes
from mqlrules.console.terminal import in_colour
from mqlrules.ruleset import check_text
from mqlrules.text.render import render


@click.command("explain-code", cls=Command, page="lint", examples="""
mqlrules explain-code L005
mqlrules explain-code window-on-last-condition
mqlrules explain-code E107
""")  # fmt: skip
@click.argument("code", shell_complete=complete_codes(errors=True))
def command(code: str) -> int:
    """Explain the code of an error (E…) or of a lint rule (L…, or its name).

    The exit status is 0; 2 if there is no such code.
    """
    wanted = code.upper()
    if wanted[:1] == "E" and wanted[1:].isdigit():
        sys.stdout.write(_error(wanted))
        return 0
    from mqlrules.lint.catalogue import rules
    from mqlrules.lint.output.page import explanation

    for rule in rules():
        if code.lower() == rule.name or wanted == rule.code:
            sys.stdout.write(explanation(rule))
            return 0
    raise Failure(f"there is no code {code}: errors have E and three digits, lint rules L and three digits, or a name")


def _error(code: str) -> str:
    example = error_codes().get(code)
    if example is None:
        raise Failure(f"there is no code {code}")
    room = next(room for beginning, room in ROOMS.items() if code.startswith(beginning))
    head = f"{code}, an error of {room}\n\n"
    if example.rules is None:
        return head + f"{example.message}\n" + (f"hint: {example.hint}\n" if example.hint else "")
    found = check_text(example.rules, "example.mql").diagnostics
    shown = next(diagnostic for diagnostic in found if diagnostic.code == code)
    return head + render(shown, colour=in_colour(sys.stdout)) + "\n"
