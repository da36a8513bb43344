"""What a client is answered about a text: completion, explanations, places, structure, tokens; with mistakes in it."""

import asyncio

import pytest
from lsprotocol import types

from tests.lsp.conftest import Session, Start, offset

pytestmark = pytest.mark.asyncio

WORDS = """event visited pricing = page_viewed where (path starts with "/pricing")
segment good fit "Who we 🎉 sell to" = lead.size >= 200
score warmth
    +10 per visited pricing
    between 0 and 100
"""
RULES = """# What sales asked for,
# in two lines.
rule warm "🎉 n\u0303": visited pricing >= 2 and attended webinar within 30d => MQL
rule hot: good fit and warmth >= 50
    and sum(amount of purchased) > 3 => SQL

test "two visits"
    day 0 page_viewed (path: "/pricing")
    day 1 page_viewed (path: "/pricing")
    day 1 attended webinar
    expect MQL by warm
"""


async def opened(start: Start, rules: str = RULES) -> Session:
    session = await start(lint=False)
    await session.open("words.mql", WORDS)
    await session.open("rules.mql", rules)
    return session


def text_of(session: Session, spot: types.Location) -> str:
    [name] = [name for name in session.texts if session.uri(name) == spot.uri]
    text = session.texts[name]
    return text[offset(text, spot.range.start) : offset(text, spot.range.end)]


async def test_half_written_rules_are_completed(start: Start) -> None:
    session = await opened(start, 'rule a: "🎉" and vis\nrule b: page_viewed where (pa\nrule c: a and and b => \n')
    client, document = session.client, session.document("rules.mql")

    async def labels(mark: str, after: int) -> list[types.CompletionItem]:
        at = session.at("rules.mql", mark, after)
        found = await client.text_document_completion_async(types.CompletionParams(document, at))
        assert isinstance(found, types.CompletionList)
        return list(found.items)

    [visited] = await labels("vis\n", 3)
    assert isinstance(visited.text_edit, types.TextEdit)
    assert session.at("rules.mql", "vis\n") == visited.text_edit.range.start
    assert "visited pricing" == visited.text_edit.new_text
    assert ["path"] == [one.label for one in await labels("(pa", 3)]
    assert {"MQL", "recycle to"} <= {one.label for one in await labels("b => ", 5)}
    [rule] = [one for one in await labels("rule c", 0) if one.label == "rule"]
    assert types.InsertTextFormat.Snippet == rule.insert_text_format


async def test_names_are_explained_found_and_marked_across_files(start: Start) -> None:
    session = await opened(start)
    client, document = session.client, session.document("rules.mql")
    at = session.at("rules.mql", "visited pricing", 3)

    said = await client.text_document_hover_async(types.HoverParams(document, at))
    assert said is not None
    assert isinstance(said.contents, types.MarkupContent)
    assert "our word for an event" in said.contents.value
    assert session.at("rules.mql", "visited pricing") == said.range.start  # type: ignore[union-attr]
    rule = await client.text_document_hover_async(types.HoverParams(document, session.at("rules.mql", "rule hot")))
    assert "A lead becomes SQL as soon as" in rule.contents.value  # type: ignore[union-attr]
    keyword = await client.text_document_hover_async(types.HoverParams(document, session.at("rules.mql", "within")))
    assert "only events of the last 30 days count" in keyword.contents.value  # type: ignore[union-attr]

    found = await client.text_document_definition_async(types.DefinitionParams(document, at))
    assert ["visited pricing"] == [text_of(session, spot) for spot in found]  # type: ignore[union-attr, arg-type]
    assert [session.uri("words.mql")] == [spot.uri for spot in found]  # type: ignore[union-attr]
    context = types.ReferenceContext(include_declaration=False)
    uses = await client.text_document_references_async(types.ReferenceParams(context, document, at))
    assert [session.uri("rules.mql"), session.uri("words.mql")] == [spot.uri for spot in uses or []]
    marked = await client.text_document_document_highlight_async(
        types.DocumentHighlightParams(document, session.at("rules.mql", "warm"))
    )
    assert [2, 10] == [one.range.start.line for one in marked or []]


