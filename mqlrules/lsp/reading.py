"""Handlers of what is asked about a text: what can follow, what something is, where it is, how it is built."""

from collections.abc import Sequence

from lsprotocol import types

from mqlrules.ide.analysis import Analysis
from mqlrules.ide.completion import complete
from mqlrules.ide.hints import hints
from mqlrules.ide.hover import hover
from mqlrules.ide.outline import folds, selections, symbols
from mqlrules.ide.references import Mention, all_mentions, mention_at, mentions
from mqlrules.ide.signatures import signature
from mqlrules.lsp import convert, semantic
from mqlrules.lsp.handlers import calm, of_document
from mqlrules.lsp.server import Server
from mqlrules.lsp.state import Document


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
@of_document
def completion(ls: Server, params: types.CompletionParams, document: Document) -> types.CompletionList | None:
    """What can follow. It depends on every sign that is typed, so the client asks again."""
    found = complete(document.sheet.text, document.lines.offset(params.position), document.analysis.words)
    return types.CompletionList(True, convert.completion_items(found, document.lines, ls.snippets))


@calm
@of_document
def hovering(ls: Server, params: types.HoverParams, document: Document) -> types.Hover | None:
    """What something is, in plain English."""
    said = hover(document.analysis, document.sheet, document.lines.offset(params.position))
    return None if said is None else types.Hover(convert.markdown(said.markdown), document.lines.range(said.span))


@calm
@of_document
def signature_help(ls: Server, params: types.SignatureHelpParams, document: Document) -> types.SignatureHelp | None:
    """What an aggregate takes."""
    found = signature(document.sheet.text, document.lines.offset(params.position))
    if found is None:
        return None
    parameters = [types.ParameterInformation(name, says) for name, says in found.parameters]
    information = types.SignatureInformation(found.label, convert.markdown(found.documentation), parameters)
    return types.SignatureHelp([information], 0, found.active)


# -- names ---------------------------------------------------------------------------------------------------------


def _mentioned(document: Document, position: types.Position) -> Mention | None:
    return mention_at(document.analysis, document.sheet, document.lines.offset(position))


def _locations(ls: Server, analysis: Analysis, found: Sequence[Mention]) -> list[types.Location]:
    spots = [convert.location(ls.state, analysis, mention.place) for mention in found]
    return [spot for spot in spots if spot is not None]


@calm
@of_document
def definition(ls: Server, params: types.DefinitionParams, document: Document) -> list[types.Location] | None:
    """Where something is defined; of events and properties as they are sent, where a schema declares them."""
    mention = _mentioned(document, params.position)
    if mention is None:
        return None
    found = all_mentions(document.analysis, mention.thing)
    return _locations(ls, document.analysis, [one for one in found if one.defines])


@calm
@of_document
def references(ls: Server, params: types.ReferenceParams, document: Document) -> list[types.Location] | None:
    """Everywhere that something is named in the rule set."""
    mention = _mentioned(document, params.position)
    if mention is None:
        return None
    found = all_mentions(document.analysis, mention.thing)
    wanted = [one for one in found if params.context.include_declaration or not one.defines]
    return _locations(ls, document.analysis, wanted)


@calm
@of_document
def highlights(
    ls: Server, params: types.DocumentHighlightParams, document: Document
) -> list[types.DocumentHighlight] | None:
    """The same in one file, to be marked."""
    mention = _mentioned(document, params.position)
    if mention is None:
        return None
    return [
        types.DocumentHighlight(
            document.lines.range(one.place.span),
            types.DocumentHighlightKind.Write if one.defines else types.DocumentHighlightKind.Read,
        )
        for one in mentions(document.analysis, document.sheet)
        if one.thing == mention.thing
    ]


# -- structure -----------------------------------------------------------------------------------------------------


@calm
@of_document
def document_symbols(
    ls: Server, params: types.DocumentSymbolParams, document: Document
) -> list[types.DocumentSymbol] | None:
    """The statements of a file."""
    return [convert.document_symbol(symbol, document.lines) for symbol in symbols(document.sheet)]


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
@of_document
def folding(ls: Server, params: types.FoldingRangeParams, document: Document) -> list[types.FoldingRange] | None:
    """What can be folded."""
    found = []
    for fold in folds(document.sheet):
        start, end = document.lines.position(fold.span.start), document.lines.position(fold.span.end)
        kind = types.FoldingRangeKind.Comment if fold.comment else None
        found.append(types.FoldingRange(start.line, end.line, kind=kind))
    return found


@calm
@of_document
def selection(ls: Server, params: types.SelectionRangeParams, document: Document) -> list[types.SelectionRange] | None:
    """What a selection grows to, for each position."""
    found = []
    for position in params.positions:
        around: types.SelectionRange | None = None
        for span in reversed(selections(document.sheet, document.lines.offset(position))):
            around = types.SelectionRange(document.lines.range(span), around)
        found.append(around or types.SelectionRange(types.Range(position, position)))
    return found


@calm
@of_document
def inlay_hints(ls: Server, params: types.InlayHintParams, document: Document) -> list[types.InlayHint] | None:
    """What a window belongs to."""
    return [
        types.InlayHint(
            document.lines.position(hint.offset),
            hint.words,
            tooltip=convert.markdown(hint.explanation),
            padding_left=True,
        )
        for hint in hints(document.sheet, document.lines.span(params.range))
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
@of_document
def tokens_range(
    ls: Server, params: types.SemanticTokensRangeParams, document: Document
) -> types.SemanticTokens | None:
    """The kinds of the tokens in a range."""
    return semantic.within(document, document.lines.span(params.range))
