"""One lead's history through the columnar engine, with its timeline: what the other engines do, for comparison."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

import numpy as np

from mqlrules.engine.columnar.batch import batch_of
from mqlrules.engine.columnar.columns import Column, coded, tester
from mqlrules.engine.columnar.dates import Dates
from mqlrules.engine.columnar.encode import Chunk, Encoder
from mqlrules.engine.columnar.ids import ids_of_each
from mqlrules.engine.columnar.lifecycle import stages_of, table_of
from mqlrules.engine.columnar.partitions import partitioned
from mqlrules.engine.columnar.passes import Pass, evaluation_of, evidence_of, passes
from mqlrules.engine.columnar.requirements import requirements_of
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
    timeline: bool = False,
) -> LeadRun:
    """One lead, evaluated to the end; see ``mqlrules.engine.reference.run``."""
    encoder = Encoder(plan, requirements_of(plan, lifecycle=True, whole_timeline=timeline), row_numbers=True)
    rows, _ = partitioned(*encoder.encode(_chunk_of(history), as_of), 1)
    if not len(rows["lead"]):
        return LeadRun(())
    batch = batch_of(rows, 1)
    over = evaluation_of(
        batch,
        encoder,
        Dates(Zone(plan.program.timezone)).of,
        as_of,
        lambda node: np.array([tester(node.test)(traits.get(node.test.path[0]))], np.bool_),
    )
    ladder = Ladder(plan.program.lifecycle)
    stages, names = stages_of(ladder), [planned.rule.name for planned in plan.rules]
    transitions: list[Transition] = []
    changes: list[Change] = []
    for one in passes(over, plan.rules, table_of(plan.rules, ladder)):
        moves = one.moves
        for at, found in enumerate(evidence_of(one, plan.rules)):
            transitions.append(
                Transition(
                    lead=lead,
                    from_stage=stages[moves.sources[at]],
                    to_stage=stages[moves.targets[at]],
                    instant=int(moves.times[at]),
                    rule=names[moves.rules[at]],
                    also=[names[rule] for rule in np.flatnonzero(moves.also[at]).tolist()],
                    evidence=[history[row] for row in batch.columns["row"][found].tolist()],
                    fingerprint="",
                )
            )
        if timeline:
            _note(plan, one, stages, changes)
    return LeadRun(tuple(transitions), tuple(changes))


def _chunk_of(history: Sequence[Event]) -> Chunk:
    def column(name: str) -> Column:
        return coded([event.properties.get(name, ABSENT) for event in history], ABSENT)

    return Chunk(
        leads=np.zeros(len(history), np.int32),
        times=np.array([event.at for event in history], np.int64),
        events=coded([event.event for event in history]),
        column=column,
        ids=ids_of_each([event.id for event in history]),
    )


# -- the timeline --------------------------------------------------------------------------------------------------

_Noted = tuple[int, int, int, int, Change]
"""A time, a row, the order at one point (first what is known, then moves), a place, and the change."""


def _note(plan: Plan, one: Pass, stages: tuple[str, ...], changes: list[Change]) -> None:
    """Adds the changes of one pass: at a point segments and scores come before moves."""
    if not changes:
        changes.append(Change(int(one.over.groups.begins.times[0]), "stage", "stage", stages[0]))
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
    begin = int(one.over.groups.begins.times[0]), int(one.over.groups.begins.rows[0])
    for place, (name, node) in enumerate(plan.segments.items()):
        known = program.segments[name].name
        found = one.over.truth(node)
        points_of = list(zip(found.times.tolist(), found.rows.tolist(), strict=True))
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
