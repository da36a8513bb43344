"""``mqlrules check``: errors in rule files."""

import sys
from collections.abc import Iterator

import attrs
import click

from mqlrules.cli.command import Command, note
from mqlrules.cli.inputs import Inputs
from mqlrules.cli.options import configured_inputs, output_format_option, project, rules_argument
from mqlrules.cli.rules import check_rules
from mqlrules.console.terminal import counted, in_colour
from mqlrules.ruleset import Checked
from mqlrules.text.configuration import OWN_FILE
from mqlrules.text.diagnostic import Diagnostic
from mqlrules.text.error import Error
from mqlrules.text.render import render_all


@click.command(cls=Command, page="language", findings=True, examples="""
mqlrules check rules/
mqlrules check warm.mql cold.mql
mqlrules check rules/ --output-format github
cat warm.mql | mqlrules check -
""")  # fmt: skip
@rules_argument
@output_format_option("text", "json", "github", "sarif")
@click.pass_context
def command(ctx: click.Context, rules: tuple[str, ...], output_format: str) -> int:
    """Find errors in rule files: syntax, names, types.

    RULES are rule files, or folders: every .mql file in them. Together they are one rule set. - is standard input.
    With `events` in mqlrules.toml, event names that the data never has are found, too.

    The exit status is 0 if nothing is found, 1 if something is, 2 if a file doesn't exist.
    """
    checked = check_rules(rules)
    if checked.sound and project(ctx).events:
        unknown = _unknown_events(checked, configured_inputs(ctx))
        checked = attrs.evolve(checked, diagnostics=(*checked.diagnostics, *unknown))
    if output_format == "text":
        if checked.diagnostics:
            print(render_all(checked.diagnostics, colour=in_colour(sys.stdout)), end="\n\n")
        print(summary(checked))
    else:
        from mqlrules.cli.reports import finding, report

        sys.stdout.write(report(output_format, [finding(diagnostic) for diagnostic in checked.diagnostics]))
    return 1 if checked.diagnostics else 0


def _unknown_events(checked: Checked, inputs: Inputs) -> Iterator[Diagnostic]:
    """Names of events that the configured files never have; `# mql: ignore[unknown-event]` silences one."""
    from mqlrules.lint.runner import lint
    from mqlrules.lint.settings import choose

    try:
        profile = inputs.profile(checked.program)
    except (Error, OSError) as error:
        note(f"the events in {OWN_FILE} were not compared: {error}")
        return
    for found in lint(checked.files, checked.program, choose(["unknown-event"]), profile):
        yield found.diagnostic


def summary(checked: Checked) -> str:
    """The last line: what was found, or what there is."""
    if checked.diagnostics:
        places = len({diagnostic.file for diagnostic in checked.diagnostics})
        return f"{counted(len(checked.diagnostics), 'finding')} in {counted(places, 'file')}."
    program = checked.program
    held = {"segment": len(program.segments), "score": len(program.scores), "rule": len(program.rules)}
    inside = [counted(number, thing) for thing, number in held.items() if number]
    return ", ".join([counted(len(checked.files), "file"), *inside]) + ": nothing wrong."
