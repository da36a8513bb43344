"""In which tests a changed rule set could come to anything else: where something in it is true or false otherwise.

What happens to a lead follows from what its rules, segments and scores say at each point. So the tests are played once
through the rules as they are, while the changed conditions are watched beside the old ones. A change that says the same
at every point of a test cannot be noticed by it, and the test need not be played again.
"""

from collections.abc import Sequence

import attrs

from mqlrules.check.program import Program, Rule
from mqlrules.engine.incremental import Runner, Watched
from mqlrules.plan import nodes as n
from mqlrules.plan.lower import lower, lower_condition, patterns_of
from mqlrules.plan.nodes import Plan
from mqlrules.testing.scenarios import Scenario

Root = n.Node | n.Score


@attrs.frozen(eq=False)
class Difference:
    """What a change makes different: pairs of what was asked and what is asked now.

    None in place of the new one: the old one matters wherever it holds. ``rules`` are the names of the rules among
    them. With ``everywhere`` any test may come to something else.
    """

    pairs: tuple[tuple[Root, Root | None], ...]
    rules: frozenset[str] = frozenset()
    everywhere: bool = False

    @property
    def is_nothing(self) -> bool:
        """Whether the changed rule set means the same."""
        return not self.pairs and not self.everywhere


def difference(plan: Plan, changed: Program) -> Difference:
    """What is different in a changed program, compared with a plan."""
    program = plan.program
    pairs: list[tuple[Root, Root | None]] = []
    if changed.segments is program.segments and changed.scores is program.scores:
        of_rules = _of_rules(plan, changed)
    else:
        other = lower(changed)
        both = zip(plan.rules, other.rules, strict=True)
        of_rules = {old.rule.name: (old.condition, new.condition) for old, new in both}
        pairs += [(plan.segments[name], other.segments[name]) for name in plan.segments]
        pairs += [(plan.scores[name], other.scores[name]) for name in plan.scores]
    told = tuple((old, new) for old, new in (*of_rules.values(), *pairs) if old != new)
    rules = frozenset(name for name, (old, new) in of_rules.items() if old != new)
    # Whether a lead may be recycled again depends on which events the rules speak of at all (section 8).
    return Difference(told, rules, recycles(program) and any(_names(old) != _names(new) for old, new in told))


def recycles(program: Program) -> bool:
    """Whether some rule sends leads back: then what a rule asks depends on the moves before it."""
    return any(rule.recycle for rule in program.rules)


def _of_rules(plan: Plan, changed: Program) -> "dict[str, tuple[Root, Root | None]]":
    """The rules that are others, or no more there. Their conditions speak of the same segments and scores."""
    found: dict[str, tuple[Root, Root | None]] = {}
    there = {rule.name: rule for rule in changed.rules}
    for planned in plan.rules:
        old, new = planned.rule, there.get(planned.rule.name)
        if new is not None and new is not old and _moves(new) == _moves(old):
            found[old.name] = planned.condition, lower_condition(changed, new.condition)
        elif new is not old:
            found[old.name] = planned.condition, None
    return found


def _moves(rule: Rule) -> tuple[object, ...]:
    return rule.when, rule.lasting, rule.stage, rule.recycle


def _names(root: Root | None) -> set[str | None]:
    if root is None:
        return set()
    return {alternative.name for pattern in patterns_of([root]) for alternative in pattern.alternatives}


@attrs.frozen(eq=False)
class Compared:
    """For each change the tests that could come to something else, in order; and for each test, by its lead, the names
    of the rules whose condition held at some point of it.
    """

    differing: list[list[Scenario]]
    held: dict[int, set[str]]


def compare(plan: Plan, changes: Sequence[Difference], tests: Sequence[Scenario]) -> Compared:
    """Plays the tests through the rules as they are, and watches what would be different."""
    watcher = _Comparing(plan, changes)
    runner = Runner(plan, watcher=watcher)
    compared = Compared([[] for _ in changes], {})
    for test in tests:
        watcher.differing = {at for at, change in enumerate(changes) if change.everywhere}
        watcher.held = compared.held[test.lead] = set()
        runner.run(list(test.events), test.traits, test.as_of)
        for at in watcher.differing:
            compared.differing[at].append(test)
    return compared


class _Comparing:
    """Notes which changes say anything else at a point of a lead, and which rules hold there."""

    def __init__(self, plan: Plan, changes: Sequence[Difference]) -> None:
        self.differing: set[int] = set()
        self.held: set[str] = set()
        places: dict[Root, int] = {}
        self._rules = [(rule.rule.name, places.setdefault(rule.condition, len(places))) for rule in plan.rules]
        self._pairs: list[tuple[int, int, int | None]] = []
        for at, change in enumerate(changes):
            for old, new in change.pairs:
                first = places.setdefault(old, len(places))
                second = None if new is None else places.setdefault(new, len(places))
                self._pairs.append((at, first, second))
        self.nodes: Sequence[Root] = list(places)

    def point(self, watched: Watched) -> None:
        """Compares what the pairs say; each root is asked once."""
        said = [watched.value(at) for at in range(len(self.nodes))]
        self.held.update(name for name, at in self._rules if said[at])
        for at, first, second in self._pairs:
            if said[first] != (False if second is None else said[second]):
                self.differing.add(at)

    def moved(self, watched: Watched) -> None:
        """A move changes nothing of what is asked."""
