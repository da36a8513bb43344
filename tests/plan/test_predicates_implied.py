"""What one predicate implies of another, held against all values of a pool: no value meets the first alone."""

import datetime
import random
from decimal import Decimal
from itertools import product
from typing import Any

from hypothesis import settings

from mqlrules.check import program as p
from mqlrules.engine.reference.matching import meets
from mqlrules.language.tests import TEXT_TESTS
from mqlrules.language.values import DateLiteral, InstantLiteral
from mqlrules.proof.implication.predicates import are_disjoint, covers, exclude, implies, narrowed

DAY = 86_400_000_000
BEGIN = 1_767_222_000_000_000
"""2026-01-01 in a zone an hour east: dates alone in data and the instants of the literal differ."""

DATES = [DateLiteral(datetime.date(2026, 1, 1) + datetime.timedelta(days), BEGIN + days * DAY) for days in range(3)]
INSTANTS = [InstantLiteral(BEGIN + hours * 3_600_000_000) for hours in (0, 1, 24, 30)]
TEXTS = ["", "a", "ab", "abc", "b", "A", "aB", "ß", "ss", "s", "SS", "ſ", "a*b", "?", "bab", "aßb"]
MATCHES = TEXT_TESTS["matches"]
LITERALS: list[Any] = [0, 1, 2, Decimal("0.5"), True, False, *DATES, *INSTANTS, "a", "ab", "A", "ss", "ß", "b"]
VALUES: list[Any] = [
    *(None, 0, 1, 2, -1, 0.5, 1.0, Decimal("0.50"), float("inf"), float("nan"), True, False, {}, {"x": 1}, 10**30),
    *TEXTS,
    *([], ["a"], ["A", 1], ["ab"], ["ss", "b"], [True], ("ß",), ["a", "b"]),
    *("2026-01-01", "2026-01-02", "2026-01-03", "2026-01-01T00:00:00Z", "2026-01-01T23:00:00Z", "2026-01-02T05:00:00Z"),
    *(datetime.date(2026, 1, 2), datetime.datetime(2026, 1, 1, 0, 0), datetime.datetime(2025, 12, 31, 23, 0)),
]


def some_test(dice: random.Random) -> p.Test:
    path = dice.choice((("n",), ("n",), ("n",), ("m",)))
    match dice.randrange(8):
        case 0:
            return p.Presence(path, dice.random() < 0.5)
        case 1:
            return p.IsTrue(path)
        case 2:
            values = tuple(dice.sample(LITERALS, dice.randint(1, 4)))
            return p.OneOf(path, values, dice.random() < 0.4)
        case 3 | 4:
            record = dice.choice((*TEXT_TESTS.values(), MATCHES))
            text = dice.choice((*TEXTS, "*", "a*", "*b", "?b", "*ß*", "a?", "s*", "??"))
            return p.TextTest(path, record, text, dice.random() < 0.4)
        case _:
            value = dice.choice(LITERALS)
            operator = dice.choice(("=", "!=") if isinstance(value, bool) else ("=", "!=", "<", "<=", ">", ">="))
            return p.Compare(path, operator, value, isinstance(value, str) and dice.random() < 0.4)


def some_predicate(dice: random.Random, depth: int = 2) -> p.Predicate:
    if depth == 0 or dice.random() < 0.4:
        return some_test(dice)
    if dice.random() < 0.25:
        return p.Not(some_predicate(dice, depth - 1))
    return dice.choice((p.And, p.Or))(tuple(some_predicate(dice, depth - 1) for _ in range(2)))


def pool(seed: int) -> list[dict[str, Any]]:
    dice = random.Random(seed)
    return [{"n": value, "m": dice.choice(VALUES)} for value in VALUES for _ in range(2)]


def test_no_value_meets_what_implies_and_fails_what_is_implied() -> None:
    dice = random.Random(1)
    found = 0
    for number in range(settings().max_examples * 100):
        one, other = some_predicate(dice), some_predicate(dice)
        if implies(one, other):
            found += 1
            assert [] == [v for v in pool(number) if meets(one, v) and not meets(other, v)], (one, other)
    assert found > 300


def test_no_value_meets_two_that_exclude_each_other() -> None:
    dice = random.Random(2)
    found = 0
    for number in range(settings().max_examples * 100):
        one, other = some_predicate(dice), some_predicate(dice)
        if exclude(one, other):
            found += 1
            assert [] == [v for v in pool(number) if meets(one, v) and meets(other, v)], (one, other)
    assert found > 300


def test_globs_imply_each_other_as_texts_show() -> None:
    globs = ["".join(symbols) for length in range(4) for symbols in product("ab*?", repeat=length)]
    texts = ["".join(symbols) for length in range(6) for symbols in product("abc", repeat=length)]
    matching = {g: {t for t in texts if meets(p.TextTest(("n",), MATCHES, g), {"n": t})} for g in globs}
    dice = random.Random(3)
    found = 0
    for _ in range(3000):
        one, other = dice.choice(globs), dice.choice(globs)
        if implies(p.TextTest(("n",), MATCHES, one), p.TextTest(("n",), MATCHES, other)):
            found += 1
            assert matching[one] <= matching[other], (one, other)
    assert found > 200


def test_patterns_cover_and_exclude_each_other_by_name_and_test() -> None:
    few, many = p.Compare(("n",), "<", 3), p.Compare(("n",), ">=", 3)
    visit = p.Pattern((p.Alternative("visit"),))
    either = p.Pattern((p.Alternative("visit", few), p.Alternative("visit", many)))
    known = narrowed(visit, p.Compare(("n",), "!=", 7))
    activity = p.Pattern((p.Alternative(None),))
    identify = p.Pattern((p.Alternative("identify"),))
    assert [True, True, False] == [covers(visit, either), covers(either, known), covers(either, visit)]
    assert [True, False] == [covers(activity, visit), covers(activity, identify)]
    assert [True, False] == [are_disjoint(activity, identify), are_disjoint(activity, visit)]
    assert are_disjoint(narrowed(visit, few), narrowed(visit, many))
