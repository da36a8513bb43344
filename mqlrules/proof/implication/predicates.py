"""Whether predicates exclude or imply each other (section 4): tests of one property, joined by and, or, not.

Sound: what is said to be impossible no properties meet; of the rest nothing is known. A property that is given a value
by a test is tried with that very value, by the functions that evaluate tests, never by a second arithmetic.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Any

from mqlrules.check import program as p
from mqlrules.language.names import IDENTIFY
from mqlrules.language.operators import OPPOSITE, Operator
from mqlrules.language.tests import text_test
from mqlrules.language.values import DateLiteral, InstantLiteral, compare
from mqlrules.proof.implication import texts
from mqlrules.proof.implication.cases import Shape, cases

Asked = tuple[p.Test, bool]
"""A test, and whether it must hold."""

_MOST_VALUES = 300
"""A longer list is not gone through value by value."""

_KINDS = frozenset(("number", "text", "boolean", "list", "time"))
_TYPE_OF_GROUP = {"number": "number", "text": "text", "folded": "text"}
"""Of each group of comparisons the type of which every value compares there."""


def implies(stronger: p.Predicate | None, weaker: p.Predicate | None) -> bool:
    """Whether all properties that meet the stronger predicate meet the weaker one; None is met by all."""
    if weaker is None or stronger == weaker:
        return True
    given = ((),) if stronger is None else cases(stronger, True, _shape)
    denied = cases(weaker, False, _shape)
    if given is None or denied is None:
        return False
    return all(excluded((*one, *other)) for one in given for other in denied)  # type: ignore[arg-type]


def exclude(one: p.Predicate | None, other: p.Predicate | None) -> bool:
    """Whether no properties meet both predicates."""
    if one is None or other is None:
        return False
    both = cases(p.And((one, other)), True, _shape)
    return both is not None and all(excluded(case) for case in both)  # type: ignore[arg-type]


def excluded(asked: Iterable[Asked]) -> bool:
    """Whether no properties meet all of the tests that must hold and none of those that must not."""
    by_path: dict[tuple[str, ...], list[Asked]] = {}
    for test, holds in asked:
        by_path.setdefault(test.path, []).append((test, holds))
    return any(_no_value(tests) for tests in by_path.values())


def _shape(node: Any, _: bool) -> tuple[Shape, tuple[Any, ...]]:
    match node:
        case p.And(operands=operands):
            return "and", operands
        case p.Or(operands=operands):
            return "or", operands
        case p.Not(operand=operand):
            return "not", (operand,)
        case _:
            return "atom", ()


# -- one property --------------------------------------------------------------------------------------------------


def _no_value(asked: Sequence[Asked]) -> bool:
    """Whether neither any value nor its absence meets what is asked of one property."""
    given = [test for test, holds in asked if holds and not isinstance(test, p.Presence)]
    denied = [test for test, holds in asked if not holds and not isinstance(test, p.Presence)]
    presence = {test.known == holds for test, holds in asked if isinstance(test, p.Presence)}
    if False in presence:
        return True in presence or bool(given)
    if not given:
        # Without a test that asks for a type there is always a value of another type.
        return False
    kinds = _KINDS.intersection(*map(_kinds, given))
    if not kinds:
        return True
    ordered = {_group(test)[0] for test in given if _group(test) is not None}  # type: ignore[index]
    still: list[p.Test] = []
    for test in denied:
        group = _group(test)
        comparable = group is not None and (group[0] in ordered or kinds == {_TYPE_OF_GROUP.get(group[0])})
        if isinstance(test, p.Compare) and comparable:
            # A value that compares at all compares one way or the other.
            given.append(p.Compare(test.path, OPPOSITE[test.operator], test.value, test.ignoring_case))
        else:
            still.append(test)
    return _tried(given, still) or _apart(given) or _texts_exclude(given, still, kinds == {"text"})


def _kinds(test: p.Test) -> frozenset[str]:
    match test:
        case p.Compare(value=value):
            return _kinds_of(value)
        case p.OneOf(values=values):
            return frozenset().union(*map(_kinds_of, values)) if len(values) <= _MOST_VALUES else _KINDS
        case p.IsTrue():
            return frozenset(("boolean",))
        case p.TextTest(record=record):
            return frozenset(("text", "list") if record.asks_members else ("text",))
        case _:
            return _KINDS


def _kinds_of(value: object) -> frozenset[str]:
    match value:
        case bool():
            return frozenset(("boolean",))
        case str():
            return frozenset(("text",))
        case DateLiteral() | InstantLiteral():
            return frozenset(("text", "time"))
        case _:
            return frozenset(("number",))


def _tried(given: Sequence[p.Test], denied: Sequence[p.Test]) -> bool:
    """Whether a test leaves only some values, and each of them fails another test."""
    for test in given:
        values = _values(test)
        if values is not None and all(
            any(_fails(other, True, value, test) for other in given)
            or any(_fails(other, False, value, test) for other in denied)
            for value in values
        ):
            return True
    return False


def _values(test: p.Test) -> tuple[Any, ...] | None:
    """All values that meet a test, or None. Of one that ignores case: up to case."""
    match test:
        case p.IsTrue():
            return (True,)
        case p.Compare(operator="!=", value=bool(value)):
            return (not value,)
        case p.Compare(operator="=", value=value) if not isinstance(value, (DateLiteral, InstantLiteral)):
            return (value,)
        case p.OneOf(values=values) if len(values) <= _MOST_VALUES and not any(
            isinstance(value, (DateLiteral, InstantLiteral)) for value in values
        ):
            return values
        case _:
            return None


def _fails(test: p.Test, holds: bool, value: Any, source: p.Test) -> bool:
    """Whether a value, as ``source`` leaves it, is known to fail what is asked."""
    up_to_case = isinstance(value, str) and isinstance(source, (p.Compare, p.OneOf)) and source.ignoring_case
    if up_to_case and not (isinstance(test, (p.Compare, p.OneOf, p.TextTest)) and test.ignoring_case):
        return False
    return _meets(test, value) != holds


def _meets(test: p.Test, value: Any) -> bool:
    match test:
        case p.Compare(operator=operator, value=literal, ignoring_case=ignoring):
            return compare(_folded(value, ignoring), operator, _folded(literal, ignoring))
        case p.OneOf(values=literals, ignoring_case=ignoring):
            value = _folded(value, ignoring)
            return any(compare(value, "=", _folded(literal, ignoring)) for literal in literals)
        case p.TextTest(record=record, text=text, ignoring_case=ignoring):
            return text_test(value, record, text, ignoring)
        case p.Presence(known=known):
            return known
        case p.IsTrue():
            return value is True


def _folded(value: Any, ignoring_case: bool) -> Any:
    return value.casefold() if ignoring_case and isinstance(value, str) else value


# -- order ---------------------------------------------------------------------------------------------------------


def _group(test: p.Test) -> tuple[str, Any] | None:
    """Among what a comparison orders its values, and the place of its own literal there; None for other tests.

    Dates and instants stay apart: a date alone in data compares differently with them.
    """
    if not isinstance(test, p.Compare):
        return None
    match test.value:
        case bool():
            return None
        case int() | Decimal():
            return "number", Fraction(test.value)
        case str():
            return ("folded", test.value.casefold()) if test.ignoring_case else ("text", test.value)
        case DateLiteral(date=date):
            return "date", date
        case InstantLiteral(at=at):
            return "instant", at


def _apart(given: Sequence[p.Test]) -> bool:
    """Whether comparisons leave nothing between them."""
    groups: dict[str, list[tuple[Operator, Any]]] = {}
    for test in given:
        group = _group(test)
        if group is not None and isinstance(test, p.Compare):
            groups.setdefault(group[0], []).append((test.operator, group[1]))
    return any(len(limits) > 1 and nothing_between(limits) for limits in groups.values())


def nothing_between(limits: Iterable[tuple[Operator, Any]]) -> bool:
    """Whether no value of an ordered type meets all limits."""
    low: tuple[Any, bool] | None = None
    high: tuple[Any, bool] | None = None
    unequal = set()
    for operator, value in limits:
        if operator == "!=":
            unequal.add(value)
        strict = operator in ("<", ">")
        if operator in ("=", ">", ">=") and (low is None or (value, strict) > low):
            low = value, strict
        if operator in ("=", "<", "<=") and (high is None or (value, not strict) < high):
            high = value, not strict
    if low is None or high is None:
        return False
    return low[0] > high[0] or (low[0] == high[0] and (low[1] or not high[1] or low[0] in unequal))


# -- text ----------------------------------------------------------------------------------------------------------


def _texts_exclude(given: Sequence[p.Test], denied: Sequence[p.Test], only_text: bool) -> bool:
    asked = [test for test in given if isinstance(test, p.TextTest)]
    for test in denied:
        if test in given:
            return True
        if isinstance(test, p.TextTest) and any(texts.includes(test, one, only_text) for one in asked):
            return True
        if isinstance(test, p.OneOf) and any(_is_part(one, test) for one in given):
            return True
    return only_text and any(texts.exclude(one, other) for one in asked for other in asked if one is not other)


def _is_part(one: p.Test, other: p.OneOf) -> bool:
    """Whether a list holds all values of a list, without going through both."""
    return (
        isinstance(one, p.OneOf)
        and one.ignoring_case == other.ignoring_case
        and {(type(value), value) for value in one.values} <= {(type(value), value) for value in other.values}
    )


# -- patterns ------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=20_000)
def covers(wider: p.Pattern, narrower: p.Pattern) -> bool:
    """Whether every event that matches the narrower pattern matches the wider one."""
    return wider == narrower or all(_covers(wider, alternative) for alternative in narrower.alternatives)


def _covers(wider: p.Pattern, narrower: p.Alternative) -> bool:
    wheres = [one.where for one in wider.alternatives if _same_name(one.name, narrower.name)]
    if not wheres:
        return False
    if None in wheres or narrower.where in wheres:
        return True
    return implies(narrower.where, wheres[0] if len(wheres) == 1 else p.Or(tuple(wheres)))  # type: ignore[arg-type]


def _same_name(wider: str | None, narrower: str | None) -> bool:
    return wider == narrower or (wider is None and narrower != IDENTIFY)


@lru_cache(maxsize=20_000)
def are_disjoint(one: p.Pattern, other: p.Pattern) -> bool:
    """Whether no event matches both patterns."""
    return all(
        not (_same_name(a.name, b.name) or _same_name(b.name, a.name)) or exclude(a.where, b.where)
        for a in one.alternatives
        for b in other.alternatives
    )


def narrowed(pattern: p.Pattern, test: p.Test) -> p.Pattern:
    """The pattern of those events that meet a test as well."""
    return p.Pattern(
        tuple(p.Alternative(a.name, test if a.where is None else p.And((a.where, test))) for a in pattern.alternatives)
    )
