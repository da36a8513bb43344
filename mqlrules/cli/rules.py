"""Rule files as commands take them: paths, or ``-`` for standard input; and changes to them as a diff."""

import difflib
import sys
from collections.abc import Sequence
from pathlib import Path

import attrs

from mqlrules.check import check
from mqlrules.cli.command import Failure, note
from mqlrules.cli.options import STANDARD_INPUT
from mqlrules.console.terminal import in_colour
from mqlrules.ruleset import Checked, RuleSet, check_paths, rule_files
from mqlrules.syntax.parse import parse
from mqlrules.syntax.read import decode
from mqlrules.text.diagnostic import Diagnostic, in_order
from mqlrules.text.render import render_all
from mqlrules.text.source import Source
from mqlrules.text.words import counted


def check_rules(paths: Sequence[str]) -> Checked:
    """The rule files of a call, read and checked. Raises ``Failure`` for a path that doesn't exist."""
    if STANDARD_INPUT in paths:
        if len(paths) > 1:
            raise Failure("rules come from standard input (-) or from files, not from both")
        source, wrong = decode(sys.stdin.buffer.read(), "<standard input>")
        parsed = parse(source)
        parsed = attrs.evolve(parsed, diagnostics=in_order([*wrong, *parsed.diagnostics]))
        program, diagnostics = check([parsed], None)
        return Checked((parsed,), program, diagnostics)
    files_of(paths)
    return check_paths(paths)


def files_of(paths: Sequence[str]) -> list[tuple[Path, str]]:
    """The rule files that paths name, and how they are shown. Raises ``Failure`` for a path that doesn't exist."""
    for path in paths:
        if not Path(path).exists():
            raise Failure(f"there is no file or folder {path}")
    files = rule_files(paths)
    if not files:
        raise Failure(f"there is no .mql file in {' or '.join(paths)}")
    return files


def sound(checked: Checked, what: str, *, tests: bool = True) -> Checked:
    """The rules if they have no error; their warnings are printed. Raises ``Failure`` with all diagnostics otherwise.

    ``what`` says what the errors prevent: ``run``, ``linted``. Without ``tests``, errors in tests are only printed.
    """
    errors = [diagnostic for diagnostic in checked.diagnostics if diagnostic.severity == "error"]
    if any(tests or not _is_in_test(error) for error in errors):
        raise Failure(f"fix the errors above: these rules can't be {what}", 1, checked.diagnostics)
    show_diagnostics(checked.diagnostics)
    if errors:
        note(f"The tests have {counted(len(errors), 'error')}; the rules are {what} without them.")
    return checked


def _is_in_test(diagnostic: Diagnostic) -> bool:
    """Whether the statement at a place is a test: statements begin at the beginning of a line, and go on indented."""
    lines = diagnostic.source.text.split("\n")[: diagnostic.line]
    first = next((line for line in reversed(lines) if line[:1].strip() and line[0] not in "#)"), "")
    return first.split(maxsplit=1)[:1] == ["test"]


def load_rules(paths: Sequence[str], what: str = "run", *, tests: bool = False) -> RuleSet:
    """The rule set of a call. Raises ``Failure`` as ``check_rules`` and ``sound`` do."""
    checked = sound(check_rules(paths), what, tests=tests)
    return RuleSet(checked.program, checked.files, checked.diagnostics)


def show_diagnostics(diagnostics: Sequence[Diagnostic]) -> None:
    """Prints diagnostics on standard error."""
    if diagnostics:
        print(render_all(diagnostics, colour=in_colour(sys.stderr)), end="\n\n", file=sys.stderr)


def show_difference(source: Source, text: str) -> None:
    """Prints the unified diff from a file to its new text."""
    for line in difflib.unified_diff(_lines(source.text), _lines(text), source.name, source.name, lineterm=""):
        print(line)


def _lines(text: str) -> list[str]:
    *lines, last = text.split("\n")
    return [*lines, f"{last}\n\\ No newline at end of file"] if last else lines
