"""What implies what: pairs that must be found, near-misses that must not, and a search for counterexamples."""

import random
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import settings

from mqlrules.check.program import Condition, Program
from mqlrules.engine.histories import gather
from mqlrules.engine.reference import conditions, walk
from mqlrules.engine.reference.run import known_traits
from mqlrules.engine.reference.visible import Placed, Point
from mqlrules.plan import nodes as n
from mqlrules.plan.lower import lower, lower_condition
from mqlrules.proof.implication import Implication, implies
from tests.engine.engines import program_of
from tests.plan.changing import changed
from tests.plan.implications import FOLLOWS, OPEN
from tests.strategies import DAY, START, one_lead, some_author

WARMTH = "score warmth\n    +10 per pricing\n    +20 for demo\n    between 0 and 100\n"

SEEDS = [range(start, start + 20) for start in range(0, settings().max_examples * 3, 20)]


def conditions_of(stronger: str, weaker: str) -> tuple[n.Node, n.Node]:
    """Two conditions of one rule set, lowered."""
    one, other = lower(program_of(f"{WARMTH}rule one: {stronger} => MQL\nrule other: {weaker} => SQL\n")).rules
    return one.condition, other.condition


@pytest.mark.parametrize(("stronger", "weaker", "why"), FOLLOWS, ids=[f"{s} > {w}" for s, w, _ in FOLLOWS])
def test_what_follows_is_found(stronger: str, weaker: str, why: str) -> None:
    assert implies(*conditions_of(stronger, weaker)), why


@pytest.mark.parametrize(("stronger", "weaker", "why"), OPEN, ids=[f"{s} > {w}" for s, w, _ in OPEN])
def test_a_near_miss_does_not_follow(stronger: str, weaker: str, why: str) -> None:
    assert not implies(*conditions_of(stronger, weaker)), why


@pytest.mark.parametrize("text", sorted({text for pair in (*FOLLOWS, *OPEN) for text in pair[:2]}))
def test_a_condition_implies_itself_however_it_is_joined(text: str) -> None:
    once, twice = conditions_of(text, f"not (not ({text}))")
    assert implies(once, twice)
    assert implies(twice, once)
    assert implies(once, n.And((once, twice)))


def test_what_never_holds_implies_all_and_all_implies_what_always_holds() -> None:
    never, other = conditions_of("pricing >= 3 and pricing < 2", "demo")
    always, _ = conditions_of("pricing or no pricing", "demo")
    assert implies(never, other)
    assert implies(other, always)
    assert not implies(always, other)


def test_a_condition_of_many_cases_is_left_undecided_in_no_time() -> None:
    text = " and ".join(f"(a{k} or b{k} >= 2)" for k in range(20))
    one, other = conditions_of(text, text.replace(">= 2", ">= 1"))
    assert not implies(one, other)


# -- the tables ----------------------------------------------------------------------------------------------------

