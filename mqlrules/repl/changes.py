"""Statements that join the session, replace an older one of the same name, or leave it.

A change is made in the text of the file that it concerns, so that what is saved is the author's file with that change,
and the order of rules stays what it was. What is typed is first checked as it was typed, so that a mistake is shown in
it.
"""

from collections.abc import Iterator, Mapping

import attrs

from mqlrules.check import check
from mqlrules.format.formatter import formatted
from mqlrules.language.names import normalise
from mqlrules.repl.session import OWN, Change, Dropped, Joined, Session, with_texts
from mqlrules.ruleset import Checked
from mqlrules.syntax import tree
from mqlrules.syntax.parse import parse
from mqlrules.syntax.tree import Parsed
from mqlrules.syntax.unparse import unparse
from mqlrules.text.diagnostic import Diagnostic
from mqlrules.text.source import Source
from mqlrules.text.span import Span

Key = tuple[str, str]
"""What tells a statement from others, of which there is one in a rule set: its kind, or ``name``; and what it names."""


@attrs.frozen(eq=False)
class Placed:
    """A statement in its file. ``index`` is its place among the statements there."""

    file: Parsed
    index: int

    @property
    def node(self) -> tree.Statement:
        """The statement itself."""
        return self.file.tree.statements[self.index]


@attrs.frozen(eq=False)
class Arrival:
    """A statement that has joined: what it is, in words, its name, and what it has replaced (None: nothing).

    ``same``: it stood there already, and nothing has changed.
    """

    node: tree.Statement
    words: str
    replaced: str | None
    where: str | None
    same: bool = False


@attrs.frozen(eq=False)
class Accepted:
    """The session after a change, with what has joined, and the warnings that are new."""

    session: Session
    arrivals: tuple[Arrival, ...]
    diagnostics: tuple[Diagnostic, ...]


@attrs.frozen(eq=False)
class Refused:
    """Why nothing has changed."""

    diagnostics: tuple[Diagnostic, ...]


def join(session: Session, typed: Parsed) -> Accepted | Refused:
    """The session with statements that were read without a mistake, each in the place of the one of its name."""
    trouble = _trial(session, typed)
    if any(diagnostic.severity == "error" for diagnostic in trouble):
        return Refused(trouble)
    checked = session.checked
    texts: dict[str, str] = {}
    arrivals: list[Arrival] = []
    joined: list[str] = []
    working = session
    for node, text in _pieces(typed):
        old = find(working.checked.files, node)
        arrival = _arrival(node, old)
        arrivals.append(arrival)
        if arrival.same:
            continue
        joined.append(text)
        if old is None:
            name, new = OWN, _appended(working.text_of(OWN) or "", text)
        else:
            name, new = old.file.source.name, _replaced(old.file.source.text, old.node.span, text)
        texts[name] = new
        # Only the trees are needed to find the next one's place.
        working = attrs.evolve(working, checked=_reparsed(working, name, new))
    if not joined:
        return Accepted(session, tuple(arrivals), trouble)
    checked = with_texts(session, texts)
    if errors := _new_errors(session.checked, checked):
        return Refused(errors)
    # They stay together: one may need another, in whichever order they were typed.
    change = Joined("\n".join(joined))
    after = attrs.evolve(session, checked=checked, changes=(*session.changes, change), before=session)
    return Accepted(after, tuple(arrivals), trouble)


def drop(session: Session, name: str) -> Accepted | Refused | None:
    """The session without the definition, rule or test of a name; None if there is none."""
    found = named(session, name)
    if found is None:
        return None
    source = found.file.source
    checked = with_texts(session, {source.name: _without(source.text, found.node.span)})
    if errors := _new_errors(session.checked, checked):
        return Refused(errors)
    change = Dropped(normalise(name))
    after = attrs.evolve(session, checked=checked, changes=(*session.changes, change), before=session)
    return Accepted(after, (Arrival(found.node, words_of(found), None, source.name),), ())


def again(session: Session, changes: tuple[Change, ...]) -> Session | Refused:
    """The session with changes made that were made before, to rules that may have changed since."""
    for change in changes:
        match change:
            case Joined(text=text):
                outcome: Accepted | Refused | None = join(session, parse(attrs.evolve(session.own, text=text)))
            case Dropped(name=name):
                outcome = drop(session, name)
        if isinstance(outcome, Refused):
            return outcome
        if outcome is not None:
            session = outcome.session
    return session


# -- which statement is which --------------------------------------------------------------------------------------


def key_of(node: tree.Statement) -> Key | None:
    """What the statement is the only one of; None for a rule without a name."""
    match node:
        case tree.RuleDefinition(name=None):
            return None
        case tree.RuleDefinition(name=tree.Name(text=name)):
            return "name", normalise(name)
        case tree.EventDefinition(name=named) | tree.SegmentDefinition(name=named) | tree.ScoreDefinition(name=named):
            return "name", normalise(named.text)
        case tree.ListDefinition(name=named):
            return "name", normalise(named.text)
        case tree.Schema(event=event):
            return "schema", normalise(event.text)
        case tree.TestDefinition(name=test):
            return "test", test.value
        case _:
            return type(node).__name__.lower(), ""


def find(files: tuple[Parsed, ...], node: tree.Statement) -> Placed | None:
    """The statement in whose place this one comes: of the same name, or a rule without a name that is the same."""
    key = key_of(node)
    for file in files:
        for index, other in enumerate(file.tree.statements):
            if (key_of(other) == key) if key is not None else (other == node):
                return Placed(file, index)
    return None


