"""How tests of checking are written: rule text in, program and diagnostics out; places are marked «like this»."""

from collections.abc import Iterable
from pathlib import Path

from mqlrules.check import check, check_condition, program
from mqlrules.syntax.parse import parse, parse_condition
from mqlrules.text.diagnostic import Diagnostic
from mqlrules.text.source import Source


def checked(text: str) -> tuple[program.Program, tuple[Diagnostic, ...]]:
    """The program of rule text without a file, and its diagnostics."""
    return check([parse(Source("<rules>", text))], None)


def sound(text: str) -> program.Program:
    """The program of rule text in which nothing is wrong."""
    found, diagnostics = checked(text)
    assert shown(diagnostics) == ""
    return found


def checked_files(folder: Path, **texts: str) -> tuple[program.Program, tuple[Diagnostic, ...]]:
    """The program of rule files in a folder; ``a__b`` is the file b.mql in the folder a."""
    files = []
    for name, text in texts.items():
        path = folder / f"{name.replace('__', '/')}.mql"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        files.append(parse(Source(str(path.relative_to(folder)), text, path)))
    return check(files, folder)


def asked(text: str, condition: str) -> tuple[program.Condition | None, tuple[Diagnostic, ...]]:
    """A condition that is asked of a rule set later, and its diagnostics."""
    source = Source("<condition>", condition)
    node, _ = parse_condition(source)
    assert node is not None
    return check_condition(node, source, sound(text))


def shown(diagnostics: Iterable[Diagnostic]) -> str:
    """All that a diagnostic says but its place, one part a line."""
    lines = []
    for found in diagnostics:
        lines.append(f"{found.code} {found.severity}: {found.message}")
        if found.hint is not None:
            lines.append(f"    hint: {found.hint}")
        lines += [f"    line {note.source.position(note.span.start)[0]}: {note.message}" for note in found.notes]
    return "\n".join(lines)


def codes(diagnostics: Iterable[Diagnostic]) -> list[str]:
    """The codes alone."""
    return [found.code for found in diagnostics]


def marked(text: str, diagnostics: Iterable[Diagnostic]) -> str:
    """The text with every place of a diagnostic between « and »."""
    parts = []
    before = 0
    for span in sorted({(found.span.start, found.span.end) for found in diagnostics}):
        parts += text[before : span[0]], "«", text[span[0] : span[1]], "»"
        before = span[1]
    return "".join([*parts, text[before:]])