_NAMES = ("pricing", "pricing", "demo", "mail", "signup", "identify", "other")
_GAPS = (0, 1, DAY // 2, DAY, 2 * DAY, 3 * DAY, 5 * DAY, 8 * DAY, 20 * DAY)
_VALUES: dict[str, tuple[Any, ...]] = {
    "n": (0, 1, 2, 3, 5, 7, 10, -1, "1", "x", None),
    "plan": ("pro", "basic", "PRO", "a"),
    "path": ("/pricing/a/x", "/print", "/Pricing", "axc", "abc", "a", "ß"),
    "tags": (["xy"], ["x"], "xy"),
    "paid": (True, False),
    "amount": (100, -50, 45, 60, 10, None),
    "sku": ("x", "y", 1),
    "due": ("2026-02-01", "2026-02-01T03:00:00Z", "2026-03-01"),
}


def some_lead(dice: random.Random) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Events and traits in the words of the tables."""
    now, events = START, []
    for _ in range(dice.randint(1, 6)):
        now += dice.choice(_GAPS)
        properties = {name: dice.choice(values) for name, values in _VALUES.items() if dice.random() < 0.6}
        events.append({"lead": "a", "time": now, "event": dice.choice(_NAMES), **properties})
    return events, {"size": dice.choice((100, 300, 10, 5, "x", None)), "tier": dice.choice(("gold", "silver", None))}


def verdicts(stronger: str, weaker: str, histories: int) -> Iterator[bool]:
    """Each time that the stronger of two conditions holds: whether the weaker does."""
    program = program_of(f"{WARMTH}rule one: {stronger} => MQL\nrule other: {weaker} => SQL\n")
    one, other = (rule.condition for rule in program.rules)
    dice = random.Random(1)
    for _ in range(histories):
        events, traits = some_lead(dice)
        for point in points(program, [one, other], events, traits):
            if conditions.holds(one, point.view(), point):
                yield conditions.holds(other, point.view(), point)


@pytest.mark.parametrize(("stronger", "weaker", "why"), OPEN, ids=[f"{s} > {w}" for s, w, _ in OPEN])
def test_a_near_miss_has_a_history_that_shows_it(stronger: str, weaker: str, why: str) -> None:
    assert False in verdicts(stronger, weaker, histories=2000), why


@pytest.mark.parametrize(("stronger", "weaker", "why"), FOLLOWS, ids=[f"{s} > {w}" for s, w, _ in FOLLOWS])
def test_what_follows_does_so_in_every_history(stronger: str, weaker: str, why: str) -> None:
    assert False not in verdicts(stronger, weaker, histories=40), why


# -- the search ----------------------------------------------------------------------------------------------------


def points(program: Program, asked: list[Condition], events: Any, traits: Mapping[str, Any]) -> Iterator[Point]:
    """All points of one lead at which something can change, and a microsecond before each."""
    histories, _ = gather(events, None)
    history = histories["a"]
    due = set().union(*(walk.dues(program, history, condition) for condition in asked))
    dues = {at - early for at in due for early in (0, 1)}
    placed = tuple(Placed(position, event) for position, event in enumerate(history))
    for count in range(len(history) + 1):
        known = known_traits(traits, history[:count])
        begin = history[max(count - 1, 0)].at
        end = history[count].at if count < len(history) else max(dues, default=begin)
        for now in sorted({begin, *(due for due in dues if begin < due <= end)}):
            yield Point(program, placed[:count], now, known)


def pairs_said_to_follow(seed: int) -> tuple[Program, list[tuple[Condition, Condition]], dict[str, int]]:
    """Random conditions, most of them alike but for a place or two, of which the first is said to imply the second."""
    dice = random.Random(seed)
    author = some_author(dice.choice)
    definitions = [author.pick(author.segment, author.score)(number) for number in range(dice.choice((0, 0, 1, 2)))]
    rules = [f"rule r{number}: {author.condition().text} => MQL" for number in range(2)]
    program = program_of("\n".join([*definitions, *rules, ""]))
    one, other = (rule.condition for rule in program.rules)
    variants = [other]
    for _ in range(6):
        variant = changed(one, dice)
        variants.append(changed(variant, dice) if dice.random() < 0.3 else variant)
    implication = Implication()
    node = lower_condition(program, one)
    found = []
    for variant in variants:
        lowered = lower_condition(program, variant)
        if lowered != node:
            found += [(one, variant)] if implication.implies(node, lowered) else []
            found += [(variant, one)] if implication.implies(lowered, node) else []
    return program, found, author.durations


def counterexamples(seed: int, histories: int) -> Iterator[tuple[bool, str]]:
    """Each time that the stronger of a pair holds: whether the weaker doesn't, and what to look at then."""
    program, pairs, durations = pairs_said_to_follow(seed)
    dice = random.Random(seed)
    for _ in range(histories if pairs else 0):
        events, traits = one_lead(dice.choice, durations)
        for point in points(program, [condition for pair in pairs for condition in pair], events, traits):
            view = point.view()
            for stronger, weaker in pairs:
                if conditions.holds(stronger, view, point):
                    wrong = not conditions.holds(weaker, view, point)
                    yield wrong, f"seed {seed}\n{stronger}\n{weaker}\n{events}\n{traits}\n{point.now}" if wrong else ""


@pytest.mark.parametrize("seeds", SEEDS, ids=lambda seeds: f"{seeds.start}-{seeds.stop - 1}")
def test_no_history_is_found_in_which_the_stronger_holds_and_the_weaker_does_not(seeds: range) -> None:
    held = 0
    for seed in seeds:
        for wrong, shown in counterexamples(seed, histories=4):
            assert not wrong, shown
            held += 1
    assert held > 100, "the search asked nothing"
