"""Statements that join the session, replace an older one of the same name, or leave it.

A change is made in the text of its file. So what is saved is the author's file with that change, and the order of rules
is kept. What is typed is first checked as it was typed, so that diagnostics point into it.
"""

from collections.abc import Iterator

import attrs

from mqlrules.check import check
from mqlrules.format.formatter import formatted
from mqlrules.language.names import normalise
from mqlrules.repl.session import OWN, Change, Dropped, Joined, Session, reparsed, with_texts
from mqlrules.ruleset import Checked
from mqlrules.syntax import tree
from mqlrules.syntax.parse import parse
from mqlrules.syntax.tree import Parsed
from mqlrules.syntax.unparse import unparse
from mqlrules.text.diagnostic import Diagnostic
from mqlrules.text.source import Source
from mqlrules.text.span import Span


@attrs.frozen(eq=False)
class Placed:
    """A statement in its file."""

    file: Parsed
    node: tree.Statement


@attrs.frozen(eq=False)
class Arrival:
    """A statement that has joined, in words, and what it has replaced, and where (None: nothing).

    ``same``: it was there already, and nothing has changed.
    """

    node: tree.Statement
    words: str
    replaced: str | None = None
    where: str | None = None
    same: bool = False


@attrs.frozen(eq=False)
class Accepted:
    """The session after a change, what has joined or left, and new warnings."""

    session: Session
    arrivals: tuple[Arrival, ...]
    diagnostics: tuple[Diagnostic, ...] = ()


@attrs.frozen(eq=False)
class Refused:
    """Why nothing has changed."""

    diagnostics: tuple[Diagnostic, ...]


def join(session: Session, typed: Parsed) -> Accepted | Refused:
    """The session with statements that were parsed without an error, each in place of the one of its name."""
    trouble = _trial(session, typed)
    if any(diagnostic.severity == "error" for diagnostic in trouble):
        return Refused(trouble)
    texts: dict[str, str] = {}
    arrivals: list[Arrival] = []
    joined: list[str] = []
    working = session
    for node, text in _pieces(typed):
        old = find(working.checked.files, node)
        if old is None:
            arrivals.append(Arrival(node, described(node)))
            before = working.text_of(OWN)
            name, new = OWN, f"{before}\n{text}" if before else text
        else:
            # Equality ignores places: the same words in another layout are the same.
            same, source = old.node == node, old.file.source
            arrivals.append(Arrival(node, described(node), described(old.node), source.name, same))
            if same:
                continue
            name, new = source.name, _replaced(source.text, old.node.span, text)
        joined.append(text)
        texts[name] = new
        # Only the trees are needed to find the place of the next one.
        working = reparsed(working, name, new)
    if not joined:
        return Accepted(session, tuple(arrivals), trouble)
    # They stay together: one may need another, in any order.
    return _changed(session, with_texts(session, texts), Joined("\n".join(joined)), tuple(arrivals), trouble)


def drop(session: Session, name: str) -> Accepted | Refused | None:
    """The session without the definition, rule or test of a name; None if there is none."""
    found = named(session, name)
    if found is None:
        return None
    source = found.file.source
    checked = with_texts(session, {source.name: _without(source.text, found.node.span)})
    gone = Arrival(found.node, described(found.node), None, source.name)
    return _changed(session, checked, Dropped(normalise(name)), (gone,))


def again(session: Session, changes: tuple[Change, ...]) -> Session | Refused:
    """The session with earlier changes made again, to rules that may have changed since."""
    for change in changes:
        outcome: Accepted | Refused | None
        match change:
            case Joined(text=text):
                outcome = join(session, parse(attrs.evolve(session.own, text=text)))
            case Dropped(name=name):
                outcome = drop(session, name)
        if isinstance(outcome, Refused):
            return outcome
        if outcome is not None:
            session = outcome.session
    return session


def _changed(
    session: Session,
    checked: Checked,
    change: Change,
    arrivals: tuple[Arrival, ...],
    diagnostics: tuple[Diagnostic, ...] = (),
) -> Accepted | Refused:
    if errors := new_errors(session.checked, checked.diagnostics):
        return Refused(errors)
    after = attrs.evolve(session, checked=checked, changes=(*session.changes, change), before=session)
    return Accepted(after, arrivals, diagnostics)


# -- which statement is which --------------------------------------------------------------------------------------


def key_of(node: tree.Statement) -> tuple[str, str] | None:
    """A kind, or ``name``, and what is named: a rule set has one statement of it. None for a rule without a name."""
    match node:
        case tree.RuleDefinition(name=named):
            return None if named is None else ("name", normalise(named.text))
        case (
            tree.EventDefinition(name=named)
            | tree.SegmentDefinition(name=named)
            | tree.ScoreDefinition(name=named)
            | tree.ListDefinition(name=named)
        ):
            return "name", normalise(named.text)
        case tree.Schema(event=event):
            return "schema", normalise(event.text)
        case tree.TestDefinition(name=test):
            return "test", test.value
        case _:
            return type(node).__name__.lower(), ""


