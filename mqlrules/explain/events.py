"""Events and what is asked of their properties, in words (section 4)."""

from collections.abc import Sequence
from decimal import Decimal
from typing import cast

import attrs

from mqlrules.check.program import (
    And,
    Compare,
    IsTrue,
    NamedEvent,
    Not,
    OneOf,
    Or,
    Pattern,
    Predicate,
    Presence,
    Program,
    Test,
    TextTest,
)
from mqlrules.explain.wording import listed, named, number, one_of, quoted, value
from mqlrules.language.names import normalise
from mqlrules.language.operators import OPERATORS, Operator
from mqlrules.language.tests import PRESENCE, TEXT_TESTS, TextTestRecord
from mqlrules.language.values import DateLiteral, InstantLiteral, Literal

ACTIVITY = "activity of any kind"


@attrs.frozen
class Events:
    """What a pattern means, in words: ``names`` one by one, ``any`` joined with `or`."""

    names: tuple[str, ...]

    @property
    def any(self) -> str:
        return one_of(self.names)

    @property
    def many(self) -> bool:
        return len(self.names) > 1

    def happened(self, how: str = "") -> str:
        """``“a” has happened``; for activity, ``there has been activity of any kind``."""
        if not self.many and self.names[0].startswith(ACTIVITY):
            return f"there has been {self.any}{how}"
        return f"{self.any} has happened{how}"

    def not_happened(self, ever: bool) -> str:
        """``“a” has not happened``; with ``ever`` it has never."""
        word = "has ever happened" if ever else "has happened"
        if len(self.names) > 2:
            return f"none of {listed(self.names, 'and')} {word}"
        if self.many:
            return f"neither {self.names[0]} nor {self.names[1]} {word}"
        if self.names[0].startswith(ACTIVITY):
            return f"there has {'never been' if ever else 'been no'} {self.any}"
        return f"{self.any} has {'never' if ever else 'not'} happened"


def events(pattern: Pattern, program: Program) -> Events:
    """The events of a pattern as their author calls them."""
    written = pattern.written or tuple(NamedEvent(a.name, False, a.where) for a in pattern.alternatives)
    return Events(tuple(dict.fromkeys(_event(event, program) for event in written)))


def _event(event: NamedEvent, program: Program) -> str:
    if event.name is None:
        name = ACTIVITY
    else:
        definition = program.events.get(normalise(event.name)) if event.defined else None
        name = quoted(event.name if definition is None else definition.name)
    return name if event.where is None else f"{name} (where {predicate(event.where)})"


# -- predicates ----------------------------------------------------------------------------------------------------


def predicate(node: Predicate) -> str:
    """What a predicate asks, in one line."""
    return _predicate(node, "")


def _predicate(node: Predicate, around: str) -> str:
    """``around`` is the word that joins it with others: what is joined by another word gets parentheses."""
    match node:
        case And(operands=operands) | Or(operands=operands):
            word = "and" if isinstance(node, And) else "or"
            parts = [_predicate(operand, word) for operand in operands]
            text = f" {word} ".join(parts)
            return f"({text})" if around not in ("", word) else text
        case Not(operand=Not(operand=inner)):
            return _predicate(inner, around)
        case Not(operand=And() | Or() as inner):
            return f"not ({_predicate(inner, '')})"
        case Not(operand=inner):
            text = said_of(cast(Test, inner), negated=True)
            return f"({text})" if around == "and" and not isinstance(inner, Presence) else text
        case _:
            return said_of(node)


def said_of(node: Test, negated: bool = False, subject: str | None = None) -> str:
    """One test of a property, or with a ``subject`` of something else; negated it also holds where that is missing."""
    subject = subject or named(node.path)
    match node:
        case Presence(known=known):
            return f"{subject} {PRESENCE[known != negated].name}"
        case IsTrue():
            return f"{subject} is missing or is not true" if negated else f"{subject} is true"
        case Compare(operator=operator, value=literal):
            asked = compared(operator, literal, node.duration, negated)
            if operator == "!=" and not negated:
                asked = f"is known and {asked}"
        case OneOf(values=values):
            asked = _one_of(node, values, negated)
        case TextTest(record=record, text=text):
            asked = _text(record, text, negated)
    case = " (ignoring case)" if node.ignoring_case else ""
    return f"{subject} {'is missing or ' if negated else ''}{asked}{case}"


def compared(operator: Operator, literal: Literal, duration: bool = False, negated: bool = False) -> str:
    """``is at least 200``."""
    if operator == "!=":
        operator, negated = "=", not negated
    return f"{'is not' if negated else 'is'} {_than(operator, literal, value(literal, duration))}"


def how_many(operator: Operator, many: int | Decimal) -> str:
    """``at least 2``, for a number of things."""
    return f"{OPERATORS[operator].english} {number(many)}"


def _than(operator: Operator, literal: Literal, shown: str) -> str:
    if operator == "=":
        return shown
    match literal:
        case DateLiteral():
            words = {"<": "before {}", "<=": "no later than the start of {}", ">": "after the start of {}"}
            return words.get(operator, "on or after {}").format(shown)
        case InstantLiteral():
            words = {"<": "before {}", "<=": "no later than {}", ">": "after {}"}
            return words.get(operator, "no earlier than {}").format(shown)
        case str():
            words = {"<": "before {}", "<=": "{} or before it", ">": "after {}"}
            return f"{words.get(operator, '{} or after it').format(shown)} in character order"
        case _:
            words = {"<": "less than {}", "<=": "at most {}", ">": "more than {}"}
            return words.get(operator, "at least {}").format(shown)


def _one_of(node: OneOf, values: Sequence[Literal], negated: bool) -> str:
    if node.list_name is not None:
        entries = "1 entry" if len(values) == 1 else f"{len(values)} entries"
        return f"is {'not ' if negated else ''}on the list {quoted(node.list_name)} ({entries})"
    shown = [value(literal, literal in node.durations and not isinstance(literal, bool)) for literal in values]
    if negated and len(shown) > 1:
        return f"is neither {listed(shown, 'nor')}" if len(shown) == 2 else f"is none of {listed(shown, 'and')}"
    return f"is {'not ' if negated else ''}{one_of(shown)}"


_PLAINER = {(True, True): "contains", (False, True): "starts with", (True, False): "ends with"}
"""What a glob says in plainer words that has stars at its start, at its end, and nowhere else."""


def _text(record: TextTestRecord, text: str, negated: bool) -> str:
    bare = text.strip("*")
    if record.end == "glob" and bare and not set("*?") & set(bare):
        ends = (text.startswith("*"), text.endswith("*"))
        if ends == (False, False):
            return f"is {'not ' if negated else ''}{quoted(text)}"
        record, text = TEXT_TESTS[_PLAINER[ends]], bare
    shown = f"{record.negated_english if negated else record.english} {quoted(text)}"
    if record.end != "glob":
        return shown
    signs = {"*": "* is any run of characters", "?": "? is one character"}
    explained = listed([said for sign, said in signs.items() if sign in text] or ["as a whole"], "and")
    return f"{shown} ({explained})"
