"""Names that rules ask for and that no event of an input has: most often these are only spelled otherwise."""

from collections.abc import Collection, Iterator, Sequence

from mqlrules.console.terminal import printable
from mqlrules.language.names import IDENTIFY, normalise
from mqlrules.language.suggest import Suggestions
from mqlrules.plan import nodes as n
from mqlrules.plan.lower import patterns_of

MOST = 10_000
"""Different names beyond which nobody looks whether one is missing."""

SHOWN = 5
"""Sentences of one run."""

_RULES_NAMED = 3


class NamesMet:
    """The names of events that have been met; of too many it forgets all."""

    def __init__(self) -> None:
        self._met: dict[str, None] | None = {}

    def add(self, names: Collection[str | None]) -> None:
        """Adds names, as they are spelled."""
        if self._met is not None and len(names) <= MOST:
            self._met.update(dict.fromkeys(name for name in names if name is not None))
        if self._met is not None and max(len(names), len(self._met)) > MOST:
            self._met = None

    def all(self) -> Sequence[str]:
        """All names, in the order in which they were met; none if there were too many."""
        return list(self._met or ())


def asked_for(roots: Sequence[n.Node | n.Score]) -> Iterator[str]:
    """The normalised names of the raw events that are asked for."""
    names = (alternative.name for pattern in patterns_of(list(roots)) for alternative in pattern.alternatives)
    return (name for name in dict.fromkeys(names) if name is not None)


def unheard(plan: n.Plan, met: Sequence[str], with_results: Collection[str]) -> Iterator[str]:
    """A sentence for each name that no event has and that rules ask for which gave no result.

    ``met`` are the names of all events, ``with_results`` the names of the rules that gave one. Nothing is said where
    no name is known.
    """
    if not met:
        return
    known = {normalise(name) for name in met}
    asking: dict[str, list[str]] = {}
    for planned in plan.rules:
        if planned.rule.name not in with_results:
            for name in asked_for([planned.condition]):
                if name not in known and name != IDENTIFY:
                    asking.setdefault(name, []).append(planned.rule.name)
    suggestions = Suggestions()
    for name, rules in list(asking.items())[:SHOWN]:
        close = suggestions.closest(name, met)
        meant = f"; did you mean `{printable(close)}`?" if close else ""
        yield f"no event is called `{printable(name)}`, which {_who(rules)} for{meant}"
    if len(asking) > SHOWN:
        yield f"… and so it is with {len(asking) - SHOWN:,} more names"


def _who(rules: Sequence[str]) -> str:
    if len(rules) > _RULES_NAMED:
        return f"{len(rules):,} rules (no results) ask"
    named = [f"`{printable(name)}`" for name in rules]
    if len(named) == 1:
        return f"rule {named[0]} (no result) asks"
    return f"rules {', '.join(named[:-1])} and {named[-1]} (no results) ask"
