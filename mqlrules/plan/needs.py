"""Which properties of events the rules of a plan look at: all that need be read of an input."""

from collections.abc import Iterator

from mqlrules.check import program as p
from mqlrules.plan import nodes as n
from mqlrules.plan.lower import patterns_of, walk


def properties_of(plan: n.Plan) -> frozenset[str]:
    """The names of the properties, on their first level: of ``page.path`` it is ``page``. Traits are among them."""
    roots: list[n.Node | n.Score] = [planned.condition for planned in plan.rules]
    found: set[str] = set()
    for pattern in patterns_of(roots):
        for alternative in pattern.alternatives:
            if alternative.where is not None:
                found.update(_names(alternative.where))
    for node in walk(roots):
        match node:
            case n.Aggregate(path=(name, *_)) | n.Split(path=(name, *_)):
                found.add(name)
            case n.Trait(test=test):
                found.add(test.path[0])
    return frozenset(found)


def _names(predicate: p.Predicate) -> Iterator[str]:
    match predicate:
        case p.And(operands=operands) | p.Or(operands=operands):
            for operand in operands:
                yield from _names(operand)  # type: ignore[arg-type]
        case p.Not(operand=operand):
            yield from _names(operand)  # type: ignore[arg-type]
        case _:
            yield predicate.path[0]
