"""An input and its reply: what was typed is read, and answered, joined or obeyed."""

import time

import attrs

from mqlrules.repl import commands
from mqlrules.repl.answers import answer_question, answer_statements
from mqlrules.repl.inspecting import took
from mqlrules.repl.parts import Found, Remark
from mqlrules.repl.reading import INPUT, Command, Question, Statements, Wrong, read
from mqlrules.repl.reply import Reply
from mqlrules.repl.session import Session, input_path

_TIMED = ("tree", "stages", "lead", "timeline", "why", "test", "load", "events", "reload")
"""The commands whose time is worth knowing."""


def respond(session: Session, text: str, name: str = INPUT) -> Reply:
    """The reply to an input, which diagnostics call by a name. ``KeyboardInterrupt`` leaves the session as it was."""
    begun = time.perf_counter()
    typed = read(text, input_path(session), name)
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
        # What `:more` goes on with stays until something else is asked.
        more = reply.more if isinstance(typed, Command) and typed.word == "more" else session.more
        return attrs.evolve(reply, session=attrs.evolve(reply.session, more=more))
    seconds = time.perf_counter() - begun
    answer = reply.answer or reply.session.answer
    after = attrs.evolve(reply.session, took=seconds, more=reply.more, answer=answer)
    parts = (*reply.parts, Remark(took(seconds))) if session.timing else reply.parts
    return attrs.evolve(reply, session=after, parts=parts)
