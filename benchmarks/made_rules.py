"""Rule files of any size, made up: every kind of condition that lead qualification asks for, in turn, seeded.

They speak of none of the events of the yardstick, so they can stand beside its rules as rules that no event concerns.
None of them holds of a lead that has done nothing.
"""

import random
from itertools import product

DID = (
    "booked", "cancelled", "exported", "finished", "joined", "printed", "rated", "read", "reviewed", "saved", "shared",
)  # fmt: skip
WHAT = (
    "benchmark report", "calculator", "case study", "comparison", "contract", "dashboard", "forum post", "integration",
    "newsletter", "onboarding", "podcast", "quote", "roadmap", "roundtable", "sandbox", "survey", "whitepaper",
)  # fmt: skip
STAGES = ("MCL", "MEL", "MQL", "SQL")

SHAPES = (
    "{a} >= {n}",
    "{a} >= {n} within {d}d",
    "{a} >= {n} and {b} within {d}d",
    "({a} and {b} >= 2 and {c}) within {d}d",
    "{a} then {b} within {d}d",
    "{a} then {b} then {c} within {d}d",
    "{a} then within 3d {b} then after 1h {c}",
    "{a} then no {b} then {c} within {d}d",
    "{a} then no {b} for {n}d",
    '{a} where (plan = "team" and seats >= {n}) >= 2 within {d}d',
    '{a} where (campaign starts with "spring" or source in ("ads", "fair")) and {b}',
    "sum(amount of {a}) >= {d}0 within 90d",
    "distinct(page of {a}) >= {n} within {d}d",
    "days({a}) >= {n} within {d}d",
    "{a} >= {n} since {b}",
    "{a} after {b} and {c} within {d}d",
    "({a} or {b}) >= {n} within {d}d",
    "{a} and not {b} within {d}d",
    "{a} older than {n}d and {b} within {d}d",
    "({a} then {b} within {d}d) with same sku",
    "{event} >= {n} within {d}d and {a}",
    "{segment} and {a} within {d}d",
    "{segment} and {score} >= {d} and {a}",
    "{score} >= {d} and ({a} or {b})",
)


def made_rules(number: int, seed: int = 1) -> str:
    """A rule file of ``number`` rules, with the events, segments and scores that they speak of."""
    dice = random.Random(seed)
    names = [f"{did} {what}" for did, what in product(DID, WHAT)]
    some = max(1, number // 50)
    events = [f"interest_{k}" for k in range(1, some + 1)]
    segments = [f"good_fit_{k}" for k in range(1, some + 1)]
    scores = [f"warmth_{k}" for k in range(1, some + 1)]

    parts = []
    for event in events:
        a, b = dice.sample(names, 2)
        parts.append(f"event {event} = {a} or {b} where (minutes >= {dice.randint(2, 30)})\n")
    for segment in segments:
        parts.append(
            f'segment {segment} "Size and trade" =\n'
            f'    lead.employees >= {dice.randint(10, 500)} and lead.industry in ("software", "fintech", "retail")\n'
        )
    for score in scores:
        a, b, c, d = dice.sample(names, 4)
        parts.append(
            f"score {score}\n"
            f"    +{dice.randint(1, 9)} per {a} up to 40 within {dice.randint(14, 90)}d\n"
            f"    +{dice.randint(10, 30)} for {b} within {dice.randint(14, 90)}d\n"
            f"    +{dice.randint(1, 9)} per {c} halve every {dice.randint(7, 30)}d\n"
            f"    +15 if {dice.choice(segments)}\n"
            f"    -{dice.randint(10, 40)} for {d} within 60d\n"
            f"    between 0 and 100\n"
        )
    for k in range(number):
        a, b, c = dice.sample(names, 3)
        condition = SHAPES[k % len(SHAPES)].format(
            a=a, b=b, c=c, n=dice.randint(2, 6), d=dice.choice((7, 14, 30, 60, 90)),
            event=dice.choice(events), segment=dice.choice(segments), score=dice.choice(scores),
        )  # fmt: skip
        when = f"when {STAGES[k % 3]}, " if k % 17 == 0 else ""
        parts.append(f'rule made_{k + 1} "Number {k + 1}": {when}{condition} => {STAGES[k % 3 + 1]}\n')
    return "".join(parts)
