"""``mqlrules explain-code``: what a code of a diagnostic is about, with an example."""

import json
import sys
from importlib import resources

import click

from mqlrules.cli.failure import Failure
from mqlrules.cli.rules import in_colour
from mqlrules.ruleset import check_text
from mqlrules.text.render import render

ROOMS = {
    "E0": "text and syntax",
    "E1": "names",
    "E2": "types and values",
    "E3": "conditions that the language does not have",
    "E4": "limits",
}


@click.command(
    "explain-code",
    epilog="""
\b
Examples:
  mqlrules explain-code L005
  mqlrules explain-code window-on-last-condition
  mqlrules explain-code E107
""",
)
@click.argument("code")
def command(code: str) -> int:
    """Say what a code is about: of an error (E…) or of a lint rule (L…, or its name).

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


def examples() -> dict[str, dict[str, str | None]]:
    """Of each code of an error a rule text that has it; or, where none is short enough, what is said of it."""
    text = resources.files("mqlrules.cli").joinpath("code_examples.json").read_text(encoding="utf-8")
    found: dict[str, dict[str, str | None]] = json.loads(text)
    return found


def _error(code: str) -> str:
    example = examples().get(code)
    if example is None:
        raise Failure(f"there is no code {code}")
    room = next(room for beginning, room in ROOMS.items() if code.startswith(beginning))
    head = f"{code}, an error of {room}\n\n"
    if example.get("rules") is None:
        hint = example.get("hint")
        return head + f"{example['message']}\n" + (f"hint: {hint}\n" if hint else "")
    found = check_text(str(example["rules"]), "example.mql").diagnostics
    shown = next(diagnostic for diagnostic in found if diagnostic.code == code)
    return head + render(shown, colour=in_colour(sys.stdout)) + "\n"
