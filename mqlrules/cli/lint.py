"""``mqlrules lint``: likely mistakes that are legal, and fixing them."""

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from mqlrules.cli.command import Command, Failure, note
from mqlrules.cli.inputs import Inputs
from mqlrules.cli.options import (
    STANDARD_INPUT,
    complete_codes,
    event_inputs,
    output_format_option,
    project,
    rules_argument,
)
from mqlrules.cli.rules import check_rules, show_difference, sound
from mqlrules.cli.writing import check_writable, whole_file
from mqlrules.console.terminal import counted, in_colour
from mqlrules.lint.fixes import Fixed, Rules, fix
from mqlrules.lint.runner import Found, lint
from mqlrules.lint.settings import choose
from mqlrules.ruleset import Checked, check_again


@click.command(cls=Command, page="lint", findings=True, examples="""
mqlrules lint rules/
mqlrules lint rules/ --diff
mqlrules lint rules/ --fix --select idle-window,repeated-condition
mqlrules lint rules/ --events data/*.parquet --leads leads.csv
mqlrules lint rules/ --output-format sarif
""")  # fmt: skip
@rules_argument
@click.option("--fix", "fixes", is_flag=True, help="Fix what can be fixed without changing what the rules mean.")
@click.option("--unsafe-fixes", is_flag=True, help="With --fix or --diff: fixes that change what the rules mean, too.")
@click.option("--diff", is_flag=True, help="Change nothing; show what --fix would change.")
@click.option(
    "--select", multiple=True, shell_complete=complete_codes(errors=False), metavar="RULE,...",
    help="Run only these rules: codes, beginnings of codes, or names.",
)  # fmt: skip
@click.option(
    "--ignore",
    multiple=True,
    shell_complete=complete_codes(errors=False),
    metavar="RULE,...",
    help="Don't run these rules.",
)
@output_format_option("text", "json", "github", "sarif")
@event_inputs(required=False)
@click.pass_context
def command(
    ctx: click.Context,
    rules: tuple[str, ...],
    fixes: bool,
    unsafe_fixes: bool,
    diff: bool,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    output_format: str,
    inputs: Inputs,
) -> int:
    """Find likely mistakes that are legal.

    RULES are rule files, or folders: every .mql file in them. Together they are one rule set. - is standard input.
    With events, the rules are compared with the data, too: names, properties, values, and how long the data lasts.
    `mqlrules explain-code L001` says more about a finding. `# mql: ignore[NAME]` on its line, or on a line of its own
    above it, silences one. `[lint]` in mqlrules.toml has select, ignore, and settings of rules.

    The exit status is 0 if nothing is found but hints, 1 if there are errors or warnings (with --diff: if anything
    would change), 2 if the call is wrong.
    """
    if unsafe_fixes and not (fixes or diff):
        raise Failure("--unsafe-fixes says which fixes to make: add --fix or --diff")
    chosen = choose(_words(select), _words(ignore), project(ctx).lint)
    checked = sound(check_rules(rules), "linted")
    profile = inputs.profile(checked.program) if inputs.events else None
    if not (fixes or diff):
        found = lint(checked.files, checked.program, chosen, profile)
        sys.stdout.write(_shown(found, output_format))
        return _status(found)

    def again(texts: dict[str, str]) -> Rules | None:
        new = check_again(checked, rules, texts)
        return Rules(new.files, new.program) if new.sound else None

    fixed = fix(Rules(checked.files, checked.program), again, chosen, unsafe=unsafe_fixes, profile=profile)
    if diff:
        return _show_differences(checked, fixed)
    if STANDARD_INPUT in rules:
        # The text is the result; the findings that are left go to standard error.
        [file] = checked.files
        sys.stdout.write(fixed.texts.get(file.source.name, file.source.text))
        sys.stderr.write(_shown(fixed.found, output_format))
        return _status(fixed.found)
    _write(checked, fixed)
    if fixed.made:
        note(f"{counted(fixed.made, 'finding')} fixed in {counted(len(fixed.texts), 'file')}.")
    sys.stdout.write(_shown(fixed.found, output_format))
    return _status(fixed.found)


def _words(given: Sequence[str]) -> list[str]:
    return [word for some in given for word in some.replace(",", " ").split()]


def _shown(found: Sequence[Found], output_format: str) -> str:
    if output_format == "text":
        from mqlrules.lint.output import text

        return text.show(found, colour=in_colour(sys.stdout))
    from mqlrules.cli.reports import finding, report

    return report(output_format, [finding(each.diagnostic, each.rule.name, each.fix) for each in found])


def _status(found: Sequence[Found]) -> int:
    return 1 if any(one.diagnostic.severity != "hint" for one in found) else 0


def _write(checked: Checked, fixed: Fixed) -> None:
    targets = {file.source.name: file.source.path or Path(file.source.name) for file in checked.files}
    for name in fixed.texts:
        check_writable(targets[name])
    for name, text in fixed.texts.items():
        with whole_file(targets[name]) as part:
            part.write_text(text, encoding="utf-8", newline="")


def _show_differences(checked: Checked, fixed: Fixed) -> int:
    for file in checked.files:
        if file.source.name in fixed.texts:
            show_difference(file.source, fixed.texts[file.source.name])
    what = f"{counted(fixed.made, 'finding')} would be fixed" if fixed.made else "Nothing can be fixed"
    note(f"{what} in {counted(len(checked.files), 'file')}.")
    return 1 if fixed.texts else 0
