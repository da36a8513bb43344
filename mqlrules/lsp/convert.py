"""From plain data to the types of the protocol."""

from collections.abc import Iterable, Sequence

from lsprotocol import types

from mqlrules.ide.analysis import Analysis, Change, Finding, Place
from mqlrules.ide.completion import Completion
from mqlrules.ide.outline import Symbol
from mqlrules.lsp.lines import Lines
from mqlrules.lsp.state import State

SOURCE = "mqlrules"

_SEVERITIES = {
    "error": types.DiagnosticSeverity.Error,
    "warning": types.DiagnosticSeverity.Warning,
    "hint": types.DiagnosticSeverity.Hint,
}
_COMPLETIONS = {
    "keyword": types.CompletionItemKind.Keyword,
    "operator": types.CompletionItemKind.Operator,
    "function": types.CompletionItemKind.Function,
    "statement": types.CompletionItemKind.Snippet,
    "event": types.CompletionItemKind.Event,
    "definition": types.CompletionItemKind.Event,
    "segment": types.CompletionItemKind.Class,
    "score": types.CompletionItemKind.Variable,
    "list": types.CompletionItemKind.Enum,
    "rule": types.CompletionItemKind.Reference,
    "stage": types.CompletionItemKind.EnumMember,
    "property": types.CompletionItemKind.Property,
    "type": types.CompletionItemKind.TypeParameter,
    "value": types.CompletionItemKind.Value,
    "duration": types.CompletionItemKind.Unit,
}
_SYMBOLS = {
    "lifecycle": types.SymbolKind.Enum,
    "timezone": types.SymbolKind.Constant,
    "schema": types.SymbolKind.Struct,
    "event": types.SymbolKind.Event,
    "list": types.SymbolKind.Array,
    "segment": types.SymbolKind.Class,
    "score": types.SymbolKind.Variable,
    "rule": types.SymbolKind.Function,
    "test": types.SymbolKind.Method,
}


def diagnostic(state: State, analysis: Analysis, finding: Finding, related: bool) -> types.Diagnostic:
    """A finding; what to write instead stands in a line of its own. ``related``: the client shows second places."""
    lines = state.lines(analysis.sheets[finding.place.file])
    notes = None
    if related and finding.notes:
        notes = [
            types.DiagnosticRelatedInformation(spot, message)
            for place, message in finding.notes
            if (spot := location(state, analysis, place)) is not None
        ]
    return types.Diagnostic(
        range=lines.range(finding.place.span),
        message=finding.message if finding.hint is None else f"{finding.message}\n{finding.hint}",
        severity=_SEVERITIES[finding.severity],
        code=finding.code,
        source=SOURCE,
        related_information=notes,
    )


def location(state: State, analysis: Analysis, place: Place) -> types.Location | None:
    """A place in one of the files of a rule set."""
    sheet = analysis.sheets.get(place.file)
    return None if sheet is None else types.Location(state.uri(place.file), state.lines(sheet).range(place.span))


def workspace_edit(state: State, analysis: Analysis, changes: Iterable[Change]) -> types.WorkspaceEdit:
    """Changes of files that are as they were when the changes were made."""
    edits: dict[str, list[types.TextEdit]] = {}
    for change in changes:
        lines = state.lines(analysis.sheets[change.place.file])
        uri = state.uri(change.place.file)
        edits.setdefault(uri, []).append(types.TextEdit(lines.range(change.place.span), change.text))
    versions = {uri: document.version for uri, document in state.open.items()}
    return types.WorkspaceEdit(
        document_changes=[
            types.TextDocumentEdit(types.OptionalVersionedTextDocumentIdentifier(uri, versions.get(uri)), list(made))
            for uri, made in edits.items()
        ]
        if state.versioned_edits
        else None,
        changes=None if state.versioned_edits else edits,
    )


def completion_items(found: Sequence[Completion], lines: Lines, snippets: bool) -> list[types.CompletionItem]:
    """Completions, in their order."""
    items = []
    for number, one in enumerate(found):
        is_snippet = snippets and one.snippet is not None
        text = one.snippet if is_snippet and one.snippet is not None else one.text
        items.append(
            types.CompletionItem(
                label=one.label,
                kind=_COMPLETIONS[one.kind],
                detail=one.detail,
                documentation=None if one.documentation is None else markdown(one.documentation),
                sort_text=f"{number:05}",
                filter_text=one.filter,
                insert_text_format=types.InsertTextFormat.Snippet if is_snippet else None,
                text_edit=types.TextEdit(types.Range(lines.position(one.start), lines.position(one.end)), text),
            )
        )
    return items


def markdown(text: str) -> types.MarkupContent:
    """Text in Markdown."""
    return types.MarkupContent(types.MarkupKind.Markdown, text)


def document_symbol(symbol: Symbol, lines: Lines) -> types.DocumentSymbol:
    """A statement for the outline."""
    return types.DocumentSymbol(
        name=symbol.name or symbol.kind,
        detail=symbol.detail,
        kind=_SYMBOLS[symbol.kind],
        range=lines.range(symbol.span),
        selection_range=lines.range(symbol.name_span),
    )


def symbol_kind(symbol: Symbol) -> types.SymbolKind:
    """The protocol's kind of a statement."""
    return _SYMBOLS[symbol.kind]
