"""``mqlrules test``: the tests in rule files, what they cover, and which changes of the rules they would notice."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mqlrules.cli.command import Command, Failure
from mqlrules.cli.options import complete_names, output_format_option, rules_argument, target
from mqlrules.cli.rules import load_rules
from mqlrules.cli.writing import whole_file
from mqlrules.console.terminal import counted, in_colour

if TYPE_CHECKING:
    from mqlrules.ruleset import RuleSet
    from mqlrules.testing.results import TestResult
    from mqlrules.testing.scenarios import Scenario


@click.command(cls=Command, page="testing", findings=True, examples="""
mqlrules test rules/
mqlrules test rules/ -k webinar
mqlrules test rules/ --coverage --fail-under 90
mqlrules test rules/ --mutate
mqlrules test rules/ --junit report.xml
""")  # fmt: skip
@rules_argument
@click.option(
    "-k",
    "named",
    shell_complete=complete_names("test"),
    metavar="NAME",
    help="Only tests whose names contain this text.",
)
@click.option("--coverage", "covers", is_flag=True, help="Show which outcomes of rules and conditions no test sees.")
@click.option(
    "--fail-under",
    type=click.FloatRange(0, 100),
    metavar="PERCENT",
    help="Fail if the coverage is lower. Implies --coverage.",
)
@click.option(
    "--mutate",
    "mutates",
    is_flag=True,
    help="Change the rules in many small ways; show what no test notices.",
)
@click.option(
    "--most",
    type=click.IntRange(1),
    metavar="NUMBER",
    help="How many changes --mutate tries (default: 1000).",
)
@click.option(
    "--junit", "junit_file", type=click.Path(), callback=target(), metavar="FILE",
    help="Also write the results as JUnit XML.",
)  # fmt: skip
@output_format_option("text", "json", "github", "sarif", "junit")
def command(
    rules: tuple[str, ...],
    named: str | None,
    covers: bool,
    fail_under: float | None,
    mutates: bool,
    most: int | None,
    junit_file: Path | None,
    output_format: str,
) -> int:
    """Run the tests in rule files, and show the story of the lead where one fails.

    RULES are rule files, or folders: every .mql file in them. Together they are one rule set. - is standard input.

    The exit status is 0 if all tests pass; 1 if one fails, if there are none, or if the coverage is lower than asked
    for; 2 if the call is wrong. Changes that no test notices don't change it. With an output format other than text,
    coverage and changes are printed on standard error.
    """
    rule_set = _rules(rules, junit_file)
    from mqlrules.testing.run import run
    from mqlrules.testing.scenarios import scenarios

    tests = scenarios(rule_set.program, named)
    if not tests and rule_set.program.tests:
        total = counted(len(rule_set.program.tests), "test")
        raise Failure(f"no test has {named!r} in its name; these rules have {total}")
    results = run(rule_set.plan, tests)
    if junit_file is not None:
        from mqlrules.testing.junit import junit

        _write(junit_file, junit(results))
    sys.stdout.write(_shown(results, output_format))
    if not tests:
        return 1
    passed = all(result.passed for result in results)
    out = sys.stdout if output_format == "text" else sys.stderr
    colour = in_colour(out)
    covered = True
    if covers or fail_under is not None:
        from mqlrules.testing.coverage import coverage
        from mqlrules.testing.coverage_report import coverage_report

        seen = coverage(rule_set.plan, tests)
        print(f"\n{coverage_report(seen, colour=colour)}", file=out)
        covered = seen.percent >= (fail_under or 0)
        if not covered:
            print(f"The coverage is below {fail_under:g} %.", file=out)
    if mutates and not passed:
        print("\nThe rules were not changed: --mutate needs tests that pass.", file=out)
    elif mutates:
        print(f"\n{_mutated(rule_set, tests, most, colour)}", file=out)
    return 0 if passed and covered else 1


def _rules(paths: tuple[str, ...], junit_file: Path | None) -> "RuleSet":
    """The rule set; if it has errors, the JUnit file says so, too."""
    try:
        return load_rules(paths, "tested", tests=True)
    except Failure as failure:
        if junit_file is not None:
            from mqlrules.cli.reports import failure_report

            _write(junit_file, failure_report("junit", str(failure), failure.diagnostics).encode())
        raise


def _write(path: Path, document: bytes) -> None:
    with whole_file(path) as part:
        part.write_bytes(document)


def _shown(results: "list[TestResult]", output_format: str) -> str:
    match output_format:
        case "text":
            from mqlrules.testing.report import report

            if not results:
                return 'These rules have no tests. A test begins with `test "what you agreed on"`.\n'
            return f"{report(results, colour=in_colour(sys.stdout))}\n"
        case "junit":
            from mqlrules.testing.junit import junit

            return junit(results).decode()
        case "json":
            return json.dumps([_record(result) for result in results], indent=2) + "\n"
        case _:
            from mqlrules.cli import reports

            return reports.report(output_format, reports.failed_expectations(results))


def _record(result: "TestResult") -> dict[str, object]:
    return {
        "name": result.name,
        "file": result.file,
        "line": result.line,
        "passed": result.passed,
        "seconds": round(result.seconds, 6),
        "unmet": [
            {"file": unmet.file, "line": unmet.line, "expected": unmet.expected, "instead": unmet.instead}
            for unmet in result.unmet
        ],
    }


def _mutated(rule_set: "RuleSet", tests: "list[Scenario]", most: int | None, colour: bool) -> str:
    from mqlrules.testing.mutation import LIMIT, mutate
    from mqlrules.testing.mutation_report import mutation_report

    return mutation_report(mutate(rule_set.plan, rule_set.files, tests, most or LIMIT), colour=colour)
