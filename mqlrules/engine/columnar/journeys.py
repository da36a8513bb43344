"""The leads of one part, from their rows to their moves: once through, and again for those that start afresh."""

from collections.abc import Callable, Iterator

import attrs
import numpy as np
import numpy.typing as npt

from mqlrules.engine.columnar import hits as listing
from mqlrules.engine.columnar import toggles
from mqlrules.engine.columnar.days import Days
from mqlrules.engine.columnar.encode import WORD, Encoder
from mqlrules.engine.columnar.evaluate import Evaluation, Table
from mqlrules.engine.columnar.evidence import Place, evidence
from mqlrules.engine.columnar.hits import Listed
from mqlrules.engine.columnar.lifecycle import Moves, RuleTable, Standing, moves_of
from mqlrules.engine.columnar.ordering import Sheet
from mqlrules.engine.columnar.toggles import Begins
from mqlrules.engine.columnar.values import opened, ranks
from mqlrules.engine.columnar.wants import Mark, Used, Value, Wants
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
    everything.
    """

    over: Evaluation
    leads: Places
    moves: Moves
    ended: Begins


def passes(over: Evaluation, rules: tuple[n.PlannedRule, ...], table: RuleTable) -> Iterator[Pass]:
    """As many times through as the leads are recycled."""
    groups = len(over.begins)
    leads = np.arange(groups, dtype=np.int32)
    standing = Standing.at_begin(over.begins)
    used = Begins(np.zeros(groups, np.int64), np.full(groups, -1, np.int32))
    end = over.table.end
    while True:
        conditions = [over.truth(planned.condition) for planned in rules]
        moves, recycled = moves_of(table, conditions, over.begins, used, standing, end)
        ended = Begins(np.full(len(leads), 2**62, np.int64), np.full(len(leads), -1, np.int32))
        again = np.flatnonzero(recycled).astype(np.int32)
        if len(again):
            # The recycle of a group is the last of its moves.
            last = np.searchsorted(moves.groups, again, side="right") - 1
            ended.times[again], ended.rows[again] = moves.times[last], moves.rows[last]
        yield Pass(over, leads, moves, ended)
        if not len(again):
            return
        over = _afresh(over, again, Begins(ended.times[again], ended.rows[again]))
        leads = leads[again]
        standing = Standing(standing.stages[again], standing.entered[again], np.ones(len(again), np.bool_))
        first = listing.first_rows(over.hits(Used()), -1)
        used = Begins(over.table.times[first], first)


def evidence_of(one: Pass, rules: tuple[n.PlannedRule, ...]) -> Iterator[list[int]]:
    """The rows that are the evidence of each move of a pass, in history order."""
    moves = one.moves
    for group, time, row, rule in zip(
        moves.groups.tolist(), moves.times.tolist(), moves.rows.tolist(), moves.rules.tolist(), strict=True
    ):
        yield sorted(evidence(one.over, rules[rule].condition, Place(group, time, row)))


def _afresh(over: Evaluation, again: Places, begins: Begins) -> Evaluation:
    """Only events at later positions count, for everything but traits (section 8)."""
    known: dict[n.Trait, Mask] = {}

    def hits(mark: Mark) -> Listed:
        return listing.after_points(over.hits(mark), again, over.table.times, begins.times, begins.rows)

    def initially(node: n.Trait) -> Mask:
        if node not in known:
            known[node] = toggles.holding_at(over.truth(node), again, begins.times, begins.rows)
        return known[node]

    return Evaluation(over.table, begins, hits, initially)
