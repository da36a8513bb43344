"""Conditions: from the tree to the program (sections 3 and 5). Segments and scores are only named here.

What they come to in place (circles, nothing to narrow, size) is looked at in ``places``, when all of them are known.
"""

from mqlrules.check import condition_errors, errors, limit_errors, limits, program, value_errors
from mqlrules.check.patterns import Role, known_of, pattern, words
from mqlrules.check.predicates import test
from mqlrules.check.restrictions import restrictions
from mqlrules.check.scope import Here
from mqlrules.check.sequences import sequence
from mqlrules.check.symbols import Symbol
from mqlrules.check.types import UNKNOWN, Known, expect_fitting, expect_property, kind_of, literal, number
from mqlrules.language.aggregates import SINGLE_VALUES, TYPE_OF_THE_LITERAL
from mqlrules.language.names import normalise
from mqlrules.syntax import tree


def condition(here: Here, node: tree.Condition, level: int = 1) -> program.Condition | None:
    """What a condition asks; None if something in it is wrong, which has been reported."""
    if level > limits.NESTING:
        here.report(limit_errors.too_deep(here.place(node), "condition"))
        return None
    match node:
        case tree.Occurrence():
            return occurrence(here, node, level)
        case tree.And(operands=operands) | tree.Or(operands=operands):
            return _joined(here, node, operands, level)
        case tree.Absence():
            absent = pattern(here, node.pattern, "no")
            return None if absent is None else program.Count(absent, "=", 0, span=node.span)
        case tree.Not(operand=operand):
            inner = condition(here, operand, level + 1)
            return None if inner is None else program.Not(inner, span=node.span)
        case tree.Trait(test=asked):
            schema = here.scope.lead_schema
            known = UNKNOWN if schema is None else Known("lead", (schema,))
            resolved = test(here, asked, known)
            return None if resolved is None else program.Trait(resolved, span=node.span)
        case tree.Restricted():
            return _restricted(here, node, level)
        case tree.Sequence():
            return sequence(here, node)
        case tree.Aggregate():
            return aggregate(here, node)
        case tree.WithSame():
            split = condition(here, node.condition, level + 1)
            if split is None:
                return None
            _expect_single_value(here, split, node.path)
            return program.WithSame(split, node.path.parts, span=node.span)


def _restricted(here: Here, node: tree.Restricted, level: int) -> program.Restricted | None:
    narrowed = condition(here, node.condition, level + 1)
    by = restrictions(here, node.restrictions)
    if by is None:
        here.leave(narrowed)
    return None if narrowed is None or by is None else program.Restricted(narrowed, by, span=node.span)


def _joined(
    here: Here,
    node: tree.And[tree.Condition] | tree.Or[tree.Condition],
    operands: tuple[tree.Condition, ...],
    level: int,
) -> program.Condition | None:
    resolved = [condition(here, operand, level + 1) for operand in operands]
    parts = tuple(part for part in resolved if part is not None)
    if len(parts) < len(resolved):
        here.leave(*parts)
        return None
    return program.And(parts, span=node.span) if isinstance(node, tree.And) else program.Or(parts, span=node.span)


# -- occurrences, which may be segments and scores -----------------------------------------------------------------


def occurrence(here: Here, node: tree.Occurrence, level: int) -> program.Condition | None:
    """``P``, ``P op n``, a segment, or a score with its comparison."""
    if isinstance(node.pattern, tree.AnyPattern) and node.operator is None and _names_a_condition(here, node.pattern):
        parts = tuple(tree.Occurrence(part, span=part.span) for part in node.pattern.alternatives)
        return _joined(here, tree.Or(parts, span=node.span), parts, level)
    if isinstance(node.pattern, tree.EventPattern):
        symbol = _symbol(here, node.pattern.phrase)
        if symbol is not None and symbol.kind != "event":
            return _named(here, node, node.pattern, symbol)
    named = len(here.scope.raw_uses)
    counted = pattern(here, node.pattern, "count")
    operator = node.operator or ">="
    many = 1 if node.number is None else count(here, node.number, operator, words(node.pattern))
    if isinstance(node.pattern, tree.EventPattern) and node.pattern.where is None and many and not node.times:
        uses = [use for use in here.scope.raw_uses[named:] if use.phrase is node.pattern.phrase]
        here.scope.compared += [(use, many) for use in uses]
    return None if counted is None or many is None else program.Count(counted, operator, many, span=node.span)


def count(here: Here, node: tree.Number, operator: tree.Operator, asked: str) -> int | None:
    """A whole number from 0 on, to compare a count with."""
    many = number(node)
    if isinstance(many, int) and 0 <= many <= limits.COUNT:
        return many
    if many > limits.COUNT:
        here.report(limit_errors.count_too_large(here.place(node)))
        return None
    if many < 0:
        hint = f"Write `no {asked}` for never."
    elif operator in (">=", ">", "<", "<="):
        up = int(many) + (1 if operator in (">=", "<") else 0)
        hint = f"Write `{asked} {operator} {up}`."
    else:
        hint = "Write a whole number."
    here.report(value_errors.count_not_whole(here.place(node), f"{node.value}", hint))
    return None


