"""The first session: rules and events as a call names them."""

import attrs

from mqlrules.console.terminal import counted
from mqlrules.repl.data import Given, load
from mqlrules.repl.parts import Found, Part, Remark, Said
from mqlrules.repl.reply import Reply
from mqlrules.repl.session import Session, with_rules
from mqlrules.repl.session_commands import of_data
from mqlrules.ruleset import check_paths, folder_of


def with_rules_of(session: Session, paths: tuple[str, ...]) -> Reply:
    """The session with the rules of files and folders; what is wrong with them is left out, and said.

    Raises ``FileNotFoundError`` for a path that is not there.
    """
    if not paths:
        return Reply(session)
    loaded = check_paths(paths)
    session = with_rules(session, loaded, paths, folder_of(paths) or session.folder)
    program = loaded.program
    parts: list[Part] = [Found(loaded.diagnostics)] if loaded.diagnostics else []
    definitions = len(program.events) + len(program.segments) + len(program.scores) + len(program.lists)
    files = counted(len(loaded.files), "file")
    said = f"Rules: {counted(len(program.rules), 'rule')} and {counted(definitions, 'definition')} in {files}."
    parts.append(Said(said))
    if not loaded.sound:
        parts.append(Remark("What is wrong is left out: mend it in the file, then `:reload`."))
    return Reply(session, tuple(parts), failed=not loaded.sound)


def with_events_of(session: Session, given: Given) -> Reply:
    """The session with the events and traits of files.

    Raises ``DataError`` for an input that can't be read at all, ``MissingExtra`` where the readers are not installed.
    """
    if not given.events and given.leads is None:
        return Reply(attrs.evolve(session, data=attrs.evolve(session.data, given=given)))
    session = attrs.evolve(session, data=load(given, session.checked.program))
    return Reply(session, tuple(of_data(session)), failed=session.data.rejected > 0)
