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
from mqlrules.plan.lower import patterns_of_parts
from mqlrules.proof.implication import cases as by_case
from mqlrules.proof.implication.atoms import Atom, Key, are_related, keys, shape
from mqlrules.proof.implication.conjunction import Facts, Together
from mqlrules.proof.implication.predicates import covers
from mqlrules.proof.truth import Truth

_MOST_PAIRS = 400
"""More pairs of cases than these are not compared."""


def implies(stronger: n.Node, weaker: n.Node) -> bool:
    """True only if the weaker condition holds at every point at which the stronger one does (sections 3 to 7).

    Both are asked of whole histories, as rules and segments are, not of a part inside ``with same``.
    """
    return Implication().implies(stronger, weaker)


@attrs.frozen(eq=False)
class Case:
    """One of the cases in which a condition holds, or doesn't. ``keys`` are what it speaks of: two cases that speak of
    nothing in common don't exclude each other.
    """

    facts: Facts
    keys: frozenset[Key]


Cases = tuple[Case, ...] | None
"""All of them, none that is impossible; None: too many to be looked at."""


class Implication:
    """Compares the conditions of one plan; what has been made of one is kept for the next comparison."""

    def __init__(self) -> None:
        self._truth = Truth()
        self._cases: dict[tuple[n.Node, bool, n.Scope], Cases] = {}
        self._keys: dict[Atom, frozenset[Key]] = {}
        self._together: dict[n.Scope, Together] = {
            "history": Together(self._truth, self._parts_imply, "history"),
            "part": Together(self._truth, self._parts_imply, "part"),
        }

    def implies(self, stronger: n.Node, weaker: n.Node) -> bool:
        """See the function of this name."""
        return stronger == weaker or self.exclude(self.given(stronger), self.denied(weaker))

    def never_holds(self, node: n.Node) -> bool:
        """Whether a condition is known to hold of nobody, ever."""
        return self.given(node) == ()

    def always_holds(self, node: n.Node) -> bool:
        """Whether a condition is known to hold of everybody, ever."""
        return self.denied(node) == ()

    def given(self, node: n.Node) -> Cases:
        """The cases in which a condition holds; none where it never does."""
        return self._of(node, True, "history")

    def denied(self, node: n.Node) -> Cases:
        """The cases in which a condition doesn't hold; none where it always does."""
        return self._of(node, False, "history")

    def exclude(self, given: Cases, denied: Cases) -> bool:
        """Whether no case of the one can be together with one of the other."""
        return self._exclude(given, denied, "history")

    def _exclude(self, given: Cases, denied: Cases, scope: n.Scope) -> bool:
        if given is None or denied is None or len(given) * len(denied) > _MOST_PAIRS:
            return False
        together = self._together[scope]
        for one in given:
            for other in denied:
                if not (are_related(one.keys, other.keys) and together.exclude(one.facts, other.facts)):
                    return False
        return True

    def _of(self, node: n.Node, holds: bool, scope: n.Scope) -> Cases:
        """The cases in which a node holds, or doesn't, without those that contradict themselves."""
        key = node, holds, scope
        if key not in self._cases:
            found = by_case.cases(node, holds, shape)
            self._cases[key] = None if found is None else tuple(self._possible(found, scope))
        return self._cases[key]

    def _possible(self, found: tuple[by_case.Case[Any], ...], scope: n.Scope) -> Iterator[Case]:
        for case in found:
            facts = self._together[scope].facts(case)
            if not facts.impossible:
                yield Case(facts, frozenset().union(*(self._keys_of(atom) for atom, _ in case)))

    def _keys_of(self, atom: Atom) -> frozenset[Key]:
        if atom not in self._keys:
            self._keys[atom] = keys(atom)
        return self._keys[atom]

    def _parts_imply(self, stronger: n.Split, weaker: n.Split) -> bool:
        """A part counts only if an event in it matches a pattern of the condition: that must follow too."""
        if stronger == weaker:
            return True
        given, denied = self._of(stronger.condition, True, "part"), self._of(weaker.condition, False, "part")
        if stronger.path != weaker.path or not self._exclude(given, denied, "part"):
            return False
        needed = self._of(weaker.condition, True, "part")
        if needed is not None and all(case.facts.needs_event for case in needed):
            return True
        wanted = list(patterns_of_parts(weaker))
        return all(any(covers(wide, narrow) for wide in wanted) for narrow in patterns_of_parts(stronger))
