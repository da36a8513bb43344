"""``mqlrules lint``: mistakes that the language allows, and mending them."""

import difflib
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from mqlrules import __version__
from mqlrules.cli.failure import Failure
from mqlrules.cli.options import TakesManyEvents, event_columns
from mqlrules.cli.rules import STANDARD_INPUT, check_rules, check_standard_input, counted, in_colour
from mqlrules.cli.writing import check_writable, whole_file
from mqlrules.lint.fixes import Fixed, Rules, fix
from mqlrules.lint.runner import Found, lint
from mqlrules.lint.settings import Chosen, SettingsError, choose, configured
from mqlrules.profile.profile import Profile
from mqlrules.ruleset import Checked, check_again
from mqlrules.text.render import render_all


@click.command(cls=TakesManyEvents, epilog="""
\b
Examples:
  mqlrules lint rules/
  mqlrules lint rules/ --diff
  mqlrules lint rules/ --fix --select idle-window,repeated-condition
  mqlrules lint rules/ --events data/*.parquet
  mqlrules lint rules/ --output-format sarif
""")  # fmt: skip
@click.argument("rules", nargs=-1, required=True, metavar="RULES...")
@click.option("--fix", "mend", is_flag=True, help="Mend what can be mended without changing what the rules mean.")
@click.option("--unsafe-fixes", is_flag=True, help="With --fix or --diff: fixes that change what the rules mean, too.")
@click.option("--diff", is_flag=True, help="Change nothing; show what --fix would change.")
@click.option("--select", multiple=True, metavar="RULE,...", help="Ask these alone: codes, their beginnings, or names.")
@click.option("--ignore", multiple=True, metavar="RULE,...", help="Leave these out.")
@click.option(
    "--output-format",
    type=click.Choice(["text", "json", "github", "sarif"]),
    default="text",
    help="How findings are printed.",
)
@click.option(
    "--events",
    multiple=True,
    metavar="FILE...",
    help="Compare the rules with event files: names, properties, values, and how long the data lasts.",
)
@event_columns
def command(
    rules: tuple[str, ...],
    mend: bool,
    unsafe_fixes: bool,
    diff: bool,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    output_format: str,
    events: tuple[str, ...],
    format: str | None,
    lead_column: str | None,
    time_column: str | None,
    event_column: str | None,
    id_column: str | None,
) -> int:
    """Find mistakes that the language allows.

    RULES are rule files, or folders: every .mql file in them. All of them are one rule set. - is standard input.
    `mqlrules explain-code L001` says more about a finding. `# mql: ignore[NAME]` on its line, or on a line of its own
    before it, silences one. [tool.mqlrules.lint] of pyproject.toml has select, ignore, and settings of rules.

    The exit status is 0 if nothing is found but hints, 1 if there are errors or warnings (with --diff: if anything
    would change), 2 if the call is wrong.
    """
    if unsafe_fixes and not (mend or diff):
        raise Failure("--unsafe-fixes says which fixes are made: it needs --fix or --diff")
    check_standard_input(rules, events)
    chosen = _chosen(select, ignore)
    checked = check_rules(rules)
    if checked.diagnostics:
        print(render_all(checked.diagnostics, colour=in_colour(sys.stderr)), end="\n\n", file=sys.stderr)
    if not checked.sound:
        raise Failure("these rules can't be looked at as long as something is wrong with them: see above", status=1)
    columns = (lead_column, time_column, event_column, id_column)
    profile = _profile(checked, events, format, columns) if events else None
    if mend or diff:
        return _mended(rules, checked, chosen, profile, output_format, diff=diff, unsafe=unsafe_fixes)
    found = lint(checked.files, checked.program, chosen, profile)
    sys.stdout.write(_shown(found, output_format))
    return _status(found)


def _chosen(select: Sequence[str], ignore: Sequence[str]) -> Chosen:
    try:
        return choose(_words(select), _words(ignore), configured())
    except SettingsError as error:
        raise Failure(str(error)) from None


def _words(given: Sequence[str]) -> list[str]:
    return [word for some in given for word in some.replace(",", " ").split()]


def _profile(
    checked: Checked,
    events: Sequence[str],
    format: str | None,
    columns: tuple[str | None, str | None, str | None, str | None],
) -> Profile:
    from mqlrules.cli.reading import read_batch
    from mqlrules.profile.profiling import profile_of_table

    return profile_of_table(read_batch(checked.program, events, None, format, columns).table)


def _shown(found: Sequence[Found], output_format: str) -> str:
    from mqlrules.lint.output import github, json_records, sarif, text

    match output_format:
        case "json":
            return json_records.show(found)
        case "github":
            return github.show(found)
        case "sarif":
            return sarif.show(found, __version__)
        case _:
            return text.show(found, colour=in_colour(sys.stdout))


def _status(found: Sequence[Found]) -> int:
    return 1 if any(one.diagnostic.severity != "hint" for one in found) else 0


# -- mending -------------------------------------------------------------------------------------------------------


def _mended(
    paths: Sequence[str],
    checked: Checked,
    chosen: Chosen,
    profile: Profile | None,
    output_format: str,
    *,
    diff: bool,
    unsafe: bool,
) -> int:
    def again(texts: dict[str, str]) -> Rules | None:
        new = check_again(checked, paths, texts)
        return Rules(new.files, new.program) if new.sound else None

    fixed = fix(Rules(checked.files, checked.program), again, chosen, unsafe=unsafe, profile=profile)
    if diff:
        return _differences(checked, fixed)
    if STANDARD_INPUT in paths:
        # The text is the result; what is left of the findings goes beside it.
        [file] = checked.files
        sys.stdout.write(fixed.texts.get(file.source.name, file.source.text))
        sys.stderr.write(_shown(fixed.found, output_format))
        return _status(fixed.found)
    _write(checked, fixed)
    if fixed.made:
        print(f"{counted(fixed.made, 'finding')} mended in {counted(len(fixed.texts), 'file')}.", file=sys.stderr)
    sys.stdout.write(_shown(fixed.found, output_format))
    return _status(fixed.found)


def _write(checked: Checked, fixed: Fixed) -> None:
    targets = {file.source.name: file.source.path for file in checked.files}
    for name in fixed.texts:
        check_writable(targets[name] or Path(name))
    for name, text in fixed.texts.items():
        with whole_file(targets[name] or Path(name)) as part:
            part.write_text(text, encoding="utf-8", newline="")


def _differences(checked: Checked, fixed: Fixed) -> int:
    for file in checked.files:
        name = file.source.name
        if name in fixed.texts:
            before, after = (_lines(text) for text in (file.source.text, fixed.texts[name]))
            for line in difflib.unified_diff(before, after, name, name, lineterm=""):
                print(line)
    what = f"{counted(fixed.made, 'finding')} would be mended" if fixed.made else "Nothing can be mended"
    print(f"{what} in {counted(len(checked.files), 'file')}.", file=sys.stderr)
    return 1 if fixed.texts else 0


def _lines(text: str) -> list[str]:
    *lines, last = text.split("\n")
    return [*lines, f"{last}\n\\ No newline at end of file"] if last else lines
