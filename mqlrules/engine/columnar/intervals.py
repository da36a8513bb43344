"""Visible intervals over lists of rows: what is left out for good, and the floors that rise with time (section 3)."""

import numpy as np
import numpy.typing as npt

from mqlrules.engine.columnar.grouped_rows import Listed, chosen, first_rows, merged
from mqlrules.plan.nodes import Interval

Whole = npt.NDArray[np.int64]
Places = npt.NDArray[np.int32]

LAST = 2**31 - 1
"""After every row."""


def kept(hits: Listed, times: Whole, during: tuple[int, int] | None, before: list[Listed]) -> Listed:
    """The rows at times inside ``during`` and before the first row of each of the lists ``before``."""
    if not hits.rows.size or (during is None and not before):
        return hits
    keep = np.ones(len(hits.rows), np.bool_)
    if during is not None:
        at = times[hits.rows]
        keep &= (at >= during[0]) & (at < during[1])
    if before:
        cut = np.minimum.reduce([first_rows(anchor, LAST) for anchor in before])
        keep &= hits.rows < np.repeat(cut, hits.starts[1:] - hits.starts[:-1])
    return chosen(hits, keep)


def floors(since: list[Listed], after: list[Listed]) -> Listed | None:
    """The rows after which alone events are visible: from each of them on, until the next one.

    Nothing is visible until every anchor has been met; then the latest of ``since`` and the first of ``after`` count.
    """
    if not since and not after:
        return None
    if len(since) == 1 and not after:
        return since[0]
    met = np.maximum.reduce([first_rows(anchor, LAST) for anchor in (*since, *after)])
    there = met < LAST
    once = Listed(met[there], np.concatenate((np.zeros(1, np.int64), np.cumsum(there))))
    if not since:
        return once
    rising = since[0]
    for anchor in since[1:]:
        rising = merged(rising, anchor)
    above = rising.rows > np.repeat(met, rising.starts[1:] - rising.starts[:-1])
    return merged(once, chosen(rising, above))


def plain(interval: Interval) -> bool:
    """Whether an interval is nothing but a window, if that."""
    return not interval.anchors and interval.during is None and not interval.older
