"""Predicates over properties and traits: from the tree to the program (section 4)."""

from mqlrules.check import errors, limit_errors, limits, program, value_errors
from mqlrules.check.scope import Here
from mqlrules.check.types import Known, expect_boolean, expect_fitting, expect_property, expect_type, literal
from mqlrules.language.names import normalise
from mqlrules.language.values import Literal as LiteralValue
from mqlrules.syntax import tree

Test = tree.Comparison | tree.OneOf | tree.TextTest | tree.Presence | tree.Bare


def predicate(here: Here, node: tree.Predicate, known: Known, level: int = 1) -> program.Predicate | None:
    """What a predicate asks of properties of which this is known; None if it is wrong, which has been reported."""
    if level > limits.NESTING:
        here.report(limit_errors.too_deep(here.place(node), "`where`"))
        return None
    match node:
        case tree.And(operands=operands) | tree.Or(operands=operands):
            resolved = [predicate(here, operand, known, level + 1) for operand in operands]
            parts = tuple(part for part in resolved if part is not None)
            if len(parts) < len(resolved):
                return None
            return (
                program.And(parts, span=node.span) if isinstance(node, tree.And) else program.Or(parts, span=node.span)
            )
        case tree.Not(operand=operand):
            inner = predicate(here, operand, known, level + 1)
            return None if inner is None else program.Not(inner, span=node.span)
        case _:
            return test(here, node, known)


def test(here: Here, node: Test, known: Known) -> program.Test | None:
    """One test of one property or trait."""
    path = node.path.parts
    match node:
        case tree.Comparison(value=written):
            if node.ignoring_case and not isinstance(written, tree.Text):
                here.report(value_errors.case_of_no_text(here.place(node)))
                return None
            expect_fitting(here, known, node.path, (written,))
            duration = isinstance(written, tree.Duration)
            value = literal(here, written)
            return program.Compare(path, node.operator, value, node.ignoring_case, duration, span=node.span)
        case tree.OneOf(values=values):
            if isinstance(values, tree.Name):
                return _in_list(here, node, values, known)
            return _in_values(here, node, values, known)
        case tree.TextTest(record=record, text=text):
            wanted: tuple[program.PropertyType, ...] = ("text", "list") if record.asks_members else ("text",)
            expect_type(here, known, node.path, wanted, record.name, node)
            return program.TextTest(path, record, text.value, node.ignoring_case, span=node.span)
        case tree.Presence(known=present):
            if not known.is_parent(path):
                expect_property(here, known, node.path)
            return program.Presence(path, present, span=node.span)
        case tree.Bare():
            expect_boolean(here, known, node.path)
            return program.IsTrue(path, span=node.span)


def both(first: program.Predicate | None, second: program.Predicate | None) -> program.Predicate | None:
    """The predicate that holds where both do; None is one that always holds."""
    if first is None or second is None:
        return second if first is None else first
    return program.And((*_operands(first), *_operands(second)), span=second.span)


def size(node: program.Predicate | None) -> int:
    """The number of tests in a predicate."""
    match node:
        case None:
            return 0
        case program.And(operands=operands) | program.Or(operands=operands):
            return sum(map(size, operands))
        case program.Not(operand=operand):
            return size(operand)
        case _:
            return 1


def _operands(node: program.Predicate) -> tuple[program.Predicate, ...]:
    return node.operands if isinstance(node, program.And) else (node,)


def _in_values(here: Here, node: tree.OneOf, values: tuple[tree.Value, ...], known: Known) -> program.OneOf | None:
    if len(values) > limits.LIST_VALUES:
        here.report(limit_errors.too_many_values(here.place(node)))
        return None
    if node.ignoring_case and not all(isinstance(value, tree.Text) for value in values):
        here.report(value_errors.case_of_no_text(here.place(node)))
        return None
    expect_fitting(here, known, node.path, values)
    literals = [literal(here, value) for value in values]
    unique: dict[tuple[type, LiteralValue], LiteralValue] = {(type(value), value): value for value in literals}
    durations = frozenset(literal(here, value) for value in values if isinstance(value, tree.Duration))
    return program.OneOf(
        node.path.parts, tuple(unique.values()), node.ignoring_case, durations=durations, span=node.span
    )


def _in_list(here: Here, node: tree.OneOf, name: tree.Name, known: Known) -> program.OneOf | None:
    types = expect_property(here, known, node.path)
    symbols = here.scope.symbols
    symbol = symbols.find(name.text)
    if symbol is None:
        if normalise(name.text) not in symbols.unread:
            close = here.scope.suggestions.closest(name.text, symbols.named("list"))
            here.report(errors.unknown_list(here.place(name), name.text, close))
        return None
    if symbol.kind != "list":
        here.report(errors.not_a_list(here.place(name), name.text, symbol.kind, symbol.place))
        return None
    loaded = here.scope.lists.get(normalise(name.text))
    if loaded is None:
        return None
    if types is not None and not _fits(types, loaded.values):
        type_ = sorted(types)[0]
        shown = ".".join(node.path.parts)
        here.report(value_errors.list_of_text(here.place(node.path), shown, type_, symbol.name, symbol.place))
        return None
    return program.OneOf(node.path.parts, loaded.values, node.ignoring_case, symbol.name, span=node.span)


def _fits(types: frozenset[program.PropertyType], values: tuple[LiteralValue, ...]) -> bool:
    if "text" in types:
        return True
    return bool(types & {"number", "duration"}) and any(not isinstance(value, str) for value in values)
