"""Diagnostics as a client sees them: while typing, across files, in any encoding of positions."""

import pytest
from lsprotocol import types

from tests.lsp.conftest import Start, offset

pytestmark = pytest.mark.asyncio

FINE = "rule warm: visited pricing >= 2 => MQL\n"
WRONG = "rule other: visited pricing within 30 => MQL\n"


def codes(found: list[types.Diagnostic]) -> list[str]:
    return [str(one.code) for one in found]


async def test_an_edit_is_answered_and_what_is_mended_is_cleared(start: Start) -> None:
    session = await start(lint=False)
    assert [] == await session.open("a.mql", FINE)
    found = await session.change("a.mql", ">= 2", "within 30")
    assert ["E050"] == codes(found)
    assert "For 30 days, write `within 30d`" in found[0].message
    assert [] == await session.change("a.mql", "within 30", "within 30d")


async def test_a_file_is_checked_with_the_others_of_its_folder_and_unsaved_texts_go_before_files(start: Start) -> None:
    session = await start(lint=False)
    session.write("b.mql", "segment fit = lead.size >= 200\n")
    await session.open("a.mql", "segment fit = seen\nrule r: fit => MQL\n")
    [twice] = await session.latest("b.mql", lambda found: bool(found))
    assert "E101" == twice.code
    [first] = twice.related_information or []
    assert session.uri("a.mql") == first.location.uri
    await session.open("b.mql", "segment other = lead.size >= 200\n")
    assert [] == await session.latest("b.mql", lambda found: not found)


async def test_what_is_shown_of_a_closed_or_deleted_file_is_cleared(start: Start) -> None:
    session = await start(lint=False)
    session.write("b.mql", WRONG)
    await session.open("a.mql", FINE)
    assert ["E050"] == codes(await session.latest("b.mql", lambda found: bool(found)))
    (session.folder / "b.mql").unlink()
    changes = [types.FileEvent(session.uri("b.mql"), types.FileChangeType.Deleted)]
    session.client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams(changes))
    assert [] == await session.latest("b.mql", lambda found: not found)

    session.write("a.mql", FINE)
    assert ["E050"] == codes(await session.change("a.mql", ">= 2", "within 30"))
    session.client.text_document_did_close(types.DidCloseTextDocumentParams(session.document("a.mql")))
    assert [] == await session.latest("a.mql", lambda found: not found)


async def test_a_closed_file_is_what_lies_on_the_disk(start: Start) -> None:
    session = await start(lint=False)
    session.write("a.mql", "segment fit = seen\n")
    session.write("b.mql", "rule r: lead.x in fit => MQL\n")
    await session.open("b.mql", "rule r: fit => MQL\n")
    await session.open("a.mql", "segment fit = seen\n")
    session.client.text_document_did_close(types.DidCloseTextDocumentParams(session.document("b.mql")))
    assert ["E106"] == codes(await session.latest("b.mql", lambda found: codes(found) == ["E106"]))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
async def test_places_are_right_behind_emoji_and_combining_marks(start: Start, encoding: str) -> None:
    session = await start(encodings=[encoding], lint=False)
    assert encoding == session.result.capabilities.position_encoding  # type: ignore[attr-defined]
    text = 'rule r "🎉🎉 n\u0303 é": "👩‍👧 ö" and a within 30 => MQL\n'
    [found] = await session.open("a.mql", text)
    where = slice(offset(text, found.range.start, encoding), offset(text, found.range.end, encoding))
    assert "30" == text[where]
    assert [] == await session.change("a.mql", "30", "30d", encoding)
    [found] = await session.change("a.mql", "ö", "ö🎉\\q", encoding)
    text = session.texts["a.mql"]
    assert "E015" == found.code
    assert "\\q" == text[offset(text, found.range.start, encoding) : offset(text, found.range.end, encoding)]


