"""Inputs and their replies: a session begins with the files of a call, then answers inputs, also from a pipe."""

import io
import sys
import time
from collections.abc import Iterable

import attrs
from rich.console import Console

from mqlrules.console.tables import console
from mqlrules.repl import commands
from mqlrules.repl.answers import answer_question, answer_statements
from mqlrules.repl.data import Given, load
from mqlrules.repl.files import about_events
from mqlrules.repl.output import Found, Mistake, Part, remark, said, show
from mqlrules.repl.overview import took
from mqlrules.repl.reading import INPUT, Command, Question, Statements, Wrong, inputs_in, read
from mqlrules.repl.session import Reply, Session, with_rules
from mqlrules.ruleset import check_paths, folder_of
from mqlrules.text.words import counted

_TIMED = ("tree", "stages", "lead", "timeline", "why", "test", "load", "events", "reload")
"""The commands whose time is worth knowing."""


def with_rules_of(session: Session, paths: tuple[str, ...]) -> Reply:
    """The session with the rules of files and folders, without what is wrong in them.

    Raises ``FileNotFoundError`` for a path that doesn't exist.
    """
    if not paths:
        return Reply(session)
    loaded = check_paths(paths)
    session = with_rules(session, loaded, paths, folder_of(paths) or session.folder)
    program = loaded.program
    definitions = len(program.events) + len(program.segments) + len(program.scores) + len(program.lists)
    numbers = f"{counted(len(program.rules), 'rule')} and {counted(definitions, 'definition')}"
    parts: list[Part] = [Found(loaded.diagnostics)] if loaded.diagnostics else []
    parts.append(said(f"Rules: {numbers} in {counted(len(loaded.files), 'file')}."))
    if not loaded.sound:
        parts.append(remark("Statements with errors are left out: fix them in the file, then `:reload`."))
    return Reply(session, tuple(parts), failed=not loaded.sound)


def with_events_of(session: Session, given: Given) -> Reply:
    """The session with the events and traits of files.

    Raises ``DataError`` for an input that can't be read at all, ``MissingExtra`` if the readers are not installed.
    """
    if not given.events and given.leads is None:
        return Reply(attrs.evolve(session, data=attrs.evolve(session.data, given=given)))
    session = attrs.evolve(session, data=load(given, session.checked.program))
    remarks = map(remark, session.data.remarks)
    return Reply(session, (*remarks, about_events(session)), failed=session.data.rejected > 0)


def respond(session: Session, text: str, name: str = INPUT) -> Reply:
    """The reply to an input, which diagnostics call by a name. ``KeyboardInterrupt`` leaves the session as it was."""
    begun = time.perf_counter()
    # Lists are looked for next to this path.
    typed = read(text, session.folder / "<input>.mql", name)
    timed = True
    match typed:
        case None:
            return Reply(session)
        case Command(word=word, rest=rest):
            reply = commands.run(session, word, rest)
            command = commands.find(word)
            timed = command is not None and command.name in _TIMED
        case Question():
            reply = answer_question(session, typed)
        case Statements():
            reply = answer_statements(session, typed)
        case Wrong(diagnostics=diagnostics):
            return Reply(session, (Found(diagnostics),), failed=True)
    if not timed:
        # What `:more` continues stays until something else is asked.
        more = reply.more if isinstance(typed, Command) and typed.word == "more" else session.more
        return attrs.evolve(reply, session=attrs.evolve(reply.session, more=more))
    seconds = time.perf_counter() - begun
    answer = reply.answer or reply.session.answer
    after = attrs.evolve(reply.session, took=seconds, more=reply.more, answer=answer)
    parts = (*reply.parts, remark(took(seconds))) if session.timing else reply.parts
    return attrs.evolve(reply, session=after, parts=parts)


# -- from a pipe ---------------------------------------------------------------------------------------------------


def run_script(session: Session, lines: Iterable[str], out: Console, errors: Console) -> tuple[Session, int]:
    """Answers inputs one after the other, each as soon as it is complete, with an empty line between answers.

    Returns the last session, and how many inputs failed.
    """
    failed = 0
    answered = False
    for line, text in inputs_in(lines):
        reply = respond(session, text, f"<line {line}>")
        session = reply.session
        if reply.parts:
            stream = errors if reply.failed else out
            if answered:
                stream.print()
            show([_placed(part, line) for part in reply.parts], stream, errors)
            answered = True
        failed += reply.failed
        if reply.leaves:
            break
    return session, failed


def _placed(part: Part, line: int) -> Part:
    """A mistake with the line of the script."""
    return attrs.evolve(part, text=f"<line {line}>: {part.text}") if isinstance(part, Mistake) else part


def run_standard_input(paths: tuple[str, ...], given: Given) -> int:
    """Standard input as a script. Returns the exit status: 1 if an input failed, or if not everything was read.

    Raises ``DataError`` for events that can't be read at all, ``MissingExtra`` if the readers are not installed.
    """
    if isinstance(sys.stdin, io.TextIOWrapper):
        # Bytes that are not text don't stop a script.
        sys.stdin.reconfigure(errors="replace")
    out, errors = console(sys.stdout), console(sys.stderr)
    rules = with_rules_of(Session(), paths)
    show((part for part in rules.parts if isinstance(part, Found)), out, errors)
    events = with_events_of(rules.session, given)
    show(map(remark, events.session.data.remarks), errors, errors)
    _, failed = run_script(events.session, sys.stdin, out, errors)
    return 1 if failed or rules.failed or events.failed else 0
