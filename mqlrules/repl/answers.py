"""Answers to what was typed: a condition, the name of a score or a rule, statements."""

from collections.abc import Iterator

from rich.text import Text

from mqlrules.check import check_condition
from mqlrules.engine.histories import by_lead
from mqlrules.engine.incremental import Probe
from mqlrules.engine.results import points
from mqlrules.language.names import normalise
from mqlrules.plan import nodes as n
from mqlrules.plan.lower import lower_condition
from mqlrules.profile.oddities import oddities
from mqlrules.profile.unknown_events import asked_for
from mqlrules.repl.changes import Accepted, Arrival, Refused, find, join
from mqlrules.repl.data import Census, ask
from mqlrules.repl.output import Count, Found, Part, Values, remark, said
from mqlrules.repl.reading import STATEMENTS, Question, Statements
from mqlrules.repl.session import Reply, Session
from mqlrules.syntax import tree

ROWS = 5
"""How many leads are shown at first; ``:more`` shows more."""

ROWS_MORE = 20


def answer_question(session: Session, question: Question) -> Reply:
    """How many leads meet a condition now, how many ever did, and the first of them.

    The name of a score alone asks for its values, that of a rule for its condition.
    """
    program = session.checked.program
    alone = name_alone(question.node)
    if alone in program.scores:
        values = values_of(session, alone)
        if values is None:
            return Reply(session, (_no_events(),))
        return _answered(session, (values, *_oddities(session, session.rules.plan.scores[alone])))
    rule = next((planned for planned in session.rules.plan.rules if normalise(planned.rule.name) == alone), None)
    if rule is not None:
        return _counted_reply(session, rule.condition, ())
    condition, diagnostics = check_condition(question.node, question.source, program)
    if condition is None:
        return Reply(session, (Found(diagnostics),), failed=True)
    node = lower_condition(program, condition)
    if question.else_wrong and any(_is_a_statement(session, name) for name in asked_for([node])):
        return Reply(session, (Found(question.else_wrong),), failed=True)
    return _counted_reply(session, node, (Found(diagnostics),) if diagnostics else ())


def _is_a_statement(session: Session, name: str) -> bool:
    """Whether an event's name begins as a statement does, and the data has no such event."""
    return name.split(" ")[0] in STATEMENTS and name not in session.data.by_name


def _counted_reply(session: Session, node: n.Node, before: tuple[Part, ...]) -> Reply:
    census = census_of(session, node)
    if census is None:
        return Reply(session, (*before, _no_events()))
    return _answered(session, (*before, Count(census, session.zone, ROWS), *_oddities(session, node)))


def answer_statements(session: Session, statements: Statements) -> Reply:
    """What has joined the session, what it has replaced, and which leads meet it."""
    outcome = join(session, statements.parsed)
    if isinstance(outcome, Refused):
        return Reply(session, (Found(outcome.diagnostics), remark("Nothing has changed.")), failed=True)
    return _answered(outcome.session, tuple(_of_arrivals(outcome)))


def _answered(session: Session, parts: tuple[Part, ...]) -> Reply:
    """A reply whose first count or values can be continued and exported."""
    answer = next((part for part in parts if isinstance(part, Count | Values)), None)
    return Reply(session, parts, more=answer and next_rows(answer), answer=answer)


def census_of(session: Session, node: n.Node) -> Census | None:
    """Which leads meet a condition at the instant to look at; None if there are no events and no leads."""
    if session.now is None and not session.data.traits:
        return None
    [census] = ask(session.checked.program, session.data, [node], session.now or 0)
    return census


def next_rows(part: Count | Values) -> Part | None:
    """The rows after those that a part shows; None if there are none."""
    skip = part.skip + part.rows
    if isinstance(part, Count):
        return Count(part.census, part.zone, ROWS_MORE, skip) if skip < part.census.ever else None
    return Values(part.score, part.at, part.values, part.zone, ROWS_MORE, skip) if skip < len(part.values) else None


