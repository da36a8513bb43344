"""``mqlrules test``: the tests in rule files, what they have seen of the rules, and which changes they would notice."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mqlrules.cli.failure import Failure
from mqlrules.cli.rules import counted, in_colour, load_rules
from mqlrules.cli.writing import check_writable, whole_file

if TYPE_CHECKING:
    from mqlrules.ruleset import RuleSet
    from mqlrules.testing.scenarios import Scenario


@click.command(
    epilog="""
\b
Examples:
  mqlrules test rules/
  mqlrules test rules/ -k webinar
  mqlrules test rules/ --coverage --fail-under 90
  mqlrules test rules/ --mutate
  mqlrules test rules/ --junit report.xml
"""
)
@click.argument("rules", nargs=-1, required=True, metavar="RULES...")
@click.option("-k", "named", metavar="NAME", help="Only the tests whose names contain this.")
@click.option(
    "--coverage", "covers", is_flag=True, help="Show which outcomes of rules and conditions no test has seen."
)
@click.option(
    "--fail-under",
    type=click.FloatRange(0, 100),
    metavar="PERCENT",
    help="Fail if the coverage is lower. Takes --coverage for granted.",
)
@click.option(
    "--mutate", "mutates", is_flag=True, help="Change the rules in many small ways, and show what no test noticed."
)
@click.option(
    "--most", type=click.IntRange(1), metavar="NUMBER", help="How many changes --mutate looks at (default: 1000)."
)
@click.option("--junit", "report_file", type=click.Path(path_type=Path), metavar="FILE", help="Write JUnit XML, too.")
def command(
    rules: tuple[str, ...],
    named: str | None,
    covers: bool,
    fail_under: float | None,
    mutates: bool,
    most: int | None,
    report_file: Path | None,
) -> int:
    """Run the tests in rule files, and show the story of the lead where one fails.

    RULES are rule files, or folders: every .mql file in them. All of them are one rule set. - is standard input.

    The exit status is 0 if all tests passed; 1 if one failed, if there are none, or if the coverage is lower than asked
    for; 2 if the call is wrong. Changes that no test notices do not make it fail.
    """
    if report_file is not None:
        check_writable(report_file)
    rule_set = load_rules(rules)
    from mqlrules.testing.report import report
    from mqlrules.testing.run import run
    from mqlrules.testing.scenarios import scenarios

    tests = scenarios(rule_set.program, named)
    if not tests and rule_set.program.tests:
        raise Failure(f"no test has {named!r} in its name; there are {counted(len(rule_set.program.tests), 'test')}")
    results = run(rule_set.plan, tests)
    if report_file is not None:
        from mqlrules.testing.junit import junit

        with whole_file(report_file) as path:
            path.write_bytes(junit(results))
    colour = in_colour(sys.stdout)
    if not tests:
        print('There are no tests in these rules. One begins with `test "what you agreed on"`.')
        return 1
    print(report(results, colour=colour))
    fine = all(result.passed for result in results)
    if covers or fail_under is not None:
        fine &= _covered(rule_set, tests, fail_under or 0, colour)
    if mutates:
        if not all(result.passed for result in results):
            print("\nThe rules were not changed: --mutate needs tests that pass.")
        else:
            _mutated(rule_set, tests, most, colour)
    return 0 if fine else 1


def _covered(rule_set: "RuleSet", tests: "list[Scenario]", least: float, colour: bool) -> bool:
    from mqlrules.testing.coverage import coverage
    from mqlrules.testing.coverage_report import coverage_report

    seen = coverage(rule_set.plan, tests)
    print(f"\n{coverage_report(seen, colour=colour)}")
    if seen.percent >= least:
        return True
    print(f"That is less than {least:g} %.")
    return False


def _mutated(rule_set: "RuleSet", tests: "list[Scenario]", most: int | None, colour: bool) -> None:
    from mqlrules.testing.mutation import LIMIT, mutate
    from mqlrules.testing.mutation_report import mutation_report

    found = mutate(rule_set.plan, rule_set.files, tests, most or LIMIT)
    print(f"\n{mutation_report(found, colour=colour)}")
