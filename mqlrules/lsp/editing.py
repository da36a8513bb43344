"""Handlers of what changes a text: layout, names, quick fixes; and of commands and the lenses that offer them."""

from collections.abc import Iterator
from typing import Any

from lsprotocol import types
from pygls.capabilities import get_capability
from pygls.exceptions import JsonRpcException

from mqlrules.ide.analysis import Analysis, Change, Finding, Place
from mqlrules.ide.document import Sheet
from mqlrules.ide.layout import TextEdit, format_edits, indentation
from mqlrules.ide.outline import symbols
from mqlrules.ide.quick_fixes import with_mendings
from mqlrules.ide.renaming import Refused, renamable, rename
from mqlrules.lsp import convert, jobs
from mqlrules.lsp.handlers import calm, of_document
from mqlrules.lsp.lines import Lines
from mqlrules.lsp.server import Server
from mqlrules.lsp.state import Document
from mqlrules.text.span import Span

RUN_TEST = "mqlrules.runTest"
RUN_TESTS = "mqlrules.runTests"
FIX_ALL = "mqlrules.fixAll"

_FIX_ALL = f"{types.CodeActionKind.SourceFixAll.value}.mqlrules"
_REQUEST_FAILED = -32803


def register(server: Server) -> None:
    """Tell the server of the handlers."""
    server.feature(types.TEXT_DOCUMENT_FORMATTING)(formatting)
    server.feature(types.TEXT_DOCUMENT_RANGE_FORMATTING)(range_formatting)
    server.feature(types.TEXT_DOCUMENT_ON_TYPE_FORMATTING, types.DocumentOnTypeFormattingOptions("\n"))(on_type)
    server.feature(types.TEXT_DOCUMENT_PREPARE_RENAME)(prepare_rename)
    server.feature(types.TEXT_DOCUMENT_RENAME)(renaming)
    kinds = [types.CodeActionKind.QuickFix, _FIX_ALL]
    server.feature(types.TEXT_DOCUMENT_CODE_ACTION, types.CodeActionOptions(kinds, resolve_provider=True))(actions)
    server.feature(types.CODE_ACTION_RESOLVE)(resolve_action)
    server.feature(types.TEXT_DOCUMENT_CODE_LENS)(lenses)
    server.command(RUN_TEST)(run_test)
    server.command(RUN_TESTS)(run_tests)
    server.command(FIX_ALL)(fix_all)


# -- layout --------------------------------------------------------------------------------------------------------


@calm
@of_document
def formatting(ls: Server, params: types.DocumentFormattingParams, document: Document) -> list[types.TextEdit] | None:
    """The one layout. A text with mistakes in its syntax stays as it is."""
    return _edits(format_edits(document.sheet.text), document.lines)


@calm
@of_document
def range_formatting(
    ls: Server, params: types.DocumentRangeFormattingParams, document: Document
) -> list[types.TextEdit] | None:
    """The one layout for the lines of a range."""
    return _edits(format_edits(document.sheet.text, document.lines.span(params.range)), document.lines)


@calm
@of_document
def on_type(
    ls: Server, params: types.DocumentOnTypeFormattingParams, document: Document
) -> list[types.TextEdit] | None:
    """A line was begun: its indentation."""
    edit = indentation(document.sheet.text, document.lines.offset(params.position))
    return _edits([] if edit is None else [edit], document.lines)


def _edits(edits: list[TextEdit] | None, lines: Lines) -> list[types.TextEdit] | None:
    return None if edits is None else [types.TextEdit(lines.range(edit.span), edit.text) for edit in edits]


# -- names ---------------------------------------------------------------------------------------------------------


@of_document
def prepare_rename(
    ls: Server, params: types.PrepareRenameParams, document: Document
) -> types.PrepareRenamePlaceholder | types.PrepareRenameResult | None:
    """Whether something can be renamed, and what it is called now."""
    found = renamable(document.analysis, document.sheet, document.lines.offset(params.position))
    if isinstance(found, Refused):
        raise JsonRpcException(found.reason, _REQUEST_FAILED)
    return types.PrepareRenamePlaceholder(document.lines.range(found.place.span), found.written)


