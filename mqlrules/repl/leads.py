"""The commands about one lead: where it stands, its timeline, and why rules hold of it or not."""

import attrs

from mqlrules.check import check_condition
from mqlrules.console.terminal import printable
from mqlrules.events.model import Lead
from mqlrules.language.names import ACTIVITY, normalise
from mqlrules.language.suggest import closest
from mqlrules.repl.answers import name_alone
from mqlrules.repl.lead import MOMENTS, page_of
from mqlrules.repl.parts import Drawing, Found, Part, Why
from mqlrules.repl.reading import Question, read_question
from mqlrules.repl.reply import Reply, failure
from mqlrules.repl.session import Session


def lead(session: Session, rest: str) -> Reply:
    """Where a lead stands."""
    words, most = rest, MOMENTS
    name, _, number = rest.rpartition(" ")
    if name and number.isdecimal() and session.data.lead(rest) is None:
        words, most = name.strip(), int(number)
    found = find_lead(session, words)
    if isinstance(found, Reply):
        return found
    return Reply(attrs.evolve(session, lead=found), (page_of(session, found, most),))


def find_lead(session: Session, text: str) -> Lead | Reply:
    """The lead that a text names, without one the lead looked at last; or a reply that says why there is none."""
    if not text:
        if session.lead is None:
            return failure(session, "Which lead?", "Write its ID: `:lead ID`.")
        return session.lead
    found = session.data.lead(text.strip('"'))
    if found is not None:
        return found
    if not session.data.leads and not session.data.traits:
        return failure(session, "There are no leads: no events were loaded.", "`:load FILE` reads some.")
    near = closest(text, [str(each) for each in session.data.leads[:5000]])
    return failure(session, f"There is no lead `{text}`.", f"Did you mean `{printable(near)}`?" if near else None)


def timeline(session: Session, rest: str) -> Reply:
    """A lead's events, windows, scores and stages, drawn over time."""
    from mqlrules.explain.timeline.layout import timeline_of

    found = find_lead(session, rest)
    if isinstance(found, Reply):
        return found
    data, now = session.data, session.now
    traits = {found: data.traits.get(found, {})}
    drawn = timeline_of(session.rules.plan, data.history(found, now), found, traits, now)
    return Reply(attrs.evolve(session, lead=found), (Drawing(drawn),))


def why(session: Session, rest: str) -> Reply:
    """Why a rule, or a condition, holds of a lead or not; and what is still missing."""
    from mqlrules.explain.explanation import explain_condition, explain_lead
    from mqlrules.explain.model import RuleExplanation

    asked = _asked_why(session, rest)
    if isinstance(asked, Reply):
        return asked
    found = find_lead(session, asked.lead)
    if isinstance(found, Reply):
        return found
    data, plan, now = session.data, session.rules.plan, session.now or 0
    history, traits = data.history(found), data.traits.get(found, {})
    looking = attrs.evolve(session, lead=found)
    explanation = explain_lead(plan, session.rules.fingerprint, found, history, traits, now, asked.rule)
    question = asked.question
    if question is None:
        return Reply(looking, (Why(explanation),))
    condition, diagnostics = check_condition(question.node, question.source, session.checked.program)
    if condition is None:
        return Reply(session, (Found(diagnostics),), failed=True)
    of_condition = explain_condition(plan, condition, found, history, traits, now)
    alone = RuleExplanation(
        question.source.text, None, "", False, "It holds while", of_condition.verdict, of_condition.tree
    )
    remarks: tuple[Part, ...] = (Found(diagnostics),) if diagnostics else ()
    return Reply(looking, (*remarks, Why(attrs.evolve(explanation, rules=(alone,), notes=()))))


@attrs.frozen(eq=False)
class _AskedWhy:
    """A lead as it was typed (empty: the one looked at last), and a rule or a condition, or neither."""

    lead: str
    rule: str | None = None
    question: Question | None = None


def _asked_why(session: Session, rest: str) -> _AskedWhy | Reply:
    rules = {normalise(rule.name) for rule in session.checked.program.rules}
    is_lead = session.data.lead(rest.strip('"')) is not None
    first, _, after = rest.partition(" ")
    # A rule goes before a lead of the same name where it is clear which lead is meant.
    if rest and normalise(rest) in rules and (session.lead is not None or not is_lead):
        return _AskedWhy("", rule=rest)
    if not rest or is_lead:
        return _AskedWhy(rest)
    if normalise(first) in rules:
        return _AskedWhy(after.strip(), rule=first)
    question, lead = read_question(rest), ""
    if not isinstance(question, Question) or _is_odd(session, question):
        question, lead = _condition_and_lead(session, rest) or (question, "")
    if not isinstance(question, Question):
        return _AskedWhy(rest)
    if not lead and session.lead is None:
        if name_alone(question.node):
            return _AskedWhy(rest)
        return failure(session, "Which lead?", "Write its ID behind the condition: `:why CONDITION ID`.")
    if _is_odd(session, question):
        words = question.source.text
        return failure(session, f"There is no rule, no lead and no event `{words}`.", _near(session, words))
    return _AskedWhy(lead, question=question)


def _condition_and_lead(session: Session, text: str) -> tuple[Question, str] | None:
    """A condition and the ID of a lead behind it, if a text can be read so."""
    for blank in (at for at in range(len(text) - 1, 0, -1) if text[at] == " "):
        lead = text[blank + 1 :]
        if session.data.lead(lead.strip('"')) is not None:
            question = read_question(text[:blank].rstrip())
            if isinstance(question, Question):
                return question, lead
    return None


def _is_odd(session: Session, question: Question) -> bool:
    """Whether a condition is one name alone, and nothing has that name."""
    name = name_alone(question.node)
    return bool(name) and not _is_known(session, name)


def _is_known(session: Session, name: str) -> bool:
    program = session.checked.program
    return name in session.data.by_name or name in program.events or name in program.segments or name == ACTIVITY


def _near(session: Session, text: str) -> str | None:
    near = closest(text, [rule.name for rule in session.checked.program.rules])
    return f"Did you mean the rule `{near}`?" if near else None
