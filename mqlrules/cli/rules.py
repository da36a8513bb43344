"""Rule files as commands take them: paths, or ``-`` for standard input."""

import sys
from collections.abc import Sequence
from pathlib import Path

import attrs

from mqlrules.check import check
from mqlrules.cli.failure import Failure
from mqlrules.console.terminal import counted as counted
from mqlrules.console.terminal import in_colour as in_colour
from mqlrules.ruleset import Checked, RuleSet, check_paths, rule_files
from mqlrules.syntax.parse import parse
from mqlrules.syntax.read import decode
from mqlrules.text.diagnostic import in_order
from mqlrules.text.render import render_all

STANDARD_INPUT = "-"


def check_rules(paths: Sequence[str]) -> Checked:
    """The rule files of a call, read and checked. Raises ``Failure`` for what is not there or can't be read."""
    if STANDARD_INPUT in paths:
        if len(paths) > 1:
            raise Failure("rules come from standard input (-) or from files, not from both")
        return _check_bytes(sys.stdin.buffer.read())
    files_of(paths)
    return check_paths(paths)


def check_standard_input(rules: Sequence[str], events: Sequence[str]) -> None:
    """Raise ``Failure`` where both rules and events are to come from standard input."""
    if STANDARD_INPUT in rules and STANDARD_INPUT in events:
        raise Failure("rules and events can't both come from standard input")


def files_of(paths: Sequence[str]) -> list[tuple[Path, str]]:
    """The rule files that paths name, with the names to show. Raises ``Failure`` for what is not there."""
    for path in paths:
        if not Path(path).exists():
            raise Failure(f"there is no file or folder {path}")
    files = rule_files(paths)
    if not files:
        raise Failure(f"there is no .mql file in {' or '.join(paths)}")
    return files


def _check_bytes(data: bytes) -> Checked:
    source, wrong = decode(data, "<standard input>")
    parsed = parse(source)
    parsed = attrs.evolve(parsed, diagnostics=in_order([*wrong, *parsed.diagnostics]))
    program, diagnostics = check([parsed], None)
    return Checked((parsed,), program, diagnostics)


def load_rules(paths: Sequence[str]) -> RuleSet:
    """The rule set of a call. Raises ``Failure`` (status 1, after all diagnostics) if something is wrong with it."""
    checked = check_rules(paths)
    if checked.diagnostics:
        print(render_all(checked.diagnostics, colour=in_colour(sys.stderr)), end="\n\n", file=sys.stderr)
    if not checked.sound:
        raise Failure("these rules can't be run: see above", status=1)
    return RuleSet(checked.program, checked.files, checked.diagnostics)
