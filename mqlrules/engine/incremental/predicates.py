"""Predicates compiled to functions of an event's properties.

The meaning is that of ``mqlrules.language``; what stands here are its fast ways. A number in a rule that a double can
tell from its neighbours (at most 15 digits) is compared with doubles directly: the shortest decimals of doubles are in
the order of the doubles.
"""

import operator
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from mqlrules.check import program as p
from mqlrules.engine.incremental.cells import Predicate
from mqlrules.language.tests import text_test
from mqlrules.language.values import Literal, at_path, compare

OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}

Getter = Callable[[Mapping[str, Any]], Any]


def compile_predicate(predicate: p.Predicate) -> Predicate:
    """A function of properties that is true exactly where the predicate holds."""
    match predicate:
        case p.And(operands=operands):
            return _all([compile_predicate(o) for o in operands])  # type: ignore[arg-type]
        case p.Or(operands=operands):
            return _any([compile_predicate(o) for o in operands])  # type: ignore[arg-type]
        case p.Not(operand=operand):
            inner = compile_predicate(operand)  # type: ignore[arg-type]
            return lambda properties: not inner(properties)
        case p.Compare(path=path, operator=sign, value=value, ignoring_case=ignoring_case):
            return _compare(getter(path), sign, value, ignoring_case)
        case p.OneOf(path=path, values=values, ignoring_case=ignoring_case):
            return _one_of(getter(path), values, ignoring_case)
        case p.TextTest(path=path, kind=kind, text=text, ignoring_case=ignoring_case):
            return _text_test(getter(path), kind, text, ignoring_case)
        case p.Presence(path=path, known=known):
            return lambda properties: (at_path(properties, path) is not None) is known
        case p.IsTrue(path=path):
            get = getter(path)
            return lambda properties: get(properties) is True


def any_of(predicates: list[p.Predicate]) -> Predicate:
    """True where one of the predicates holds."""
    return _any([compile_predicate(predicate) for predicate in predicates])


def _all(tests: list[Predicate]) -> Predicate:
    if len(tests) == 2:
        first, second = tests
        return lambda properties: first(properties) and second(properties)
    return lambda properties: all(test(properties) for test in tests)


def _any(tests: list[Predicate]) -> Predicate:
    if len(tests) == 1:
        return tests[0]
    return lambda properties: any(test(properties) for test in tests)


def getter(path: tuple[str, ...]) -> Getter:
    """The value at a path; a missing one may come as None or as NaN."""
    if len(path) == 1:
        name = path[0]
        return lambda properties: properties.get(name)
    return lambda properties: at_path(properties, path)


def _compare(get: Getter, sign: str, value: Literal, ignoring_case: bool) -> Predicate:
    test = OPERATORS[sign]
    if isinstance(value, bool):
        if sign == "=":
            return lambda properties: get(properties) is value
        return lambda properties: compare(get(properties), sign, value)
    if isinstance(value, str):
        return _compare_text(get, test, value, ignoring_case)
    if isinstance(value, (int, Decimal)):
        return _compare_number(get, sign, value)
    return lambda properties: compare(get(properties), sign, value)


def _compare_text(get: Getter, test: Callable[[Any, Any], bool], text: str, ignoring_case: bool) -> Predicate:
    if ignoring_case:
        folded = text.casefold()

        def folding(properties: Mapping[str, Any]) -> bool:
            value = get(properties)
            return isinstance(value, str) and test(value.casefold(), folded)

        return folding

    def exact(properties: Mapping[str, Any]) -> bool:
        value = get(properties)
        return isinstance(value, str) and test(value, text)

    return exact


def _compare_number(get: Getter, sign: str, number: int | Decimal) -> Predicate:
    test = OPERATORS[sign]
    if isinstance(number, int):
        direct: int | float | None = number if abs(number) < 2**53 else None
    else:
        direct = float(number) if len(number.as_tuple().digits) <= 15 and 1e-300 < abs(number) < 1e15 else None
    if direct is None:
        return lambda properties: compare(get(properties), sign, number)

    def fast(properties: Mapping[str, Any]) -> bool:
        value = get(properties)
        kind = type(value)
        if kind is float or kind is int:
            return test(value, direct) and value == value
        return compare(value, sign, number)

    return fast


def _one_of(get: Getter, values: tuple[Literal, ...], ignoring_case: bool) -> Predicate:
    if all(isinstance(value, str) for value in values):
        texts = frozenset(str(value).casefold() if ignoring_case else str(value) for value in values)

        def text_in(properties: Mapping[str, Any]) -> bool:
            value = get(properties)
            return isinstance(value, str) and (value.casefold() if ignoring_case else value) in texts

        return text_in
    tests = [_compare(get, "=", value, ignoring_case and isinstance(value, str)) for value in values]
    return _any(tests)


def _text_test(get: Getter, kind: str, text: str, ignoring_case: bool) -> Predicate:
    if not ignoring_case and kind == "matches":
        # Most globs are a beginning or an ending.
        body = text.strip("*")
        if not any(c in body for c in "*?"):
            starts, ends = text.endswith("*"), text.startswith("*")
            if starts and not ends:
                kind, text = "starts with", body
            elif ends and not starts:
                kind, text = "ends with", body
    if not ignoring_case and kind in ("starts with", "ends with"):
        beginning = kind == "starts with"

        def at_an_end(properties: Mapping[str, Any]) -> bool:
            value = get(properties)
            return isinstance(value, str) and (value.startswith(text) if beginning else value.endswith(text))

        return at_an_end
    return lambda properties: text_test(get(properties), kind, text, ignoring_case)
