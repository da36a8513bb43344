"""Handlers of what happens to documents, files and settings."""

import logging
from pathlib import Path
from typing import Any, cast

from lsprotocol import types
from pygls.capabilities import get_capability

from mqlrules.lsp import semantic
from mqlrules.lsp.lines import Encoding, changed
from mqlrules.lsp.server import Server
from mqlrules.lsp.settings import settings_from
from mqlrules.lsp.state import Open, path_of

log = logging.getLogger("mqlrules.lsp")


def register(server: Server) -> None:
    """Tell the server of the handlers."""
    server.feature(types.INITIALIZE)(initialize)
    server.feature(types.INITIALIZED)(initialized)
    server.feature(types.TEXT_DOCUMENT_DID_OPEN)(did_open)
    server.feature(types.TEXT_DOCUMENT_DID_CHANGE)(did_change)
    server.feature(types.TEXT_DOCUMENT_DID_CLOSE)(did_close)
    server.feature(types.TEXT_DOCUMENT_DID_SAVE)(did_save)
    server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)(did_change_files)
    server.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)(did_change_configuration)
    server.feature(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)(did_change_folders)


def initialize(ls: Server, params: types.InitializeParams) -> None:
    """What the client can do, and where its folders are. Positions are counted as the protocol's library agreed on."""
    can = params.capabilities
    agreed = ls.workspace.position_encoding
    ls.state.encoding = cast(Encoding, getattr(agreed, "value", agreed) or "utf-16")
    ls.state.versioned_edits = bool(get_capability(can, "workspace.workspace_edit.document_changes", False))
    ls.related_information = bool(get_capability(can, "text_document.publish_diagnostics.related_information", False))
    ls.refreshes_lenses = bool(get_capability(can, "workspace.code_lens.refresh_support", False))
    ls.snippets = bool(get_capability(can, "text_document.completion.completion_item.snippet_support", False))
    _set_folders(ls)
    ls.state.settings = settings_from(params.initialization_options)


def _set_folders(ls: Server) -> None:
    paths = [path_of(folder.uri) for folder in ls.workspace.folders.values()]
    if not paths and ls.workspace.root_uri:
        paths = [path_of(ls.workspace.root_uri)]
    ls.state.folders = [path for path in paths if path is not None]


async def initialized(ls: Server, params: types.InitializedParams) -> None:
    """Ask to be told of changes of files, and for the client's settings."""
    can = ls.client_capabilities
    if get_capability(can, "workspace.did_change_watched_files.dynamic_registration", False):
        patterns = ("**/*.mql", "**/*.csv", "**/mqlrules.toml", "**/pyproject.toml")
        watched = [types.FileSystemWatcher(pattern) for pattern in patterns]
        options = types.DidChangeWatchedFilesRegistrationOptions(watched)
        registration = types.Registration("files", types.WORKSPACE_DID_CHANGE_WATCHED_FILES, options)
        try:
            await ls.client_register_capability_async(types.RegistrationParams([registration]))
        except Exception:
            log.warning("the client does not watch files")
    if get_capability(can, "workspace.configuration", False):
        await _ask_for_settings(ls)


async def _ask_for_settings(ls: Server) -> None:
    try:
        items = [types.ConfigurationItem(section="mqlrules")]
        given = await ls.workspace_configuration_async(types.ConfigurationParams(items))
    except Exception:
        log.warning("the client has no settings")
        return
    if given and given[0] is not None:
        _settle(ls, given[0])


def _settle(ls: Server, given: Any) -> None:
    settings = settings_from(given, ls.state.settings)
    if settings == ls.state.settings:
        return
    before, ls.state.settings = ls.state.settings, settings
    if settings.rules != before.rules:
        for rules in list(ls.state.sets.values()):
            ls.forget(rules)
    for rules in ls.state.sets.values():
        if settings.events != before.events:
            rules.data_known = False
    ls.look_at_all()


async def did_change_configuration(ls: Server, params: types.DidChangeConfigurationParams) -> None:
    """Other settings; clients that send none want to be asked."""
    if params.settings:
        _settle(ls, params.settings)
    elif get_capability(ls.client_capabilities, "workspace.configuration", False):
        await _ask_for_settings(ls)


def did_change_folders(ls: Server, params: types.DidChangeWorkspaceFoldersParams) -> None:
    """Folders were added or taken away: files may belong together in another way."""
    _set_folders(ls)
    for rules in list(ls.state.sets.values()):
        ls.forget(rules)
    ls.look_at_all()


# -- documents -----------------------------------------------------------------------------------------------------


def did_open(ls: Server, params: types.DidOpenTextDocumentParams) -> None:
    """A text is open: from now on it counts, not the file."""
    document = params.text_document
    ls.state.open[document.uri] = Open(document.uri, document.text, document.version)
    ls.look(ls.state.rule_set(document.uri))


def did_change(ls: Server, params: types.DidChangeTextDocumentParams) -> None:
    """An edit."""
    uri = params.text_document.uri
    document = ls.state.open.get(uri)
    if document is None:
        return
    for change in params.content_changes:
        document.text = changed(document.text, change, ls.state.encoding)
    document.version = params.text_document.version
    ls.look_soon(ls.state.rule_set(uri))


def did_close(ls: Server, params: types.DidCloseTextDocumentParams) -> None:
    """A text is closed: the file counts again. Of rules of which nothing is open nothing is shown."""
    uri = params.text_document.uri
    rules = ls.state.rule_set(uri)
    ls.state.open.pop(uri, None)
    semantic.forget(uri)
    if any(ls.state.rule_set(other) is rules for other in list(ls.state.open)):
        rules.read_again = True
        ls.look(rules)
    else:
        ls.forget(rules)


def did_save(ls: Server, params: types.DidSaveTextDocumentParams) -> None:
    """A text was saved: other files may have been written with it."""
    rules = ls.state.rule_set(params.text_document.uri)
    rules.read_again = True
    ls.look(rules)


def did_change_files(ls: Server, params: types.DidChangeWatchedFilesParams) -> None:
    """Files came, went or changed: rules, lists, events, settings."""
    paths = [path for event in params.changes if (path := path_of(event.uri)) is not None]
    for rules in ls.state.sets.values():
        rules.read_again = True
        if any(path.suffix != ".mql" for path in paths):
            # Lists are read when rules are checked; of events it is told by their files whether they are read again.
            rules.analysis = None
            rules.data_known = False
    if any(_moves_roots(ls, path) for path in paths):
        for rules in list(ls.state.sets.values()):
            ls.forget(rules)
    ls.look_at_all()


def _moves_roots(ls: Server, path: Path) -> bool:
    """Whether a rule file is of no known set: it may join folders to one set."""
    return path.suffix == ".mql" and not any(
        rules.root is not None and path.is_relative_to(rules.root) for rules in ls.state.sets.values()
    )