def _symbol(here: Here, phrase: tree.Phrase) -> Symbol | None:
    """What a phrase names; nothing for a string, nor for the name of the rule that it stands in."""
    if phrase.quoted:
        return None
    symbol = here.scope.symbols.find(phrase.text)
    if symbol is not None and here.is_own(phrase.text) and symbol.kind in ("rule", "event"):
        return None
    return symbol


def _names_a_condition(here: Here, node: tree.AnyPattern) -> bool:
    for part in node.alternatives:
        if isinstance(part, tree.AnyPattern):
            if _names_a_condition(here, part):
                return True
        else:
            symbol = _symbol(here, part.phrase)
            if symbol is not None and symbol.kind in ("segment", "score"):
                return True
    return False


def _named(
    here: Here, node: tree.Occurrence, event: tree.EventPattern, symbol: Symbol
) -> program.SegmentTest | program.ScoreTest | None:
    place, name = here.place(event.phrase), event.phrase.text
    if symbol.kind == "rule":
        here.report(errors.rule_in_condition(place, name, symbol.place))
        return None
    if symbol.kind == "list":
        here.report(errors.list_in_condition(place, name, symbol.place))
        return None
    if event.where is not None:
        here.report(condition_errors.name_narrowed(here.place(event), name, symbol.kind))
        return None
    if symbol.kind == "segment":
        if node.operator is not None and node.number is not None:
            comparison = f"{node.operator} {node.number.value}"
            here.report(condition_errors.segment_compared(here.place(node), name, comparison))
            return None
        return program.SegmentTest(normalise(name), span=node.span)
    if node.operator is None or node.number is None:
        here.report(condition_errors.score_without_comparison(place, name))
        return None
    if node.times:
        here.report(condition_errors.score_times(here.place(node), name))
        return None
    return program.ScoreTest(normalise(name), node.operator, number(node.number), span=node.span)


# -- aggregates ----------------------------------------------------------------------------------------------------


def aggregate(here: Here, node: tree.Aggregate) -> program.Aggregate | None:
    """``sum(PROPERTY of P) op VALUE`` and its kin: the literal must fit the aggregate, and the property too."""
    role: Role = "aggregate"
    record, events = node.record, pattern(here, node.pattern, role)
    kind = kind_of(node.value)
    if kind not in record.literals:
        here.report(value_errors.wrong_literal_of_aggregate(here.place(node.value), record, kind))
    if events is not None and node.path is not None:
        known = known_of(here, events.alternatives, words(node.pattern))
        _expect_property_of(here, known, node.path, node)
    if events is None or kind not in record.literals:
        return None
    path = None if node.path is None else node.path.parts
    duration = isinstance(node.value, tree.Duration)
    value = literal(here, node.value)
    return program.Aggregate(record, path, events, node.operator, value, duration, span=node.span)


def _expect_property_of(here: Here, known: Known, path: tree.Path, node: tree.Aggregate) -> None:
    """An error where no value of the property counts (section 5)."""
    record, shown = node.record, ".".join(path.parts)
    types = expect_property(here, known, path)
    if types is None:
        return
    if record.fits is SINGLE_VALUES:
        if types == frozenset(("list",)):
            here.report(value_errors.no_single_value(here.place(path), shown, record.name))
    elif record.is_ordered or (record.fits is TYPE_OF_THE_LITERAL and _have_an_order(types, node.value)):
        expect_fitting(here, known, path, (node.value,))
    elif not types & {"number", "duration"}:
        here.report(value_errors.aggregate_of_no_number(here.place(path), record.name, shown, sorted(types)[0]))


def _have_an_order(types: frozenset[program.PropertyType], value: tree.Value) -> bool:
    return bool(types & {"number", "duration", "time"}) or isinstance(value, (tree.Date, tree.Instant))


# -- with same -----------------------------------------------------------------------------------------------------


def _expect_single_value(here: Here, split: program.Condition, path: tree.Path) -> None:
    """The property that splits must be one that an event inside has, where all of them have schemas."""
    alternatives = [a for events in _patterns(split) for a in events.alternatives]
    if not alternatives or _asks_segments(split):
        return
    known = known_of(here, alternatives, " or ".join(dict.fromkeys(events.words for events in _patterns(split))))
    types = expect_property(here, known, path)
    if types == frozenset(("list",)):
        here.report(value_errors.no_single_value(here.place(path), ".".join(path.parts), "with same"))


def _patterns(node: program.Condition) -> list[program.Pattern]:
    match node:
        case program.Count() | program.Aggregate():
            return [node.pattern]
        case program.Sequence(steps=steps):
            return [step.pattern for step in steps]
        case program.And(operands=operands) | program.Or(operands=operands):
            return [found for operand in operands for found in _patterns(operand)]
        case program.Not(operand=inner) | program.Restricted(condition=inner) | program.WithSame(condition=inner):
            return _patterns(inner)
        case program.Trait() | program.SegmentTest() | program.ScoreTest():
            return []


def _asks_segments(node: program.Condition) -> bool:
    match node:
        case program.SegmentTest():
            return True
        case program.And(operands=operands) | program.Or(operands=operands):
            return any(_asks_segments(operand) for operand in operands)
        case program.Not(operand=inner) | program.Restricted(condition=inner) | program.WithSame(condition=inner):
            return _asks_segments(inner)
        case program.Count() | program.Aggregate() | program.Sequence() | program.Trait() | program.ScoreTest():
            return False
