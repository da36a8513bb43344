"""Every example checks, gives what it says on every way to run it, and is not trivial."""

import csv
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from mqlrules.engine.histories import gather
from mqlrules.ruleset import EngineName
from tests.examples.folders import ALL, EXAMPLES, Example

pytestmark = pytest.mark.parametrize("example", ALL, ids=lambda example: example.name)


def mqlrules_command(example: Example, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "mqlrules", *arguments],
        cwd=example.folder,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


def lines_of(transitions: Iterable[Any]) -> list[dict[str, Any]]:
    """Transitions as the lines that the command prints."""
    return [
        {
            "lead": t.lead,
            "from_stage": t.from_stage,
            "to_stage": t.to_stage,
            "at": iso(t.at),
            "rule": t.rule,
            "also": t.also,
            "evidence": [{"time": iso(event.time), "event": event.event, "id": event.id} for event in t.evidence],
            "fingerprint": t.fingerprint,
        }
        for t in transitions
    ]


def iso(time: datetime) -> str:
    return time.isoformat().replace("+00:00", "Z")


def events_of(example: Example) -> list[dict[str, Any]]:
    """The events read with the standard library alone, as an application would hand them in."""
    with example.events_path().open(encoding="utf-8", newline="") as file:
        if example.events.endswith(".jsonl"):
            return [json.loads(line) for line in file]
        return [typed(row) for row in csv.DictReader(file)]


def leads_of(example: Example) -> list[dict[str, Any]] | None:
    path = example.leads_path()
    if path is None:
        return None
    with path.open(encoding="utf-8", newline="") as file:
        return [typed(row) for row in csv.DictReader(file)]


def typed(row: dict[str, str]) -> dict[str, Any]:
    """A row of CSV without its empty cells; in the examples what looks like a whole number is one."""
    return {name: int(cell) if cell.isdigit() else cell for name, cell in row.items() if cell}


def test_checks_clean(example: Example) -> None:
    done = mqlrules_command(example, "check", example.rules)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_command_gives_what_the_example_says(example: Example) -> None:
    done = mqlrules_command(example, *example.command())
    assert done.returncode == 0, done.stderr
    assert [json.loads(line) for line in done.stdout.splitlines()] == example.expected()


@pytest.mark.parametrize("engine", ["incremental", "reference"])
def test_every_engine_gives_the_same(example: Example, engine: EngineName) -> None:
    result = example.load().evaluate(events_of(example), leads=leads_of(example), engine=engine)
    assert example.expected() == lines_of(result.transitions)


def test_a_file_gives_the_same_table(example: Example) -> None:
    table = example.load().run(example.events_path(), leads=example.leads_path())
    keys = ["lead", "from_stage", "to_stage", "at", "rule", "also", "fingerprint"]
    assert [tuple(line[key] for key in keys) for line in example.expected()] == [
        (lead, start, to, iso(at), rule, also, fingerprint)
        for lead, start, to, at, rule, also, fingerprint in table.select(
            "lead", "from_stage", "to_stage", "at", "rule", "also", "fingerprint"
        ).rows()
    ]


def test_event_by_event_gives_the_same(example: Example) -> None:
    engine = example.load().engine(leads=leads_of(example))
    histories, as_of = gather(events_of(example), None)
    assert as_of is not None
    found = []
    for event in sorted((event for history in histories.values() for event in history), key=lambda event: event.at):
        found += engine.feed(event)
    found += engine.advance(as_of)
    assert example.expected() == lines_of(sorted(found, key=lambda t: (t.instant, t.lead)))


def test_each_rule_moves_some_leads_and_not_all(example: Example) -> None:
    rules = example.load()
    movers: dict[str, set[Any]] = {rule.name: set() for rule in rules.program.rules}
    for line in example.expected():
        movers[line["rule"]].add(line["lead"])
    everybody = {event["lead"] for event in events_of(example)}
    assert {rule: leads for rule, leads in movers.items() if not 0 < len(leads) < len(everybody)} == {}


def test_each_stage_is_reached(example: Example) -> None:
    lifecycle = example.load().program.lifecycle
    reached = Counter(line["to_stage"] for line in example.expected())
    assert {*lifecycle.ladder[1:], *lifecycle.outside} == set(reached)
    stayed = {event["lead"] for event in events_of(example)} - {line["lead"] for line in example.expected()}
    assert stayed, f"some lead should stay {lifecycle.ladder[0]}"


def test_each_segment_has_members_and_not_all(example: Example) -> None:
    rules = example.load()
    events = events_of(example)
    leads = leads_of(example)
    everybody = {event["lead"] for event in events}
    times = sorted(event["time"] for event in events)
    moments = times[:: max(1, len(times) // 20)] + times[-1:]
    result = rules.evaluate(events, leads=leads)
    for segment in rules.program.segments.values():
        members = [result.members(segment.name, at=moment) for moment in moments]
        assert any(members), segment.name
        assert not any(everybody <= at_once for at_once in members), segment.name


def test_the_script_writes_the_files_again_byte_for_byte(example: Example, tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", f"examples.{example.name}.make_events", "--out", str(tmp_path)],
        cwd=EXAMPLES.parent,
        check=True,
        timeout=60,
    )
    written = sorted(path.name for path in tmp_path.iterdir())
    assert sorted(name for name in (example.events, example.leads) if name is not None) == written
    for name in written:
        assert (example.folder / name).read_bytes() == (tmp_path / name).read_bytes()
        assert (tmp_path / name).stat().st_size < 300_000
