"""Which properties of events the rules of a plan look at: all that need be read of an input."""

from mqlrules.check.walk import tests
from mqlrules.plan import nodes as n
from mqlrules.plan.lower import patterns_of, walk


def properties_of(plan: n.Plan) -> frozenset[str]:
    """The names of the properties, on their first level: of ``page.path`` it is ``page``. Traits are among them."""
    roots: list[n.Node | n.Score] = [planned.condition for planned in plan.rules]
    found: set[str] = set()
    for pattern in patterns_of(roots):
        for alternative in pattern.alternatives:
            found.update(test.path[0] for test in tests(alternative.where))
    for node in walk(roots):
        match node:
            case n.Aggregate(path=(name, *_)) | n.Split(path=(name, *_)):
                found.add(name)
            case n.Trait(test=test):
                found.add(test.path[0])
    return frozenset(found)
