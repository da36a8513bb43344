"""Whether one sequence implies another (section 6): every choice that fits the one has in it one that fits the other.

What a sequence says is a chain of events, in the order of their positions, with bounds on the time between any two of
them and on how long ago they are: differences of times, closed under going by way of a third (Floyd and Warshall). The
other sequence is then laid along the chain, step by step; a step may lie on any event that matches it, as long as what
it asks of the way from the step before follows from the bounds, from what is absent there, and from what is quiet.

Restrictions are convex: between two visible events all are visible. So what is absent between two steps is absent
altogether, and what is visible at both ends is visible between.
"""

import math
from functools import lru_cache

import attrs

from mqlrules.check.program import Pattern
from mqlrules.plan import nodes as n
from mqlrules.proof.implication.intervals import positions_included
from mqlrules.proof.implication.predicates import are_disjoint, covers

_APART = 6
"""Of a step with a count up to this each event stands in the chain; of a higher one those before its last are one."""

_LONGEST = 40
"""Longer chains are not looked at."""

_ZERO, _NOW, _FIRST = 0, 1, 2
"""Places in the bounds: the beginning of time, now, and the first event of the chain."""


@attrs.frozen(cache_hash=True)
class _Link:
    """An event of the chain. ``matches`` is how many matches of the pattern lie between the event before and it, itself
    included. ``step`` is the number of its step; ``completes``: it is the one that completes it.
    """

    pattern: Pattern
    matches: int
    step: int
    completes: bool


@attrs.frozen(eq=False)
class _Chain:
    sequence: n.Sequence
    links: tuple[_Link, ...]
    bounds: list[list[float]]
    """``bounds[i][j]``: time j - time i is at most this, in microseconds; links stand from ``_FIRST`` on."""

    def at_most(self, one: int, other: int) -> float:
        """From one link to another."""
        return self.bounds[one + _FIRST][other + _FIRST]

    def at_least(self, one: int, other: int) -> float:
        return -self.bounds[other + _FIRST][one + _FIRST]

    def ago(self, link: int) -> tuple[float, float]:
        """How long ago a link is: at least, and at most."""
        return -self.bounds[_NOW][link + _FIRST], self.bounds[link + _FIRST][_NOW]

    def times(self, link: int) -> tuple[float, float]:
        """When it is: at least, and at most."""
        return -self.bounds[link + _FIRST][_ZERO], self.bounds[_ZERO][link + _FIRST]


@lru_cache(maxsize=20_000)
def implies(stronger: n.Sequence, weaker: n.Sequence) -> bool:
    """Whether the weaker sequence holds wherever the stronger one does."""
    if stronger == weaker:
        return True
    chain = _chain(stronger)
    return chain is not None and _fits(chain, weaker)


# -- the chain -----------------------------------------------------------------------------------------------------


@lru_cache(maxsize=5_000)
def _chain(sequence: n.Sequence) -> _Chain | None:
    links: list[_Link] = []
    for number, step in enumerate(sequence.steps):
        before = [1] * (step.count - 1) if step.count <= _APART else [step.count - 1]
        links += [_Link(step.pattern, matches, number, False) for matches in before]
        links.append(_Link(step.pattern, 1, number, True))
    if len(links) > _LONGEST:
        return None
    return _Chain(sequence, tuple(links), _bounds(sequence, links))


def _bounds(sequence: n.Sequence, links: list[_Link]) -> list[list[float]]:
    size = len(links) + _FIRST
    bounds = [[0 if i == j else math.inf for j in range(size)] for i in range(size)]

    def at_most(one: int, other: int, difference: float) -> None:
        bounds[one][other] = min(bounds[one][other], difference)

    first, last = _FIRST, size - 1
    for link in range(first, last):
        at_most(link + 1, link, 0)
    interval = sequence.interval
    at_most(_NOW, last, -interval.older)
    if interval.within is not None:
        at_most(first, _NOW, interval.within - 1)
    if interval.during is not None:
        at_most(first, _ZERO, -interval.during[0])
        at_most(_ZERO, last, interval.during[1] - 1)
    completing = [place for place, link in enumerate(links, start=_FIRST) if link.completes]
    for number, step in enumerate(sequence.steps):
        if number > 0:
            one, other = completing[number - 1], completing[number]
            if step.within is not None:
                at_most(one, other, step.within - 1)
            at_most(other, one, -max(step.after, step.quiet.lasting if step.quiet else 0))
    if sequence.final is not None:
        at_most(_NOW, last, -sequence.final.lasting)
    for way in range(size):
        through = bounds[way]
        for row in bounds:
            so_far = row[way]
            if so_far < math.inf:
                for place in range(size):
                    row[place] = min(row[place], so_far + through[place])
    return bounds


