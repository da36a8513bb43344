"""``mqlrules describe``: what rules say, in plain English."""

import sys

import click

from mqlrules.cli.failure import Failure
from mqlrules.cli.rules import load_rules


@click.command(
    epilog="""
\b
Examples:
  mqlrules describe rules/
  mqlrules describe rules/ --rule warm
  mqlrules describe rules/ --format markdown
"""
)
@click.argument("rules", nargs=-1, required=True, metavar="RULES...")
@click.option("--format", "form", type=click.Choice(["text", "markdown"]), default="text", help="How it is written.")
@click.option("--rule", metavar="NAME", help="This rule alone, with the segments, scores and events that it uses.")
def command(rules: tuple[str, ...], form: str, rule: str | None) -> int:
    """Say each rule, segment and score in plain English.

    RULES are rule files, or folders: every .mql file in them. All of them are one rule set. - is standard input.

    The exit status is 0; 1 if the rules are wrong, 2 if there is no such file or no such rule.
    """
    from mqlrules.explain.describe import describe

    loaded = load_rules(rules)
    try:
        text = describe(loaded.program, "markdown" if form == "markdown" else "text", rule)
    except KeyError:
        names = [rule.name for rule in loaded.program.rules]
        raise Failure(f"there is no rule {rule}.{_meant(str(rule), names)}") from None
    sys.stdout.write(text)
    return 0


def _meant(name: str, names: list[str]) -> str:
    import difflib

    close = difflib.get_close_matches(name, names, n=1)
    return f" Did you mean {close[0]}?" if close else ""
