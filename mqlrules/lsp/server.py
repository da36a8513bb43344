"""The server: when rule sets are looked at, what is published of them, and jobs in processes beside it."""

import asyncio
import contextlib
import logging
import multiprocessing
import sys
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any, ParamSpec, TypeVar

from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.protocol import LanguageServerProtocol, lsp_method

from mqlrules import __version__
from mqlrules.ide.analysis import Finding
from mqlrules.ide.events import event_files
from mqlrules.lsp import jobs
from mqlrules.lsp.convert import diagnostic
from mqlrules.lsp.state import RuleSet, State
from mqlrules.profile.catalogue import NOTHING, catalogue_of
from mqlrules.text.configuration import SettingsError

log = logging.getLogger("mqlrules.lsp")

_P = ParamSpec("_P")
_R = TypeVar("_R")


class Protocol(LanguageServerProtocol):
    """The library's protocol, but for its copy of each text.

    That is cut into lines at signs that are no line ends to the protocol, and what it does to the positions of an edit
    would be seen by the handler, too.
    """

    @lsp_method(types.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: types.DidChangeTextDocumentParams) -> Iterator[Any]:
        """Hand an edit on."""
        yield self.fm.features[types.TEXT_DOCUMENT_DID_CHANGE], (params,), None


class Server(LanguageServer):
    """A language server with the state of its rule sets.

    After an edit a rule set waits for a moment of stillness, then it is checked and what was found is published. The
    linter is asked in a process of its own; what it finds is published when it comes, unless the texts have changed.
    """

    def __init__(self) -> None:
        super().__init__("mqlrules", __version__, protocol_cls=Protocol)
        self.state = State()
        self.related_information = False
        self.refreshes_lenses = False
        self.snippets = False
        self._waiting: dict[int, asyncio.TimerHandle] = {}
        self._busy: set[tuple[str, int]] = set()
        self._again: set[tuple[str, int]] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._pools: dict[str, ProcessPoolExecutor] = {}

    # -- looking at rule sets --------------------------------------------------------------------------------------

    def look_soon(self, rules: RuleSet) -> None:
        """Check a rule set when nothing has changed for a moment."""
        waiting = self._waiting.pop(id(rules), None)
        if waiting is not None:
            waiting.cancel()
        delay = self.state.settings.debounce
        self._waiting[id(rules)] = asyncio.get_running_loop().call_later(delay, self.look, rules)

    def look(self, rules: RuleSet) -> None:
        """Check a rule set, and publish what is found; then have it linted."""
        waiting = self._waiting.pop(id(rules), None)
        if waiting is not None:
            waiting.cancel()
        if rules not in self.state.sets.values():
            return
        try:
            self._publish(rules)
        except Exception:
            self.report("checking the rules")
        self.start(self._lint, rules)
        if not rules.data_known:
            self.start(self._data, rules)

    def look_at_all(self) -> None:
        """Check the rule sets of all open documents anew."""
        kept = self.state.sets
        for uri in self.state.open:
            self.state.rule_set(uri)
        for rules in list(kept.values()):
            rules.read_again = True
            self.look(rules)

    def forget(self, rules: RuleSet) -> None:
        """Nothing of a rule set is open any more, or files belong together in another way."""
        for uri, _ in rules.shown.values():
            self._clear(uri)
        rules.shown.clear()
        self.state.forget_roots()
        for key, known in list(self.state.sets.items()):
            if known is rules:
                del self.state.sets[key]

    def _publish(self, rules: RuleSet) -> None:
        analysis = self.state.analysis(rules)
        by_file: dict[str, list[Finding]] = {name: [] for name in analysis.sheets}
        for finding in self.state.findings(rules):
            by_file.setdefault(finding.place.file, []).append(finding)
        versions = {uri: document.version for uri, document in self.state.open.items()}
        for name, found in by_file.items():
            uri = self.state.uri(name)
            shown = uri, (versions.get(uri), *(self._key(finding) for finding in found))
            if rules.shown.get(name) == shown or (name not in rules.shown and not found and uri not in versions):
                continue
            if name in rules.shown and rules.shown[name][0] != uri:
                self._clear(rules.shown[name][0])
            rules.shown[name] = shown
            diagnostics = [
                diagnostic(self.state, analysis, finding, self.related_information)
                for finding in sorted(found, key=lambda finding: finding.place.span.start)
            ]
            self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, diagnostics, versions.get(uri)))
        for name in [name for name in rules.shown if name not in by_file]:
            self._clear(rules.shown.pop(name)[0])

    def _clear(self, uri: str) -> None:
        self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, []))

    @staticmethod
    def _key(finding: Finding) -> tuple[object, ...]:
        return finding.code, finding.place, finding.message, finding.hint, finding.notes

    # -- jobs ------------------------------------------------------------------------------------------------------

    def start(self, work: Callable[[RuleSet], Coroutine[Any, Any, None]], rules: RuleSet) -> None:
        """Begin such work for a rule set; if it is under way already, once more when that is done."""
        key = work.__name__, id(rules)
        if key in self._busy:
            self._again.add(key)
            return
        self._busy.add(key)
        task = asyncio.get_running_loop().create_task(self._until_done(work, rules, key))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _until_done(
        self, work: Callable[[RuleSet], Coroutine[Any, Any, None]], rules: RuleSet, key: tuple[str, int]
    ) -> None:
        try:
            while True:
                self._again.discard(key)
                if rules not in self.state.sets.values():
                    return
                await work(rules)
                if key not in self._again:
                    return
        except asyncio.CancelledError:
            raise
        except Exception:
            self.report(work.__name__.strip("_"))
        finally:
            self._busy.discard(key)

    async def job(self, pool: str, work: Callable[_P, _R], *args: _P.args, **kwargs: _P.kwargs) -> _R:
        """The result of a job, done in a process beside the server."""
        loop = asyncio.get_running_loop()
        for attempt in (1, 2):
            executor = self._pools.get(pool)
            if executor is None:
                context = multiprocessing.get_context("spawn")
                executor = ProcessPoolExecutor(1, mp_context=context, initializer=jobs.begin)
                self._pools[pool] = executor
            try:
                return await loop.run_in_executor(executor, work, *args)
            except BrokenProcessPool:  # somebody ended the process: once more, in a new one
                self._pools.pop(pool, None)
                executor.shutdown(wait=False, cancel_futures=True)
                if attempt == 2:
                    raise
        raise AssertionError("unreachable")

    async def _lint(self, rules: RuleSet) -> None:
        analysis = self.state.analysis(rules)
        if not self.state.settings.lint or not analysis.sound or not analysis.sheets:
            self.start(self._count, rules)
            return
        sheets = dict(analysis.sheets)
        found = await self.job("lint", jobs.lint, self.state.texts(rules), self.settings_folder(rules), rules.profile)
        if any(self.state.analysis(rules).sheets.get(name) is not sheet for name, sheet in sheets.items()):
            return  # The texts have changed meanwhile: they are linted again when they have been looked at.
        if found.problem is not None and found.problem != rules.lint_problem:
            self.tell(f"The linter can't be asked: {found.problem}", types.MessageType.Warning)
        rules.lint_problem = found.problem
        self.state.keep_lint(rules, found.found, sheets)
        self._publish(rules)
        self.start(self._count, rules)

    async def _data(self, rules: RuleSet) -> None:
        rules.data_known = True
        if rules.root is None:
            return
        events = self.state.settings.events
        try:
            is_there = bool(event_files(rules.root, events).files)
        except SettingsError:
            is_there = True  # Why it can't be read is told below.
        if not is_there:
            rules.profile, rules.counted, rules.catalogue = None, None, NOTHING
            return
        found = await self.job("data", jobs.data, self.state.texts(rules), str(rules.root), dict(events))
        if found.problem is not None and found.problem != rules.data_problem:
            self.tell(f"The events can't be read: {found.problem}", types.MessageType.Warning)
        rules.data_problem = found.problem
        if found.profile is None:
            rules.profile, rules.counted = None, None
            return
        rules.profile = found.profile
        rules.catalogue = catalogue_of(found.profile)
        self.look(rules)

    async def _count(self, rules: RuleSet) -> None:
        analysis = self.state.analysis(rules)
        if rules.profile is None or not self.state.settings.count_leads or not analysis.sound:
            return
        events = self.state.settings.events
        rules.counted = await self.job("data", jobs.counted, self.state.texts(rules), str(rules.root), dict(events))
        if self.refreshes_lenses:
            with contextlib.suppress(Exception):
                await self.workspace_code_lens_refresh_async(None)

    def settings_folder(self, rules: RuleSet) -> str:
        """The folder in which the search for the configuration begins."""
        if rules.root is not None:
            return str(rules.root)
        return str(self.state.folders[0]) if self.state.folders else "."

    # -- telling ---------------------------------------------------------------------------------------------------

    def tell(self, message: str, type_: types.MessageType = types.MessageType.Info) -> None:
        """A message that the client shows."""
        self.window_show_message(types.ShowMessageParams(type_, message))

    def report(self, what: str) -> None:
        """Something went wrong in here: into the log with it, the server goes on."""
        log.exception("%s failed", what)
        with contextlib.suppress(Exception):
            self.window_log_message(
                types.LogMessageParams(types.MessageType.Error, f"{what} failed: {sys.exc_info()[1]!r}")
            )

    def shutdown(self) -> None:
        """End, with all processes beside the server."""
        for pool in self._pools.values():
            # Python waits at its end for jobs that are under way. Nobody waits for these any more.
            for process in list((getattr(pool, "_processes", None) or {}).values()):
                with contextlib.suppress(Exception):
                    process.terminate()
            pool.shutdown(wait=False, cancel_futures=True)
        self._pools.clear()
        super().shutdown()  # type: ignore[no-untyped-call]
