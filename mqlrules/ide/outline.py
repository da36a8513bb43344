"""The outline of a file: its statements, what can be folded, and what a selection grows to."""

from collections.abc import Iterator
from typing import Literal

import attrs

from mqlrules.ide.document import Sheet
from mqlrules.ide.references import Read, read
from mqlrules.ide.walk import Walk
from mqlrules.syntax import literals
from mqlrules.text.span import Span

SymbolKind = Literal["lifecycle", "timezone", "schema", "event", "list", "segment", "score", "rule", "test"]


@attrs.frozen
class Symbol:
    """A statement: what it is called, a few words more, the span of it all, and that of its name."""

    kind: SymbolKind
    name: str
    detail: str
    span: Span
    name_span: Span


_KINDS: dict[str, SymbolKind] = {
    "_LIFECYCLE": "lifecycle",
    "_TIMEZONE": "timezone",
    "_SCHEMA": "schema",
    "_EVENT": "event",
    "_LIST": "list",
    "_SEGMENT": "segment",
    "_SCORE": "score",
    "_RULE": "rule",
    "_TEST": "test",
}


def symbols(sheet: Sheet) -> list[Symbol]:
    """The statements of a file, those with mistakes too."""
    return [symbol for start, part in _reads(sheet) for symbol in _symbols(part, start)]


def _symbols(part: Read, start: int) -> Iterator[Symbol]:
    for heading, stop in _statements(part):
        walked = part.walks[heading]
        if not walked.steps:
            continue
        first = walked.steps[0].token
        kind = _KINDS.get(walked.steps[0].terminal or "", "rule")
        span = Span(start + first.start, start + _end(part, stop))
        name, detail, named = _named(walked, kind)
        yield Symbol(kind, name, detail, span, Span(start + named.start, start + named.end))


def _statements(part: Read) -> Iterator[tuple[int, int]]:
    """The indices of the piece with which each statement begins, and of its last one."""
    headings = [at for at, piece in enumerate(part.pieces) if piece.start == "statement"]
    for heading, after in zip(headings, [*headings[1:], len(part.pieces)][: len(headings)], strict=True):
        yield heading, after - 1


def _end(part: Read, piece: int) -> int:
    tokens = part.pieces[piece].tokens
    return tokens[-1].end if tokens else 0


def _named(walked: Walk, kind: SymbolKind) -> tuple[str, str, Span]:
    steps = walked.steps
    whole = Span(steps[0].token.start, steps[0].token.end)
    outcome = next((walked.name(at) for at, step in enumerate(steps) if at and steps[at - 1].terminal in _LEADING), "")
    text = next((step.token.text for step in steps if step.terminal == "STRING" and step.role is None), "")
    if steps[0].terminal not in _KINDS:
        return (f"=> {outcome}" if outcome else "rule"), "rule without a name", whole
    if kind in ("lifecycle", "timezone"):
        return kind, literals.string(text)[0] if text else "", whole
    if kind == "test":
        named = next((step.token for step in steps if step.terminal == "STRING"), None)
        if named is None:
            return "test", "", whole
        return literals.string(named.text)[0] or "test", "test", Span(named.start, named.end)
    for at, step in enumerate(steps):
        if at and step.role is not None and step.first == at:
            last = max(i for i, other in enumerate(steps) if other.first == at)
            span = Span(step.token.start, steps[last].token.end)
            detail = f"=> {outcome}" if kind == "rule" and outcome else literals.string(text)[0] if text else kind
            return walked.name(at), detail, span
    return kind, "", whole


_LEADING = ("_ARROW", "_RECYCLE_TO")


# -- folding -------------------------------------------------------------------------------------------------------


@attrs.frozen
class Fold:
    """A span of several lines of which the first one stays when it is folded."""

    span: Span
    comment: bool = False


def folds(sheet: Sheet) -> list[Fold]:
    """Statements of several lines, and comments below one another that have lines of their own."""
    found = [
        Fold(Span(start + part.pieces[heading].tokens[0].start, start + _end(part, stop)))
        for start, part in _reads(sheet)
        for heading, stop in _statements(part)
        if part.pieces[heading].tokens
    ]
    found += [Fold(span, comment=True) for span in _comment_runs(sheet)]
    return [fold for fold in found if "\n" in sheet.text[fold.span.start : fold.span.end]]


def _reads(sheet: Sheet) -> Iterator[tuple[int, Read]]:
    for start, part in zip(sheet.starts, sheet.parts, strict=True):
        yield start, read(part)


def _comment_runs(sheet: Sheet) -> Iterator[Span]:
    run: Span | None = None
    for start, part in _reads(sheet):
        for comment in part.comments:
            span = Span(start + comment.start, start + comment.end)
            line = sheet.text.rfind("\n", 0, span.start) + 1
            if sheet.text[line : span.start].strip():
                continue
            if (
                run is not None
                and not sheet.text[run.end : span.start].strip()
                and (sheet.text.count("\n", run.end, span.start) == 1)
            ):
                run = run.to(span)
                continue
            if run is not None:
                yield run
            run = span
    if run is not None:
        yield run


# -- selections ----------------------------------------------------------------------------------------------------


def selections(sheet: Sheet, offset: int) -> list[Span]:
    """What a selection at an offset grows to, step by step: the word, the name, what stands in parentheses, the line of
    a score or a test, the statement, the file.
    """
    index = sheet.part_of(offset)
    start, part = sheet.starts[index], read(sheet.parts[index])
    here = offset - start
    found: list[Span] = []
    for heading, stop in _statements(part):
        for piece in range(heading, stop + 1):
            tokens = part.pieces[piece].tokens
            if tokens and tokens[0].start <= here <= tokens[-1].end:
                found += _inside(part, piece, here)
                found.append(Span(tokens[0].start, tokens[-1].end))
        tokens = part.pieces[heading].tokens
        if tokens and tokens[0].start <= here <= _end(part, stop):
            found.append(Span(tokens[0].start, _end(part, stop)))
    found += [comment for comment in part.comments if comment.start <= here <= comment.end]
    spans = [Span(start + span.start, start + span.end) for span in found] + [Span(0, len(sheet.text))]
    growing: list[Span] = []
    for span in spans:
        if not growing or (span != growing[-1] and span.start <= growing[-1].start and growing[-1].end <= span.end):
            growing.append(span)
    return growing


def _inside(part: Read, piece: int, here: int) -> list[Span]:
    """The word, the name and the parentheses around an offset, the smallest first."""
    steps = part.walks[piece].steps
    found: list[Span] = []
    for step in steps:
        if step.token.start <= here <= step.token.end and not found:
            found.append(Span(step.token.start, step.token.end))
            members = [other.token for other in steps if other.first == step.first] if step.role else []
            if members:
                found.append(Span(members[0].start, members[-1].end))
    opened: list[int] = []
    around: list[Span] = []
    for step in steps:
        if step.terminal == "_LPAR":
            opened.append(step.token.start)
        elif step.terminal == "_RPAR" and opened:
            begin = opened.pop()
            if begin < here < step.token.end:
                around.append(Span(begin + 1, step.token.start))
                around.append(Span(begin, step.token.end))
    return found + around
