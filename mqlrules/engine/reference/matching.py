"""Which events a pattern matches, and which properties and traits meet a test (section 4)."""

from collections.abc import Mapping
from typing import Any, assert_never

from mqlrules.check.program import (
    Alternative,
    And,
    Compare,
    IsTrue,
    Not,
    OneOf,
    Or,
    Pattern,
    Predicate,
    Presence,
    TextTest,
)
from mqlrules.events.model import Event
from mqlrules.language.names import IDENTIFY
from mqlrules.language.tests import text_test
from mqlrules.language.values import Literal, at_path, compare


def matches(pattern: Pattern, event: Event) -> bool:
    """Whether an event matches a pattern: one of its alternatives is enough, several are one match (section 4)."""
    return any(_is(alternative, event) for alternative in pattern.alternatives)


def _is(alternative: Alternative, event: Event) -> bool:
    # `activity` is every event but `identify` (section 2).
    named = event.name != IDENTIFY if alternative.name is None else event.name == alternative.name
    return named and (alternative.where is None or meets(alternative.where, event.properties))


def meets(predicate: Predicate, properties: Mapping[str, Any]) -> bool:
    """Whether properties, or traits, meet a predicate (section 4).

    A missing one makes every test false but ``is missing``.
    """
    match predicate:
        case And(operands=operands):
            return all(meets(operand, properties) for operand in operands)
        case Or(operands=operands):
            return any(meets(operand, properties) for operand in operands)
        case Not(operand=operand):
            return not meets(operand, properties)
        case Presence(path=path, known=known):
            return (at_path(properties, path) is not None) == known
        case IsTrue(path=path):
            return at_path(properties, path) is True
        case Compare(path=path, operator=operator, value=literal, ignoring_case=ignoring):
            value = at_path(properties, path)
            return compare(_folded(value, ignoring), operator, _folded(literal, ignoring))
        case OneOf(path=path, values=literals, ignoring_case=ignoring):
            value = _folded(at_path(properties, path), ignoring)
            return any(compare(value, "=", _folded(literal, ignoring)) for literal in literals)
        case TextTest(path=path, record=record, text=text, ignoring_case=ignoring):
            return text_test(at_path(properties, path), record, text, ignoring)
        case _:
            assert_never(predicate)


def _folded(value: Any, ignoring_case: bool) -> Any | Literal:
    return value.casefold() if ignoring_case and isinstance(value, str) else value
