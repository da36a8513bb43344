"""A language server in a process of its own, and a client that talks to it over standard input and output."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest_asyncio
from lsprotocol import types
from pygls import uris
from pytest_lsp import LanguageClient
from pytest_lsp.client import make_test_lsp_client

SECONDS = 30


class Session:
    """A client with a workspace folder, and a few words for what tests do all the time."""

    def __init__(self, client: LanguageClient, folder: Path) -> None:
        self.client = client
        self.folder = folder
        self.published: list[types.PublishDiagnosticsParams] = []
        self._versions: dict[str, int] = {}
        self.texts: dict[str, str] = {}

    def uri(self, name: str) -> str:
        return str(uris.from_fs_path(str(self.folder / name)))

    def document(self, name: str) -> types.TextDocumentIdentifier:
        return types.TextDocumentIdentifier(self.uri(name))

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")

    async def open(self, name: str, text: str) -> list[types.Diagnostic]:
        """Open a file with this text, and what is found in it."""
        self.texts[name] = text
        self._versions[name] = 1
        document = types.TextDocumentItem(self.uri(name), "mql", 1, text)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(document))
        return await self.diagnostics(name, 1)

    async def change(self, name: str, old: str, new: str, encoding: str = "utf-16") -> list[types.Diagnostic]:
        """Put one piece of text in place of another, and what is found then."""
        text = self.texts[name]
        start = text.index(old)
        around = types.Range(position(text, start, encoding), position(text, start + len(old), encoding))
        self.texts[name] = text[:start] + new + text[start + len(old) :]
        self._versions[name] += 1
        version = self._versions[name]
        self.client.text_document_did_change(
            types.DidChangeTextDocumentParams(
                types.VersionedTextDocumentIdentifier(version, self.uri(name)),
                [types.TextDocumentContentChangePartial(around, new)],
            )
        )
        return await self.diagnostics(name, version)

    async def until(self, condition: Callable[[], Any]) -> Any:
        """What a condition gives, when it gives something."""
        for _ in range(SECONDS * 50):
            found = condition()
            if found:
                return found
            await asyncio.sleep(0.02)
        raise AssertionError(f"nothing came in {SECONDS} seconds")

    async def diagnostics(self, name: str, version: int | None) -> list[types.Diagnostic]:
        """The first diagnostics of a version of a file."""
        found = await self.until(
            lambda: [p for p in self.published if p.uri == self.uri(name) and p.version == version]
        )
        return list(found[0].diagnostics)

    async def latest(self, name: str, wanted: Callable[[list[types.Diagnostic]], bool]) -> list[types.Diagnostic]:
        """The diagnostics of a file as soon as they are as wanted."""

        def last() -> list[list[types.Diagnostic]]:
            of_file = [p for p in self.published if p.uri == self.uri(name)]
            return [list(of_file[-1].diagnostics)] if of_file and wanted(list(of_file[-1].diagnostics)) else []

        return (await self.until(last))[0]  # type: ignore[no-any-return]

    def at(self, name: str, mark: str, after: int = 0) -> types.Position:
        """The position of a piece of text (of its first character, or so many after it)."""
        return position(self.texts[name], self.texts[name].index(mark) + after)

    def edited(self, edit: types.WorkspaceEdit) -> dict[str, str]:
        """The open texts with an edit made, by file."""
        made: dict[str, list[Any]] = {uri: list(edits) for uri, edits in (edit.changes or {}).items()}
        for change in edit.document_changes or []:
            assert isinstance(change, types.TextDocumentEdit)
            made[change.text_document.uri] = list(change.edits)
        return {
            name: with_edits(text, made[self.uri(name)]) for name, text in self.texts.items() if self.uri(name) in made
        }


def position(text: str, offset: int, encoding: str = "utf-16") -> types.Position:
    """The position of an offset, counted in another way than the server does."""
    line = text.count("\n", 0, offset)
    before = text[text.rfind("\n", 0, offset) + 1 : offset]
    sizes = {"utf-8": (1, "utf-8"), "utf-16": (2, "utf-16-le"), "utf-32": (4, "utf-32-le")}
    size, codec = sizes[encoding]
    return types.Position(line, len(before.encode(codec)) // size)


def offset(text: str, at: types.Position, encoding: str = "utf-16") -> int:
    """The offset of a position."""
    start = 0
    for _ in range(at.line):
        start = text.index("\n", start) + 1
    while position(text, start, encoding) != at:
        start += 1
    return start


def with_edits(text: str, edits: list[Any]) -> str:
    """A text after edits of the protocol."""
    for edit in sorted(edits, key=lambda e: (e.range.start.line, e.range.start.character), reverse=True):
        text = text[: offset(text, edit.range.start)] + edit.new_text + text[offset(text, edit.range.end) :]
    return text


Start = Callable[..., Awaitable[Session]]


@pytest_asyncio.fixture
async def start(tmp_path: Path) -> AsyncIterator[Start]:
    """Starts servers: ``await start(debounceMilliseconds=0)``; whatever was started ends with the test."""
    running: list[LanguageClient] = []

    async def begin(encodings: list[str] | None = None, **settings: Any) -> Session:
        client = make_test_lsp_client()
        session = Session(client, tmp_path)
        await client.start_io(sys.executable, "-m", "mqlrules", "lsp", "--stdio")
        running.append(client)

        # The client of the library keeps only the last diagnostics of a file.
        known = client.protocol.fm.features[types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS]

        def publish(params: types.PublishDiagnosticsParams) -> None:
            session.published.append(params)
            known(params)

        client.protocol.fm.features[types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS] = publish
        given = {"debounceMilliseconds": 10, **settings}
        result = await client.initialize_session(
            types.InitializeParams(
                capabilities=capabilities(encodings),
                workspace_folders=[types.WorkspaceFolder(session.uri("."), "rules")],
                initialization_options=given,
            )
        )
        session.result = result  # type: ignore[attr-defined]
        return session

    yield begin
    for client in running:
        await asyncio.wait_for(client.shutdown_session(), SECONDS)
        await client.stop()


def capabilities(encodings: list[str] | None) -> types.ClientCapabilities:
    return types.ClientCapabilities(
        general=types.GeneralClientCapabilities(
            position_encodings=None if encodings is None else [types.PositionEncodingKind(e) for e in encodings]
        ),
        workspace=types.WorkspaceClientCapabilities(
            workspace_edit=types.WorkspaceEditClientCapabilities(document_changes=True), apply_edit=True
        ),
        text_document=types.TextDocumentClientCapabilities(
            publish_diagnostics=types.PublishDiagnosticsClientCapabilities(related_information=True),
            rename=types.RenameClientCapabilities(prepare_support=True),
            completion=types.CompletionClientCapabilities(
                completion_item=types.ClientCompletionItemOptions(
                    snippet_support=True, documentation_format=[types.MarkupKind.Markdown]
                )
            ),
            code_action=types.CodeActionClientCapabilities(
                resolve_support=types.ClientCodeActionResolveOptions(["edit"])
            ),
        ),
    )
