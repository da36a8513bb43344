"""Jobs that take long: linting, reading events, counting leads, running tests. They run in processes beside the server.

A job takes the texts of a rule set and gives plain data, with offsets of those texts. What was read of event files is
kept in the process as long as the files stay as they are.
"""

import multiprocessing
import os
import signal
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from mqlrules.check import check
from mqlrules.check.program import Program
from mqlrules.events.errors import DataError, MissingExtra
from mqlrules.language.instants import EventError
from mqlrules.profile.profile import Profile
from mqlrules.syntax.parse import parse
from mqlrules.syntax.tree import Parsed
from mqlrules.text.configuration import SettingsError, configuration
from mqlrules.text.diagnostic import Diagnostic, Severity
from mqlrules.text.source import Source

if TYPE_CHECKING:
    from mqlrules.lint.runner import Found
    from mqlrules.lint.settings import Chosen
    from mqlrules.run.incremental_run import Batch

EditOf = tuple[str, int, int, str]
"""File, start, end, and the text that is put there."""


@attrs.frozen
class Texts:
    """A rule set: its files in order (name, path, text), and the folder that its lists are read from."""

    files: tuple[tuple[str, str | None, str], ...]
    folder: str | None

    def parsed(self) -> list[Parsed]:
        """All of them, read."""
        return [parse(Source(name, text, None if path is None else Path(path))) for name, path, text in self.files]


@attrs.frozen
class LintFinding:
    """A lint finding; places are file, start and end."""

    code: str
    name: str
    severity: Severity
    message: str
    hint: str | None
    file: str
    start: int
    end: int
    notes: tuple[tuple[str, int, int, str], ...] = ()
    fix: tuple[str, bool, tuple[EditOf, ...]] | None = None


@attrs.frozen
class Linted:
    """What linting found; ``problem``: why nothing was looked for."""

    found: tuple[LintFinding, ...] = ()
    problem: str | None = None


