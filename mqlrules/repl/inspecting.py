"""The commands that look: at another instant, at a condition as a tree or in plain English."""

import attrs

from mqlrules.check import check_condition
from mqlrules.check.program import Condition
from mqlrules.console.terminal import when
from mqlrules.language.instants import EventError
from mqlrules.language.names import normalise
from mqlrules.repl.as_of import instant_of
from mqlrules.repl.funnel import funnel
from mqlrules.repl.parts import Found, Part, Remark, Said
from mqlrules.repl.reading import Question, read_question
from mqlrules.repl.reply import Reply, failure
from mqlrules.repl.session import Session
from mqlrules.text.source import Source

# -- time ----------------------------------------------------------------------------------------------------------


def at(session: Session, rest: str) -> Reply:
    """Looks at another instant."""
    if not rest:
        return Reply(session, (Said(where(session)),))
    if rest == "end":
        session = attrs.evolve(session, at=None)
        return Reply(session, (Said(where(session)),))
    zone = session.checked.program.timezone
    try:
        instant = instant_of(rest, session.now, zone)
    except EventError as error:
        hint = "Such as `:at 2026-01-31`, `:at 2026-01-31T09:30:00Z`, `:at -7d`, `:at end`."
        return failure(session, f"{str(error).partition(';')[0]}.", hint)
    session = attrs.evolve(session, at=instant)
    parts: list[Part] = [Said(where(session))]
    begin, end = session.data.begin, session.data.end
    if begin is not None and end is not None:
        if instant < begin:
            parts.append(Remark(f"The first event comes later, {when(begin)} UTC: no lead has begun by then."))
        elif instant > end:
            parts.append(
                Remark(f"The last event is of {when(end)} UTC: from there on time passes and nothing happens.")
            )
    return Reply(session, tuple(parts))


def where(session: Session) -> str:
    """The instant that is looked at, in words."""
    if session.now is None:
        return "There are no events, and so no time to look at."
    if session.at is None:
        return f"The end of the events: {when(session.now)} UTC."
    return f"As it was at {when(session.now)} UTC."


def time_of_last(session: Session, rest: str) -> Reply:
    """How long the last answer took."""
    if rest in ("on", "off"):
        session = attrs.evolve(session, timing=rest == "on")
        return Reply(
            session, (Said("Each answer says how long it took." if rest == "on" else "Answers say no times."),)
        )
    if rest:
        return failure(session, "`:time` takes `on`, `off` or nothing.")
    return Reply(session, (Said("Nothing was asked yet." if session.took is None else took(session.took)),))


def took(seconds: float) -> str:
    """A time as a person reads it."""
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms"


# -- conditions ----------------------------------------------------------------------------------------------------


def tree(session: Session, rest: str) -> Reply:
    """A condition as a tree, with how many leads meet each part."""
    if not rest:
        return failure(session, "`:tree` needs a condition, or the name of a rule or a segment.")
    program = session.checked.program
    wanted = normalise(rest)
    rule = next((rule for rule in program.rules if normalise(rule.name) == wanted), None)
    if rule is not None and rule.source is not None:
        return Reply(session, (funnel(session, rule.condition, rule.source),))
    asked = _asked(session, rest)
    if isinstance(asked, Reply):
        return asked
    condition, source, found = asked
    return Reply(session, (*found, funnel(session, condition, source)))


def describe(session: Session, rest: str) -> Reply:
    """The rules, one definition, or a condition in plain English."""
    from mqlrules.explain.conditions import condition as in_words
    from mqlrules.explain.describe import entry_of
    from mqlrules.explain.document import as_text, sentence

    program = session.checked.program
    if not rest:
        if not program.rules and not program.segments and not program.scores:
            return Reply(session, (Said("There are no rules yet."),))
        return Reply(session, (Said(session.rules.describe().rstrip("\n")),))
    for kind in ("rule", "segment", "score", "event"):
        entry = entry_of(kind, rest, program)
        if entry is not None:
            return Reply(session, (Said(as_text(entry.blocks).rstrip("\n")),))
    asked = _asked(session, rest)
    if isinstance(asked, Reply):
        return asked
    condition, _, found = asked
    said = in_words(condition, program).after("it holds while")
    return Reply(session, (*found, Said(as_text([sentence(said)]).rstrip("\n"))))


def _asked(session: Session, text: str) -> "tuple[Condition, Source, tuple[Part, ...]] | Reply":
    """A condition that was typed after a command, checked; or the reply that says what is wrong with it."""
    question = read_question(text)
    if not isinstance(question, Question):
        return Reply(session, (Found(question.diagnostics),), failed=True)
    condition, diagnostics = check_condition(question.node, question.source, session.checked.program)
    found = (Found(diagnostics),) if diagnostics else ()
    if condition is None:
        return Reply(session, found, failed=True)
    return condition, question.source, found
