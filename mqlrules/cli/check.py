"""``mqlrules check``: what is wrong in rule files."""

import json
import sys

import click

from mqlrules.cli.rules import check_rules, counted, in_colour
from mqlrules.ruleset import Checked
from mqlrules.text.diagnostic import Diagnostic
from mqlrules.text.render import render_all


@click.command(
    epilog="""
\b
Examples:
  mqlrules check rules/
  mqlrules check warm.mql cold.mql
  mqlrules check rules/ --output-format json
  cat warm.mql | mqlrules check -
"""
)
@click.argument("rules", nargs=-1, required=True, metavar="RULES...")
@click.option("--output-format", type=click.Choice(["text", "json"]), default="text", help="How findings are printed.")
def command(rules: tuple[str, ...], output_format: str) -> int:
    """Find what is wrong in rule files: syntax, names, types.

    RULES are rule files, or folders: every .mql file in them. All of them are one rule set. - is standard input.

    The exit status is 0 if nothing is wrong, 1 if something is, 2 if there is no such file.
    """
    checked = check_rules(rules)
    if output_format == "json":
        print(json.dumps([record(diagnostic) for diagnostic in checked.diagnostics], indent=2))
    else:
        if checked.diagnostics:
            print(render_all(checked.diagnostics, colour=in_colour(sys.stdout)), end="\n\n")
        print(summary(checked))
    return 1 if checked.diagnostics else 0


def record(diagnostic: Diagnostic) -> dict[str, object]:
    """A diagnostic as JSON has it; lines and columns count from 1."""
    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity,
        "message": diagnostic.message,
        "hint": diagnostic.hint,
        "file": diagnostic.file,
        "line": diagnostic.line,
        "column": diagnostic.column,
        "end_line": diagnostic.end_line,
        "end_column": diagnostic.end_column,
    }


def summary(checked: Checked) -> str:
    """The last line: what was found, or what is there."""
    if checked.diagnostics:
        places = len({diagnostic.file for diagnostic in checked.diagnostics})
        return f"{counted(len(checked.diagnostics), 'finding')} in {counted(places, 'file')}."
    program = checked.program
    held = {"segment": len(program.segments), "score": len(program.scores), "rule": len(program.rules)}
    inside = [counted(number, thing) for thing, number in held.items() if number]
    return ", ".join([counted(len(checked.files), "file"), *inside]) + ": nothing wrong."
