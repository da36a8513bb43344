"""``mqlrules report``: funnel, conversion, time in stage, and what each rule did."""

from pathlib import Path

import click

from mqlrules.cli.command import Command
from mqlrules.cli.inputs import Inputs
from mqlrules.cli.options import (
    Instant,
    as_of_option,
    complete_names,
    event_inputs,
    out_option,
    output_format_option,
    rules_argument,
)
from mqlrules.cli.rules import load_rules
from mqlrules.cli.study_results import ENDINGS, FORMATS, plainly, show, study


@click.command(cls=Command, page="outcomes", examples="""
mqlrules report rules/ --events events.csv --out report.html
mqlrules report rules/ --events data/*.parquet --from MEL --to MQL --within 90d --by quarter
mqlrules report rules/ --events events.csv --leads leads.csv --split lead.employees
mqlrules report rules/ --events events.csv --benchmark 'MEL>MQL=13%' --output-format json
""")  # fmt: skip
@rules_argument
@event_inputs()
@as_of_option
@click.option(
    "--by",
    type=click.Choice(["week", "month", "quarter", "year"]),
    default="month",
    help="The calendar period of tables (default: month).",
)
@click.option(
    "--from",
    "from_stage",
    metavar="STAGE",
    shell_complete=complete_names("stage"),
    help="The stage from which conversion is measured (default: the one before --to).",
)
@click.option(
    "--to",
    "to_stage",
    metavar="STAGE",
    shell_complete=complete_names("stage"),
    help="The stage that counts as converted (default: the highest that a lead reached).",
)
@click.option("--within", default="90d", metavar="DURATION", help="How long a lead may take to convert (default: 90d).")
@click.option(
    "--split",
    metavar="EXPR",
    help="Compare groups of leads: a trait (lead.industry) or an aggregate (first(source of page_viewed)).",
)
@click.option(
    "--value", metavar="EXPR", help="The value of a lead: sum(amount of bought), or a trait that is a number."
)
@click.option("--touch", metavar="PATTERN", help="Count the last of these events before each entry into --to.")
@click.option("--benchmark", multiple=True, metavar="'A>B=13%'", help="A share to compare a step with.")
@out_option(*ENDINGS, help="Write the report to an .html, .md or .json file.")
@output_format_option(*FORMATS)
def command(
    rules: tuple[str, ...],
    inputs: Inputs,
    as_of: Instant | None,
    by: str,
    from_stage: str | None,
    to_stage: str | None,
    within: str,
    split: str | None,
    value: str | None,
    touch: str | None,
    benchmark: tuple[str, ...],
    out: Path | None,
    output_format: str,
) -> int:
    """Report how leads moved: funnel, conversion, time in stage, what each rule did.

    Shares have Wilson 95 % intervals. Only leads with the whole --within behind them are in a conversion rate.
    """
    rule_set = load_rules(rules, "reported on")
    asked = study(rule_set, inputs, as_of)

    from mqlrules.outcomes.questions import report_of

    with plainly():
        report = report_of(asked, by, from_stage, to_stage, within, split, value, touch, benchmark)  # type: ignore[arg-type]
        show(report, output_format, out)
    return 0
