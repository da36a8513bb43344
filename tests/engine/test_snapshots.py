"""States as text: what is read is what was written, in every process."""

import datetime
import json
import random
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from mqlrules.engine.histories import gather
from mqlrules.engine.incremental import Runner
from mqlrules.engine.incremental.snapshot import Snapshots
from mqlrules.events.model import checked_event
from mqlrules.ruleset import loads
from tests.strategies import random_case

ROOT = Path(__file__).parents[2]
CASES = settings().max_examples


def test_a_lead_whose_state_is_written_and_read_at_any_event_moves_as_one_whose_was_not() -> None:
    moves = 0
    for seed in range(10_000, 10_000 + 4 * CASES):
        case = random_case(seed)
        plan = loads(case.rules).plan
        histories, end = gather(case.events, case.end)
        choose = random.Random(seed)
        for lead, history in histories.items():
            runner = Runner(plan, "")
            snapshots = Snapshots(runner)
            state, made = runner.begin(history[0], case.leads.get(str(lead), {}))
            for event in history[1:]:
                if choose.random() < 0.7:
                    text = snapshots.write(state)
                    state = snapshots.read(lead, text)
                    assert text == snapshots.write(state), case
                made += runner.feed(state, event)
            made += runner.settle(state, end or 0)
            assert Runner(plan).run(history, case.leads.get(str(lead), {}), end or 0) == made, case
            moves += len(made)
    assert moves > CASES


def test_values_of_every_kind_are_kept_in_a_state() -> None:
    rules = loads(
        """
rule a: max(n of visit) > 100 => MCL
rule b: min(n of visit) < -100 => MEL
rule c: distinct(v of visit) >= 50 => MQL
rule d: first(due of visit) > 2030-01-01 => SQL
rule e: visit >= 40 with same v => SRL
rule f: sum(n of visit) > 1000 or avg(n of visit) > 1000 within 3d => customer
rule g: days(visit) >= 50 within 9d => disqualified
"""
    )
    zone = datetime.timezone(datetime.timedelta(hours=5, minutes=30))
    values = [
        1, 1.0, True, "1", Decimal("1.10"), Decimal("1E+20"), -0.0, 2.5, float("inf"), 2**80, "text \ud83d \x00 🙂",
        datetime.date(2026, 1, 1), datetime.datetime(2026, 1, 1, 12, 30, 15, 7, zone), datetime.datetime(2026, 1, 1),
        None, [1, "x", None], {"w": {"$": 1}}, ("a",),
    ]  # fmt: skip
    runner = Runner(rules.plan, "")
    other = Runner(rules.plan, "")
    snapshots = Snapshots(runner)
    state = plain_state = None
    for number, value in enumerate(values * 2):
        event = checked_event("a", number * 3_600_000_000, "visit", {"v": value, "n": value, "due": value})
        if state is None or plain_state is None:
            (state, _), (plain_state, _) = runner.begin(event, {"x": value}), other.begin(event, {"x": value})
            continue
        state = snapshots.read("a", snapshots.write(state))
        assert runner.feed(state, event) == other.feed(plain_state, event)
    assert state is not None
    assert snapshots.write(state) == Snapshots(other).write(plain_state)  # type: ignore[arg-type]


def test_the_layout_of_states_is_the_same_in_every_process() -> None:
    script = (
        "from mqlrules.engine.incremental import Runner\n"
        "from mqlrules.engine.incremental.snapshot import Snapshots\n"
        "from mqlrules.ruleset import loads\n"
        "from tests.strategies import random_case\n"
        "for seed in range(60): print(Snapshots(Runner(loads(random_case(seed).rules).plan)).layout)\n"
    )
    layouts = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert [60] == [len(found.split()) for found in layouts]


def test_another_rule_set_has_another_layout() -> None:
    first, second = (loads(text) for text in ("visit >= 2 => MQL", "visit >= 3 => MQL"))
    assert len({Snapshots(Runner(rules.plan, rules.fingerprint)).layout for rules in (first, second)}) == 2


def test_a_state_is_bounded_where_the_rules_are() -> None:
    rules = loads("visit >= 2 within 30d => MQL")
    runner = Runner(rules.plan, "")
    snapshots = Snapshots(runner)
    events, _ = gather([{"lead": "a", "time": k, "event": "visit", "id": k} for k in range(1000)], None)
    state, _ = runner.begin(events["a"][0], {})
    for event in events["a"][1:]:
        runner.feed(state, event)
    assert len(snapshots.write(state)) < 300


OLD = [json.loads(line) for line in (ROOT / "tests/engine/snapshots/version_1.jsonl").read_text("utf-8").splitlines()]


@pytest.mark.parametrize("old", OLD, ids=lambda old: old["layout"])
def test_a_lead_goes_on_from_a_state_of_version_1(old: Any) -> None:
    rules = loads(old["rules"])
    runner = Runner(rules.plan, rules.fingerprint)
    snapshots = Snapshots(runner)
    assert snapshots.can_read(old["layout"])
    state = snapshots.read(old["lead"], old["state"])
    events = [checked_event(old["lead"], *event) for event in old["events"]]
    made = runner.go_on(state, events, old["end"])
    expected = [(*move[:5], [checked_event(old["lead"], *event) for event in move[5]]) for move in old["transitions"]]
    assert expected == [(m.from_stage, m.to_stage, m.instant, m.rule, m.also, m.evidence) for m in made]
