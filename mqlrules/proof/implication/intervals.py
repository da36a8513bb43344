"""Whether one visible interval lies inside another (section 3): whatever is visible in the narrower is in the wider."""

from collections.abc import Iterable

import attrs

from mqlrules.check.program import Pattern
from mqlrules.plan import nodes as n
from mqlrules.proof.implication.predicates import covers


def includes(wider: n.Interval, narrower: n.Interval) -> bool:
    """Whether every event that is visible in the narrower interval is visible in the wider one."""
    if wider == narrower or wider == n.EVERYTHING:
        return True
    if wider.within is not None and (narrower.within is None or narrower.within > wider.within):
        return False
    if wider.older > narrower.older:
        return False
    if wider.during is not None and (
        narrower.during is None or narrower.during[0] < wider.during[0] or narrower.during[1] > wider.during[1]
    ):
        return False
    return positions_included(wider, narrower)


def positions_included(wider: n.Interval, narrower: n.Interval, passed: Iterable[Pattern] = ()) -> bool:
    """Whether an event whose position the narrower interval allows is allowed by the wider one too.

    ``passed`` are patterns of which an event is known to stand before it (in the part, inside ``with same``).
    """
    return (
        all(_is_after(anchor, narrower, passed) for anchor in wider.after)
        and all(_is_since(anchor, narrower, passed) for anchor in wider.since)
        and all(_is_before(anchor, narrower) for anchor in wider.before)
    )


def _is_after(anchor: n.Anchor, known: n.Interval, passed: Iterable[Pattern]) -> bool:
    """After the first: what is after any match of it is. An event of a part is one of the history too."""
    return any(covers(anchor.pattern, pattern) for pattern in passed) or any(
        other.scope in (anchor.scope, "part") and covers(anchor.pattern, other.pattern)
        for other in known.after | known.since
    )


def _is_since(anchor: n.Anchor, known: n.Interval, passed: Iterable[Pattern]) -> bool:
    """After the latest: that of a wider pattern is later still, but there must be one of this pattern too."""
    return any(
        other.scope == anchor.scope and covers(other.pattern, anchor.pattern) for other in known.since
    ) and _is_after(anchor, known, passed)


def _is_before(anchor: n.Anchor, known: n.Interval) -> bool:
    """Before the first of a wider pattern is earlier still; the first in a part is not before that in the history."""
    return any(
        other.scope in (anchor.scope, "history") and covers(other.pattern, anchor.pattern) for other in known.before
    )


def outside_parts(interval: n.Interval) -> n.Interval:
    """What is visible to a whole history at least, where a part of it sees this interval."""
    after = frozenset(n.Anchor(anchor.pattern) for anchor in interval.after | interval.since)
    return attrs.evolve(
        interval,
        since=frozenset(anchor for anchor in interval.since if anchor.scope == "history"),
        after=after,
        before=frozenset(anchor for anchor in interval.before if anchor.scope == "history"),
    )