async def test_renaming_changes_all_files_and_is_refused_with_a_reason(start: Start) -> None:
    session = await opened(start)
    client, document = session.client, session.document("rules.mql")
    at = session.at("rules.mql", "visited pricing", 3)
    prepared = await client.text_document_prepare_rename_async(types.PrepareRenameParams(document, at))
    assert "visited pricing" == prepared.placeholder  # type: ignore[union-attr]
    edit = await client.text_document_rename_async(types.RenameParams(document, at, "seen the prices"))
    texts = session.edited(edit)  # type: ignore[arg-type]
    assert {name: text.replace("visited pricing", "seen the prices") for name, text in session.texts.items()} == texts
    for wanted, reason in (
        ("a and b", "is no name"),
        ("warmth", "There is a score called `warmth` already"),
        ("attended webinar", "is the name of an event that these rules use"),
        ("", "is no name"),
    ):
        with pytest.raises(Exception, match=reason):
            await client.text_document_rename_async(types.RenameParams(document, at, wanted))
    for mark, reason in (
        ("attended webinar", "is an event as it is sent"),
        ("within", "no name here"),
        ("MQL", "Write one"),
    ):
        with pytest.raises(Exception, match=reason):
            await client.text_document_prepare_rename_async(
                types.PrepareRenameParams(document, session.at("rules.mql", mark, 1))
            )


async def test_quick_fixes_mend_what_was_found(start: Start) -> None:
    session = await start(lint=False)
    text = "segment good fit = a\nrule x: good fitt and b within 30 => MLQ\n"
    found = await session.open("a.mql", text)
    for _ in range(3):
        document = session.document("a.mql")
        context = types.CodeActionContext(found[:1])
        actions = await session.client.text_document_code_action_async(
            types.CodeActionParams(document, found[0].range, context)
        )
        quick = [one for one in actions or [] if one.kind == types.CodeActionKind.QuickFix]
        [text] = session.edited(quick[0].edit).values()  # type: ignore[arg-type, union-attr]
        found = await _replaced(session, text)
        if not found:
            break
    assert "segment good fit = a\nrule x: good fit and b within 30d => MQL\n" == session.texts["a.mql"]


async def _replaced(session: Session, text: str) -> list[types.Diagnostic]:
    session._versions["a.mql"] += 1
    version = session._versions["a.mql"]
    session.texts["a.mql"] = text
    session.client.text_document_did_change(
        types.DidChangeTextDocumentParams(
            types.VersionedTextDocumentIdentifier(version, session.uri("a.mql")),
            [types.TextDocumentContentChangeWholeDocument(text)],
        )
    )
    return await session.diagnostics("a.mql", version)


async def test_what_the_linter_can_mend_is_mended_one_by_one_and_at_once(start: Start) -> None:
    session = await start()
    text = "rule r: visited and visited => MQL\nrule s: other >= 1 => SQL\n"
    await session.open("a.mql", text)
    found = await session.latest("a.mql", lambda found: any(str(one.code).startswith("L") for one in found))
    document = session.document("a.mql")
    everything = types.Range(types.Position(0, 0), types.Position(9, 0))
    actions = await session.client.text_document_code_action_async(
        types.CodeActionParams(document, everything, types.CodeActionContext(found))
    )
    assert any(one.kind == types.CodeActionKind.QuickFix for one in actions or [])
    only = types.CodeActionContext([], [types.CodeActionKind.SourceFixAll])
    [everything_mended] = await session.client.text_document_code_action_async(
        types.CodeActionParams(document, everything, only)
    )  # type: ignore[misc]
    assert isinstance(everything_mended, types.CodeAction)
    resolved = await session.client.code_action_resolve_async(everything_mended)
    wanted = {"a.mql": "rule r: visited => MQL\nrule s: other => SQL\n"}
    assert wanted == session.edited(resolved.edit)  # type: ignore[arg-type]
    applied: list[types.ApplyWorkspaceEditParams] = []

    @session.client.feature(types.WORKSPACE_APPLY_EDIT)
    def apply(params: types.ApplyWorkspaceEditParams) -> types.ApplyWorkspaceEditResult:
        applied.append(params)
        return types.ApplyWorkspaceEditResult(applied=True)

    command = types.ExecuteCommandParams("mqlrules.fixAll", [session.uri("a.mql")])
    await session.client.workspace_execute_command_async(command)
    assert wanted == session.edited(applied[0].edit)


