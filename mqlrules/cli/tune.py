"""``mqlrules tune``: which counts, thresholds and windows of a rule would have gone together best with an outcome."""

from pathlib import Path

import click

from mqlrules.cli.command import Command
from mqlrules.cli.inputs import Inputs
from mqlrules.cli.options import (
    Instant,
    as_of_option,
    complete_names,
    event_inputs,
    instant,
    out_option,
    output_format_option,
    rules_argument,
)
from mqlrules.cli.rules import load_rules
from mqlrules.cli.study_results import ENDINGS, FORMATS, plainly, show, study


@click.command(cls=Command, page="outcomes", examples="""
mqlrules tune rules/ --events events.csv --rule warm --outcome 'attended webinar' --for 'precision >= 40%'
mqlrules tune rules/ --events events.csv --rule warm --outcome MQL --for '200 a month' --split-at 2026-01-10
mqlrules tune rules/ --events events.csv --rule warm --outcome MQL --for f1 --counts 1,2,3 --windows 7d,30d
""")  # fmt: skip
@rules_argument
@event_inputs()
@as_of_option
@click.option("--rule", required=True, metavar="NAME", shell_complete=complete_names("rule"), help="The rule to tune.")
@click.option(
    "--outcome", required=True, metavar="EVENT|STAGE", help="What counts as success: a stage, or a condition."
)
@click.option(
    "--for", "goal", required=True, metavar="GOAL", help="'precision >= 40%', 'recall >= 80%', '200 a month' or f1."
)
@click.option(
    "--within", default="30d", metavar="DURATION", help="How soon after a firing the outcome must come (default: 30d)."
)
@click.option(
    "--split-at",
    callback=instant,
    metavar="TIME",
    help="Leads that began before train, the others test (default: 70 % train).",
)
@click.option("--counts", metavar="NUMBERS", help="Counts and thresholds to try (default: 1,2,3,5,8).")
@click.option("--windows", metavar="DURATIONS", help="Windows to try (default: 1d,3d,7d,14d,30d,60d,90d).")
@out_option(*ENDINGS, help="Write the result to an .html, .md or .json file.")
@output_format_option(*FORMATS)
def command(
    rules: tuple[str, ...],
    inputs: Inputs,
    as_of: Instant | None,
    rule: str,
    outcome: str,
    goal: str,
    within: str,
    split_at: Instant | None,
    counts: str | None,
    windows: str | None,
    out: Path | None,
    output_format: str,
) -> int:
    """Find the counts, thresholds and windows of a rule that would have gone together best with an outcome.

    The result is a patch to the rule file. That no change helps is a result, too.
    """
    rule_set = load_rules(rules, "tuned")
    asked = study(rule_set, inputs, as_of)

    from mqlrules.outcomes.questions import tuning_of

    split = None if split_at is None else split_at.beginning(rule_set.program.timezone)
    with plainly():
        tuning = tuning_of(asked, rule_set.files, rule, outcome, goal, within, split, _numbers(counts), _words(windows))
        show(tuning, output_format, out)
    return 0


def _words(text: str | None) -> list[str] | None:
    return None if text is None else [word.strip() for word in text.split(",") if word.strip()]


def _numbers(text: str | None) -> list[int] | None:
    words = _words(text)
    if words is None:
        return None
    if not all(word.isdecimal() for word in words):
        raise click.BadParameter("write whole numbers with commas between them: 1,2,3", param_hint="--counts")
    return [int(word) for word in words]
