"""A rule set that is being edited: its sheets, its program, what is wrong with it, in places of the texts."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import attrs

from mqlrules.check import check
from mqlrules.check.program import Program
from mqlrules.check.state_bound import Memory
from mqlrules.ide.document import Sheet
from mqlrules.ide.tokens import NameKind, Names, names_of
from mqlrules.ide.vocabulary import Vocabulary, vocabulary
from mqlrules.language.names import normalise
from mqlrules.profile.catalogue import NOTHING, Catalogue
from mqlrules.syntax import tree
from mqlrules.syntax.tree import Parsed
from mqlrules.text.diagnostic import Diagnostic, Severity
from mqlrules.text.span import Span


@attrs.frozen
class Place:
    """A span of the text of a file, by the file's name."""

    file: str
    span: Span


@attrs.frozen
class Change:
    """Puts ``text`` in a place."""

    place: Place
    text: str


@attrs.frozen
class Mending:
    """A way to mend something: what it does in words, and all its changes. ``safe``: the rules mean the same then."""

    words: str
    changes: tuple[Change, ...]
    safe: bool = False


@attrs.frozen
class Finding:
    """Something that is wrong in a file, as ``Diagnostic`` says it. ``on_sheet`` is its span on the file's sheet."""

    code: str
    severity: Severity
    message: str
    hint: str | None
    place: Place
    on_sheet: Span
    notes: tuple[tuple[Place, str], ...] = ()
    mendings: tuple[Mending, ...] = ()


@attrs.frozen(eq=False)
class Analysis:
    """``sheets`` go by file name in the order of the rule set; ``names`` are those that are defined."""

    sheets: Mapping[str, Sheet]
    program: Program
    findings: tuple[Finding, ...]
    names: Names
    catalogue: Catalogue = NOTHING
    _words: list[Vocabulary] = attrs.field(init=False, factory=list)

    @property
    def sound(self) -> bool:
        """Whether there is no error."""
        return not any(finding.severity == "error" for finding in self.findings)

    @property
    def words(self) -> Vocabulary:
        """Everything that can be named."""
        if not self._words:
            self._words.append(vocabulary(self.program, self.catalogue))
        return self._words[0]

    def files(self) -> tuple[Parsed, ...]:
        """What was parsed, with spans of the sheets."""
        return tuple(sheet.parsed for sheet in self.sheets.values())

    def place(self, file: str, on_sheet: Span) -> Place | None:
        """Where something is that has a span of a sheet."""
        sheet = self.sheets.get(file)
        span = None if sheet is None else sheet.in_text(on_sheet)
        return None if span is None else Place(file, span)


def analyse(
    sheets: Iterable[Sheet], folder: Path | None, catalogue: Catalogue = NOTHING, memory: Memory | None = None
) -> Analysis:
    """Check a rule set. ``folder`` is the only one that its lists are read from (None: it has none)."""
    by_name = {sheet.name: sheet for sheet in sheets}
    program, diagnostics = check([sheet.parsed for sheet in by_name.values()], folder, memory)
    analysis = Analysis(by_name, program, (), _names(by_name.values(), program), catalogue)
    found = [finding for one in diagnostics if (finding := finding_of(analysis, one)) is not None]
    return attrs.evolve(analysis, findings=tuple(found), catalogue=catalogue)


def _names(sheets: Iterable[Sheet], program: Program) -> Names:
    """The names that are defined, by statements too that something is wrong with."""
    names: dict[str, NameKind] = {}
    for sheet in sheets:
        for statement in sheet.parsed.tree.statements:
            kind = _DEFINING.get(type(statement))
            name = getattr(statement, "name", None)
            if kind is not None and name is not None:
                names.setdefault(normalise(name.text), kind)
    return {**names, **names_of(program)}


_DEFINING: dict[type, NameKind] = {
    tree.EventDefinition: "event",
    tree.SegmentDefinition: "segment",
    tree.ScoreDefinition: "score",
    tree.ListDefinition: "list",
    tree.RuleDefinition: "rule",
}


def finding_of(analysis: Analysis, diagnostic: Diagnostic) -> Finding | None:
    """A diagnostic with spans of sheets, in places of the texts; None if what it is about is gone."""
    place = analysis.place(diagnostic.file, diagnostic.span)
    if place is None:
        return None
    notes = []
    for note in diagnostic.notes:
        there = analysis.place(note.source.name, note.span)
        if there is not None:
            notes.append((there, note.message))
    return Finding(
        diagnostic.code,
        diagnostic.severity,
        diagnostic.message,
        diagnostic.hint,
        place,
        diagnostic.span,
        tuple(notes),
    )
