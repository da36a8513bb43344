"""``mqlrules check``: errors in rule files."""

import sys

import click

from mqlrules.cli.command import Command
from mqlrules.cli.options import output_format_option, rules_argument
from mqlrules.cli.rules import check_rules
from mqlrules.console.terminal import counted, in_colour
from mqlrules.ruleset import Checked
from mqlrules.text.render import render_all


@click.command(cls=Command, page="language", findings=True, examples="""
mqlrules check rules/
mqlrules check warm.mql cold.mql
mqlrules check rules/ --output-format github
cat warm.mql | mqlrules check -
""")  # fmt: skip
@rules_argument
@output_format_option("text", "json", "github", "sarif")
def command(rules: tuple[str, ...], output_format: str) -> int:
    """Find errors in rule files: syntax, names, types.

    RULES are rule files, or folders: every .mql file in them. Together they are one rule set. - is standard input.
    With `events` in mqlrules.toml, event names that the data never has are found, too.

    The exit status is 0 if nothing is found, 1 if something is, 2 if a file doesn't exist.
    """
    checked = check_rules(rules)
    if output_format == "text":
        if checked.diagnostics:
            print(render_all(checked.diagnostics, colour=in_colour(sys.stdout)), end="\n\n")
        print(summary(checked))
    else:
        from mqlrules.cli.reports import finding, report

        sys.stdout.write(report(output_format, [finding(diagnostic) for diagnostic in checked.diagnostics]))
    return 1 if checked.diagnostics else 0


def summary(checked: Checked) -> str:
    """The last line: what was found, or what there is."""
    if checked.diagnostics:
        places = len({diagnostic.file for diagnostic in checked.diagnostics})
        return f"{counted(len(checked.diagnostics), 'finding')} in {counted(places, 'file')}."
    program = checked.program
    held = {"segment": len(program.segments), "score": len(program.scores), "rule": len(program.rules)}
    inside = [counted(number, thing) for thing, number in held.items() if number]
    return ", ".join([counted(len(checked.files), "file"), *inside]) + ": nothing wrong."
