"""Passes: the leads of a batch evaluated once from their first event on, and again after each recycle."""

from collections.abc import Callable, Iterator

import attrs
import numpy as np

from mqlrules.engine.columnar import grouped_rows, truth_changes
from mqlrules.engine.columnar.batch import Batch
from mqlrules.engine.columnar.encode import WORD, Encoder
from mqlrules.engine.columnar.evaluate import Evaluation
from mqlrules.engine.columnar.evidence import Place, evidence
from mqlrules.engine.columnar.grouped_rows import GroupedRows
from mqlrules.engine.columnar.groups import Groups, Table, remembered
from mqlrules.engine.columnar.jit import FOREVER
from mqlrules.engine.columnar.lifecycle import Moves, RuleTable, Standing, moves_of
from mqlrules.engine.columnar.requirements import Mark, Used, Value
from mqlrules.engine.columnar.truth_changes import Mask, Places, Points, Whole
from mqlrules.engine.columnar.values import opened, ranks
from mqlrules.plan import nodes as n

Initially = Callable[[n.Trait], Mask]


def evaluation_of(
    batch: Batch, encoder: Encoder, dates: Callable[[Whole], Whole], end: int, initially: Initially
) -> Evaluation:
    """The evaluation of whole histories."""
    needs = encoder.requirements
    known: dict[Mark | Value, Whole] = {}

    def marked(mark: Mark) -> Mask:
        def mask() -> Mask:
            word, bit = divmod(needs.marks[mark], WORD)
            column = batch.columns[f"m{word}"]
            found: Mask = (column & column.dtype.type(1 << bit)) != 0
            return found

        return remembered(known, mark, mask)

    def value(of: Value) -> Whole:
        def column() -> Whole:
            found = batch.columns[f"v{needs.values[of]}"]
            dictionary = encoder.dictionaries[of]
            if of.kind == "order" and dictionary.values:
                return np.append(ranks(dictionary.values), -1)[found]
            return opened(found, dictionary) if of.kind == "millionths" else found

        return remembered(known, of, column)

    words = [
        grouped_rows.with_marks(batch.columns[f"m{word}"], batch.offsets, min(WORD, len(needs.marks) - word * WORD))
        for word in range(-(-len(needs.marks) // WORD))
    ]
    begun = batch.offsets[:-1]
    begins = Points(batch.times[begun], begun.astype(np.int32))
    table = Table(batch.times, marked, value, dates, end)
    groups = Groups(table, begins, lambda mark: words[needs.marks[mark] // WORD][needs.marks[mark] % WORD])
    return Evaluation(groups, initially)


@attrs.frozen(eq=False)
class Pass:
    """One pass over all leads from their first event on, or over recycled leads from there on.

    ``leads`` is the lead in the batch that each group is, ``ended`` the point of its recycle, or after everything.
    Where only some rows of a group were looked at, ``over`` is right up to its recycle.
    """

    over: Evaluation
    leads: Places
    moves: Moves
    ended: Points


AHEAD = 128
"""Rows after a recycle that are looked at first. A lead that is recycled often is not evaluated to its end each time,
so the cost of all passes together grows with the number of its rows."""


def passes(over: Evaluation, rules: tuple[n.PlannedRule, ...], table: RuleTable) -> Iterator[Pass]:
    """As many passes as the leads are recycled."""
    groups, times, end = len(over.groups), over.groups.table.times, over.groups.table.end
    begins = over.groups.begins
    first_rows = begins.rows.astype(np.int64)
    last_rows = np.append(first_rows[1:], len(times))
    conditions = [over.truth(planned.condition) for planned in rules]
    standing = Standing.at_begin(begins)
    used = Points(np.zeros(groups, np.int64), np.full(groups, -1, np.int32))
    moves, recycled = moves_of(table, conditions, begins, used, standing, end)
    leads, ended = np.arange(groups, dtype=np.int32), _ends(moves, recycled)
    yield Pass(over, leads, moves, ended)
    leads, standing = leads[recycled], standing.recycled(recycled)
    begins = Points(ended.times[recycled], ended.rows[recycled])
    ahead = np.full(len(leads), AHEAD, np.int64)
    while len(leads):
        after = grouped_rows.rows_after(times, first_rows[leads], last_rows[leads], begins)
        limits = np.minimum(after + ahead, last_rows[leads])
        part = _afresh(over, leads, begins, after, limits)
        conditions = [part.truth(planned.condition) for planned in rules]
        first = grouped_rows.first_rows(part.groups.rows(Used()), -1)
        before = Standing._make(column.copy() for column in standing)
        moves, recycled = moves_of(table, conditions, begins, Points(times[first], first), standing, end)
        ended = _ends(moves, recycled)
        whole = limits == last_rows[leads]
        # What comes before the first row that was not looked at doesn't depend on it.
        known = whole | (recycled & (ended.times <= times[np.where(whole, 0, limits)]))
        if not known.all():
            moves = moves.only(known[moves.groups])
        if known.any():
            yield Pass(part, leads, moves, ended)
        again, further = known & recycled, ~known
        rows = np.where(ended.rows[again] >= 0, ended.rows[again] + 1 - after[again], AHEAD)
        ahead = np.concatenate((np.maximum(2 * rows, AHEAD), 8 * ahead[further]))
        standing = standing.recycled(again).followed_by(before.recycled(further))
        begins = Points(
            np.concatenate((ended.times[again], begins.times[further])),
            np.concatenate((ended.rows[again], begins.rows[further])),
        )
        leads = np.concatenate((leads[again], leads[further]))


def _ends(moves: Moves, recycled: Mask) -> Points:
    """The point of each group's recycle; after everything where there is none."""
    ended = Points(np.full(len(recycled), FOREVER, np.int64), np.full(len(recycled), -1, np.int32))
    again = np.flatnonzero(recycled)
    # A recycle is the last move of its group.
    last = np.searchsorted(moves.groups, again, side="right") - 1
    ended.times[again], ended.rows[again] = moves.times[last], moves.rows[last]
    return ended


def _afresh(whole: Evaluation, leads: Places, begins: Points, after: Whole, limits: Whole) -> Evaluation:
    """The evaluation of some leads after a recycle, from row ``after`` on to before ``limits``.

    Only events at later positions count, for everything but traits (section 8).
    """
    known: dict[n.Trait, Mask] = {}

    def marked(mark: Mark) -> GroupedRows:
        return grouped_rows.between(whole.groups.rows(mark), leads, after, limits)

    def initially(node: n.Trait) -> Mask:
        return remembered(known, node, lambda: truth_changes.holding_at(whole.truth(node), leads, begins))

    return Evaluation(Groups(whole.groups.table, begins, marked), initially)


def evidence_of(one: Pass, rules: tuple[n.PlannedRule, ...]) -> Iterator[list[int]]:
    """The rows that are the evidence of each move of a pass, in history order."""
    groups, times, rows, _, _, moved_by, _ = one.moves
    for group, time, row, rule in zip(groups.tolist(), times.tolist(), rows.tolist(), moved_by.tolist(), strict=True):
        yield sorted(evidence(one.over, rules[rule].condition, Place(group, time, row)))
