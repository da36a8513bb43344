"""``mqlrules describe``: what rules say, in plain English."""

import sys

import click

from mqlrules.cli.command import Command, Failure
from mqlrules.cli.options import complete_names, output_format_option, rules_argument
from mqlrules.cli.rules import load_rules
from mqlrules.language.suggest import closest


@click.command(cls=Command, page="describe", examples="""
mqlrules describe rules/
mqlrules describe rules/ --rule warm
mqlrules describe rules/ --output-format markdown
""")  # fmt: skip
@rules_argument
@output_format_option("text", "markdown")
@click.option(
    "--rule", shell_complete=complete_names("rule"), metavar="NAME",
    help="Only this rule, with the segments, scores and events that it uses.",
)  # fmt: skip
def command(rules: tuple[str, ...], output_format: str, rule: str | None) -> int:
    """Describe each rule, segment and score in plain English.

    RULES are rule files, or folders: every .mql file in them. Together they are one rule set. - is standard input.

    The exit status is 0; 1 if the rules have errors, 2 if a file or the rule doesn't exist.
    """
    from mqlrules.explain.describe import describe

    loaded = load_rules(rules, "described")
    try:
        text = describe(loaded.program, "markdown" if output_format == "markdown" else "text", rule)
    except KeyError:
        close = closest(str(rule), [rule.name for rule in loaded.program.rules])
        meant = f" Did you mean {close}?" if close else ""
        raise Failure(f"there is no rule {rule}.{meant}") from None
    sys.stdout.write(text)
    return 0
