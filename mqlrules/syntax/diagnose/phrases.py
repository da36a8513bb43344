"""Phrases that the grammar accepts as the name of an event but that mean something else: ``visited pricing twice``.

Only definitions and schemas can tell such a phrase from a name, so the checker asks about events that have neither.
"""

import re
from functools import lru_cache

from mqlrules.syntax import errors, tree
from mqlrules.text.diagnostic import Diagnostic
from mqlrules.text.source import Source

_COUNTS = {"once": 1, "twice": 2, "thrice": 3}
_COMPARATORS = (
    (("at", "least"), ">="), (("more", "than"), ">"), (("at", "most"), "<="), (("less", "than"), "<"),
    (("exactly",), "="), (("only",), "="),
)  # fmt: skip
_BETWEEN = ((("followed", "by"), "then"), (("without",), "and no"), (("unless",), "and no"), (("except",), "and no"))
_SPANS = {"hour": "1h", "day": "1d", "week": "7d", "month": "30d", "quarter": "91d", "year": "365d"}
_WINDOW = re.compile(r" (?:in |over |during |within )?(?:the )?(?:last|past|this) (hour|day|week|month|quarter|year)$")
_NEVER = (("never", "did"), ("never",), ("without",))
_NEEDLESS = ("if", "either", "both", "every", "each", "any", "when")
_POINTS_FOR = re.compile(r"([+-][0-9.]+)\s+for\s+$")


def doubtful_phrase(source: Source, phrase: tree.Phrase) -> Diagnostic | None:
    """The diagnostic of an event name that likely means something else; None if it looks like a name."""
    if phrase.quoted:
        return None
    words = phrase.text.split(" ")
    instead = _meant_by(phrase.text)
    if instead is not None and words[0].lower() in ("each", "every"):
        # `+10 for each visit`: without `each` it is valid, but counts one visit only.
        points = _POINTS_FOR.search(source.text, source.text.rfind("\n", 0, phrase.span.start) + 1, phrase.span.start)
        instead = f"{points[1]} per {instead}" if points else instead
    if instead is None:
        return None
    return errors.DOUBTFUL_PHRASE.at((source, phrase.span), written=phrase.text, instead=instead)


@lru_cache(maxsize=8192)
def _meant_by(phrase: str) -> str | None:
    """Cached, because rule sets repeat their events and editors ask at every keystroke."""
    return meant(phrase.split(" "))


def meant(words: list[str]) -> str | None:
    """The rule text that these words likely mean, or None if they are a name."""
    small = [word.lower() for word in words]
    if len(words) > 2 and small[:2] == ["stage", "is"]:
        return f"when {' '.join(words[2:])}, …"
    number = _COUNTS.get(small[-1])
    if number is not None and len(words) > 1:
        rest, operator = words[:-1], ">=" if number > 1 else "="
        for comparator, sign in _COMPARATORS:
            if tuple(small[-1 - len(comparator) : -1]) == comparator:
                rest, operator = words[: -1 - len(comparator)], sign
        return f"{' '.join(rest)} {operator} {number}" if rest else None
    window = _WINDOW.search(" ".join(small))
    if window:
        rest = words[: len(" ".join(small)[: window.start()].split())]
        return f"{' '.join(rest)} within {_SPANS[window[1]]}"
    for at in range(1, len(words) - 3):
        if small[at : at + 3] == ["never", "followed", "by"]:
            return f"{' '.join(words[:at])} then no {' '.join(words[at + 3 :])} for 3d"
    for joint, sign in _BETWEEN:
        for at in range(1, len(words) - len(joint)):
            if tuple(small[at : at + len(joint)]) == joint:
                return f"{' '.join(words[:at])} {sign} {' '.join(words[at + len(joint) :])}"
    for never in _NEVER:
        if tuple(small[: len(never)]) == never and len(words) > len(never):
            return f"no {' '.join(words[len(never) :])}"
    if small[0] in _NEEDLESS and len(words) > 1:
        return " ".join(words[1:])
    return None
