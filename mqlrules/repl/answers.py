"""Answers to what was typed: a condition, the name of a score, statements."""

from collections.abc import Iterator, Sequence

import attrs

from mqlrules.check import check_condition
from mqlrules.engine.histories import by_lead
from mqlrules.engine.incremental.condition_status import ScoreValues
from mqlrules.engine.results import points
from mqlrules.language.names import normalise
from mqlrules.plan import nodes as n
from mqlrules.plan.lower import lower_condition
from mqlrules.profile.unknown_events import asked_for
from mqlrules.repl.asking import Census, ask
from mqlrules.repl.changes import Accepted, Arrival, Refused, find, join
from mqlrules.repl.parts import Count, Found, Part, Remark, Said, Values
from mqlrules.repl.reading import STATEMENTS, Question, Statements
from mqlrules.repl.remarks import oddities
from mqlrules.repl.reply import Reply
from mqlrules.repl.session import Session
from mqlrules.syntax import tree

ROWS = 5
"""So many leads are shown at once; ``:more`` shows the next."""

ROWS_MORE = 20


def answer_question(session: Session, question: Question) -> Reply:
    """How many leads meet a condition now, how many ever did, and the first of them; of a score's name its values.

    A rule's name alone asks for its condition.
    """
    program = session.checked.program
    alone = name_alone(question.node)
    if alone in program.scores:
        return _values(session, alone)
    rule = next((planned for planned in session.rules.plan.rules if normalise(planned.rule.name) == alone), None)
    if rule is not None:
        return _counts(session, rule.condition, ())
    condition, diagnostics = check_condition(question.node, question.source, program)
    if condition is None:
        return Reply(session, (Found(diagnostics),), failed=True)
    found = (Found(diagnostics),) if diagnostics else ()
    node = lower_condition(program, condition)
    if question.else_wrong and any(_is_a_statement(session, name) for name in asked_for([node])):
        return Reply(session, (Found(question.else_wrong),), failed=True)
    return _counts(session, node, found)


def _is_a_statement(session: Session, name: str) -> bool:
    """Whether an event's name begins as a statement does, and no event is called so."""
    return name.split(" ")[0] in STATEMENTS and name not in session.data.by_name


def _counts(session: Session, node: n.Node, before: tuple[Part, ...]) -> Reply:
    census = census_of(session, node)
    if census is None:
        return Reply(session, (*before, _no_events()))
    count = Count(census, ROWS)
    return Reply(session, (*before, count, *remarks(session, [node])), more=next_rows(count), answer=count)


def answer_statements(session: Session, statements: Statements) -> Reply:
    """What has joined the session, what it has replaced, and how the leads stand to it."""
    outcome = join(session, statements.parsed)
    if isinstance(outcome, Refused):
        return Reply(session, (Found(outcome.diagnostics), Remark("Nothing has changed.")), failed=True)
    parts = tuple(_of_arrivals(outcome))
    answer = next((part for part in parts if isinstance(part, Count | Values)), None)
    return Reply(outcome.session, parts, more=answer and next_rows(answer), answer=answer)


def census_of(session: Session, node: n.Node) -> Census | None:
    """How leads stand to a condition at the instant that is looked at; None where there are no events or leads."""
    if session.now is None and not session.data.traits:
        return None
    [census] = ask(session.checked.program, session.data, [node], session.now or 0)
    return census


def next_rows(part: Count | Values) -> Part | None:
    """The rows after those that a part shows; None if there are no more."""
    skip = part.skip + part.rows
    total = part.census.ever if isinstance(part, Count) else len(part.values)
    return attrs.evolve(part, skip=skip, rows=ROWS_MORE) if skip < total else None


def remarks(session: Session, roots: Sequence[n.Node | n.Score]) -> Iterator[Remark]:
    """What is asked for and no lead ever had."""
    return map(Remark, oddities(session.data, roots))


def _no_events() -> Remark:
    return Remark("There are no events to ask: `:load FILE` reads some.")


# -- scores --------------------------------------------------------------------------------------------------------


