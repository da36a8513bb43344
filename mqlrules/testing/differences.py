"""In which tests a changed rule set could come to anything else: where something in it is true or false otherwise.

What happens to a lead follows from what its rules, segments and scores say at each point. So the tests are played once
through the rules as they are, while the changed conditions are watched beside the old ones. A change that says the same
at every point of a test cannot be noticed by it, and the test need not be played again.
"""

from collections.abc import Sequence

import attrs

from mqlrules.check.program import Program, Rule
from mqlrules.engine.incremental import Engine
from mqlrules.engine.incremental.engine import LeadState
from mqlrules.engine.incremental.machine import Asked
from mqlrules.plan import nodes as n
from mqlrules.plan.lower import lower, lower_condition, patterns_of
from mqlrules.plan.nodes import Plan
from mqlrules.testing.scenarios import Scenario

Root = n.Node | n.Score


@attrs.frozen(eq=False)
class Difference:
    """What a change makes different: pairs of what was asked and what is asked now.

    None in place of the new one: the old one matters wherever it holds. With ``everywhere`` any test may come to
    something else.
    """

    pairs: tuple[tuple[Root, Root | None], ...]
    everywhere: bool = False

    @property
    def is_nothing(self) -> bool:
        """Whether the changed rule set means the same."""
        return not self.pairs and not self.everywhere


def difference(plan: Plan, changed: Program) -> Difference:
    """What is different in a changed program, compared with a plan."""
    program = plan.program
    if changed.segments is program.segments and changed.scores is program.scores:
        pairs = list(_of_rules(plan, changed))
    else:
        other = lower(changed)
        pairs = [(old.condition, new.condition) for old, new in zip(plan.rules, other.rules, strict=True)]
        pairs += [(plan.segments[name], other.segments[name]) for name in plan.segments]
        pairs += [(plan.scores[name], other.scores[name]) for name in plan.scores]
    told = tuple((old, new) for old, new in pairs if old != new)
    # Whether a lead may be recycled again depends on which events the rules speak of at all (section 8).
    recycles = any(rule.recycle for rule in program.rules)
    return Difference(told, recycles and any(_names(old) != _names(new) for old, new in told))


def _of_rules(plan: Plan, changed: Program) -> "list[tuple[Root, Root | None]]":
    """The rules that are others, or no more there. Their conditions speak of the same segments and scores."""
    found: list[tuple[Root, Root | None]] = []
    left = list(changed.rules)
    for planned in plan.rules:
        if len(left) and left[0].name == planned.rule.name:
            new = left.pop(0)
            if new is not planned.rule:
                moves_alike = _moves(new) == _moves(planned.rule)
                found.append((planned.condition, lower_condition(changed, new.condition) if moves_alike else None))
        else:
            found.append((planned.condition, None))
    return found


def _moves(rule: Rule) -> tuple[object, ...]:
    return rule.when, rule.lasting, rule.stage, rule.recycle


def _names(root: Root | None) -> set[str | None]:
    if root is None:
        return set()
    return {alternative.name for pattern in patterns_of([root]) for alternative in pattern.alternatives}


def tests_that_differ(plan: Plan, changes: Sequence[Difference], tests: Sequence[Scenario]) -> list[list[Scenario]]:
    """For each change the tests that could come to something else, in order."""
    watcher = _Comparing(changes)
    engine = Engine(plan, {test.lead: test.traits for test in tests}, watcher=watcher)
    found: list[list[Scenario]] = [[] for _ in changes]
    for test in tests:
        watcher.differing = {at for at, change in enumerate(changes) if change.everywhere}
        engine.run(list(test.events), test.as_of)
        for at in watcher.differing:
            found[at].append(test)
    return found


class _Comparing:
    """Notes which changes say anything else at a point of a lead."""

    def __init__(self, changes: Sequence[Difference]) -> None:
        self.differing: set[int] = set()
        self.watched: list[Asked] = []
        places: dict[Root, int] = {}
        self._pairs: list[tuple[int, int, int | None]] = []
        for at, change in enumerate(changes):
            for old, new in change.pairs:
                first = places.setdefault(old, len(places))
                second = None if new is None else places.setdefault(new, len(places))
                self._pairs.append((at, first, second))
        self.nodes: Sequence[Root] = list(places)

    def point(self, state: LeadState, now: int) -> None:
        """Compares what the pairs say; each root is asked once."""
        said = [asked.condition(state.cells, now) for asked in self.watched]
        for at, first, second in self._pairs:
            if said[first] != (False if second is None else said[second]):
                self.differing.add(at)

    def moved(self, state: LeadState, now: int) -> None:
        """A move changes nothing of what is asked."""
