"""``mqlrules fmt``: rule files in the standard format."""

import sys
from collections.abc import Sequence
from pathlib import Path

import attrs
import click

from mqlrules.cli.command import Command, Failure
from mqlrules.cli.options import STANDARD_INPUT, rules_argument
from mqlrules.cli.rules import files_of, show_diagnostics, show_difference
from mqlrules.cli.writing import check_writable, whole_file
from mqlrules.console.terminal import counted
from mqlrules.format.formatter import formatted
from mqlrules.syntax.parse import parse
from mqlrules.syntax.read import decode, parse_file
from mqlrules.syntax.tree import Parsed
from mqlrules.text.diagnostic import in_order
from mqlrules.text.source import Source


@click.command(cls=Command, page="formatting", examples="""
mqlrules fmt rules/
mqlrules fmt rules/ --check
mqlrules fmt warm.mql --diff
cat warm.mql | mqlrules fmt -
""")  # fmt: skip
@rules_argument
@click.option("--check", is_flag=True, help="Change nothing; the exit status is 1 if a file is formatted differently.")
@click.option("--diff", is_flag=True, help="Change nothing; show what would change.")
def command(rules: tuple[str, ...], check: bool, diff: bool) -> int:
    """Put rule files in the standard format.

    RULES are rule files, or folders: every .mql file in them. - is standard input, and goes to standard output.

    Words, comments and the meaning of the rules stay as they are. A file with syntax errors is left alone, and the
    errors are shown.

    The exit status is 0 if all went well, 1 if a file can't be parsed or (with --check) is formatted differently, 2 if
    a file doesn't exist.
    """
    if STANDARD_INPUT in rules:
        if len(rules) > 1:
            raise Failure("rules come from standard input (-) or from files, not from both")
        return _format_standard_input(check, diff)
    files = [_file(path, shown) for path, shown in files_of(rules)]
    changed = [file for file in files if file.differs]
    if not (check or diff):
        for file in changed:
            check_writable(Path(file.source.name))
    for file in changed:
        assert file.text is not None, "it differs"
        if diff:
            show_difference(file.source, file.text)
        elif check:
            print(f"{file.source.name} would change")
        else:
            with whole_file(Path(file.source.name)) as part:
                part.write_text(file.text, encoding="utf-8", newline="\n")
            print(f"{file.source.name} changed")
    print(_summary(files, "would change" if check or diff else "changed"), file=sys.stderr if diff else sys.stdout)
    return _status(files, check)


@attrs.frozen
class _File:
    """A rule file, its bytes, and its text in the standard format: None if it can't be parsed."""

    source: Source
    data: bytes
    text: str | None

    @property
    def differs(self) -> bool:
        return self.text is not None and self.text.encode() != self.data


def _file(path: Path, shown: str) -> _File:
    parsed = parse_file(path, shown)
    # A file that was parsed is no longer than a rule file may be, and can be read again.
    return _formatted(parsed, b"" if parsed.diagnostics else path.read_bytes())


def _formatted(parsed: Parsed, data: bytes) -> _File:
    show_diagnostics(parsed.diagnostics)
    return _File(parsed.source, data, None if parsed.diagnostics else formatted(parsed))


def _format_standard_input(check: bool, diff: bool) -> int:
    data = sys.stdin.buffer.read()
    source, wrong = decode(data, "<standard input>")
    parsed = parse(source)
    file = _formatted(attrs.evolve(parsed, diagnostics=in_order([*wrong, *parsed.diagnostics])), data)
    if diff and file.text is not None:
        show_difference(file.source, file.text)
    elif not (diff or check):
        # What can't be parsed is printed as it came: editors replace their text with the output.
        sys.stdout.buffer.write(data if file.text is None else file.text.encode())
        sys.stdout.buffer.flush()
    return _status([file], check)


def _summary(files: Sequence[_File], what: str) -> str:
    unread = sum(file.text is None for file in files)
    changed = sum(file.differs for file in files)
    parts = {what: changed, "can't be parsed": unread, "already formatted": len(files) - changed - unread}
    return ", ".join(f"{counted(number, 'file')} {said}" for said, number in parts.items() if number) + "."


def _status(files: Sequence[_File], check: bool) -> int:
    return 1 if any(file.text is None or (check and file.differs) for file in files) else 0