async def test_a_file_has_an_outline_with_mistakes_in_it_too(start: Start) -> None:
    session = await opened(start, RULES.replace("and sum(", "and and summ("))
    client, document = session.client, session.document("rules.mql")
    outline = await client.text_document_document_symbol_async(types.DocumentSymbolParams(document))
    assert ["warm", "hot", "two visits"] == [one.name for one in outline or []]
    everywhere = await client.workspace_symbol_async(types.WorkspaceSymbolParams("wrm"))
    assert {"warm", "warmth"} == {one.name for one in everywhere or []}
    folds = await client.text_document_folding_range_async(types.FoldingRangeParams(document))
    assert [(0, 1), (3, 4), (6, 10)] == sorted((one.start_line, one.end_line) for one in folds or [])
    at = session.at("rules.mql", "/pricing", 2)
    [selected] = await client.text_document_selection_range_async(types.SelectionRangeParams(document, [at])) or []
    growing = []
    around: types.SelectionRange | None = selected
    while around is not None:
        growing.append(text_of(session, types.Location(session.uri("rules.mql"), around.range)))
        around = around.parent
    assert ['"/pricing"', 'path: "/pricing"', '(path: "/pricing")'] == growing[:3]
    assert session.texts["rules.mql"] == growing[-1]


async def test_signatures_and_hints_are_shown(start: Start) -> None:
    session = await opened(start)
    client, document = session.client, session.document("rules.mql")
    at = session.at("rules.mql", "purchased")
    found = await client.text_document_signature_help_async(types.SignatureHelpParams(document, at))
    assert found is not None
    assert ("sum(property of event)", 1) == (found.signatures[0].label, found.active_parameter)
    everything = types.Range(types.Position(0, 0), types.Position(99, 0))
    hints = await client.text_document_inlay_hint_async(types.InlayHintParams(document, everything))
    [hint] = hints or []
    assert "of `attended webinar` alone" == hint.label
    assert session.at("rules.mql", "30d", 3) == hint.position


async def test_formatting_is_the_one_layout_for_a_file_and_for_a_range(start: Start) -> None:
    session = await start(lint=False)
    await session.open("a.mql", "rule  a :  b=>MQL\n\n\n\nrule  c :  d=>MQL\n")
    client, document = session.client, session.document("a.mql")
    options = types.FormattingOptions(4, True)
    edits = await client.text_document_formatting_async(types.DocumentFormattingParams(document, options))
    texts = session.edited(types.WorkspaceEdit(changes={session.uri("a.mql"): edits}))  # type: ignore[dict-item]
    assert "rule a: b => MQL\n\nrule c: d => MQL\n" == texts["a.mql"]
    second = types.Range(types.Position(4, 0), types.Position(4, 3))
    edits = await client.text_document_range_formatting_async(
        types.DocumentRangeFormattingParams(document, second, options)
    )
    texts = session.edited(types.WorkspaceEdit(changes={session.uri("a.mql"): edits}))  # type: ignore[dict-item]
    assert texts["a.mql"].startswith("rule  a :  b=>MQL\n")
    assert texts["a.mql"].endswith("rule c: d => MQL\n")
    await session.change("a.mql", "rule  c :  d=>MQL\n", "score s\n")
    at = types.Position(5, 0)
    indented = await client.text_document_on_type_formatting_async(
        types.DocumentOnTypeFormattingParams(document, at, "\n", options)
    )
    assert ["    "] == [edit.new_text for edit in indented or []]
    await session.change("a.mql", "score s", "score (")
    assert await client.text_document_formatting_async(types.DocumentFormattingParams(document, options)) is None


