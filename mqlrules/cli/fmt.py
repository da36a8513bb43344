"""``mqlrules fmt``: rule files in the one layout."""

import difflib
import sys
from collections.abc import Sequence
from pathlib import Path

import attrs
import click

from mqlrules.cli.failure import Failure
from mqlrules.cli.rules import STANDARD_INPUT, counted, files_of, in_colour
from mqlrules.cli.writing import check_writable, whole_file
from mqlrules.format.formatter import formatted
from mqlrules.syntax.parse import parse
from mqlrules.syntax.read import decode, parse_file
from mqlrules.syntax.tree import Parsed
from mqlrules.text.diagnostic import in_order
from mqlrules.text.render import render_all
from mqlrules.text.source import Source


@click.command(
    epilog="""
\b
Examples:
  mqlrules fmt rules/
  mqlrules fmt rules/ --check
  mqlrules fmt warm.mql --diff
  cat warm.mql | mqlrules fmt -
"""
)
@click.argument("rules", nargs=-1, required=True, metavar="RULES...")
@click.option("--check", is_flag=True, help="Change nothing; the exit status is 1 if a file is in another layout.")
@click.option("--diff", is_flag=True, help="Change nothing; show what would change.")
def command(rules: tuple[str, ...], check: bool, diff: bool) -> int:
    """Put rule files in the one layout.

    RULES are rule files, or folders: every .mql file in them. - is standard input, and goes to standard output.

    Words and comments stay as they are, and so does what the rules mean. A file that can't be read is left alone, and
    what is wrong with it is shown.

    The exit status is 0 if all went well, 1 if a file can't be read or (with --check) is in another layout, 2 if there
    is no such file.
    """
    if STANDARD_INPUT in rules:
        if len(rules) > 1:
            raise Failure("rules come from standard input (-) or from files, not from both")
        return _format_standard_input(check, diff)
    layouts = [_layout_of_file(path, shown) for path, shown in files_of(rules)]
    other = [layout for layout in layouts if layout.differs]
    if not (check or diff):
        for layout in other:
            check_writable(Path(layout.name))
    for layout in other:
        if diff:
            _print_difference(layout)
        elif check:
            print(f"{layout.name} would change")
        else:
            _write(layout)
            print(f"{layout.name} changed")
    print(_summary(layouts, "would change" if check or diff else "changed"), file=sys.stderr if diff else sys.stdout)
    return _status(layouts, check)


@attrs.frozen
class _Layout:
    """A rule file as it is, and in the one layout: None if it can't be read."""

    name: str
    data: bytes
    source: Source
    text: str | None

    @property
    def differs(self) -> bool:
        return self.text is not None and self.text.encode() != self.data


def _layout_of_file(path: Path, shown: str) -> _Layout:
    parsed = parse_file(path, shown)
    # What was read without a diagnostic is no longer than a rule file may be, and can be read again.
    return _layout(parsed, b"" if parsed.diagnostics else path.read_bytes())


def _layout(parsed: Parsed, data: bytes) -> _Layout:
    if parsed.diagnostics:
        shown = render_all(parsed.diagnostics, colour=in_colour(sys.stderr))
        print(shown, end="\n\n", file=sys.stderr)
        return _Layout(parsed.source.name, data, parsed.source, None)
    return _Layout(parsed.source.name, data, parsed.source, formatted(parsed))


def _format_standard_input(check: bool, diff: bool) -> int:
    data = sys.stdin.buffer.read()
    source, wrong = decode(data, "<standard input>")
    parsed = parse(source)
    layout = _layout(attrs.evolve(parsed, diagnostics=in_order([*wrong, *parsed.diagnostics])), data)
    if diff:
        _print_difference(layout)
    elif not check:
        # What can't be read comes out as it went in: an editor puts it in place of what it sent.
        sys.stdout.buffer.write(data if layout.text is None else layout.text.encode())
        sys.stdout.buffer.flush()
    return _status([layout], check)


def _write(layout: _Layout) -> None:
    assert layout.text is not None
    with whole_file(Path(layout.name)) as path:
        path.write_text(layout.text, encoding="utf-8", newline="\n")


def _print_difference(layout: _Layout) -> None:
    if layout.differs and layout.text is not None:
        before, after = _lines(layout.source.text), _lines(layout.text)
        for line in difflib.unified_diff(before, after, layout.name, layout.name, lineterm=""):
            print(line)


def _lines(text: str) -> list[str]:
    *lines, last = text.split("\n")
    return [*lines, f"{last}\n\\ No newline at end of file"] if last else lines


def _summary(layouts: Sequence[_Layout], what: str) -> str:
    unread = sum(layout.text is None for layout in layouts)
    other = sum(layout.differs for layout in layouts)
    parts = {what: other, "can't be read": unread, "in the one layout": len(layouts) - other - unread}
    return ", ".join(f"{counted(number, 'file')} {said}" for said, number in parts.items() if number) + "."


def _status(layouts: Sequence[_Layout], check: bool) -> int:
    return 1 if any(layout.text is None or (check and layout.differs) for layout in layouts) else 0
