"""Tests in rule files: whether the names and values that they mention are there (section 9)."""

from collections.abc import Sequence

from mqlrules.check import condition_errors, errors, program
from mqlrules.check.moves import stage
from mqlrules.check.patterns import pattern
from mqlrules.check.scope import Here
from mqlrules.check.symbols import Kind, Symbol
from mqlrules.check.types import UNKNOWN, Known, expect_fitting
from mqlrules.events.names import normalise
from mqlrules.syntax import tree


def scenario(here: Here, node: tree.TestDefinition) -> None:
    """Report what a test block mentions that is not there."""
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


def _values(here: Here, known: Known, values: Sequence[tree.PropertyValue]) -> None:
    for given in values:
        expect_fitting(here, known, given.path, (given.value,))


def _event(here: Here, node: tree.TestEvent) -> None:
    """The phrase must be a raw event, or a definition that says which one was sent, and with which properties."""
    phrase = node.phrase
    event = pattern(here, tree.EventPattern(phrase, span=phrase.span), "test")
    if event is None:
        return
    raw = [a.name for a in event.alternatives if a.name is not None]
    if len(event.alternatives) > 1 or not raw or not _is_plain(event.alternatives[0].where):
        symbol = here.scope.symbols.find(phrase.text)
        written = {use.name: use.phrase.text for use in here.scope.raw_uses}
        names = [written.get(name, name) for name in dict.fromkeys(raw)]
        here.report(
            condition_errors.not_one_event(
                here.place(phrase), phrase.text, names, None if symbol is None else symbol.place
            )
        )
        return
    schema = here.scope.schema_of(raw[0])
    _values(here, UNKNOWN if schema is None else Known(phrase.text, (schema,)), node.properties)


def _is_plain(where: program.Predicate | None) -> bool:
    """Whether one set of properties meets a predicate: equality tests joined by ``and``, or none."""
    match where:
        case None | program.Compare(operator="=") | program.IsTrue():
            return True
        case program.And(operands=operands):
            return all(_is_plain(operand) for operand in operands)  # type: ignore[arg-type]
        case _:
            return False


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
