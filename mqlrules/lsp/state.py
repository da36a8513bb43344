"""What the server knows: texts that are open, the rule sets that they belong to, and what was found in those."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import attrs
from pygls import uris

from mqlrules.check.state_bound import Memory
from mqlrules.ide.analysis import Analysis, Change, Finding, Mending, Place, analyse
from mqlrules.ide.document import Sheet, write
from mqlrules.lsp.jobs import Counted, LintFinding, Texts
from mqlrules.lsp.lines import Encoding, Lines
from mqlrules.lsp.settings import Settings
from mqlrules.profile.catalogue import NOTHING, Catalogue
from mqlrules.profile.profile import Profile
from mqlrules.ruleset import rule_files_in
from mqlrules.syntax import limits
from mqlrules.syntax.read import read
from mqlrules.text.diagnostic import Diagnostic
from mqlrules.text.span import Span

MOST_FILES = 2_000
"""More files than this are no rule set: a folder of everything was opened."""


@attrs.define(eq=False)
class Open:
    """A text that an editor has open; ``version`` is the editor's count of its changes."""

    uri: str
    text: str
    version: int


@attrs.define(eq=False)
class OnDisk:
    """A file as it was read; ``stamp`` tells whether it has changed."""

    stamp: tuple[int, int]
    text: str
    wrong: tuple[Diagnostic, ...]


@attrs.define(eq=False)
class RuleSet:
    """Rule files that are one name space. ``root`` is their folder, or None for one text that is no file.

    ``read_again``: files may have come, gone or changed. ``linted`` belong to the texts of ``lint_of``; after an edit
    those are still shown whose part of the text has not changed. ``shown`` is what was published of each file: its URI,
    its version and its findings.
    """

    root: Path | None
    uri: str | None = None
    sheets: dict[str, Sheet] = attrs.field(factory=dict)
    disk: dict[Path, OnDisk] = attrs.field(factory=dict)
    paths: list[Path] = attrs.field(factory=list)
    read_again: bool = True
    analysis: Analysis | None = None
    linted: tuple[Finding, ...] = ()
    lint_of: dict[str, Sheet] = attrs.field(factory=dict)
    lint_problem: str | None = None
    profile: Profile | None = None
    catalogue: Catalogue = NOTHING
    data_problem: str | None = None
    data_known: bool = False
    counted: Counted | None = None
    shown: dict[str, tuple[str, tuple[object, ...]]] = attrs.field(factory=dict)
    memory: Memory = attrs.field(factory=Memory)


@attrs.frozen(eq=False)
class Document:
    """A text as it stands in its rule set: what was found of the whole set, its own sheet, and the lines of that."""

    analysis: Analysis
    sheet: Sheet
    lines: Lines