def named(session: Session, name: str) -> Placed | None:
    """The definition, rule or test of a name, compared normalised; one without goes by what it is given."""
    wanted = normalise(name.strip().strip('"'))
    bare = next((rule for rule in session.checked.program.rules if rule.bare and normalise(rule.name) == wanted), None)
    for file in session.checked.files:
        for index, node in enumerate(file.tree.statements):
            key = key_of(node)
            if key is not None and key[1] and normalise(key[1]) == wanted and key[0] != "schema":
                return Placed(file, index)
            if bare is not None and bare.source is file.source and bare.span == node.span:
                return Placed(file, index)
    return None


def words_of(placed: Placed) -> str:
    """A statement in words: ``the rule warm``."""
    return _said(placed.node)


def _said(node: tree.Statement) -> str:
    match node:
        case tree.RuleDefinition(name=None):
            return "a rule without a name"
        case tree.RuleDefinition(name=tree.Name(text=name)):
            return f"rule {name}"
        case tree.EventDefinition(name=called):
            return f"event {called.text}"
        case tree.SegmentDefinition(name=called):
            return f"segment {called.text}"
        case tree.ScoreDefinition(name=called):
            return f"score {called.text}"
        case tree.ListDefinition(name=called):
            return f"list {called.text}"
        case tree.Schema(event=called):
            return f"schema {called.text}"
        case tree.TestDefinition(name=test):
            return f'test "{test.value}"'
        case tree.Lifecycle():
            return "lifecycle"
        case tree.Timezone(zone=zone):
            return f'timezone "{zone.value}"'
    raise AssertionError(node)


def _arrival(node: tree.Statement, old: Placed | None) -> Arrival:
    if old is None:
        return Arrival(node, _said(node), None, None)
    # Equality ignores places: the same words in another layout are the same.
    return Arrival(node, _said(node), _said(old.node), old.file.source.name, same=old.node == node)


# -- checking ------------------------------------------------------------------------------------------------------


def _trial(session: Session, typed: Parsed) -> tuple[Diagnostic, ...]:
    """What is new, and wrong or remarkable, with the rule set in which these statements stand, as they were typed."""
    keys = {key_of(node) for node in typed.tree.statements} - {None}
    files = []
    for file in session.checked.files:
        left = (node for node in file.tree.statements if key_of(node) not in keys and node not in typed.tree.statements)
        files.append(attrs.evolve(file, tree=attrs.evolve(file.tree, statements=tuple(left))))
    _, diagnostics = check([*files, typed], session.folder)
    return _beyond(session.checked, diagnostics)


def _new_errors(before: Checked, after: Checked) -> tuple[Diagnostic, ...]:
    return tuple(found for found in _beyond(before, after.diagnostics) if found.severity == "error")


def _beyond(before: Checked, diagnostics: tuple[Diagnostic, ...]) -> tuple[Diagnostic, ...]:
    """The diagnostics that were not there before, wherever they stood then."""
    known = {(found.file, found.code, found.message) for found in before.diagnostics}
    return tuple(found for found in diagnostics if (found.file, found.code, found.message) not in known)


# -- text ----------------------------------------------------------------------------------------------------------


def _pieces(typed: Parsed) -> Iterator[tuple[tree.Statement, str]]:
    """Each statement and its text in the one layout, with the comments that stand right above and in it."""
    text = typed.source.text
    start = 0
    for node in typed.tree.statements:
        stop = _end_of(text, node.span)
        piece = parse(Source("", text[start:stop].strip("\n") + "\n"))
        yield node, unparse(node) + "\n" if piece.diagnostics else formatted(piece)
        start = stop


def _end_of(text: str, span: Span) -> int:
    """Where a statement ends, with a comment behind it."""
    end = text.find("\n", span.end)
    rest = text[span.end : end if end >= 0 else len(text)]
    return span.end + len(rest) if not rest.strip() or rest.lstrip(" \t").startswith("#") else span.end


def _appended(text: str, statement: str) -> str:
    return f"{text}\n{statement}" if text else statement


def _replaced(text: str, span: Span, statement: str) -> str:
    new = _without_comments_above(statement).rstrip("\n")
    if "\r\n" in text:
        new = new.replace("\n", "\r\n")
    return text[: span.start] + new + text[span.end :]


def _without_comments_above(statement: str) -> str:
    """What a file says above a statement stays; so what is typed above it is left out."""
    lines = statement.split("\n")
    while lines and (not lines[0].strip() or lines[0].startswith("#")):
        lines.pop(0)
    return "\n".join(lines)


def _without(text: str, span: Span) -> str:
    """The text without a statement, and without the blank line that held it apart."""
    above, below = text[: span.start].rstrip("\n"), text[_end_of(text, span) :].lstrip("\n")
    return f"{above}\n\n{below}" if above and below else f"{above or below}".rstrip("\n") + "\n" * bool(above or below)


def _reparsed(session: Session, name: str, text: str) -> Checked:
    files: Mapping[str, Parsed] = {file.source.name: file for file in session.checked.files}
    source = files[name].source if name in files else session.own
    return attrs.evolve(session.checked, files=tuple({**files, name: parse(attrs.evolve(source, text=text))}.values()))
