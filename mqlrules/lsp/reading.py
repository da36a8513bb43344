"""Handlers of what is asked about a text: what can follow, what something is, where it is, how it is built."""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import TypeVar

from lsprotocol import types

from mqlrules.ide.analysis import Analysis
from mqlrules.ide.completion import complete
from mqlrules.ide.hints import hints
from mqlrules.ide.hover import hover
from mqlrules.ide.mentions import Mention, all_mentions, mention_at, mentions
from mqlrules.ide.outline import folds, selections, symbols
from mqlrules.ide.sheet import Sheet
from mqlrules.ide.signatures import signature
from mqlrules.lsp import convert, semantic
from mqlrules.lsp.server import Server
from mqlrules.text.span import Span

_P = TypeVar("_P")
_R = TypeVar("_R")


def calm(handler: Callable[[Server, _P], _R]) -> Callable[[Server, _P], _R | None]:
    """A handler that answers nothing where something goes wrong in it, and tells the log."""

    # The name of the first parameter tells the library that it is the server.
    @wraps(handler)
    def guarded(ls: Server, params: _P) -> _R | None:
        try:
            return handler(ls, params)
        except Exception:
            ls.report(getattr(handler, "__name__", "a request"))
            return None

    return guarded


def register(server: Server) -> None:
    """Tell the server of the handlers."""
    server.feature(
        types.TEXT_DOCUMENT_COMPLETION, types.CompletionOptions(trigger_characters=[".", '"', "(", " ", ">", "="])
    )(completion)
    server.feature(types.TEXT_DOCUMENT_HOVER)(hovering)
    server.feature(
        types.TEXT_DOCUMENT_SIGNATURE_HELP,
        types.SignatureHelpOptions(trigger_characters=["("], retrigger_characters=[" "]),
    )(signature_help)
    server.feature(types.TEXT_DOCUMENT_DEFINITION)(definition)
    server.feature(types.TEXT_DOCUMENT_REFERENCES)(references)
    server.feature(types.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT)(highlights)
    server.feature(types.TEXT_DOCUMENT_DOCUMENT_SYMBOL)(document_symbols)
    server.feature(types.WORKSPACE_SYMBOL)(workspace_symbols)
    server.feature(types.TEXT_DOCUMENT_FOLDING_RANGE)(folding)
    server.feature(types.TEXT_DOCUMENT_SELECTION_RANGE)(selection)
    server.feature(types.TEXT_DOCUMENT_INLAY_HINT)(inlay_hints)
    server.feature(types.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL, semantic.LEGEND)(tokens)
    server.feature(types.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL_DELTA, semantic.LEGEND)(tokens_delta)
    server.feature(types.TEXT_DOCUMENT_SEMANTIC_TOKENS_RANGE, semantic.LEGEND)(tokens_range)


@calm
def completion(ls: Server, params: types.CompletionParams) -> types.CompletionList | None:
    """What can follow. It depends on every sign that is typed, so the client asks again."""
    known = ls.state.sheet(params.text_document.uri)
    if known is None:
        return None
    analysis, sheet = known
    lines = ls.state.lines(sheet)
    found = complete(sheet.text, lines.offset(params.position), analysis.words)
    return types.CompletionList(True, convert.completion_items(found, lines, ls.snippets))


@calm
def hovering(ls: Server, params: types.HoverParams) -> types.Hover | None:
    """What something is, in plain English."""
    known = ls.state.sheet(params.text_document.uri)
    if known is None:
        return None
    analysis, sheet = known
    lines = ls.state.lines(sheet)
    said = hover(analysis, sheet, lines.offset(params.position))
    return None if said is None else types.Hover(convert.markdown(said.markdown), lines.range(said.span))


@calm
def signature_help(ls: Server, params: types.SignatureHelpParams) -> types.SignatureHelp | None:
    """What an aggregate takes."""
    known = ls.state.sheet(params.text_document.uri)
    if known is None:
        return None
    _, sheet = known
    found = signature(sheet.text, ls.state.lines(sheet).offset(params.position))
    if found is None:
        return None
    parameters = [types.ParameterInformation(name, says) for name, says in found.parameters]
    information = types.SignatureInformation(found.label, convert.markdown(found.documentation), parameters)
    return types.SignatureHelp([information], 0, found.active)


# -- names ---------------------------------------------------------------------------------------------------------


def _mentioned(ls: Server, uri: str, position: types.Position) -> tuple[Analysis, Sheet, Mention] | None:
    known = ls.state.sheet(uri)
    if known is None:
        return None
    analysis, sheet = known
    mention = mention_at(analysis, sheet, ls.state.lines(sheet).offset(position))
    return None if mention is None else (analysis, sheet, mention)


def _locations(ls: Server, analysis: Analysis, found: Sequence[Mention]) -> list[types.Location]:
    spots = [convert.location(ls.state, analysis, mention.place) for mention in found]
    return [spot for spot in spots if spot is not None]


@calm
def definition(ls: Server, params: types.DefinitionParams) -> list[types.Location] | None:
    """Where something is defined; of events and properties as they are sent, where a schema declares them."""
    known = _mentioned(ls, params.text_document.uri, params.position)
    if known is None:
        return None
    analysis, _, mention = known
    return _locations(ls, analysis, [one for one in all_mentions(analysis, mention.thing) if one.defines])


