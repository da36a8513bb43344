"""Whole inputs of many leads, in chunks, through files: the transitions and first times of the other engines."""

import json
import random
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import mqlrules
from mqlrules.engine.columnar import Run
from mqlrules.language.instants import moment
from mqlrules.plan.lower import lower
from mqlrules.readers import EventTable, read_events
from tests.strategies import Case, random_case


def _many_leads(case: Case, seed: int) -> list[dict[str, Any]]:
    """The events of a case for twenty more leads, each with a part of them, in chance order."""
    chance = random.Random(seed)
    events = [dict(event) for event in case.events]
    for number in range(20):
        share = chance.random()
        events += [{**event, "lead": f"copy {number}"} for event in case.events if chance.random() < share]
    chance.shuffle(events)
    return events


def _table(events: Iterable[Mapping[str, Any]], folder: Path) -> EventTable:
    file = folder / "events.jsonl"
    dated = [{**event, "time": moment(event["time"]).isoformat()} for event in events]
    file.write_text("".join(json.dumps(event) + "\n" for event in dated), encoding="utf-8")
    return read_events(file)


def _filled(run: Run, table: EventTable, rows: int) -> Run:
    whole = table.frame.to_arrow()
    encoded = frozenset(table.encoded)
    for start in range(0, len(whole), rows):
        run.add(pa.Table.from_batches(whole.slice(start, rows).to_batches()), table.properties, encoded)
    return run


@pytest.mark.parametrize("seed", range(40))
def test_transitions_of_many_leads(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if seed % 2:
        monkeypatch.setattr(sys.modules[Run.__module__], "PLACES_AT_ONCE", 12)
    case = random_case(seed)
    rules = mqlrules.loads(case.rules)
    events = _many_leads(case, seed)
    table = _table(events, tmp_path)
    expected = [
        (t.instant, t.lead, t.from_stage, t.to_stage, t.rule, t.also, [(e.at, e.event) for e in t.evidence])
        for t in rules.evaluate(events, as_of=case.end, leads=case.leads).transitions
    ]
    found = []
    with Run(
        lower(rules.program),
        traits=case.leads,
        as_of=case.end,
        rows_of_evidence=True,
        rows=random.Random(seed).choice([0, 500_000]),
    ) as run:
        rests_on = list(zip(table.frame["time"].to_physical().to_list(), table.frame["event"].to_list(), strict=True))
        for piece in _filled(run, table, random.Random(seed).choice([7, 1000])).results():
            columns = (piece[name].to_pylist() for name in ("lead", "also", "evidence"))
            numbers = (piece[name].tolist() for name in ("at", "from_stage", "to_stage", "rule", "position"))
            for lead, also, evidence, at, source, target, rule, position in zip(*columns, *numbers, strict=True):
                names = [run.rules[each] for each in also]
                shown = [rests_on[row] for row in evidence]
                found.append(
                    (at, lead, position, run.stages[source], run.stages[target], run.rules[rule], names, shown)
                )
    found.sort(key=lambda one: one[:3])
    assert expected == [(at, lead, *rest) for at, lead, _, *rest in found]


@pytest.mark.parametrize("seed", range(40, 60))
def test_first_times_of_many_leads(seed: int, tmp_path: Path) -> None:
    case = random_case(seed)
    rules = mqlrules.loads(case.rules)
    events = _many_leads(case, seed)
    with Run(lower(rules.program), traits=case.leads, as_of=case.end, each_rule=True) as run:
        found = {
            (lead, run.rules[rule], at)
            for piece in _filled(run, _table(events, tmp_path), 50).results()
            for lead, rule, at in zip(
                piece["lead"].to_pylist(), piece["rule"].tolist(), piece["at"].tolist(), strict=True
            )
        }
    expected = set()
    for planned, line in zip(rules.program.rules, _conditions(case.rules), strict=True):
        for lead, at in rules.first_true(line, events, as_of=case.end, leads=case.leads).items():
            if at is not None:
                expected.add((lead, planned.name, mqlrules.Event("x", at, "x").at))
    assert expected == found


def _conditions(rules: str) -> list[str]:
    """The conditions of the rules of a text whose rules have a line each."""
    found = []
    for line in rules.splitlines():
        if line.startswith("rule "):
            condition = line.split(":", 1)[1].rsplit("=>", 1)[0].strip()
            found.append(condition.split(",", 1)[1].strip() if condition.startswith("when ") else condition)
    return found
