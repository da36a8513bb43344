"""What is inside of a program: the parts of any of its parts, and the tests of a predicate."""

from collections.abc import Iterator, Mapping
from typing import Any, assert_never

import attrs

from mqlrules.check.program import And, Compare, IsTrue, Not, OneOf, Or, Predicate, Presence, Test, TextTest
from mqlrules.language.record import Record


def nodes(part: Any) -> Iterator[Any]:
    """Everything in a part of a program, itself included; but not the values of lists, which may be very many.

    Tuples and mappings of parts are gone through; what is there for showing alone is left out.
    """
    if isinstance(part, Mapping):
        part = tuple(part.values())
    if isinstance(part, tuple):
        for item in part:
            yield from nodes(item)
    elif isinstance(part, OneOf):
        yield part
    elif attrs.has(type(part)) and not isinstance(part, Record):
        yield part
        for field in attrs.fields(type(part)):
            if field.eq:
                yield from nodes(getattr(part, field.name))


def tests(where: Predicate | None) -> Iterator[Test]:
    """The tests that a predicate is made of, in their order; of None there are none."""
    match where:
        case None:
            return
        case And(operands=operands) | Or(operands=operands):
            for operand in operands:
                yield from tests(operand)
        case Not(operand=operand):
            yield from tests(operand)
        case Compare() | OneOf() | TextTest() | Presence() | IsTrue():
            yield where
        case _:
            assert_never(where)
