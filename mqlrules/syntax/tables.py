"""The parser's tables: what lark makes of the grammar, as plain data that loads in a moment.

Building them takes about 0.1 s and needs lark (itself 0.06 s to import), which is most of what a whole `mqlrules
check` may take. They depend on the text of the grammar alone, so they are kept beside this module as JSON and built
afresh only where that is of another text (see ``mqlrules.syntax.grammar``).
"""

import re
from collections.abc import Mapping
from typing import Any

import attrs

END = "$END"

Action = int
"""A state to go to (0 or above), or the rule ``-1 - action`` to reduce by."""


@attrs.frozen
class Rule:
    """A reduction: ``size`` values are taken off the stack, ``picks`` of them kept (True: a list, to be spliced in).

    ``callback`` names the method that makes the node; None for rules that are only lists of children. A rule that
    ``passes`` hands on its only child where it has just one; if it can have no other, it ``only_passes``.
    """

    origin: str
    size: int
    picks: tuple[tuple[int, bool], ...]
    callback: str | None
    passes: bool
    only_passes: bool


@attrs.frozen
class Keyword:
    """A terminal that starts with a certain word. ``pattern`` None: the word alone, whatever follows."""

    terminal: str
    pattern: str | None

    def match_end(self, text: str, start: int) -> int | None:
        """Where the keyword ends, if it stands at ``start``; None if what follows doesn't fit."""
        if self.pattern is None:
            return start
        found = _compiled(self.pattern).match(text, start)
        return found.end() if found else None


@attrs.frozen(eq=False)
class Tables:
    """The automaton, and how terminals are told apart.

    ``keywords`` goes by first word; ``word`` matches the words that may stand in phrases (no reserved ones); ``shapes``
    is one expression that reads any token, its groups named for terminals.
    """

    grammar: str
    starts: Mapping[str, int]
    ends: Mapping[str, int]
    states: list[dict[str, Action]]
    rules: list[Rule]
    keywords: Mapping[str, list[Keyword]]
    signs: Mapping[str, str]
    word: re.Pattern[str]
    shapes: re.Pattern[str]

    @staticmethod
    def from_data(data: dict[str, Any]) -> "Tables":
        """From what ``mqlrules.syntax.grammar.build`` made."""
        return Tables(
            grammar=data["grammar"],
            starts=data["starts"],
            ends=data["ends"],
            states=data["states"],
            rules=[
                Rule(
                    origin,
                    size,
                    tuple((index, bool(spliced)) for index, spliced in picks),
                    callback,
                    bool(passes),
                    only_passes=bool(passes) and picks == [[0, 0]] and size == 1,
                )
                for origin, size, picks, callback, passes in data["rules"]
            ],
            keywords={
                word: [Keyword(terminal, pattern) for terminal, pattern in entries]
                for word, entries in data["keywords"].items()
            },
            signs=data["signs"],
            word=re.compile(data["word"]),
            shapes=re.compile(data["shapes"]),
        )


_patterns: dict[str, re.Pattern[str]] = {}


def _compiled(pattern: str) -> re.Pattern[str]:
    found = _patterns.get(pattern)
    if found is None:
        found = _patterns[pattern] = re.compile(pattern)
    return found
