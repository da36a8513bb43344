"""The session as a plain value, and replies: every input gives the next session and what there is to show."""

from collections.abc import Mapping
from pathlib import Path
from weakref import WeakKeyDictionary

import attrs

from mqlrules.check import check
from mqlrules.events.model import Lead
from mqlrules.repl.data import Data, Given
from mqlrules.repl.output import Count, Mistake, Part, Values
from mqlrules.ruleset import Checked, RuleSet
from mqlrules.syntax.parse import parse
from mqlrules.syntax.tree import Parsed
from mqlrules.text.source import Source

NO_RULES = Checked((), check([], None)[0], ())

OWN = "<session>"
"""The name in diagnostics of typed statements that belong to no file."""


@attrs.frozen
class Joined:
    """Statements that were typed together, formatted."""

    text: str


@attrs.frozen
class Dropped:
    """A definition that was taken out, by its normalised name."""

    name: str


Change = Joined | Dropped


@attrs.frozen(eq=False)
class Session:
    """What is asked and changed. Nothing in it is ever altered.

    ``checked`` is the current rule set, without what is wrong in the files; ``loaded`` is what it was when ``paths``
    were read last. ``kept`` are the texts that are saved somewhere, by the name of their source; ``changes`` those made
    since, in order, and ``before`` the session before the last of them. ``at`` is the instant to look at (None: the end
    of the events), ``lead`` the lead looked at last. With ``timing`` each answer says how long it took; ``took`` is
    that of the last one, in seconds. ``more`` are the next rows of the last answer, ``answer`` all of it.
    """

    paths: tuple[str, ...] = ()
    folder: Path = attrs.field(factory=Path.cwd)
    loaded: Checked = NO_RULES
    checked: Checked = NO_RULES
    kept: Mapping[str, str] = attrs.field(factory=dict)
    changes: tuple[Change, ...] = ()
    data: Data = attrs.field(factory=lambda: Data(Given()))
    at: int | None = None
    lead: Lead | None = None
    before: "Session | None" = None
    timing: bool = False
    took: float | None = None
    more: Part | None = None
    answer: Count | Values | None = None

    @property
    def rules(self) -> RuleSet:
        """The current rule set."""
        return rule_set(self.checked)

    @property
    def zone(self) -> str:
        """The time zone of the rules."""
        return self.checked.program.timezone

    @property
    def now(self) -> int | None:
        """The instant to look at, in microseconds; None if there are no events and none was named."""
        return self.data.end if self.at is None else self.at

    @property
    def own(self) -> Source:
        """The source of typed statements that belong to no file.

        Lists are looked for next to its path, and bare rules are named after it.
        """
        for file in self.checked.files:
            if file.source.name == OWN:
                return file.source
        taken = {file.source.path.stem for file in self.loaded.files if file.source.path is not None}
        names = ("session", *(f"session_{k}" for k in range(2, len(taken) + 3)))
        return Source(OWN, "", self.folder / f"{next(name for name in names if name not in taken)}.mql")

    def text_of(self, name: str) -> str | None:
        """The current text of a file; None if there is no such file."""
        return next((file.source.text for file in self.checked.files if file.source.name == name), None)

    @property
    def unsaved(self) -> bool:
        """Whether there are changes that are saved nowhere."""
        return any(file.source.text != self.kept.get(file.source.name, "") for file in self.checked.files)


_rule_sets: WeakKeyDictionary[Checked, RuleSet] = WeakKeyDictionary()
"""Every input gives a new session; the plan of unchanged rules is made once."""


def rule_set(checked: Checked) -> RuleSet:
    """The rule set of checked rules, sound or not."""
    found = _rule_sets.get(checked)
    if found is None:
        found = _rule_sets[checked] = RuleSet(checked.program, checked.files, checked.diagnostics)
    return found


def with_rules(session: Session, loaded: Checked, paths: tuple[str, ...], folder: Path) -> Session:
    """The session with rules that were just read, and no changes."""
    kept = {file.source.name: file.source.text for file in loaded.files}
    return attrs.evolve(
        session, paths=paths, folder=folder, loaded=loaded, checked=loaded, kept=kept, changes=(), before=None
    )


def with_texts(session: Session, texts: Mapping[str, str]) -> Checked:
    """The rule set with other texts for some of its files; typed statements come last."""
    program, diagnostics = check(files := _files(session, texts), session.folder)
    return Checked(files, program, diagnostics)


def _files(session: Session, texts: Mapping[str, str]) -> tuple[Parsed, ...]:
    files = {file.source.name: file for file in session.checked.files}
    for name, text in texts.items():
        files[name] = parse(attrs.evolve(files[name].source if name in files else session.own, text=text))
    return tuple(files.values())


def reparsed(session: Session, name: str, text: str) -> Session:
    """The session with another text of one file, parsed but not checked."""
    return attrs.evolve(session, checked=attrs.evolve(session.checked, files=_files(session, {name: text})))


# -- replies -------------------------------------------------------------------------------------------------------


@attrs.frozen(eq=False)
class Reply:
    """The next session, what to show, whether the input failed, and whether to leave.

    ``more`` is what ``:more`` shows next, ``answer`` what ``:export`` writes.
    """

    session: Session
    parts: tuple[Part, ...] = ()
    failed: bool = False
    leaves: bool = False
    more: Part | None = None
    answer: Count | Values | None = None


def failure(session: Session, text: str, hint: str | None = None) -> Reply:
    """A reply that says why something could not be done."""
    return Reply(session, (Mistake(text, hint),), failed=True)