def begin() -> None:
    """At the start of such a process: it says nothing, and ends with the server, however that ends."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    os.dup2(nowhere, 1)  # standard output is the protocol's
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_server, daemon=True).start()


def _end_with_server() -> None:
    server = multiprocessing.parent_process()
    if server is not None:
        server.join()
        os._exit(0)


# -- linting -------------------------------------------------------------------------------------------------------


def lint(texts: Texts, settings_folder: str, profile: Profile | None) -> Linted:
    """The findings of the linter; none in a rule set with errors."""
    from mqlrules.lint.runner import lint as find

    files = texts.parsed()
    program, diagnostics = check(files, _folder(texts))
    if _wrong(diagnostics):
        return Linted()
    try:
        found = find(files, program, _chosen(settings_folder), profile)
    except SettingsError as error:
        return Linted(problem=str(error))
    return Linted(tuple(map(_plain, found)))


def fixed(texts: Texts, settings_folder: str, profile: Profile | None) -> dict[str, str]:
    """The files that safe fixes change, with their new texts."""
    from mqlrules.lint.fixes import Rules, fix

    files = texts.parsed()
    program, diagnostics = check(files, _folder(texts))
    if _wrong(diagnostics):
        return {}

    def again(changed: dict[str, str]) -> Rules | None:
        new = [parse(attrs.evolve(f.source, text=changed.get(f.source.name, f.source.text))) for f in files]
        checked, wrong = check(new, _folder(texts))
        return None if _wrong(wrong) else Rules(tuple(new), checked)

    result = fix(Rules(tuple(files), program), again, _chosen(settings_folder), unsafe=False, profile=profile)
    return result.texts


def _chosen(folder: str) -> "Chosen":
    from mqlrules.lint.settings import choose

    return choose(table=configuration(folder).lint)


def _plain(found: "Found") -> LintFinding:
    d = found.diagnostic
    notes = tuple((note.source.name, note.span.start, note.span.end, note.message) for note in d.notes)
    fix = None
    if found.fix is not None:
        edits = tuple((e.source.name, e.span.start, e.span.end, e.text) for e in found.fix.edits)
        fix = found.fix.words, found.fix.grade == "safe", edits
    return LintFinding(
        d.code, found.rule.name, d.severity, d.message, d.hint, d.file, d.span.start, d.span.end, notes, fix
    )


def _folder(texts: Texts) -> Path | None:
    return None if texts.folder is None else Path(texts.folder)


def _wrong(diagnostics: Sequence[Diagnostic]) -> bool:
    return any(diagnostic.severity == "error" for diagnostic in diagnostics)


# -- events --------------------------------------------------------------------------------------------------------


@attrs.frozen
class Data:
    """What event files hold (None: there are none, or they can't be read, and ``problem`` says why)."""

    profile: Profile | None = None
    problem: str | None = None
    files: tuple[str, ...] = ()


@attrs.frozen
class Counted:
    """How many leads ever met each rule, the lifecycle ignored, and how many leads there are."""

    met: Mapping[str, int] = attrs.field(factory=dict)
    leads: int = 0
    problem: str | None = None


def data(texts: Texts, folder: str, settings: Mapping[str, Any]) -> Data:
    """The profile of the event files of a rule set."""
    try:
        found = _batch(texts, folder, settings)
        if found is None:
            return Data()
        from mqlrules.profile.profiling import profile_of_table

        batch, files = found
        return Data(profile_of_table(batch.table), files=files)
    except (DataError, EventError, MissingExtra, SettingsError, OSError) as error:
        return Data(problem=str(error))


def counted(texts: Texts, folder: str, settings: Mapping[str, Any]) -> Counted:
    """How many leads of the event files meet each rule."""
    try:
        found = _batch(texts, folder, settings)
        if found is None:
            return Counted()
        from mqlrules.plan.lower import lower
        from mqlrules.run.incremental_run import first_times_of

        batch, _ = found
        program, diagnostics = check(texts.parsed(), _folder(texts))
        if _wrong(diagnostics):
            return Counted()
        met = dict.fromkeys((rule.name for rule in program.rules), 0)
        for held in first_times_of(lower(program), batch, None):
            met[held.rule] += 1
        return Counted(met, len(batch.leads()))
    except (DataError, EventError, MissingExtra, SettingsError, OSError) as error:
        return Counted(problem=str(error))


_kept: dict[tuple[object, ...], "tuple[Batch, tuple[str, ...]]"] = {}


def _batch(texts: Texts, folder: str, settings: Mapping[str, Any]) -> "tuple[Batch, tuple[str, ...]] | None":
    """The events of a rule set, read again only when a file has changed, or what schemas say of them."""
    from mqlrules.ide.events import event_files
    from mqlrules.readers import ColumnNames
    from mqlrules.readers.inputs import inputs_of
    from mqlrules.run.incremental_run import read

    given = event_files(Path(folder), settings)
    if not given.files:
        return None
    inputs = [*inputs_of(list(given.files), given.format), *(inputs_of(given.leads) if given.leads else ())]
    files = tuple(str(each.path) for each in inputs if each.path is not None)
    stamps = tuple((file, os.stat(file).st_mtime_ns, os.stat(file).st_size) for file in files)
    program, _ = check(texts.parsed(), _folder(texts))
    schemas = _schemas(program)
    key = (given, stamps, schemas)
    if key not in _kept:
        _kept.clear()
        columns = ColumnNames(*given.columns)
        _kept[key] = read(program, list(given.files), given.leads, format=given.format, columns=columns), files
    return _kept[key]


def _schemas(program: Program) -> tuple[object, ...]:
    every = [*program.schemas.values(), *([program.lead_schema] if program.lead_schema else [])]
    return tuple((schema.name, *sorted(schema.properties.items())) for schema in every)


# -- tests ---------------------------------------------------------------------------------------------------------


@attrs.frozen
class Tested:
    """How tests went: how many passed of how many, and the report; ``problem``: why none was run."""

    passed: int = 0
    total: int = 0
    report: str = ""
    problem: str | None = None


def tested(texts: Texts, file: str | None, start: int | None) -> Tested:
    """Runs the tests of a rule set: all, those of a file, or the one that begins at an offset of it."""
    from mqlrules.plan.lower import lower
    from mqlrules.testing.report import report
    from mqlrules.testing.run import run
    from mqlrules.testing.scenarios import scenarios

    program, diagnostics = check(texts.parsed(), _folder(texts))
    if _wrong(diagnostics):
        return Tested(problem="something is wrong with these rules, so no test can be run")
    chosen = [
        scenario
        for scenario in scenarios(program)
        if file is None or (scenario.source.name == file and start in (None, scenario.span.start))
    ]
    if not chosen:
        return Tested(problem="there is no such test any more")
    results = run(lower(program), chosen)
    return Tested(sum(result.passed for result in results), len(results), report(results))
