"""One event at a time: `engine.feed` beside a loop by hand and eql, the cases of the yardstick's ``stream.py``."""

import json
import re
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

from whole_process import Failed, succeed

HERE = Path(__file__).parent

_MICROS = re.compile(r"^stream \S+ ([\d.]+) us/event, (\d+) events", re.MULTILINE)


def ours(yardstick: Path, events: Path, number: int, rules: Path) -> float:
    """What an event costs; raises ``Failed`` if what came out is wrong."""
    command = [sys.executable, str(HERE / "feed_rules.py"), str(events), str(rules), str(yardstick), str(number)]
    ended = succeed(command)
    said = json.loads(ended.output)
    if said["wrong"]:
        raise Failed(command, ended)
    return float(said["micros"])


def theirs(yardstick: Path, events: Path, number: int, case: str) -> float:
    """What an event costs a case of ``stream.py``."""
    script = [sys.executable, str(yardstick / "stream.py"), "--data", str(events)]
    ended = succeed([*script, "--events", str(number), "--case", case, "--runs", "1"])
    found = _MICROS.search(ended.output)
    if found is None:
        raise Failed(script, ended)
    return float(found[1])


def stream(
    yardstick: Path, events: Path, rules: tuple[Path, Path], number: int, to_eql: int, rounds: int
) -> list[dict[str, Any]]:
    """Microseconds an event, side by side; ``rules`` are those of the loop by hand, and the one that eql gets.

    eql gets fewer events: with `maxspan` each event walks the sequences that wait, those of all leads.
    """
    both, sequence = rules
    cases: dict[tuple[str, int], Callable[[], float]] = {
        ("mqlrules, rules 3 and 6", number): lambda: ours(yardstick, events, number, both),
        ("plain Python by hand, rules 3 and 6", number): lambda: theirs(yardstick, events, number, "python"),
    }
    if find_spec("eql") is not None:
        cases["mqlrules, rule 6", to_eql] = lambda: ours(yardstick, events, to_eql, sequence)
        cases["eql, rule 6", to_eql] = lambda: theirs(yardstick, events, to_eql, "eql")
    taken: dict[tuple[str, int], list[float]] = {case: [] for case in cases}
    for _ in range(rounds):
        for case, measure in cases.items():
            taken[case].append(measure())
    return [
        {"side": side, "events": fed, "micros": round(median(times), 3), "runs": [round(one, 3) for one in times]}
        for (side, fed), times in taken.items()
    ]