def name_alone(node: tree.Condition) -> str:
    """The normalised name of a condition that is only a name; empty otherwise."""
    match node:
        case tree.Occurrence(
            pattern=tree.EventPattern(phrase=tree.Phrase(text=text, quoted=False), where=None), operator=None
        ):
            return normalise(text)
        case _:
            return ""


def values_of(session: Session, name: str) -> Values | None:
    """The values of a score for all leads that have begun, at the instant to look at; None if there are no events."""
    if session.now is None:
        return None
    program = session.checked.program
    probe = Probe([session.rules.plan.scores[name]], program.timezone, ())
    at, traits = session.now, session.data.traits
    values = [
        (lead, points(probe.after(entries, traits.get(lead, {})).points(0, at)))
        for lead, _, entries in session.data.entries(probe.names, at)
    ]
    values.sort(key=lambda each: (-each[1], by_lead(each[0])))
    return Values(program.scores[name].name, at, tuple(values), session.zone, ROWS)


def _oddities(session: Session, root: n.Node | n.Score) -> Iterator[Text]:
    return map(remark, oddities(session.data, [root]))


def _no_events() -> Text:
    return remark("There are no events to ask: `:load FILE` reads some.")


# -- statements ----------------------------------------------------------------------------------------------------


def _of_arrivals(outcome: Accepted) -> Iterator[Part]:
    if outcome.diagnostics:
        yield Found(outcome.diagnostics)
    for arrival in outcome.arrivals:
        yield said(_sentence(outcome.session, arrival))
    if len(outcome.arrivals) == 1 and not outcome.arrivals[0].same:
        yield from _asked_at_once(outcome.session, outcome.arrivals[0].node)


def _sentence(session: Session, arrival: Arrival) -> str:
    words = (
        f"rule {_name_of(session, node)}" if isinstance(node := arrival.node, tree.RuleDefinition) else arrival.words
    )
    if arrival.same:
        return f"{words}: already there."
    if arrival.replaced is None:
        return f"{words}: new."
    of_file = "" if arrival.where is None or arrival.where.startswith("<") else f" in {arrival.where}"
    other = "" if arrival.replaced == arrival.words else f" ({arrival.replaced})"
    return f"{words}: replaces the older one{of_file}{other}."


def _asked_at_once(session: Session, node: tree.Statement) -> Iterator[Part]:
    """Which leads meet what has joined; of a test whether it passes."""
    plan, program = session.rules.plan, session.checked.program
    match node:
        case tree.TestDefinition(name=test):
            from mqlrules.testing.report import failure, summary

            results = [result for result in session.rules.test(test.value) if result.name == test.value]
            yield from (said(summary([result]) if result.passed else failure(result)) for result in results)
        case tree.Schema():
            if session.data.events:
                yield remark("The events were read before this schema was there: `:reload` reads them with it.")
        case _ if session.now is None:
            return
        case tree.SegmentDefinition(name=named):
            yield from _counted(session, plan.segments[normalise(named.text)])
        case tree.RuleDefinition():
            name = _name_of(session, node)
            yield from _counted(session, next(p.condition for p in plan.rules if p.rule.name == name))
        case tree.ScoreDefinition(name=named):
            values = values_of(session, normalise(named.text))
            if values is not None:
                yield values
            yield from _oddities(session, plan.scores[normalise(named.text)])
        case tree.EventDefinition(name=named):
            pattern = program.events[normalise(named.text)].pattern
            yield from _counted(session, n.Compare(n.Count(pattern, n.EVERYTHING), ">=", 1))


def _counted(session: Session, root: n.Node) -> Iterator[Part]:
    census = census_of(session, root)
    if census is not None:
        yield Count(census, session.zone, ROWS)
    yield from _oddities(session, root)


def _name_of(session: Session, node: tree.RuleDefinition) -> str:
    """The name of the rule that a statement has become."""
    placed = find(session.checked.files, node)
    assert placed is not None, "it has joined"
    rules = session.checked.program.rules
    return next(rule.name for rule in rules if rule.source is placed.file.source and rule.span == placed.node.span)