async def test_a_client_that_says_nothing_of_encodings_counts_in_utf_16(start: Start) -> None:
    session = await start()
    assert "utf-16" == session.result.capabilities.position_encoding  # type: ignore[attr-defined]


async def test_the_linter_speaks_when_the_rules_are_sound(start: Start) -> None:
    session = await start()
    await session.open("a.mql", "rule r: visited and visited => MQL\n")
    found = await session.latest("a.mql", lambda found: any(code.startswith("L") for code in codes(found)))
    assert all(one.source == "mqlrules" for one in found)
    assert ["E050"] == codes(await session.change("a.mql", "and visited", "within 3"))


async def test_the_linter_is_told_of_pyproject_what_to_leave_out(start: Start) -> None:
    session = await start()
    session.write("pyproject.toml", '[tool.mqlrules.lint]\nselect = ["repeated-condition"]\n')
    await session.open("a.mql", "rule r: visited and visited => MQL\n")
    found = await session.latest("a.mql", lambda found: bool(found))
    assert 1 == len(found)


async def test_a_text_that_is_no_file_is_checked_alone(start: Start) -> None:
    session = await start(lint=False)
    session.write("b.mql", "segment fit = seen\n")
    document = types.TextDocumentItem("untitled:one", "mql", 1, "rule r: lead.x in fit => MQL\n")
    session.client.text_document_did_open(types.DidOpenTextDocumentParams(document))
    [found] = await session.until(lambda: [p for p in session.published if p.uri == "untitled:one"])
    assert ["E105"] == codes(list(found.diagnostics))


async def test_line_ends_of_any_kind_are_those_of_the_protocol(start: Start) -> None:
    session = await start(lint=False)
    text = 'rule a: "x\u2028y\u0085z" => MQL\r\n# c\x0bd\r\nrule b: c within 30 => MQL\r\n'
    [found] = await session.open("a.mql", text)
    assert types.Position(2, 17) == found.range.start
    assert [] == await session.change("a.mql", "within 30", "within 3d")


async def test_folders_that_settings_name_are_rule_sets_of_their_own(start: Start) -> None:
    session = await start(lint=False, rules=["one", "two"])
    session.write("one/a.mql", "segment fit = seen\n")
    session.write("two/b.mql", "segment fit = seen\n")
    assert [] == await session.open("one/a.mql", "segment fit = seen\n")
    assert [] == await session.open("two/b.mql", "segment fit = seen\n")
    settings = {"mqlrules": {"rules": ["."]}}
    session.client.workspace_did_change_configuration(types.DidChangeConfigurationParams(settings))
    assert ["E101"] == codes(await session.latest("two/b.mql", lambda found: bool(found)))


async def test_requests_about_anything_unknown_are_answered_with_nothing(start: Start) -> None:
    session = await start(lint=False)
    nowhere = types.TextDocumentIdentifier("file:///nowhere/x.mql")
    far = types.Position(99, 99)
    client = session.client
    assert await client.text_document_hover_async(types.HoverParams(nowhere, far)) is None
    assert not await client.text_document_definition_async(types.DefinitionParams(nowhere, far))
    await session.open("a.mql", "")
    assert await client.text_document_hover_async(types.HoverParams(session.document("a.mql"), far)) is None
    assert await client.text_document_completion_async(types.CompletionParams(session.document("a.mql"), far))


async def test_a_file_is_spoken_of_as_the_editor_writes_it(start: Start) -> None:
    session = await start(lint=False)
    escaped = session.uri("a.mql").replace("a.mql", "%61%20%28b%29.mql")
    document = types.TextDocumentItem(escaped, "mql", 3, WRONG)
    session.client.text_document_did_open(types.DidOpenTextDocumentParams(document))
    [found] = await session.until(lambda: [p for p in session.published if p.diagnostics])
    assert (escaped, 3) == (found.uri, found.version)
    session.client.text_document_did_close(types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(escaped)))
    assert [] == list((await session.until(lambda: session.published[1:]))[0].diagnostics)
    assert escaped == session.published[1].uri