@attrs.define(eq=False)
class State:
    """Everything. ``open`` goes by URI, ``sets`` by folder or, for a text that is no file, by URI. ``versioned_edits``:
    the client takes edits that say which version of a document they are for.
    """

    encoding: Encoding = "utf-16"
    versioned_edits: bool = False
    settings: Settings = attrs.field(factory=Settings)
    folders: list[Path] = attrs.field(factory=list)
    open: dict[str, Open] = attrs.field(factory=dict)
    sets: dict[str, RuleSet] = attrs.field(factory=dict)
    _lines: dict[str, Lines] = attrs.field(factory=dict)
    _roots: dict[Path, Path] = attrs.field(factory=dict)

    # -- files and rule sets ---------------------------------------------------------------------------------------

    def rule_set(self, uri: str) -> RuleSet:
        """The rule set that a document belongs to."""
        path = path_of(uri)
        if path is None or path.suffix != ".mql":
            return self.sets.setdefault(uri, RuleSet(None, uri))
        root = self._roots.get(path)
        if root is None:
            root = self._roots[path] = self._root(path)
        return self.sets.setdefault(str(root), RuleSet(root))

    def _root(self, path: Path) -> Path:
        """The folder of a rule file's set: one that settings name, else the highest without a gap above the file.

        From the file's folder upwards folders belong to the set as long as rule files lie in them, and not beyond the
        folder that the editor has open.
        """
        named = [base / rules for base in (self.folders or [path.parent]) for rules in self.settings.rules]
        for folder in named:
            if path.is_relative_to(folder):
                return folder
        root = path.parent
        borders = [folder for folder in self.folders if root.is_relative_to(folder)]
        while root not in borders and root.parent != root and _holds_rules(root.parent):
            root = root.parent
        return root

    def forget_roots(self) -> None:
        """Files may belong together in other ways: settings or folders have changed."""
        self._roots.clear()

    def analysis(self, rules: RuleSet) -> Analysis:
        """What is known of a rule set as it is now. Nothing is done again for files that have not changed."""
        files = list(self._files(rules))
        changed = rules.analysis is None or list(rules.analysis.sheets) != [name for name, _, _, _ in files]
        sheets: dict[str, Sheet] = {}
        for name, path, text, _ in files:
            before = rules.sheets.get(name)
            if before is None or before.text != text:
                before = write(name, path, text, before)
                changed = True
            sheets[name] = before
        rules.sheets = sheets
        known = rules.analysis
        if known is None or changed or known.catalogue is not rules.catalogue:
            memory, rules.memory = rules.memory, Memory()  # what fails half-way is not remembered
            known = analyse(sheets.values(), rules.root, rules.catalogue, memory)
            rules.memory = memory
            wrong = [finding for name, _, _, found in files for finding in _of_bytes(known, name, found)]
            if wrong:
                known = attrs.evolve(known, findings=(*wrong, *known.findings))
            rules.analysis = known
        return known

    def _files(self, rules: RuleSet) -> Iterator[tuple[str, Path | None, str, tuple[Diagnostic, ...]]]:
        """Name, path, text, and what is wrong with the bytes of each file of a rule set, in its order."""
        if rules.root is None:
            assert rules.uri is not None
            document = self.open.get(rules.uri)
            if document is not None:
                yield rules.uri, None, document.text, ()
            return
        if rules.read_again:
            rules.paths = sorted(_rule_files(rules.root), key=lambda path: path.as_posix())
            rules.read_again = False
            for path in rules.paths:
                self._read(rules, path)
        opened = {file: document for document in self.open.values() if (file := path_of(document.uri)) is not None}
        extra = [
            file
            for file in opened
            if file.suffix == ".mql" and file not in rules.paths and self.rule_set(uri_of(file)) is rules
        ]
        for path in sorted((*rules.paths, *extra), key=lambda path: path.as_posix()):
            if path in opened:
                yield str(path), path, opened[path].text, ()
            elif path in rules.disk:
                yield str(path), path, rules.disk[path].text, rules.disk[path].wrong

    def _read(self, rules: RuleSet, path: Path) -> None:
        try:
            status = path.stat()
        except OSError:
            rules.disk.pop(path, None)
            return
        stamp = (status.st_mtime_ns, status.st_size)
        known = rules.disk.get(path)
        if known is None or known.stamp != stamp:
            source, wrong = read(path)
            rules.disk[path] = OnDisk(stamp, source.text, wrong)

    def texts(self, rules: RuleSet) -> Texts:
        """The texts of a rule set for a job."""
        analysis = self.analysis(rules)
        files = tuple(
            (name, None if sheet.path is None else str(sheet.path), sheet.text)
            for name, sheet in analysis.sheets.items()
        )
        return Texts(files, None if rules.root is None else str(rules.root))

    # -- documents -------------------------------------------------------------------------------------------------

    def document(self, uri: str) -> Document | None:
        """A document of a rule set; None where the rule set has no such text."""
        analysis = self.analysis(self.rule_set(uri))
        sheet = analysis.sheets.get(file_of(uri))
        return None if sheet is None else Document(analysis, sheet, self.lines(sheet))

    def uri(self, file: str) -> str:
        """The URI of a file, as the editor writes it if it has the file open: signs may be escaped or not."""
        known = next((uri for uri in self.open if file_of(uri) == file), None)
        return known or (uri_of(Path(file)) if Path(file).is_absolute() else file)

    def lines(self, sheet: Sheet) -> Lines:
        """The lines of a file."""
        known = self._lines.get(sheet.name)
        if known is None or known.text is not sheet.text or known.encoding != self.encoding:
            known = self._lines[sheet.name] = Lines(sheet.text, self.encoding)
        return known

    # -- findings --------------------------------------------------------------------------------------------------

    def keep_lint(self, rules: RuleSet, found: Iterable[LintFinding], sheets: dict[str, Sheet]) -> None:
        """Keep what linting found in texts that had these sheets."""
        rules.lint_of = sheets
        rules.linted = tuple(finding for one in found if (finding := _lint_finding(one, sheets)) is not None)

    def findings(self, rules: RuleSet) -> list[Finding]:
        """All findings of a rule set in places of its texts; of linting those whose place has not been edited."""
        analysis = self.analysis(rules)
        found = list(analysis.findings)
        if self.settings.lint and analysis.sound:
            for finding in rules.linted:
                before, now = rules.lint_of.get(finding.place.file), analysis.sheets.get(finding.place.file)
                if before is None or now is None or before.generation != now.generation:
                    continue
                place = analysis.place(finding.place.file, finding.on_sheet)
                if place is not None:
                    fresh = all(analysis.sheets.get(name) is sheet for name, sheet in rules.lint_of.items())
                    found.append(finding if fresh else attrs.evolve(finding, place=place, mendings=(), notes=()))
        return found