@calm
def references(ls: Server, params: types.ReferenceParams) -> list[types.Location] | None:
    """Everywhere that something is named in the rule set."""
    known = _mentioned(ls, params.text_document.uri, params.position)
    if known is None:
        return None
    analysis, _, mention = known
    found = all_mentions(analysis, mention.thing)
    return _locations(ls, analysis, [one for one in found if params.context.include_declaration or not one.defines])


@calm
def highlights(ls: Server, params: types.DocumentHighlightParams) -> list[types.DocumentHighlight] | None:
    """The same in one file, to be marked."""
    known = _mentioned(ls, params.text_document.uri, params.position)
    if known is None:
        return None
    analysis, sheet, mention = known
    lines = ls.state.lines(sheet)
    return [
        types.DocumentHighlight(
            lines.range(one.place.span),
            types.DocumentHighlightKind.Write if one.defines else types.DocumentHighlightKind.Read,
        )
        for one in mentions(analysis, sheet)
        if one.thing == mention.thing
    ]


# -- structure -----------------------------------------------------------------------------------------------------


@calm
def document_symbols(ls: Server, params: types.DocumentSymbolParams) -> list[types.DocumentSymbol] | None:
    """The statements of a file."""
    known = ls.state.sheet(params.text_document.uri)
    if known is None:
        return None
    lines = ls.state.lines(known[1])
    return [convert.document_symbol(symbol, lines) for symbol in symbols(known[1])]


@calm
def workspace_symbols(ls: Server, params: types.WorkspaceSymbolParams) -> list[types.WorkspaceSymbol]:
    """The statements of all rule sets that something is open of, by a part of their names."""
    wanted = params.query.casefold()
    found = []
    for rules in list(ls.state.sets.values()):
        for sheet in ls.state.analysis(rules).sheets.values():
            lines = ls.state.lines(sheet)
            uri = ls.state.uri(sheet.name)
            for symbol in symbols(sheet):
                if _is_in(wanted, symbol.name.casefold()):
                    spot = types.Location(uri, lines.range(symbol.name_span))
                    found.append(
                        types.WorkspaceSymbol(
                            spot, symbol.name, convert.symbol_kind(symbol), container_name=symbol.kind
                        )
                    )
    return found


def _is_in(wanted: str, name: str) -> bool:
    """Whether all letters of a query stand in a name, in their order."""
    letters = iter(name)
    return all(letter in letters for letter in wanted)


@calm
def folding(ls: Server, params: types.FoldingRangeParams) -> list[types.FoldingRange] | None:
    """What can be folded."""
    known = ls.state.sheet(params.text_document.uri)
    if known is None:
        return None
    lines = ls.state.lines(known[1])
    found = []
    for fold in folds(known[1]):
        start, end = lines.position(fold.span.start), lines.position(fold.span.end)
        kind = types.FoldingRangeKind.Comment if fold.comment else None
        found.append(types.FoldingRange(start.line, end.line, kind=kind))
    return found


@calm
def selection(ls: Server, params: types.SelectionRangeParams) -> list[types.SelectionRange] | None:
    """What a selection grows to, for each position."""
    known = ls.state.sheet(params.text_document.uri)
    if known is None:
        return None
    sheet = known[1]
    lines = ls.state.lines(sheet)
    found = []
    for position in params.positions:
        around: types.SelectionRange | None = None
        for span in reversed(selections(sheet, lines.offset(position))):
            around = types.SelectionRange(lines.range(span), around)
        found.append(around or types.SelectionRange(types.Range(position, position)))
    return found


@calm
def inlay_hints(ls: Server, params: types.InlayHintParams) -> list[types.InlayHint] | None:
    """What a window belongs to."""
    known = ls.state.sheet(params.text_document.uri)
    if known is None:
        return None
    sheet = known[1]
    lines = ls.state.lines(sheet)
    return [
        types.InlayHint(
            lines.position(hint.offset), hint.words, tooltip=convert.markdown(hint.explanation), padding_left=True
        )
        for hint in hints(sheet, lines.span(params.range))
    ]


# -- semantic tokens -----------------------------------------------------------------------------------------------


@calm
def tokens(ls: Server, params: types.SemanticTokensParams) -> types.SemanticTokens | None:
    """The kinds of all tokens."""
    return semantic.full(ls, params.text_document.uri)


@calm
def tokens_delta(
    ls: Server, params: types.SemanticTokensDeltaParams
) -> types.SemanticTokens | types.SemanticTokensDelta | None:
    """What has changed in the kinds of tokens."""
    return semantic.delta(ls, params.text_document.uri, params.previous_result_id)


@calm
def tokens_range(ls: Server, params: types.SemanticTokensRangeParams) -> types.SemanticTokens | None:
    """The kinds of the tokens in a range."""
    known = ls.state.sheet(params.text_document.uri)
    if known is None:
        return None
    span = ls.state.lines(known[1]).span(params.range)
    return semantic.within(ls, params.text_document.uri, Span(span.start, span.end))
