"""Tests in rule files: whether the names and values that they mention are there (section 9)."""

from collections.abc import Sequence

from mqlrules.check import condition_errors, errors, program
from mqlrules.check import test_events as sent
from mqlrules.check.patterns import pattern
from mqlrules.check.rules import stage
from mqlrules.check.scope import Here
from mqlrules.check.symbols import Kind, Symbol
from mqlrules.check.timing import timing
from mqlrules.check.types import UNKNOWN, Known, expect_fitting
from mqlrules.language.instants import moment
from mqlrules.language.names import normalise
from mqlrules.language.values import DateLiteral, InstantLiteral
from mqlrules.syntax import tree


def scenario(here: Here, node: tree.TestDefinition) -> None:
    """Report what a test block mentions that is not there, and what can't be so."""
    for line in node.lines:
        match line:
            case tree.TestLead(traits=traits):
                schema = here.scope.lead_schema
                _values(here, UNKNOWN if schema is None else Known("lead", (schema,)), traits)
            case tree.TestEvent():
                _event(here, line)
            case tree.ExpectReached():
                _reached(here, line)
            case tree.ExpectStage(stage=name):
                stage(here, name)
            case tree.ExpectScore(score=name):
                _expect(here, name, "score")
            case tree.TestEnd():
                pass
    timing(here, node)


def _values(here: Here, known: Known, values: Sequence[tree.PropertyValue]) -> None:
    for given in values:
        expect_fitting(here, known, given.path, (given.value,))


def _event(here: Here, node: tree.TestEvent) -> None:
    """The phrase must be a raw event, or a definition that says which one was sent, and with which properties."""
    phrase = node.phrase
    event = pattern(here, tree.EventPattern(phrase, span=phrase.span), "test")
    if event is None:
        return
    symbol = here.scope.symbols.find(phrase.text)
    defined = None if symbol is None else symbol.place
    meant = sent.only_event(event)
    if meant is None:
        raw = [a.name for a in event.alternatives if a.name is not None]
        written = {use.name: use.phrase.text for use in here.scope.raw_uses}
        names = [written.get(name, name) for name in dict.fromkeys(raw)]
        here.report(condition_errors.not_one_event(here.place(phrase), phrase.text, names, defined))
        return
    name, equalities = meant
    schema = here.scope.schema_of(name)
    _values(here, UNKNOWN if schema is None else Known(phrase.text, (schema,)), node.properties)
    wrong = sent.unmet(equalities, sent.properties(equalities, node.properties))
    if wrong is not None:
        given = next((each for each in node.properties if each.path.parts == wrong.path), phrase)
        here.report(condition_errors.not_as_defined(here.place(given), phrase.text, _asked(wrong), defined))


def _asked(test: sent.Equality) -> str:
    path = ".".join(test.path)
    match test:
        case program.Compare(value=str(text)):
            return f'{path} = "{text}"'
        case program.Compare(value=bool(truth)):
            return f"{path} = {str(truth).lower()}"
        case program.Compare(value=DateLiteral(date=date)):
            return f"{path} = {date.isoformat()}"
        case program.Compare(value=InstantLiteral(at=at)):
            return f"{path} = {moment(at).isoformat()}"
        case program.Compare(value=number):
            return f"{path} = {number}"
        case _:
            return path


def _reached(here: Here, node: tree.ExpectReached) -> None:
    """``expect X`` speaks of a stage, or of a segment at a time."""
    name = node.stage
    if node.rule is not None:
        _expect(here, node.rule, "rule")
    if name.text in here.scope.stages:
        return
    symbol = here.scope.symbols.find(name.text)
    if symbol is None:
        if normalise(name.text) not in here.scope.symbols.unread and here.scope.stages_known:
            names = [*here.scope.stages, *here.scope.symbols.named("segment")]
            close = here.scope.suggestions.closest(name.text, names)
            otherwise = f"The stages are {errors.listed(here.scope.stages, 20)}."
            here.report(errors.unknown_name(here.place(name), name.text, "stage or segment", close, otherwise))
        return
    if symbol.kind == "score":
        here.report(condition_errors.score_expected(here.place(name), name.text))
    elif symbol.kind != "segment":
        here.report(condition_errors.event_expected(here.place(name), name.text, symbol.kind))
    elif node.rule is not None:
        here.report(condition_errors.segment_by_rule(here.place(node.rule), name.text))
    elif node.moment is None:
        here.report(condition_errors.expectation_without_time(here.place(name), name.text, node.negated))


def _expect(here: Here, name: tree.Name, kind: Kind) -> Symbol | None:
    symbol = here.scope.symbols.find(name.text)
    if symbol is not None and symbol.kind == kind:
        return symbol
    if normalise(name.text) not in here.scope.symbols.unread:
        close = here.scope.suggestions.closest(name.text, here.scope.symbols.named(kind))
        is_another = None if symbol is None else f"`{name.text}` is {errors.a(symbol.kind)}."
        here.report(errors.unknown_name(here.place(name), name.text, kind, close, is_another))
    return None
