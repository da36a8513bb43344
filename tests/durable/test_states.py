"""States as text: what is read is what was written, in every process."""

import random
import subprocess
import sys
from pathlib import Path

from mqlrules.engine.histories import gather
from mqlrules.engine.incremental import Engine
from mqlrules.engine.incremental.hosted import Host
from mqlrules.engine.incremental.snapshot import Snapshots
from mqlrules.ruleset import loads
from tests.durable.stores import CASES
from tests.strategies import random_case

ROOT = Path(__file__).parents[2]


def test_a_lead_whose_state_is_written_and_read_at_any_event_moves_as_one_whose_was_not() -> None:
    moves = 0
    for seed in range(10_000, 10_000 + 4 * CASES):
        case = random_case(seed)
        plan = loads(case.rules).plan
        histories, end = gather(case.events, case.end)
        choose = random.Random(seed)
        for lead, history in histories.items():
            host = Host(plan, "")
            snapshots = Snapshots(host.engine)
            state, made = host.begin(history[0], case.leads.get(str(lead), {}))
            for event in history[1:]:
                if choose.random() < 0.7:
                    text = snapshots.write(state)
                    state = snapshots.read(lead, text)
                    assert text == snapshots.write(state), case
                made += host.feed(state, event)
            made += host.settle(state, end or 0)
            assert Engine(plan, case.leads).run(history, end or 0) == made, case
            moves += len(made)
    assert moves > CASES


def test_the_layout_of_states_is_the_same_in_every_process() -> None:
    script = (
        "from mqlrules.engine.incremental.hosted import Host\n"
        "from mqlrules.engine.incremental.snapshot import Snapshots\n"
        "from mqlrules.ruleset import loads\n"
        "from tests.strategies import random_case\n"
        "for seed in range(60): print(Snapshots(Host(loads(random_case(seed).rules).plan, '').engine).layout)\n"
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
    first, second = (
        Snapshots(Host(loads(text).plan, "").engine).layout for text in ("visit >= 2 => MQL", "visit >= 3 => MQL")
    )
    assert first != second


def test_a_state_is_bounded_where_the_rules_are() -> None:
    rules = loads("visit >= 2 within 30d => MQL")
    host = Host(rules.plan, "")
    snapshots = Snapshots(host.engine)
    events, _ = gather([{"lead": "a", "time": k, "event": "visit", "id": k} for k in range(1000)], None)
    state, _ = host.begin(events["a"][0], {})
    for event in events["a"][1:]:
        host.feed(state, event)
    assert len(snapshots.write(state)) < 300