@of_document
def renaming(ls: Server, params: types.RenameParams, document: Document) -> types.WorkspaceEdit | None:
    """Rename in all files of the rule set."""
    changes = rename(document.analysis, document.sheet, document.lines.offset(params.position), params.new_name)
    if isinstance(changes, Refused):
        raise JsonRpcException(changes.reason, _REQUEST_FAILED)
    return convert.workspace_edit(ls.state, document.analysis, changes)


# -- quick fixes ---------------------------------------------------------------------------------------------------


@calm
@of_document
def actions(ls: Server, params: types.CodeActionParams, document: Document) -> list[types.CodeAction] | None:
    """Quick fixes of what is found in a range, and mending all that can be mended safely."""
    only = [_kind(kind) for kind in params.context.only or ()]
    offered: list[types.CodeAction] = []
    if _is_asked(types.CodeActionKind.QuickFix.value, only):
        span = document.lines.span(params.range)
        for finding in _touched(ls, document.sheet, span):
            offered += _quick_fixes(ls, document.analysis, finding)
    if _is_asked(_FIX_ALL, only) and document.analysis.sound:
        data = {"uri": params.text_document.uri}
        offered.append(types.CodeAction("Mend all that can be mended safely", kind=_FIX_ALL, data=data))
        if not get_capability(ls.client_capabilities, "text_document.code_action.resolve_support", None):
            command = types.Command(offered[-1].title, FIX_ALL, arguments=[params.text_document.uri])
            offered[-1] = types.CodeAction(offered[-1].title, kind=_FIX_ALL, command=command)
    return offered


def _kind(kind: types.CodeActionKind | str) -> str:
    return kind.value if isinstance(kind, types.CodeActionKind) else kind


def _is_asked(kind: str, only: list[str]) -> bool:
    return not only or any(kind == wanted or kind.startswith(f"{wanted}.") for wanted in only)


def _touched(ls: Server, sheet: Sheet, span: Span) -> Iterator[Finding]:
    rules = ls.state.rule_set(ls.state.uri(sheet.name))
    for finding in ls.state.findings(rules):
        place = finding.place
        if place.file == sheet.name and place.span.start <= span.end and span.start <= place.span.end:
            yield finding


def _quick_fixes(ls: Server, analysis: Analysis, finding: Finding) -> Iterator[types.CodeAction]:
    mended = with_mendings(analysis.sheets[finding.place.file], finding)
    shown = convert.diagnostic(ls.state, analysis, finding, ls.related_information)
    for number, mending in enumerate(mended.mendings):
        title = mending.words[:1].upper() + mending.words[1:]
        yield types.CodeAction(
            title,
            kind=types.CodeActionKind.QuickFix,
            diagnostics=[shown],
            is_preferred=number == 0,
            edit=convert.workspace_edit(ls.state, analysis, mending.changes),
        )


async def resolve_action(ls: Server, params: types.CodeAction) -> types.CodeAction:
    """The edit of an action that takes long to find."""
    uri = params.data.get("uri") if isinstance(params.data, dict) else None
    if isinstance(uri, str) and params.edit is None:
        params.edit = await _all_mended(ls, uri)
    return params


async def _all_mended(ls: Server, uri: str) -> types.WorkspaceEdit | None:
    rules = ls.state.rule_set(uri)
    analysis = ls.state.analysis(rules)
    texts = await ls.job("lint", jobs.fixed, ls.state.texts(rules), ls.settings_folder(rules), rules.profile)
    if ls.state.analysis(rules).sheets != analysis.sheets:
        raise JsonRpcException("The rules were changed meanwhile.", types.LSPErrorCodes.ContentModified.value)
    changes = []
    for name, text in texts.items():
        before = analysis.sheets[name].text
        start = end = 0
        while start < min(len(before), len(text)) and before[start] == text[start]:
            start += 1
        while end < min(len(before), len(text)) - start and before[-1 - end] == text[-1 - end]:
            end += 1
        changes.append(Change(Place(name, Span(start, len(before) - end)), text[start : len(text) - end]))
    return convert.workspace_edit(ls.state, analysis, changes)


