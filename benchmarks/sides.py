"""What is measured beside one another, each run in a process of its own: mqlrules, the peers by hand, and the floors.

The peers and the floors are the yardstick's ``peers.py`` and ``floor.py``, run where they are.
"""

import json
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
from whole_process import Failed, Usage, succeed

HERE = Path(__file__).parent

Answers = dict[str, tuple[int, int]]
"""Of each rule (r01, r02, …) the leads of which it held, and the sum of the first instants modulo 2^61."""

PEERS = {"polars": "polars", "duckdb": "duckdb", "clickhouse": "chdb"}
"""The peers and the packages that they need."""

MODES = ("load", "file")
"""How a peer goes about it: with a table of its own, in order, or with the file, anew for each rule."""


@attrs.frozen
class Run:
    """One run: seconds from the file to the result, what the process took, where the time went, what came out.

    A floor has no answers.
    """

    seconds: float
    usage: Usage
    phases: Mapping[str, float]
    answers: Answers | None
    rows: int | None = None


@attrs.frozen
class Side:
    """Something that can be run: ``kind`` is mqlrules, peer or floor."""

    name: str
    kind: str
    measure: Callable[[], Run]


def ours(events: Path, rules: Path, *more: str) -> Run:
    """mqlrules on a file, from the import to the table of results."""
    ended = succeed([sys.executable, str(HERE / "run_rules.py"), str(events), str(rules), *more])
    said = json.loads(ended.output)
    if said.get("differ"):
        raise WrongAnswer(said["differ"])
    answers = {rule: (leads, total) for rule, (leads, total) in said["answers"].items()}
    return Run(said["seconds"], ended.usage, said["phases"], answers, said["rows"])


class WrongAnswer(Exception):
    """What came out is not what must come out."""

    def __init__(self, rules: list[str]) -> None:
        self.rules = rules
        super().__init__(", ".join(rules))


class TooSlow(Exception):
    """A peer that was not done after so many seconds."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        super().__init__(f"not done after {seconds:.0f} s")


_RULE = re.compile(r"^\w+ (r\d\d) +([\d.]+) s +(\d+) leads checksum (\d+)$", re.MULTILINE)
_READY = re.compile(r"ready after ([\d.]+) s$", re.MULTILINE)
_WHOLE = re.compile(r"rules ([\d.]+) s \(sum of medians\)$", re.MULTILINE)


def peer(yardstick: Path, name: str, mode: str, events: Path, rules: str, patience: float = 300) -> Run:
    """A peer by hand: until it is ready (its import, and in the mode `load` the table in order), then rule by rule.

    Each rule is done when its result is an Arrow table. Raises ``TooSlow`` after ``patience`` seconds.
    """
    command = [sys.executable, str(yardstick / "peers.py"), "--data", str(events), "--peer", name, "--mode", mode]
    ended = succeed([*command, "--rules", rules, "--runs", "1", "--limit", str(patience)])
    if "stopped at the limit" in ended.output:
        raise TooSlow(patience)
    ready, whole = _READY.search(ended.output), _WHOLE.search(ended.output)
    if ready is None or whole is None:
        raise Failed(command, ended)
    found = _RULE.findall(ended.output)
    answers = {rule: (int(leads), int(total)) for rule, _, leads, total in found if int(leads)}
    phases = {"ready": float(ready[1])} | {rule: float(seconds) for rule, seconds, *_ in found}
    return Run(float(ready[1]) + float(whole[1]), ended.usage, phases, answers)


_FLOOR = re.compile(r"^floor \S+ ([\d.]+) s", re.MULTILINE)


def floor(yardstick: Path, case: str, events: Path) -> Run:
    """What reading, or reading and sorting alone take; the import is not counted.

    pyarrow imports a part of itself when it reads for the first time: of its runs the median is taken.
    """
    times = "3" if case.startswith("read") else "1"
    command = [sys.executable, str(yardstick / "floor.py"), "--data", str(events), "--case", case, "--runs", times]
    ended = succeed(command)
    seconds = _FLOOR.search(ended.output)
    if seconds is None:
        raise Failed(command, ended)
    return Run(float(seconds[1]), ended.usage, {}, None)


FLOORS_OF_ALL = {"read": "pyarrow: read", "sort-all": "Polars: read, sort", "sort-codes": "Polars: read as codes, sort"}
FLOORS_OF_ONE = {"read-three": "pyarrow: read", "sort-mission": "Polars: read, filter, sort"}
"""The floors of the twenty rules, and of the one rule, by the cases of ``floor.py``."""


def sides(
    yardstick: Path,
    peers: Sequence[str],
    modes: Sequence[str],
    events: Path,
    rules: Path,
    numbers: str,
    floors: Mapping[str, str],
    patience: float,
) -> list[Side]:
    """mqlrules, then the peers in these modes, and the floors."""
    found = [Side("mqlrules", "mqlrules", lambda: ours(events, rules))]
    for name in peers:
        for mode in modes:
            found.append(Side(f"{name} {mode}", "peer", _peer(yardstick, name, mode, events, numbers, patience)))
    for case, shown in floors.items():
        found.append(Side(shown, "floor", _floor(yardstick, case, events)))
    return found


def _peer(*which: Any) -> Callable[[], Run]:
    return lambda: peer(*which)


def _floor(*which: Any) -> Callable[[], Run]:
    return lambda: floor(*which)
