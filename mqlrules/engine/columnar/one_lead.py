"""One lead's history through this engine: what the other engines do with it, too."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

import numpy as np

from mqlrules.engine.columnar.columns import Coded, Column, coded
from mqlrules.engine.columnar.columns import passes as test_passes
from mqlrules.engine.columnar.days import Days
from mqlrules.engine.columnar.encode import Chunk, Encoder
from mqlrules.engine.columnar.ids import told_apart_each
from mqlrules.engine.columnar.lifecycle import table_of
from mqlrules.engine.columnar.ordering import sheet_of
from mqlrules.engine.columnar.parting import parted
from mqlrules.engine.columnar.passes import Pass, evaluation_of, evidence_of, passes, table_of_sheet
from mqlrules.engine.columnar.requirements import wants_of
from mqlrules.engine.lifecycle import Ladder
from mqlrules.engine.results import Change, LeadRun, Transition, points
from mqlrules.events.model import Event, Lead
from mqlrules.language.calendar import Zone
from mqlrules.plan.nodes import Plan

ABSENT = object()


def run(
    plan: Plan,
    history: Sequence[Event],
    traits: Mapping[str, Any],
    as_of: int,
    lead: Lead,
    fingerprint: str = "",
    timeline: bool = False,
) -> LeadRun:
    """One lead, evaluated to the end; see ``mqlrules.engine.reference.run``."""
    wants = wants_of(plan, lifecycle=True, whole_timeline=timeline)
    encoder = Encoder(plan, wants, row_numbers=True)
    rows, _ = parted(*encoder.encode(_chunk_of(history), as_of), 1)
    if not len(rows["lead"]):
        return LeadRun(())
    sheet = sheet_of(rows, 1)
    table = table_of_sheet(sheet, wants, encoder, Days(Zone(plan.program.timezone)), as_of)
    over = evaluation_of(
        sheet, wants, table, lambda node: np.array([test_passes(node.test, traits.get(node.test.path[0]))], np.bool_)
    )
    rules = table_of(plan.rules, Ladder(plan.program.lifecycle))
    transitions: list[Transition] = []
    changes: list[Change] = []
    for one in passes(over, plan.rules, rules):
        moves = one.moves
        for at, found in enumerate(evidence_of(one, plan.rules)):
            transitions.append(
                Transition(
                    lead=lead,
                    from_stage=rules.stages[moves.sources[at]],
                    to_stage=rules.stages[moves.targets[at]],
                    instant=int(moves.times[at]),
                    rule=plan.rules[moves.rules[at]].rule.name,
                    also=[plan.rules[rule].rule.name for rule in np.flatnonzero(moves.also[at]).tolist()],
                    evidence=[history[row] for row in sheet.columns["row"][found].tolist()],
                    fingerprint=fingerprint,
                )
            )
        if timeline:
            _note(plan, one, rules.stages, changes)
    return LeadRun(tuple(transitions), tuple(changes))


def _chunk_of(history: Sequence[Event]) -> Chunk:
    def column(name: str) -> Column:
        return coded([event.properties.get(name, ABSENT) for event in history], ABSENT)

    names = coded([event.event for event in history])
    return Chunk(
        leads=np.zeros(len(history), np.int32),
        times=np.array([event.at for event in history], np.int64),
        events=Coded(names.codes, names.values),
        column=column,
        ids=told_apart_each([event.id for event in history]),
    )


# -- the timeline --------------------------------------------------------------------------------------------------

_Noted = tuple[int, int, int, int, Change]
"""A time, a row, the order at one point (first what is known, then moves), a place, and the change."""


def _note(plan: Plan, one: Pass, stages: tuple[str, ...], changes: list[Change]) -> None:
    """Adds the changes of one pass: at a point segments and scores come before moves."""
    if not changes:
        changes.append(Change(int(one.over.begins.times[0]), "stage", "stage", stages[0]))
    until = int(one.ended.times[0]), int(one.ended.rows[0])
    latest = {(change.kind, change.name): change.value for change in changes}
    for time, row, order, _, change in sorted(_noted(plan, one, stages), key=lambda noted: noted[:4]):
        nothing: bool | Decimal = False if change.kind == "segment" else Decimal(0)
        if order == 0:
            if (time, row) > until or latest.get((change.kind, change.name), nothing) == change.value:
                continue
            latest[change.kind, change.name] = change.value
        changes.append(change)


def _noted(plan: Plan, one: Pass, stages: tuple[str, ...]) -> Iterator[_Noted]:
    program = plan.program
    begin = int(one.over.begins.times[0]), int(one.over.begins.rows[0])
    for place, (name, node) in enumerate(plan.segments.items()):
        known = program.segments[name].name
        toggles = one.over.truth(node)
        points_of = list(zip(toggles.times.tolist(), toggles.rows.tolist(), strict=True))
        if begin not in points_of[:1]:
            yield *begin, 0, place, Change(begin[0], "segment", known, False)
        for at, (time, row) in enumerate(points_of):
            yield time, row, 0, place, Change(time, "segment", known, at % 2 == 0)
    for place, (name, score) in enumerate(plan.scores.items(), start=len(plan.segments)):
        steps = one.over.score(score)
        for time, row, value in zip(steps.times.tolist(), steps.rows.tolist(), steps.values.tolist(), strict=True):
            yield time, row, 0, place, Change(time, "score", program.scores[name].name, points(value))
    moves = one.moves
    for place, (time, row, stage) in enumerate(
        zip(moves.times.tolist(), moves.rows.tolist(), moves.targets.tolist(), strict=True)
    ):
        yield time, row, 1, place, Change(time, "stage", "stage", stages[stage])
