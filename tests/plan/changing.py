"""Changes a condition in one random place: a number by one, a duration, an operator, a restriction, a step, a test."""

import random
from collections.abc import Callable
from typing import Any

import attrs

from mqlrules.check import program as p
from mqlrules.language.record import Record
from mqlrules.language.restrictions import RESTRICTIONS
from mqlrules.language.tests import TEXT_TESTS

_OPERATORS = ("=", "!=", "<", "<=", ">", ">=")
_NAMES = ("visit", "demo", "mail", None)


def changed(condition: p.Condition, dice: random.Random) -> p.Condition:
    """The condition with one place of it changed; the same where that place knows no change."""
    places = sum(1 for _ in _nodes(condition))
    at = dice.randrange(places)
    count = -1

    def change(node: Any) -> Any:
        nonlocal count
        count += 1
        return _changed(node, dice) if count == at else node

    found: p.Condition = _rewritten(condition, change)
    return found


def _nodes(tree: Any) -> Any:
    if isinstance(tree, tuple):
        for item in tree:
            yield from _nodes(item)
    elif attrs.has(type(tree)) and not isinstance(tree, Record):
        yield tree
        for field in attrs.fields(type(tree)):
            if field.eq is not False:
                yield from _nodes(getattr(tree, field.name))


def _rewritten(tree: Any, change: Callable[[Any], Any]) -> Any:
    if isinstance(tree, tuple):
        return tuple(_rewritten(item, change) for item in tree)
    if not attrs.has(type(tree)) or isinstance(tree, Record):
        return tree
    fields = [field.name for field in attrs.fields(type(tree)) if field.eq is not False]
    return change(attrs.evolve(tree, **{name: _rewritten(getattr(tree, name), change) for name in fields}))


def _duration(duration: int, dice: random.Random) -> int:
    return max(1, dice.choice((duration - 1, duration + 1, duration * 2, duration // 2)))


def _without_one(items: tuple[Any, ...], dice: random.Random) -> tuple[Any, ...]:
    if len(items) < 2:
        return items
    at = dice.randrange(len(items))
    return items[:at] + items[at + 1 :]


def _changed(node: Any, dice: random.Random) -> Any:
    choose = dice.choice
    match node:
        case p.Count(number=number):
            if choose((True, False)):
                return attrs.evolve(node, number=max(0, number + choose((-1, 1))))
            return attrs.evolve(node, operator=choose(_OPERATORS))
        case p.Aggregate(value=value) | p.Compare(value=value) if type(value) is int:
            if choose((True, False)):
                return attrs.evolve(node, value=value + choose((-1, 1)))
            return attrs.evolve(node, operator=choose(_OPERATORS))
        case p.ScoreTest(number=number) if isinstance(number, int):
            return attrs.evolve(node, number=number + choose((-5, 5, 1)))
        case p.Compare(value=str()):
            return attrs.evolve(node, ignoring_case=not node.ignoring_case)
        case p.TextTest(text=text):
            if choose((True, False)):
                return attrs.evolve(node, ignoring_case=not node.ignoring_case)
            record = choose(tuple(TEXT_TESTS.values()))
            return attrs.evolve(node, record=record, text=choose((text, text[:-1], text[1:], text.swapcase())))
        case p.Presence(known=known):
            return attrs.evolve(node, known=not known)
        case p.OneOf(values=values):
            return attrs.evolve(node, values=_without_one(values, dice))
        case p.Restriction(argument=int(duration)):
            return attrs.evolve(node, argument=_duration(duration, dice))
        case p.Restriction(argument=p.Pattern()):
            anchored = tuple(record for record in RESTRICTIONS.values() if record.takes == "pattern")
            return attrs.evolve(node, record=choose(anchored))
        case p.Restricted(condition=condition, restrictions=restrictions):
            fewer = _without_one(restrictions, dice)
            return condition if fewer == restrictions else attrs.evolve(node, restrictions=fewer)
        case p.And(operands=operands) | p.Or(operands=operands):
            if choose((True, False, False)):
                return (p.Or if isinstance(node, p.And) else p.And)(operands)
            return attrs.evolve(node, operands=_without_one(operands, dice))
        case p.Not(operand=operand) if not isinstance(operand, p.Test):
            return operand
        case p.Alternative(name=name, where=where):
            if where is not None and choose((True, False)):
                return p.Alternative(name)
            return p.Alternative(choose(_NAMES), where)
        case p.Pattern(alternatives=alternatives):
            if len(alternatives) > 1 and choose((True, False)):
                return p.Pattern(_without_one(alternatives, dice))
            return p.Pattern((*alternatives, p.Alternative(choose(_NAMES))))
        case p.Step(count=count):
            return _changed_step(node, dice, count)
        case p.Sequence(steps=steps, final=final):
            if final is not None and choose((True, False)):
                return attrs.evolve(node, final=None)
            first, *others = _without_one(steps, dice)
            return attrs.evolve(node, steps=(attrs.evolve(first, within=None, after=None, absent=None), *others))
        case p.Absent(lasting=int(lasting)):
            return attrs.evolve(node, lasting=_duration(lasting, dice))
        case _:
            return node


def _changed_step(step: p.Step, dice: random.Random, count: int) -> p.Step:
    changes: list[dict[str, Any]] = [{"count": max(1, count + 1)}, {"count": max(1, count - 1)}]
    if step.within is not None:
        changes += [{"within": None}, {"within": _duration(step.within, dice)}]
    if step.after is not None:
        changes += [{"after": None}, {"after": _duration(step.after, dice)}]
    if step.absent is not None:
        changes += [{"absent": None}, {"absent": p.Absent(step.absent.pattern)}]
    return attrs.evolve(step, **dice.choice(changes))
