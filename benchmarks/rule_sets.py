"""Rule files made of the yardstick's twenty rules: one of them alone, or any number that share their conditions."""

import random
from itertools import combinations
from pathlib import Path

import mqlrules
from mqlrules.syntax.tree import RuleDefinition

MISSION = 3
"""The rule `visited pricing >= 2 and attended webinar within 30d`."""

SEQUENCE = 6
"""The rule `visited pricing then attended webinar then downloaded guide within 14d`."""

JOINED = {"or": "({one}) or ({other})", "and": "({one}) and ({other})", "without": "({one}) and not ({other})"}
"""How two conditions become another rule's."""


def alone(rules: Path, *numbers: int) -> str:
    """The rules of those numbers alone, with all that is defined in the file."""
    head, found = _parts(rules)
    return "\n".join([head, *(found[number - 1] for number in numbers), ""])


def sharing(rules: Path, number: int) -> str:
    """So many rules: first those of the file, then such as join two of their conditions, seeded.

    The names say what is joined: `r21_or_r03_r07`.
    """
    head, found = _parts(rules)
    conditions = {name.split("_")[0]: text for name, text in _conditions(rules).items()}
    pairs = [(how, *pair) for pair in combinations(conditions, 2) for how in JOINED]
    random.Random(1).shuffle(pairs)
    made = [
        f"rule r{k:02}_{how}_{one}_{other}: {JOINED[how].format(one=conditions[one], other=conditions[other])} => MQL"
        for k, (how, one, other) in enumerate(pairs, len(found) + 1)
    ]
    if number > len(found) + len(made):
        raise ValueError(f"there are {len(found) + len(made)} rules")
    return "\n".join([head, *[*found, *made][:number], ""])


def _parts(path: Path) -> tuple[str, list[str]]:
    """What is not a rule, and the rules."""
    file = mqlrules.load(path).files[0]
    text, rules, other = file.source.text, [], []
    for statement in file.tree.statements:
        words = text[statement.span.start : statement.span.end]
        (rules if isinstance(statement, RuleDefinition) else other).append(words)
    return "\n".join(other), rules


def _conditions(path: Path) -> dict[str, str]:
    file = mqlrules.load(path).files[0]
    text = file.source.text
    return {
        rule.name.text: text[rule.condition.span.start : rule.condition.span.end]
        for rule in file.tree.statements
        if isinstance(rule, RuleDefinition) and rule.name is not None
    }