def _of_bytes(analysis: Analysis, name: str, wrong: Iterable[Diagnostic]) -> Iterator[Finding]:
    for diagnostic in wrong:
        place = Place(name, diagnostic.span)
        yield Finding(diagnostic.code, diagnostic.severity, diagnostic.message, diagnostic.hint, place, diagnostic.span)


def _lint_finding(one: LintFinding, sheets: dict[str, Sheet]) -> Finding | None:
    sheet = sheets.get(one.file)
    if sheet is None:
        return None
    start = sheet.on_sheet(one.start)
    on_sheet = Span(start, start + one.end - one.start)
    mendings: tuple[Mending, ...] = ()
    if one.fix is not None:
        words, safe, edits = one.fix
        changes = tuple(Change(Place(file, Span(start, end)), text) for file, start, end, text in edits)
        mendings = (Mending(words, changes, safe),)
    notes = tuple((Place(file, Span(start, end)), message) for file, start, end, message in one.notes)
    place = Place(one.file, Span(one.start, one.end))
    return Finding(one.code, one.severity, one.message, one.hint, place, on_sheet, notes, mendings)


def _holds_rules(folder: Path) -> bool:
    try:
        return any(file.suffix == ".mql" for file in folder.iterdir())
    except OSError:
        return False


def _rule_files(root: Path) -> Iterator[Path]:
    for number, path in enumerate(rule_files_in(root)):
        if number >= MOST_FILES:
            return
        try:
            if path.stat().st_size <= 4 * limits.FILE_CHARACTERS + 4:
                yield path
        except OSError:
            continue


def path_of(uri: str) -> Path | None:
    """The file of a URI; None if it is none."""
    if not uri.startswith("file:"):
        return None
    path = uris.to_fs_path(uri)
    return None if not path else Path(path)


def uri_of(path: Path) -> str:
    """The URI of a file."""
    return str(uris.from_fs_path(str(path)))


def file_of(uri: str) -> str:
    """The name that sheets have for a document."""
    path = path_of(uri)
    return uri if path is None or path.suffix != ".mql" else str(path)
