"""What holds of the description of every rule set."""

import random
import re
from collections.abc import Callable
from typing import Any

import attrs
import pytest
from hypothesis import settings

from mqlrules.check.program import (
    Absent,
    Aggregate,
    And,
    Compare,
    ConditionLine,
    Count,
    EventLine,
    Not,
    Or,
    Pattern,
    Program,
    Restriction,
    Rule,
    ScoreTest,
    Sequence,
    Step,
)
from mqlrules.engine import reference
from mqlrules.explain.describe import describe
from mqlrules.language.operators import OPPOSITE
from mqlrules.language.record import Record
from mqlrules.language.restrictions import RESTRICTIONS
from tests.engine.engines import evaluate, program_of
from tests.strategies import DAY, random_case

SEEDS = range(settings().max_examples * 3)
BATCHES = [range(start, start + 60) for start in range(0, SEEDS.stop, 60)]
_STRANGE = re.compile(
    r"\bNone\b|\bTrue\b|\bFalse\b|Decimal|frozenset|NamedEvent|[{}]|\(\)|,,|, ,|\.\.|\( | \)|\b(\w+) \1\b|(?<=\S)  +"
)


@pytest.mark.parametrize("seeds", BATCHES, ids=str)
def test_every_rule_set_is_described_in_words(seeds: range) -> None:
    for seed in seeds:
        program = program_of(random_case(seed).rules)
        for form in ("text", "markdown"):
            said = describe(program, form)  # type: ignore[arg-type]
            assert describe(program, form) == said  # type: ignore[arg-type]
            wrong = [line for line in said.splitlines() if _STRANGE.search(line.lstrip())]
            assert [] == wrong, seed
        for rule in program.rules:
            assert f"\n{rule.name}\n" in describe(program, "text", rule.name)


def _changes(node: Any) -> list[Any]:
    """What a slip of the pen would make of a node, each another meaning for some history."""
    match node:
        case Count(operator=operator, number=number):
            return [attrs.evolve(node, number=number + 1), attrs.evolve(node, operator=OPPOSITE[operator])]
        case Aggregate(operator=operator) | ScoreTest(operator=operator) | Compare(operator=operator):
            return [attrs.evolve(node, operator=OPPOSITE[operator])]
        case Restriction(record=record, argument=int(duration)):
            others = [one for one in RESTRICTIONS.values() if one.takes == "duration" and one is not record]
            return [Restriction(record, duration + DAY), *(Restriction(one, duration) for one in others)]
        case Step(within=int(within)):
            return [attrs.evolve(node, within=None), attrs.evolve(node, within=within + DAY)]
        case Step(count=count):
            return [attrs.evolve(node, count=count + 1)]
        case Absent(lasting=int(lasting)):
            return [attrs.evolve(node, lasting=lasting + DAY)]
        case Sequence(steps=steps) if len(steps) > 1:
            first, second, *others = steps
            swapped = (attrs.evolve(first, pattern=second.pattern), attrs.evolve(second, pattern=first.pattern))
            return [attrs.evolve(node, steps=(*swapped, *others))]
        case And(operands=operands):
            return [Or(operands), And(operands[:-1])]
        case Or(operands=operands):
            return [And(operands)]
        case Not(operand=operand):
            return [operand]
        case EventLine(points=points):
            return [attrs.evolve(node, points=points + 1_000_000), attrs.evolve(node, every=not node.every)]
        case ConditionLine(points=points):
            return [attrs.evolve(node, points=-points)]
        case Rule(when=None):
            return [attrs.evolve(node, when="warm")]
        case Rule():
            return [attrs.evolve(node, lasting=(node.lasting or 0) + DAY)]
        case _:
            return []


def _at_one_place(tree: Any, number: int, change: Callable[[Any], Any]) -> Any:
    """The tree with its node of this number, from the root in, put through ``change``."""
    left = [number]

    def walk(tree: Any) -> Any:
        if isinstance(tree, tuple):
            return tuple(walk(item) for item in tree)
        if isinstance(tree, dict):
            return {key: walk(item) for key, item in tree.items()}
        if isinstance(tree, (Pattern, Record)) or not attrs.has(type(tree)):
            return tree
        left[0] -= 1
        if left[0] == -1:
            return change(tree)
        names = [field.name for field in attrs.fields(type(tree)) if field.eq is not False]
        return attrs.evolve(tree, **{name: walk(getattr(tree, name)) for name in names})

    return walk(tree)


def _changed(program: Program, choose: random.Random) -> Program | None:
    """The program with one slip in its rules, segments and scores; None if the place chosen has none to make."""
    parts = {name: getattr(program, name) for name in ("rules", "segments", "scores")}

    def slip(node: Any) -> Any:
        changes = _changes(node)
        return choose.choice(changes) if changes else node

    changed = _at_one_place(parts, choose.randrange(30), slip)
    return None if changed == parts else attrs.evolve(program, **changed)


@pytest.mark.parametrize("seeds", BATCHES, ids=str)
def test_what_is_described_in_the_same_words_means_the_same(seeds: range) -> None:
    for seed in seeds:
        case = random_case(seed)
        program = program_of(case.rules)
        other = _changed(program, random.Random(seed))
        if other is None or describe(program) != describe(other):
            continue
        runs = [evaluate(reference.run, one, case.events, case.leads, case.end) for one in (program, other)]
        assert runs[0].transitions == runs[1].transitions, case
