"""``mqlrules backtest``: how well rules and scores went together with an outcome that came later."""

from pathlib import Path

import click

from mqlrules.cli.command import Command
from mqlrules.cli.inputs import Inputs
from mqlrules.cli.options import Instant, as_of_option, event_inputs, out_option, output_format_option, rules_argument
from mqlrules.cli.rules import load_rules
from mqlrules.cli.study_results import ENDINGS, FORMATS, plainly, show, study


@click.command(cls=Command, page="outcomes", examples="""
mqlrules backtest rules/ --events events.csv --outcome MQL
mqlrules backtest rules/ --events events.csv --outcome 'attended webinar' --within 60d --lead-time 1d
mqlrules backtest rules/ --events events.csv --outcome MQL --landmarks 7d,14d,30d
""")  # fmt: skip
@rules_argument
@event_inputs()
@as_of_option
@click.option(
    "--outcome",
    required=True,
    metavar="EVENT|STAGE",
    help="What counts as success: a stage, or a condition such as 'won deal'.",
)
@click.option(
    "--within", default="30d", metavar="DURATION", help="How soon after a firing the outcome must come (default: 30d)."
)
@click.option(
    "--lead-time",
    metavar="DURATION",
    help="How long before the outcome a firing must be to count as caught (default: any time before).",
)
@click.option(
    "--among",
    metavar="STAGE|CONDITION",
    help="Look at leads from this stage or condition on (default: from their first event).",
)
@click.option(
    "--exit",
    "exits",
    metavar="CONDITION",
    help="What ends a lead without the outcome, besides stages outside the ladder.",
)
@click.option(
    "--landmarks", default="", metavar="DURATIONS", help="Judge scores this long after each lead's start: 7d,14d,30d."
)
@click.option("--naive", is_flag=True, help="Also show the lift against all leads. It flatters rules that fire late.")
@out_option(*ENDINGS, help="Write the result to an .html, .md or .json file.")
@output_format_option(*FORMATS)
def command(
    rules: tuple[str, ...],
    inputs: Inputs,
    as_of: Instant | None,
    outcome: str,
    within: str,
    lead_time: str | None,
    among: str | None,
    exits: str | None,
    landmarks: str,
    naive: bool,
    out: Path | None,
    output_format: str,
) -> int:
    """Measure how well each rule and score went together with an outcome that came later.

    The lift compares each rule with leads that were still open at the same age. Warnings tell which rules report the
    outcome rather than predict it.
    """
    rule_set = load_rules(rules, "backtested")
    asked = study(rule_set, inputs, as_of)

    from mqlrules.outcomes.questions import backtest_of

    ages = [age.strip() for age in landmarks.split(",") if age.strip()]
    with plainly():
        show(backtest_of(asked, outcome, within, lead_time, among, exits, ages, naive), output_format, out)
    return 0
