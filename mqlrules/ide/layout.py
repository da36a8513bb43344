"""Formatting while editing: the one layout for a file or a range of it, and the indentation of a line just begun."""

import difflib

import attrs

from mqlrules.format.formatter import formatted
from mqlrules.format.wrap import INDENT
from mqlrules.ide.sections import part_at
from mqlrules.syntax.layout import ITEMS
from mqlrules.syntax.parse import parse
from mqlrules.text.source import Source
from mqlrules.text.span import Span


@attrs.frozen
class TextEdit:
    """Puts ``text`` in place of a span of a text."""

    span: Span
    text: str


def format_edits(text: str, within: Span | None = None) -> list[TextEdit] | None:
    """The edits that put a text in the one layout; with ``within`` those alone that touch that span.

    None for a text with mistakes in its syntax: only what can be read has a layout.
    """
    parsed = parse(Source("", text))
    if parsed.diagnostics:
        return None
    new = formatted(parsed)
    ending = "\r\n" if "\r\n" in text else "\n"
    after = [line + ending for line in new.split("\n")[:-1]] if new else []
    before = text.splitlines(keepends=True) if "\r" not in text else _lines(text)
    starts = [0]
    for line in before:
        starts.append(starts[-1] + len(line))
    edits = []
    for what, i1, i2, j1, j2 in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if what == "equal":
            continue
        span = Span(starts[i1], starts[i2])
        if within is None or (span.start <= within.end and within.start <= span.end):
            edits.append(TextEdit(span, "".join(after[j1:j2])))
    return edits


def _lines(text: str) -> list[str]:
    return [line + "\n" for line in text.split("\n")[:-1]] + ([text.rsplit("\n", 1)[-1]] if text[-1:] != "\n" else [])


def indentation(text: str, offset: int) -> TextEdit | None:
    """After a line end has been typed: the blanks with which the new line begins, if they are not there yet."""
    line = text.rfind("\n", 0, offset) + 1
    stop = text.find("\n", offset)
    written = text[line : stop if stop >= 0 else len(text)]
    if line == 0 or written.strip():
        return None
    above = text[text.rfind("\n", 0, line - 1) + 1 : line - 1]
    start, _ = part_at(text, line - 1)
    statement = text[start:line]
    if not above.strip() or above.lstrip().startswith("#"):
        wanted = ""
    elif statement.split(None, 1)[0] in ITEMS or _goes_on(statement):
        wanted = " " * INDENT
    else:
        wanted = ""
    return None if wanted == written.rstrip("\r") else TextEdit(Span(line, line + len(written.rstrip("\r"))), wanted)


def _goes_on(statement: str) -> bool:
    """Whether a statement is not at its end: something is missing there, or a parenthesis is open."""
    found = parse(Source("", statement)).diagnostics
    return any(statement[d.span.start :].strip() in ("", statement.split()[-1]) for d in found)
