"""Predicates compiled to functions of an event's properties.

The meaning is that of ``mqlrules.language``; this module makes it fast. The common tests become one Python expression,
so that a predicate costs one call. Names, texts and numbers of a rule enter it as the values of variables, never as
source. A number of at most 15 digits is compared with doubles directly: the shortest decimals of doubles are in the
order of the doubles.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from mqlrules.check import program as p
from mqlrules.engine.incremental.state import Predicate
from mqlrules.language import operators as language
from mqlrules.language.tests import TextTestRecord, text_test
from mqlrules.language.values import Literal, at_path, compare

OPERATORS: dict[str, Callable[[Any, Any], bool]] = {name: record.holds for name, record in language.OPERATORS.items()}

Getter = Callable[[Mapping[str, Any]], Any]


def compile_predicate(predicate: p.Predicate) -> Predicate:
    """A function of properties that is true exactly where the predicate holds."""
    writer = _Writer()
    source = writer.expression(predicate, 0)
    function: Predicate = eval(f"lambda properties: {source}", writer.names)
    return function


DEEPEST = 30
"""The most parentheses in one expression, since Python's parser has a limit. Deeper parts become functions."""


class _Writer:
    """Writes a predicate as a Python expression over ``properties``; ``names`` are the values of its variables."""

    def __init__(self) -> None:
        self.names: dict[str, Any] = {"isinstance": isinstance, "str": str, "float": float, "int": int}

    def _name(self, value: Any) -> str:
        name = f"k{len(self.names)}"
        self.names[name] = value
        return name

    def expression(self, predicate: p.Predicate, depth: int) -> str:
        """The source of a predicate, in parentheses where it needs them."""
        if depth > DEEPEST:
            return f"{self._name(compile_predicate(predicate))}(properties)"
        match predicate:
            case p.And(operands=operands) | p.Or(operands=operands):
                word = " and " if isinstance(predicate, p.And) else " or "
                return f"({word.join(self.expression(o, depth + 1) for o in operands)})"
            case p.Not(operand=operand):
                return f"(not {self.expression(operand, depth + 1)})"
            case p.Compare(path=(name,), operator=sign, value=str(text), ignoring_case=False):
                value = f"(v := properties.get({self._name(name)}))"
                return f"(isinstance({value}, str) and v {PYTHON[sign]} {self._name(text)})"
            case p.Compare(path=(name,), operator=sign, value=int() | Decimal() as number) if not isinstance(
                number, bool
            ):
                return self._number(name, sign, number)
            case p.TextTest(path=(name,), record=record, text=text, ignoring_case=False):
                method, end = _end(record, text)
                if method:
                    value = f"(v := properties.get({self._name(name)}))"
                    return f"(isinstance({value}, str) and v.{method}({self._name(end)}))"
            case p.IsTrue(path=(name,)):
                return f"(properties.get({self._name(name)}) is True)"
        return f"{self._name(_compile_test(predicate))}(properties)"

    def _number(self, name: str, sign: str, number: int | Decimal) -> str:
        direct = _direct(number)
        if direct is None:
            return f"{self._name(_compare(getter((name,)), sign, number, False))}(properties)"
        value = f"(v := properties.get({self._name(name)})).__class__ is float or v.__class__ is int"
        exact = self._name(lambda value: compare(value, sign, number))
        # NaN is missing, so no comparison with it holds.
        fast = f"v {PYTHON[sign]} {self._name(direct)}" + (" and v == v" if sign == "!=" else "")
        return f"({fast} if {value} else {exact}(v))"


PYTHON = {"=": "==", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}


def _compile_test(predicate: p.Predicate) -> Predicate:
    match predicate:
        case p.Compare(path=path, operator=sign, value=value, ignoring_case=ignoring_case):
            return _compare(getter(path), sign, value, ignoring_case)
        case p.OneOf(path=path, values=values, ignoring_case=ignoring_case):
            return _one_of(getter(path), values, ignoring_case)
        case p.TextTest(path=path, record=record, text=text, ignoring_case=ignoring_case):
            get = getter(path)
            return lambda properties: text_test(get(properties), record, text, ignoring_case)
        case p.Presence(path=path, known=known):
            return lambda properties: (at_path(properties, path) is not None) is known
        case p.IsTrue(path=path):
            get = getter(path)
            return lambda properties: get(properties) is True
    raise AssertionError(predicate)


def any_of(tests: list[Predicate]) -> Predicate:
    """True where one of the predicates holds."""
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


def _direct(number: int | Decimal) -> int | float | None:
    """The number as it may be compared with doubles and ints directly, or None."""
    if isinstance(number, int):
        return number if abs(number) < 2**53 else None
    few_digits = len(number.as_tuple().digits) <= 15
    return float(number) if few_digits and Decimal("1e-300") < abs(number) < Decimal("1e15") else None


def _one_of(get: Getter, values: tuple[Literal, ...], ignoring_case: bool) -> Predicate:
    if all(isinstance(value, str) for value in values):
        texts = frozenset(str(value).casefold() if ignoring_case else str(value) for value in values)

        def text_in(properties: Mapping[str, Any]) -> bool:
            value = get(properties)
            return isinstance(value, str) and (value.casefold() if ignoring_case else value) in texts

        return text_in
    tests = [_compare(get, "=", value, ignoring_case and isinstance(value, str)) for value in values]
    return any_of(tests)


def _end(test: TextTestRecord, text: str) -> tuple[str, str]:
    """The method of str for a test of how text starts or ends, as most globs are, and what it starts or ends with. Two
    empty texts for other tests.
    """
    body = text.strip("*") if test.end == "glob" else text
    starts = test.end == "start" or (test.end == "glob" and text.endswith("*") and not text.startswith("*"))
    ends = test.end == "end" or (test.end == "glob" and text.startswith("*") and not text.endswith("*"))
    if not (starts or ends) or (test.end == "glob" and set("*?") & set(body)):
        return "", ""
    return ("startswith" if starts else "endswith"), body
