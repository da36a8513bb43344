"""Semantic tokens: kinds of tokens as the protocol counts them, five numbers each; whole, in part, or as a change."""

from collections.abc import Iterator

from lsprotocol import types

from mqlrules.ide.references import read
from mqlrules.ide.tokens import Classified, Kind, classify_walk
from mqlrules.lsp.lines import units
from mqlrules.lsp.server import Server
from mqlrules.lsp.state import Document
from mqlrules.text.span import Span

_TYPES: dict[Kind, str] = {
    "keyword": "keyword",
    "function": "function",
    "operator": "operator",
    "event": "event",
    "segment": "class",
    "score": "variable",
    "list": "enum",
    "rule": "function",
    "stage": "enumMember",
    "property": "property",
    "type": "type",
    "string": "string",
    "number": "number",
    "duration": "number",
    "date": "number",
    "boolean": "keyword",
    "comment": "comment",
}
"""Those of the protocol's own types that colour themes know. Signs that only divide have none."""

_LISTED = sorted(set(_TYPES.values()))
_NUMBERS = {kind: _LISTED.index(name) for kind, name in _TYPES.items()}
LEGEND = types.SemanticTokensLegend(token_types=_LISTED, token_modifiers=["definition"])

_last: dict[str, tuple[str, list[int]]] = {}
"""What each document was told last, with the name of that."""


def full(ls: Server, uri: str) -> types.SemanticTokens | None:
    """All tokens of a document."""
    document = ls.state.document(uri)
    if document is None:
        return None
    data = list(_encoded(document, None))
    return types.SemanticTokens(data, _remember(uri, data))


def within(document: Document, span: Span) -> types.SemanticTokens:
    """The tokens of the statements that a span touches."""
    return types.SemanticTokens(list(_encoded(document, span)))


def delta(ls: Server, uri: str, before: str) -> types.SemanticTokens | types.SemanticTokensDelta | None:
    """What is other than in an earlier answer; everything if that is not known any more."""
    earlier = _last.get(uri)
    now = full(ls, uri)
    if now is None or earlier is None or earlier[0] != before:
        return now
    old, new = earlier[1], list(now.data)
    same = 0
    most = min(len(old), len(new))
    while same < most and old[same] == new[same]:
        same += 1
    same -= same % 5
    tail = 0
    while tail < most - same and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    tail -= tail % 5
    edits = []
    if same + tail < max(len(old), len(new)):
        edits.append(types.SemanticTokensEdit(same, len(old) - same - tail, new[same : len(new) - tail]))
    return types.SemanticTokensDelta(edits, now.result_id)


def _remember(uri: str, data: list[int]) -> str:
    number = int(_last[uri][0]) + 1 if uri in _last else 1
    _last[uri] = str(number), data
    return str(number)


def forget(uri: str) -> None:
    """A document was closed."""
    _last.pop(uri, None)


def _encoded(document: Document, within: Span | None) -> Iterator[int]:
    sheet, lines = document.sheet, document.lines
    line = character = 0
    for token, start in _tokens(document, within):
        number = _NUMBERS.get(token.kind)
        if number is None:
            continue
        for span in lines.line_spans(Span(start + token.start, start + token.end)):
            at = lines.position(span.start)
            yield at.line - line
            yield at.character - (character if at.line == line else 0)
            yield units(sheet.text[span.start : span.end], lines.encoding)
            yield number
            yield int(token.defines)
            line, character = at.line, at.character


def _tokens(document: Document, within: Span | None) -> Iterator[tuple[Classified, int]]:
    sheet, names = document.sheet, document.analysis.names
    first, last = 0, len(sheet.parts) - 1
    if within is not None:
        first, last = sheet.part_of(within.start), sheet.part_of(within.end)
    for index in range(first, last + 1):
        part = read(sheet.parts[index])
        found = [Classified(comment.start, comment.end, "comment") for comment in part.comments]
        for walked in part.walks:
            found += classify_walk(walked, names)
        for token in sorted(found, key=lambda token: token.start):
            yield token, sheet.starts[index]