def name_alone(node: tree.Condition) -> str:
    """The normalised name that a condition consists of; empty if it is more than a name."""
    match node:
        case tree.Occurrence(
            pattern=tree.EventPattern(phrase=tree.Phrase(text=text, quoted=False), where=None), operator=None
        ):
            return normalise(text)
        case _:
            return ""


def _values(session: Session, name: str) -> Reply:
    part = values_of(session, name)
    if part is None:
        return Reply(session, (_no_events(),))
    return Reply(
        session, (part, *remarks(session, [session.rules.plan.scores[name]])), more=next_rows(part), answer=part
    )


def values_of(session: Session, name: str) -> Values | None:
    """The values of a score of all leads that have begun, at the instant that is looked at."""
    if session.now is None:
        return None
    program = session.checked.program
    asked = ScoreValues(program, session.rules.plan.scores[name])
    at, traits = session.now, session.data.traits
    values = [
        (lead, points(asked.of(entries, traits.get(lead, {}), at)))
        for lead, _, entries in session.data.entries(asked.names, at)
    ]
    values.sort(key=lambda each: (-each[1], by_lead(each[0])))
    return Values(program.scores[name].name, at, tuple(values), ROWS)


# -- statements ----------------------------------------------------------------------------------------------------


def _of_arrivals(outcome: Accepted) -> Iterator[Part]:
    if outcome.diagnostics:
        yield Found(outcome.diagnostics)
    for arrival in outcome.arrivals:
        yield Said(_sentence(outcome.session, arrival))
    if len(outcome.arrivals) == 1 and not outcome.arrivals[0].same:
        yield from _standing(outcome.session, outcome.arrivals[0].node)


def _sentence(session: Session, arrival: Arrival) -> str:
    words = arrival.words
    if isinstance(arrival.node, tree.RuleDefinition):
        words = f"rule {_rule_of(session, arrival.node)}"
    if arrival.same:
        return f"{words}: it is there already."
    if arrival.replaced is None:
        return f"{words}: new."
    of_file = "" if arrival.where is None or arrival.where.startswith("<") else f" in {arrival.where}"
    other = "" if arrival.replaced == arrival.words else f" ({arrival.replaced})"
    return f"{words}: replaces the older one{of_file}{other}."


def _standing(session: Session, node: tree.Statement) -> Iterator[Part]:
    """How the leads stand to what has joined."""
    plan, program = session.rules.plan, session.checked.program
    match node:
        case tree.TestDefinition(name=test):
            yield from _played(session, test.value)
        case tree.Schema():
            if session.data.events:
                yield Remark("The events were read before this schema was there: `:reload` reads them by it.")
        case _ if session.now is None:
            return
        case tree.SegmentDefinition(name=named):
            root = plan.segments[normalise(named.text)]
            yield from _counted(session, root)
        case tree.RuleDefinition():
            name = _rule_of(session, node)
            yield from _counted(session, next(p.condition for p in plan.rules if p.rule.name == name))
        case tree.ScoreDefinition(name=named):
            values = values_of(session, normalise(named.text))
            if values is not None:
                yield values
            yield from remarks(session, [plan.scores[normalise(named.text)]])
        case tree.EventDefinition(name=named):
            pattern = program.events[normalise(named.text)].pattern
            yield from _counted(session, n.Compare(n.Count(pattern, n.EVERYTHING), ">=", 1))


def _counted(session: Session, root: n.Node) -> Iterator[Part]:
    census = census_of(session, root)
    if census is not None:
        yield Count(census, ROWS)
    yield from remarks(session, [root])


def _played(session: Session, name: str) -> Iterator[Part]:
    from mqlrules.testing.report import failure, summary

    results = [result for result in session.rules.test(name) if result.name == name]
    for result in results:
        yield Said(failure(result) if not result.passed else summary(results))


def _rule_of(session: Session, node: tree.RuleDefinition) -> str:
    """The name of the rule that a statement has become."""
    placed = find(session.checked.files, node)
    assert placed is not None, "it has joined"
    rules = session.checked.program.rules
    return next(rule.name for rule in rules if rule.source is placed.file.source and rule.span == placed.node.span)
