"""The session as a plain value: rules as they stand, what was loaded, the events, the instant that is looked at."""

from collections.abc import Mapping
from pathlib import Path
from weakref import WeakKeyDictionary

import attrs

from mqlrules.check import check
from mqlrules.events.model import Lead
from mqlrules.repl.data import Data, Given
from mqlrules.repl.parts import Count, Part, Values
from mqlrules.ruleset import Checked, RuleSet
from mqlrules.syntax.parse import parse
from mqlrules.syntax.tree import Parsed
from mqlrules.text.source import Source

NO_RULES = Checked((), check([], None)[0], ())


@attrs.frozen
class Joined:
    """Statements that were typed together, in the one layout."""

    text: str


@attrs.frozen
class Dropped:
    """A definition that was taken out, by its normalised name."""

    name: str


Change = Joined | Dropped


@attrs.frozen(eq=False)
class Session:
    """What is asked and changed. Every input gives the next one; nothing in it is ever altered.

    ``checked`` is the rule set as it stands: what is wrong with the files that were loaded is left out of its program.
    ``loaded`` is what it was when ``paths`` were read last; ``kept`` are the texts that are written down somewhere, by
    the name of their source. ``changes`` are those made since, in order. ``at`` is the instant that is looked at (None:
    the end of the events), ``lead`` the lead that was looked at last. ``before`` is the session before the last change
    of the rules. ``timing``: how long an answer took (``took``, in seconds, of the last one) is said after each.
    ``more`` are the next rows of the last answer, ``answer`` all of it.
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
        """The rule set as it stands."""
        return rule_set(self.checked)

    @property
    def now(self) -> int | None:
        """The instant that is looked at, in microseconds; None where there are no events and none was named."""
        return self.data.end if self.at is None else self.at

    @property
    def own(self) -> Source:
        """The source of what was typed and belongs to no file."""
        for file in self.checked.files:
            if file.source.name == OWN:
                return file.source
        return Source(OWN, "", own_path(self.folder, self.loaded.files))

    def text_of(self, name: str) -> str | None:
        """The text of a file as it stands; None if there is no such file."""
        return next((file.source.text for file in self.checked.files if file.source.name == name), None)

    @property
    def unsaved(self) -> bool:
        """Whether something was changed that is written down nowhere."""
        return any(file.source.text != self.kept.get(file.source.name, "") for file in self.checked.files)


_rule_sets: WeakKeyDictionary[Checked, RuleSet] = WeakKeyDictionary()
"""Of each input a session is made; the plan of rules that have not changed is made once all the same."""


def rule_set(checked: Checked) -> RuleSet:
    """The rule set of what was checked, sound or not."""
    found = _rule_sets.get(checked)
    if found is None:
        found = _rule_sets[checked] = RuleSet(checked.program, checked.files, checked.diagnostics)
    return found


OWN = "<session>"
"""What diagnostics call the place of typed statements that belong to no file."""


def own_path(folder: Path, files: tuple[Parsed, ...]) -> Path:
    """Where typed statements are taken to stand: lists are looked for beside it, bare rules are named after it."""
    taken = {file.source.path.stem for file in files if file.source.path is not None}
    name = next(name for name in ("session", *(f"session_{k}" for k in range(2, len(taken) + 3))) if name not in taken)
    return folder / f"{name}.mql"


def input_path(session: Session) -> Path:
    """Where what is typed is taken to stand while it is checked, beside all that has a name."""
    return session.folder / "<input>.mql"


def with_rules(session: Session, loaded: Checked, paths: tuple[str, ...], folder: Path) -> Session:
    """The session with rules that were just read, and nothing changed since."""
    kept = {file.source.name: file.source.text for file in loaded.files}
    return attrs.evolve(
        session, paths=paths, folder=folder, loaded=loaded, checked=loaded, kept=kept, changes=(), before=None
    )


def with_texts(session: Session, texts: Mapping[str, str]) -> Checked:
    """The rule set with other texts for some of its files; what was typed comes last."""
    files = [
        parse(attrs.evolve(file.source, text=texts[file.source.name])) if file.source.name in texts else file
        for file in session.checked.files
    ]
    if OWN in texts and all(file.source.name != OWN for file in files):
        files.append(parse(attrs.evolve(session.own, text=texts[OWN])))
    program, diagnostics = check(files, session.folder)
    return Checked(tuple(files), program, diagnostics)
