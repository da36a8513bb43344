"""The leads of one part, from their rows to their moves: once through, and again for those that start afresh."""

from collections.abc import Callable, Iterator

import attrs
import numpy as np
import numpy.typing as npt

from mqlrules.engine.columnar import grouped_rows as listing
from mqlrules.engine.columnar import truth_changes as toggles
from mqlrules.engine.columnar.days import Days
from mqlrules.engine.columnar.encode import WORD, Encoder
from mqlrules.engine.columnar.evaluate import Evaluation, Table
from mqlrules.engine.columnar.evidence import Place, evidence
from mqlrules.engine.columnar.grouped_rows import Listed
from mqlrules.engine.columnar.jit import FOREVER
from mqlrules.engine.columnar.lifecycle import Moves, RuleTable, Standing, moves_of
from mqlrules.engine.columnar.ordering import Sheet
from mqlrules.engine.columnar.requirements import Mark, Used, Value, Wants
from mqlrules.engine.columnar.truth_changes import Begins
from mqlrules.engine.columnar.values import opened, ranks
from mqlrules.plan import nodes as n

Whole = npt.NDArray[np.int64]
Places = npt.NDArray[np.int32]
Mask = npt.NDArray[np.bool_]

Initially = Callable[[n.Trait], Mask]


def table_of_sheet(sheet: Sheet, wants: Wants, encoder: Encoder, days: Days, end: int) -> Table:
    """What is known of the rows of a sheet."""
    marks: dict[Mark, Mask] = {}
    values: dict[Value, Whole] = {}
    dates: list[Whole] = []

    def marked(mark: Mark) -> Mask:
        if mark not in marks:
            word, bit = divmod(wants.marks[mark], WORD)
            column = sheet.columns[f"m{word}"]
            marks[mark] = (column & column.dtype.type(1 << bit)) != 0
        return marks[mark]

    def value(of: Value) -> Whole:
        if of not in values:
            column = sheet.columns[f"v{wants.values[of]}"]
            known = encoder.dictionaries[of].values
            if of.kind == "order" and known:
                column = np.append(ranks(known), -1)[column]
            elif of.kind == "millionths":
                column = opened(column, encoder.dictionaries[of])
            values[of] = column
        return values[of]

    def dated() -> Whole:
        if not dates:
            dates.append(days.of(sheet.times))
        return dates[0]

    return Table(sheet.times, marked, value, dated, end)


def evaluation_of(sheet: Sheet, wants: Wants, table: Table, initially: Initially) -> Evaluation:
    """The evaluation of whole histories."""
    words = [
        listing.listed(sheet.columns[f"m{word}"], sheet.starts, min(WORD, len(wants.marks) - word * WORD))
        for word in range(-(-len(wants.marks) // WORD))
    ]
    begun = sheet.starts[:-1]
    begins = Begins(sheet.times[begun], begun.astype(np.int32))
    return Evaluation(table, begins, lambda mark: words[wants.marks[mark] // WORD][wants.marks[mark] % WORD], initially)


@attrs.frozen(eq=False)
class Pass:
    """One time through: all leads from their first event on, or those that were recycled, from there on.

    ``leads`` says which lead of the sheet each group is; ``ended`` is the point of each group's recycle, or after
    everything. Of a group that has been followed for some rows only, ``over`` is right up to its recycle.
    """

    over: Evaluation
    leads: Places
    moves: Moves
    ended: Begins


AHEAD = 128
"""So many rows after a recycle are looked at first: a lead that is recycled often is not gone through to its end each
time, and what all times together cost grows with its rows alone."""


def passes(over: Evaluation, rules: tuple[n.PlannedRule, ...], table: RuleTable) -> Iterator[Pass]:
    """As many times through as the leads are recycled."""
    groups = len(over.begins)
    times = over.table.times
    first_rows = over.begins.rows.astype(np.int64)
    last_rows = np.append(first_rows[1:], len(times))
    conditions = [over.truth(planned.condition) for planned in rules]
    standing = Standing.at_begin(over.begins)
    used = Begins(np.zeros(groups, np.int64), np.full(groups, -1, np.int32))
    moves, recycled = moves_of(table, conditions, over.begins, used, standing, over.table.end)
    leads, ended = np.arange(groups, dtype=np.int32), _ends(moves, recycled)
    yield Pass(over, leads, moves, ended)
    leads, standing = leads[recycled], standing.recycled_of(recycled)
    begins = Begins(ended.times[recycled], ended.rows[recycled])
    ahead = np.full(len(leads), AHEAD, np.int64)
    while len(leads):
        after = listing.rows_after(times, first_rows[leads], last_rows[leads], begins.times, begins.rows)
        limits = np.minimum(after + ahead, last_rows[leads])
        part = _afresh(over, leads, begins, after, limits)
        conditions = [part.truth(planned.condition) for planned in rules]
        first = listing.first_rows(part.hits(Used()), -1)
        before = attrs.evolve(standing, stages=standing.stages.copy(), entered=standing.entered.copy())
        moves, recycled = moves_of(table, conditions, begins, Begins(times[first], first), standing, over.table.end)
        ended = _ends(moves, recycled)
        whole = limits == last_rows[leads]
        # What lies before the first row that was not looked at is not changed by it.
        known = whole | (recycled & (ended.times <= times[np.where(whole, 0, limits)]))
        if not known.all():
            moves = moves.only(known[moves.groups])
        if known.any():
            yield Pass(part, leads, moves, ended)
        again, further = known & recycled, ~known
        rows = np.where(ended.rows[again] >= 0, ended.rows[again] + 1 - after[again], AHEAD)
        ahead = np.concatenate((np.maximum(2 * rows, AHEAD), 8 * ahead[further]))
        standing = standing.recycled_of(again).and_also(before.recycled_of(further))
        begins = Begins(
            np.concatenate((ended.times[again], begins.times[further])),
            np.concatenate((ended.rows[again], begins.rows[further])),
        )
        leads = np.concatenate((leads[again], leads[further]))


def _ends(moves: Moves, recycled: Mask) -> Begins:
    """The point of each group's recycle; after everything where there is none."""
    ended = Begins(np.full(len(recycled), FOREVER, np.int64), np.full(len(recycled), -1, np.int32))
    again = np.flatnonzero(recycled)
    # The recycle of a group is the last of its moves.
    last = np.searchsorted(moves.groups, again, side="right") - 1
    ended.times[again], ended.rows[again] = moves.times[last], moves.rows[last]
    return ended


def evidence_of(one: Pass, rules: tuple[n.PlannedRule, ...]) -> Iterator[list[int]]:
    """The rows that are the evidence of each move of a pass, in history order."""
    moves = one.moves
    for group, time, row, rule in zip(
        moves.groups.tolist(), moves.times.tolist(), moves.rows.tolist(), moves.rules.tolist(), strict=True
    ):
        yield sorted(evidence(one.over, rules[rule].condition, Place(group, time, row)))


def _afresh(whole: Evaluation, leads: Places, begins: Begins, after: Whole, limits: Whole) -> Evaluation:
    """Only events at later positions count, for everything but traits (section 8); here those from row ``after`` on to
    before ``limits``.
    """
    known: dict[n.Trait, Mask] = {}

    def hits(mark: Mark) -> Listed:
        return listing.between(whole.hits(mark), leads, after, limits)

    def initially(node: n.Trait) -> Mask:
        if node not in known:
            known[node] = toggles.holding_at(whole.truth(node), leads, begins.times, begins.rows)
        return known[node]

    return Evaluation(whole.table, begins, hits, initially)
