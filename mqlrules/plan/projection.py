"""What the rules of a plan look at, which is all that needs to be read of an input."""

import attrs

from mqlrules.check.walk import tests
from mqlrules.language.names import IDENTIFY
from mqlrules.plan import nodes as n
from mqlrules.plan.dependencies import can_hold_of_nothing
from mqlrules.plan.lower import patterns_of, walk


@attrs.frozen
class Needs:
    """What the rules, segments and scores of a set look at, for a caller that reads no more than that.

    ``events`` are the names of events, normalised (``mqlrules.Event.name``); None: all of them. ``properties`` are the
    names of properties on their first level: of ``page.path`` it is ``page``. ``traits`` are the same for traits.

    With ``every_row`` rows of other names matter too: a lead's timeline begins at its first event, whatever it is, and
    something may hold from there on (``no visited pricing``, ``when MEL for 30d``). Whatever is left out, the time of
    the last event of the whole input is where evaluation ends unless ``as_of`` is given.
    """

    events: frozenset[str] | None
    properties: frozenset[str]
    traits: frozenset[str]
    every_row: bool


def needs(plan: n.Plan) -> Needs:
    """What a whole plan looks at."""
    conditions = [*(planned.condition for planned in plan.rules), *plan.segments.values()]
    roots: list[n.Node | n.Score] = [*conditions, *plan.scores.values()]
    properties, traits = _looked_at(roots)
    names = {name for name in plan.names_used if name is not None}
    if traits:
        names.add(IDENTIFY)
    begins = any(can_hold_of_nothing(condition) is not False for condition in conditions) or any(
        isinstance(line, n.ConditionPoints) and can_hold_of_nothing(line.condition) is not False
        for score in plan.scores.values()
        for line in score.lines
    )
    waits = any(planned.rule.lasting is not None for planned in plan.rules)
    every = None in plan.names_used
    return Needs(None if every else frozenset(names), properties, traits, every or begins or waits)


def properties_of(plan: n.Plan) -> frozenset[str]:
    """The names of the properties that rules look at, on their first level; traits are among them."""
    properties, traits = _looked_at([planned.condition for planned in plan.rules])
    return properties | traits


def _looked_at(roots: list[n.Node | n.Score]) -> tuple[frozenset[str], frozenset[str]]:
    """Properties and traits."""
    properties: set[str] = set()
    traits: set[str] = set()
    for pattern in patterns_of(roots):
        for alternative in pattern.alternatives:
            properties.update(test.path[0] for test in tests(alternative.where))
    for node in walk(roots):
        match node:
            case n.Aggregate(path=(name, *_)) | n.Split(path=(name, *_)):
                properties.add(name)
            case n.Trait(test=test):
                traits.add(test.path[0])
    return frozenset(properties), frozenset(traits)
