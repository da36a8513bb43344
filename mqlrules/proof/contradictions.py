"""Predicates that nothing meets: two tests of one property that contradict each other (section 4).

Sound: what is said to be impossible is so for any event and any traits; of the rest nothing is known.
"""

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction

from mqlrules.check import program as p


def nothing_meets(predicate: p.Predicate) -> bool:
    """Whether no properties meet a predicate."""
    match predicate:
        case p.And(operands=operands):
            return any(nothing_meets(o) for o in operands) or contradict(_tests(operands))
        case p.Or(operands=operands):
            return all(nothing_meets(operand) for operand in operands)
        case _:
            return False


def contradict(tests: Iterable[p.Test]) -> bool:
    """Whether no properties meet all of these tests."""
    by_path: dict[tuple[str, ...], list[p.Test]] = {}
    for test in tests:
        by_path.setdefault(test.path, []).append(test)
    return any(len(of) > 1 and _contradict(of) for of in by_path.values())


def pattern_is_impossible(pattern: p.Pattern) -> bool:
    """Whether no event matches a pattern."""
    return all(a.where is not None and nothing_meets(a.where) for a in pattern.alternatives)


def _tests(operands: Iterable[p.Predicate]) -> list[p.Test]:
    found: list[p.Test] = []
    for operand in operands:
        match operand:
            case p.And(operands=inner):
                found += _tests(inner)
            case p.Or() | p.Not():
                pass
            case _:
                found.append(operand)
    return found


def _contradict(tests: list[p.Test]) -> bool:
    """Of one property: missing and present, two values, or a range of numbers with nothing in it."""
    missing = any(isinstance(test, p.Presence) and not test.known for test in tests)
    if missing and any(not isinstance(test, p.Presence) or test.known for test in tests):
        return True
    compared = [test for test in tests if isinstance(test, p.Compare) and not test.ignoring_case]
    equal = [test.value for test in compared if test.operator == "=" and isinstance(test.value, str)]
    if len(set(equal)) > 1:
        return True
    return _no_number([test for test in compared if _is_number(test.value)])


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)


def _no_number(tests: list[p.Compare]) -> bool:
    low: tuple[Fraction, bool] | None = None
    high: tuple[Fraction, bool] | None = None
    for test in tests:
        value = Fraction(str(test.value))
        strict = test.operator in ("<", ">")
        if test.operator in ("=", ">", ">="):
            low = (value, strict) if low is None else max(low, (value, strict))
        if test.operator in ("=", "<", "<="):
            high = (value, not strict) if high is None else min(high, (value, not strict))
    if low is None or high is None:
        return False
    return low[0] > high[0] or (low[0] == high[0] and (low[1] or not high[1]))
