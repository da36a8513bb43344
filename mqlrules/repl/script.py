"""A script of statements and commands, from a pipe: no prompt, no colour; failures are counted."""

import io
import sys
from collections.abc import Iterable

import attrs
from rich.console import Console

from mqlrules.console.tables import console
from mqlrules.repl.data import Given
from mqlrules.repl.dispatch import respond
from mqlrules.repl.parts import Found, Mistake, Part, Remark
from mqlrules.repl.reading import inputs_in
from mqlrules.repl.render import show
from mqlrules.repl.session import Session
from mqlrules.repl.starting import with_events_of, with_rules_of


def run_script(session: Session, lines: Iterable[str], out: Console, errors: Console) -> tuple[Session, int]:
    """Answers one input after the other, as soon as it is known to be whole; gives the last session, and how many
    inputs failed. An empty line stands between answers.
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
    """What is wrong says in which line of the script."""
    return attrs.evolve(part, text=f"<line {line}>: {part.text}") if isinstance(part, Mistake) else part


def run_standard_input(paths: tuple[str, ...], given: Given) -> int:
    """Standard input as a script; gives the exit status: 1 if an input failed, or something loaded was not whole.

    Raises ``DataError`` for events that can't be read at all, ``MissingExtra`` where the readers are not installed.
    """
    # What is typed and what is in data may hold anything; nothing of it stops a script.
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    out, errors = console(sys.stdout), console(sys.stderr)
    rules = with_rules_of(Session(), paths)
    show([part for part in rules.parts if isinstance(part, Found)], out, errors)
    events = with_events_of(rules.session, given)
    show([part for part in events.parts if isinstance(part, Remark)], errors, errors)
    _, failed = run_script(events.session, sys.stdin, out, errors)
    return 1 if failed or rules.failed or events.failed else 0