def find(files: tuple[Parsed, ...], node: tree.Statement) -> Placed | None:
    """The statement that this one replaces: of the same name, or an equal rule without a name."""
    key = key_of(node)
    for file in files:
        for other in file.tree.statements:
            if (key_of(other) == key) if key is not None else (other == node):
                return Placed(file, other)
    return None


def named(session: Session, name: str) -> Placed | None:
    """The definition, rule or test of a name, compared normalised; a bare rule has the name that it is given."""
    wanted = normalise(name.strip().strip('"'))
    bare = next((rule for rule in session.checked.program.rules if rule.bare and normalise(rule.name) == wanted), None)
    for file in session.checked.files:
        for node in file.tree.statements:
            key = key_of(node)
            if key is not None and key[1] and normalise(key[1]) == wanted and key[0] != "schema":
                return Placed(file, node)
            if bare is not None and bare.source is file.source and bare.span == node.span:
                return Placed(file, node)
    return None


def described(node: tree.Statement) -> str:
    """A statement in words: ``rule warm``."""
    match node:
        case tree.RuleDefinition(name=None):
            return "a rule without a name"
        case tree.Schema(event=called):
            return f"schema {called.text}"
        case tree.TestDefinition(name=test):
            return f'test "{test.value}"'
        case tree.Lifecycle():
            return "lifecycle"
        case tree.Timezone(zone=zone):
            return f'timezone "{zone.value}"'
        case _:
            kind = type(node).__name__.removesuffix("Definition").lower()
            assert node.name is not None, "rules without a name come first"
            return f"{kind} {node.name.text}"


# -- checking ------------------------------------------------------------------------------------------------------


def _trial(session: Session, typed: Parsed) -> tuple[Diagnostic, ...]:
    """New diagnostics of the rule set with these statements as they were typed."""
    keys = {key_of(node) for node in typed.tree.statements} - {None}
    files = []
    for file in session.checked.files:
        left = (node for node in file.tree.statements if key_of(node) not in keys and node not in typed.tree.statements)
        files.append(attrs.evolve(file, tree=attrs.evolve(file.tree, statements=tuple(left))))
    _, diagnostics = check([*files, typed], session.folder)
    return _beyond(session.checked, diagnostics)


def new_errors(before: Checked, diagnostics: tuple[Diagnostic, ...]) -> tuple[Diagnostic, ...]:
    """The errors that were not there before."""
    return tuple(found for found in _beyond(before, diagnostics) if found.severity == "error")


def _beyond(before: Checked, diagnostics: tuple[Diagnostic, ...]) -> tuple[Diagnostic, ...]:
    """The diagnostics that were not there before, in any place."""
    known = {(found.file, found.code, found.message) for found in before.diagnostics}
    return tuple(found for found in diagnostics if (found.file, found.code, found.message) not in known)


# -- text ----------------------------------------------------------------------------------------------------------


def _pieces(typed: Parsed) -> Iterator[tuple[tree.Statement, str]]:
    """Each statement and its formatted text, with the comments above it and in it."""
    text = typed.source.text
    start = 0
    for node in typed.tree.statements:
        stop = _end_of(text, node.span)
        piece = parse(Source("", text[start:stop].strip("\n") + "\n"))
        yield node, unparse(node) + "\n" if piece.diagnostics else formatted(piece)
        start = stop


def _end_of(text: str, span: Span) -> int:
    """Where a statement ends, with a comment after it."""
    end = text.find("\n", span.end)
    rest = text[span.end : end if end >= 0 else len(text)]
    return span.end + len(rest) if not rest.strip() or rest.lstrip(" \t").startswith("#") else span.end


def _replaced(text: str, span: Span, statement: str) -> str:
    """The text with another statement; the file's comments above it stay, so typed ones are left out."""
    lines = statement.rstrip("\n").split("\n")
    while lines and (not lines[0].strip() or lines[0].startswith("#")):
        lines.pop(0)
    return text[: span.start] + ("\r\n" if "\r\n" in text else "\n").join(lines) + text[span.end :]


def _without(text: str, span: Span) -> str:
    """The text without a statement, and without the blank line that separated it."""
    above, below = text[: span.start].rstrip("\n"), text[_end_of(text, span) :].lstrip("\n")
    return f"{above}\n\n{below}" if above and below else f"{above or below}".rstrip("\n") + "\n" * bool(above or below)
