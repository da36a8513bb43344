"""Whether one condition implies another: at every point at which the stronger holds, of whatever history and traits,
the weaker holds too.

Sound, not complete: True is so of every lead at every instant, False says nothing. Asked is whether the stronger and
the denial of the weaker exclude each other, in every case that ``and``, ``or`` and ``not`` leave (``cases``); what the
atoms of a case say together is looked at in ``together``, with ``sequences``, ``intervals`` and ``predicates``.
"""

from collections.abc import Iterator
from typing import Any

import attrs

from mqlrules.plan import nodes as n
from mqlrules.plan.implication import cases as by_case
from mqlrules.plan.implication.atoms import Atom, Key, are_related, keys, shape
from mqlrules.plan.implication.predicates import covers
from mqlrules.plan.implication.together import Facts, Together
from mqlrules.plan.lower import patterns_of_parts
from mqlrules.plan.truth import Truth

_MOST_PAIRS = 400
"""More pairs of cases than these are not compared."""


def implies(stronger: n.Node, weaker: n.Node) -> bool:
    """True only if the weaker condition holds at every point at which the stronger one does (sections 3 to 7)."""
    return Implication().implies(stronger, weaker)


@attrs.frozen(eq=False)
class _Case:
    facts: Facts
    keys: frozenset[Key]


class Implication:
    """Compares the conditions of one plan; what has been made of one is kept for the next comparison."""

    def __init__(self) -> None:
        self._truth = Truth()
        self._cases: dict[tuple[n.Node, bool, n.Scope], tuple[_Case, ...] | None] = {}
        self._keys: dict[Atom, frozenset[Key]] = {}
        self._together: dict[n.Scope, Together] = {
            "history": Together(self._truth, self._parts_imply, "history"),
            "part": Together(self._truth, self._parts_imply, "part"),
        }

    def implies(self, stronger: n.Node, weaker: n.Node) -> bool:
        """See the function of this name."""
        return self._implies(stronger, weaker, "history")

    def never_holds(self, node: n.Node) -> bool:
        """Whether a condition is known to hold of nobody, ever."""
        return self._of(node, True, "history") == ()

    def always_holds(self, node: n.Node) -> bool:
        """Whether a condition is known to hold of everybody, ever."""
        return self._of(node, False, "history") == ()

    def asked(self, node: n.Node) -> tuple[frozenset[Key], ...]:
        """What must not be the case where a condition is to hold: of each such case, what it speaks of.

        What implies the condition speaks of something of each of them.
        """
        return tuple(case.keys for case in self._of(node, False, "history") or ())

    def told(self, node: n.Node) -> tuple[frozenset[Key], ...]:
        """Of each case in which a condition holds, what it speaks of."""
        return tuple(case.keys for case in self._of(node, True, "history") or ())

    def _implies(self, stronger: n.Node, weaker: n.Node, scope: n.Scope) -> bool:
        if stronger == weaker:
            return True
        given, denied = self._of(stronger, True, scope), self._of(weaker, False, scope)
        if given is None or denied is None or len(given) * len(denied) > _MOST_PAIRS:
            return False
        together = self._together[scope]
        for one in given:
            for other in denied:
                if not (are_related(one.keys, other.keys) and together.exclude(one.facts, other.facts)):
                    return False
        return True

    def _of(self, node: n.Node, holds: bool, scope: n.Scope) -> tuple[_Case, ...] | None:
        """The cases in which a node holds, or doesn't, without those that contradict themselves."""
        key = node, holds, scope
        if key not in self._cases:
            found = by_case.cases(node, holds, shape)
            self._cases[key] = None if found is None else tuple(self._possible(found, scope))
        return self._cases[key]

    def _possible(self, found: tuple[by_case.Case[Any], ...], scope: n.Scope) -> Iterator[_Case]:
        for case in found:
            facts = self._together[scope].facts(case)
            if not facts.impossible:
                yield _Case(facts, frozenset().union(*(self._keys_of(atom) for atom, _ in case)))

    def _keys_of(self, atom: Atom) -> frozenset[Key]:
        if atom not in self._keys:
            self._keys[atom] = keys(atom)
        return self._keys[atom]

    def _parts_imply(self, stronger: n.Split, weaker: n.Split) -> bool:
        """A part counts only if an event in it matches a pattern of the condition: that must follow too."""
        if stronger == weaker:
            return True
        if stronger.path != weaker.path or not self._implies(stronger.condition, weaker.condition, "part"):
            return False
        needed = self._of(weaker.condition, True, "part")
        if needed is not None and all(case.facts.needs_event for case in needed):
            return True
        wanted = list(patterns_of_parts(weaker))
        return all(any(covers(wide, narrow) for wide in wanted) for narrow in patterns_of_parts(stronger))