async def test_semantic_tokens_come_whole_in_part_and_as_changes(start: Start) -> None:
    session = await opened(start)
    client, document = session.client, session.document("rules.mql")
    legend = session.result.capabilities.semantic_tokens_provider.legend  # type: ignore[attr-defined]
    whole = await client.text_document_semantic_tokens_full_async(types.SemanticTokensParams(document))
    assert whole is not None
    told = decoded(session.texts["rules.mql"], list(whole.data), legend.token_types)
    assert ("warm", "function") in told
    assert ("visited", "event") in told
    assert ("good", "class") in told
    assert ("warmth", "variable") in told
    assert ('"🎉 n\u0303"', "string") in told
    await session.change("rules.mql", "warmth >= 50", "warmth >= 51 and b")
    params = types.SemanticTokensDeltaParams(document, whole.result_id)  # type: ignore[arg-type]
    delta = await client.text_document_semantic_tokens_full_delta_async(params)
    assert isinstance(delta, types.SemanticTokensDelta)
    data = list(whole.data)
    for edit in delta.edits:
        data[edit.start : edit.start + edit.delete_count] = list(edit.data or [])
    now = await client.text_document_semantic_tokens_full_async(types.SemanticTokensParams(document))
    assert list(now.data) == data  # type: ignore[union-attr]
    line = types.Range(types.Position(2, 0), types.Position(2, 5))
    part = await client.text_document_semantic_tokens_range_async(types.SemanticTokensRangeParams(document, line))
    assert 0 < len(part.data) < len(data)  # type: ignore[union-attr]


def decoded(text: str, data: list[int], names: list[str]) -> list[tuple[str, str]]:
    lines = [line.encode("utf-16-le") for line in text.split("\n")]
    line = character = 0
    found = []
    for at in range(0, len(data), 5):
        down, along, length, kind, _ = data[at : at + 5]
        line, character = line + down, along + (character if down == 0 else 0)
        found.append((lines[line][2 * character : 2 * (character + length)].decode("utf-16-le"), names[kind]))
    return found


async def test_a_test_is_run_from_the_editor(start: Start) -> None:
    session = await opened(start)
    client, document = session.client, session.document("rules.mql")
    lenses = await client.text_document_code_lens_async(types.CodeLensParams(document))
    [lens] = lenses or []
    assert lens.command is not None
    assert ("Run this test", 6) == (lens.command.title, lens.range.start.line)
    run = types.ExecuteCommandParams(lens.command.command, lens.command.arguments)
    result = await client.workspace_execute_command_async(run)
    assert (1, 1) == (result["passed"], result["total"])  # type: ignore[index, call-overload]
    await session.change("rules.mql", "expect MQL", "expect SQL")
    result = await client.workspace_execute_command_async(run)
    assert (0, 1) == (result["passed"], result["total"])  # type: ignore[index, call-overload]
    assert any("The test failed" in message.message for message in client.messages)


async def test_events_of_pyproject_are_counted_and_completed(start: Start) -> None:
    session = await start(lint=False)
    session.write("pyproject.toml", '[tool.mqlrules.events]\nfiles = "data/events.csv"\nlead = "who"\n')
    session.write(
        "data/events.csv",
        "who,time,event,plan\nada,2026-01-05T09:00:00Z,Signed Up,pro\nben,2026-01-06T09:00:00Z,Visited Docs,\n",
    )
    await session.open("a.mql", 'rule r: signed up => MQL\nrule s: signed up where (plan = "") and \n')
    client, document = session.client, session.document("a.mql")

    async def labels(mark: str, after: int) -> list[str]:
        at = session.at("a.mql", mark, after)
        found = await client.text_document_completion_async(types.CompletionParams(document, at))
        return [one.label for one in found.items]  # type: ignore[union-attr]

    for _ in range(200):
        if "Visited Docs" in await labels(") and ", 6):
            break
        await asyncio.sleep(0.05)
    assert "Visited Docs" in await labels(") and ", 6)
    assert ["pro"] == await labels('= ""', 3)
    await session.change("a.mql", 'rule s: signed up where (plan = "") and \n', "")
    titles: list[str] = []
    for _ in range(200):
        lenses = await client.text_document_code_lens_async(types.CodeLensParams(document))
        titles = [lens.command.title for lens in lenses or [] if lens.command]
        if titles:
            break
        await asyncio.sleep(0.05)
    assert ["1 of 2 leads meets this rule"] == titles