async def fix_all(ls: Server, uri: str) -> None:
    """The command: mend all that can be mended safely."""
    edit = await _all_mended(ls, uri)
    if edit is not None and (edit.changes or edit.document_changes):
        await ls.workspace_apply_edit_async(types.ApplyWorkspaceEditParams(edit, "Mend what can be mended safely"))


# -- lenses and tests ----------------------------------------------------------------------------------------------


@calm
@of_document
def lenses(ls: Server, params: types.CodeLensParams, document: Document) -> list[types.CodeLens] | None:
    """Above each test that it can be run; above each rule how many leads of the configured events meet it."""
    uri = params.text_document.uri
    sheet, lines = document.sheet, document.lines
    found = []
    tests = [symbol for symbol in symbols(sheet) if symbol.kind == "test"]
    for number, test in enumerate(tests):
        place = types.Range(lines.position(test.span.start), lines.position(test.span.start))
        found.append(types.CodeLens(place, types.Command("Run this test", RUN_TEST, arguments=[uri, place.start.line])))
        if number == 0 and len(tests) > 1:
            title = f"Run all {len(tests)} tests of this file"
            found.append(types.CodeLens(place, types.Command(title, RUN_TESTS, arguments=[uri])))
    counted = ls.state.rule_set(uri).counted
    if counted is not None and ls.state.settings.count_leads:
        for rule in document.analysis.program.rules:
            if rule.source is None or rule.source.name != sheet.name or rule.name not in counted.met:
                continue
            span = sheet.in_text(rule.span)
            if span is not None:
                met = counted.met[rule.name]
                title = f"{met:,} of {counted.leads:,} leads meet{'s' * (met == 1)} this rule"
                start = lines.position(span.start)
                found.append(types.CodeLens(types.Range(start, start), types.Command(title, "")))
    return found


async def run_test(ls: Server, uri: str, line: int) -> dict[str, Any]:
    """The command: run the test that begins on a line (from 0)."""
    document = ls.state.document(uri)
    start = None
    if document is not None:
        begins = [symbol.span.start for symbol in symbols(document.sheet) if symbol.kind == "test"]
        start = next((at for at in begins if document.lines.position(at).line == line), None)
    if start is None:
        ls.tell("There is no test on this line.", types.MessageType.Warning)
        return {"passed": 0, "total": 0, "report": ""}
    return await _run(ls, uri, start)


async def run_tests(ls: Server, uri: str) -> dict[str, Any]:
    """The command: run all tests of a file."""
    return await _run(ls, uri, None)


async def _run(ls: Server, uri: str, start: int | None) -> dict[str, Any]:
    rules = ls.state.rule_set(uri)
    document = ls.state.document(uri)
    name = uri if document is None else document.sheet.name
    result = await ls.job("tests", jobs.tested, ls.state.texts(rules), name, start)
    if result.problem is not None:
        ls.tell(f"No test was run: {result.problem}.", types.MessageType.Warning)
    elif result.passed == result.total:
        what = "The test passed." if result.total == 1 else f"All {result.total} tests passed."
        ls.tell(what)
    else:
        failed = result.total - result.passed
        what = "The test failed" if result.total == 1 else f"{failed} of {result.total} tests failed"
        ls.tell(f"{what}.\n\n{result.report}", types.MessageType.Error)
    if result.report:
        ls.window_log_message(types.LogMessageParams(types.MessageType.Info, result.report))
    return {"passed": result.passed, "total": result.total, "report": result.report}