# -- laying a sequence along it ------------------------------------------------------------------------------------


def _fits(chain: _Chain, sequence: n.Sequence) -> bool:
    size = len(chain.links)
    visible = [_is_visible(chain, link, sequence.interval) for link in range(size)]
    # On which links the steps so far can end.
    ends: set[int] = {-1}
    for step in sequence.steps:
        matching = [visible[at] and covers(step.pattern, chain.links[at].pattern) for at in range(size)]
        ends = {
            here
            for here in range(size)
            if matching[here]
            and any(before < here and _follows(chain, step, before, here, matching) for before in ends)
        }
        if not ends:
            return False
    return sequence.final is None or any(_is_over(chain, end, sequence.final) for end in ends)


def _is_visible(chain: _Chain, link: int, interval: n.Interval) -> bool:
    least, most = chain.ago(link)
    if least < interval.older or (interval.within is not None and most >= interval.within):
        return False
    if interval.during is not None:
        first, last = chain.times(link)
        if first < interval.during[0] or last >= interval.during[1]:
            return False
    passed = [earlier.pattern for earlier in chain.links[:link]]
    return positions_included(interval, chain.sequence.interval, passed)


def _follows(chain: _Chain, step: n.Step, before: int, here: int, matching: list[bool]) -> bool:
    """Whether a step is completed by a link, the step before it by an earlier one (-1: there is none)."""
    if sum(chain.links[at].matches for at in range(before + 1, here + 1) if matching[at]) < step.count:
        return False
    if before < 0:
        return True
    return (
        (step.within is None or chain.at_most(before, here) < step.within)
        and chain.at_least(before, here) >= step.after
        and (step.absent is None or _is_free(chain, before, here, step.absent))
        and (
            step.quiet is None
            or (
                chain.at_least(before, here) >= step.quiet.lasting
                and _is_quiet(chain, before, step.quiet.pattern, step.quiet.lasting)
            )
        )
    )


def _is_over(chain: _Chain, end: int, final: n.Quiet) -> bool:
    return chain.ago(end)[0] >= final.lasting and _is_quiet(chain, end, final.pattern, final.lasting)


def _is_free(chain: _Chain, one: int, other: int, pattern: Pattern) -> bool:
    """Whether nothing between two links matches a pattern."""
    return all(_is_way_free(chain, link, pattern) for link in range(one, other)) and all(
        # What lies inside a step is absent with the rest of the way to it.
        not chain.links[link].completes or are_disjoint(chain.links[link].pattern, pattern)
        for link in range(one + 1, other)
    )


def _is_way_free(chain: _Chain, link: int, pattern: Pattern) -> bool:
    """Whether nothing between a link and the next one matches a pattern: both are on the way to one step."""
    absent = chain.sequence.steps[chain.links[link + 1].step].absent
    return absent is not None and covers(absent, pattern)


def _is_quiet(chain: _Chain, link: int, pattern: Pattern, lasting: float) -> bool:
    """Whether nothing that matches comes in this time after a link, visible or not."""
    if lasting <= 0:
        return True
    at = chain.links[link]
    last = link == len(chain.links) - 1
    if at.completes:
        quiet = chain.sequence.final if last else chain.sequence.steps[at.step + 1].quiet
        if quiet is not None and quiet.lasting >= lasting and covers(quiet.pattern, pattern):
            return True
    if last or not _is_way_free(chain, link, pattern):
        return False
    # Nothing comes until the next link; from there on the rest of the time must be quiet, and it must not match itself.
    passed = chain.at_least(link, link + 1)
    if passed >= lasting:
        return True
    following = chain.links[link + 1]
    # What lies inside a step with an absence on the way to it does not match what is absent.
    return (not following.completes or are_disjoint(following.pattern, pattern)) and _is_quiet(
        chain, link + 1, pattern, lasting - passed
    )
