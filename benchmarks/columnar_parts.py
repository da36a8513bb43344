"""What is measured of the columnar engine, part by part; each gives what is kept as JSON."""

import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import attrs
from event_files import copies, seeded, spread
from measuring import command_line
from rounds import different, rounds, say, without_times
from rule_sets import MISSION, SEQUENCE, alone, sharing
from sides import (
    FLOORS_OF_ALL,
    FLOORS_OF_ONE,
    MODES,
    PEERS,
    Answers,
    Run,
    Side,
    WrongAnswer,
    ours,
    peer,
    sides,
)
from streams import stream
from whole_process import run, succeed

HERE = Path(__file__).parent

SMALLEST_COLUMNAR = 200_000
"""From so many events on the columnar engine takes a file by itself."""

QUESTIONS = ("twenty", "one")
"""What is asked of the files beside the peers: all the rules of the yardstick, or the one rule."""


@attrs.frozen
class Setting:
    """What the measuring goes by."""

    yardstick: Path
    kept: Path
    scratch: Path
    events: tuple[int, ...]
    rounds: int
    beyond: float
    patience: float
    peers: tuple[str, ...]
    questions: tuple[str, ...]
    base: int
    times: tuple[int, ...]
    rules: tuple[int, ...]
    large: int
    memory: str
    streamed: int
    streamed_to_eql: int

    @property
    def twenty(self) -> Path:
        """The rules of the yardstick."""
        return self.yardstick / "rules20.mql"

    def written(self, name: str, text: str) -> Path:
        """A rule file of these rules."""
        path = self.scratch / f"{name}.mql"
        path.write_text(text, encoding="utf-8")
        return path


def number_part(setting: Setting) -> dict[str, Any]:
    """Beside the peers, with leads that are numbers."""
    return _beside_peers(setting, "number")


def uuid_part(setting: Setting) -> dict[str, Any]:
    """Beside the peers, with leads that are UUIDs as text."""
    return _beside_peers(setting, "uuid")


def _beside_peers(setting: Setting, ids: str) -> dict[str, Any]:
    """The twenty rules and the one, with files of each size, beside the peers and the floors."""
    one = setting.written("one", alone(setting.twenty, MISSION))
    # Nobody builds a table for one rule: what that takes stands in the figures of the twenty.
    asked: dict[str, tuple[Path, str, Sequence[str], Mapping[str, str]]] = {
        "twenty": (setting.twenty, "1-20", MODES, FLOORS_OF_ALL),
        "one": (one, str(MISSION), ("file",), FLOORS_OF_ONE),
    }
    cases = []
    for size in setting.events:
        events = seeded(setting.yardstick, setting.kept, size, ids)
        for question in setting.questions:
            rules, numbers, modes, floors = asked[question]
            what = f"{question}, {ids} leads, {size:,} events"
            _warm(events, rules)
            found = sides(setting.yardstick, setting.peers, modes, events, rules, numbers, floors, setting.patience)
            measured = rounds(what, found, setting.rounds, setting.beyond)
            rows = _same_rows(setting, events, rules, numbers)
            if rows:
                say(f"{what}: WRONG ROWS of mqlrules for {', '.join(rows)}")
                measured[0] = without_times(found[0], wrong=rows)
            if "seconds" in measured[0] and size >= SMALLEST_COLUMNAR:
                measured[0]["phases"] = _phases(events, rules, setting.rounds)
            case = {"question": question, "events": size, "bytes": events.stat().st_size}
            cases.append({**case, "rows_compared": rows is not None, "sides": measured})
    left_out = [name for name in PEERS if name not in setting.peers]
    return {"ids": ids, "cases": cases, "left_out": left_out}


def _phases(events: Path, rules: Path, number: int) -> dict[str, float]:
    """Where the time of mqlrules goes, the medians of runs of their own: clocks are no part of what is compared."""
    runs = [ours(events, rules, "--engine", "columnar", "--phases").phases for _ in range(number)]
    return {phase: round(median(run[phase] for run in runs), 4) for phase in runs[0]}


def streams_part(setting: Setting) -> dict[str, Any]:
    """One event at a time, beside a loop by hand and eql."""
    events = seeded(setting.yardstick, setting.kept, setting.base, "number")
    both = setting.written("both", alone(setting.twenty, MISSION, SEQUENCE))
    sequence = setting.written("sequence", alone(setting.twenty, SEQUENCE))
    numbers = (setting.streamed, setting.streamed_to_eql)
    return {"sides": stream(setting.yardstick, events, (both, sequence), *numbers, setting.rounds)}


def _warm(events: Path, rules: Path) -> None:
    """Nobody reads the file from a cold disk, nothing is compiled for the first time: that is another part's matter."""
    with events.open("rb") as file:
        while file.read(1 << 24):
            pass
    ours(events, rules)


def _same_rows(setting: Setting, events: Path, rules: Path, numbers: str) -> list[str] | None:
    """The rules of which some lead's first instant is not what Polars finds by hand; None without Polars."""
    if "polars" not in setting.peers:
        return None
    script = [sys.executable, str(HERE / "same_rows.py"), str(events), str(rules), str(setting.yardstick)]
    found: list[str] = json.loads(succeed([*script, "--rules-of", numbers]).output)
    return found


def scaling_part(setting: Setting) -> dict[str, Any]:
    """More events, more rules, and the same events as those of one lead or of a thousand."""
    base = seeded(setting.yardstick, setting.kept, setting.base, "number")
    _warm(base, setting.twenty)
    files = {number: copies(base, setting.kept, number) for number in setting.times}
    for file in files.values():
        _warm(file, setting.twenty)
    right = peer(setting.yardstick, "polars", "load", base, "1-20").answers if "polars" in setting.peers else None
    more_events = [
        Side(str(number * setting.base), "mqlrules", _checked(file, setting.twenty, _times(right, number)))
        for number, file in files.items()
    ]
    by_events = rounds("more events", more_events, setting.rounds)

    texts = {number: sharing(setting.twenty, number) for number in setting.rules}
    sets = {number: setting.written(f"sharing_{number}", text) for number, text in texts.items()}
    many = [Side(str(number), "mqlrules", _combined(base, path)) for number, path in sets.items()]
    moves = [Side(str(number), "mqlrules", _moves(base, path)) for number, path in sets.items()]
    by_rules = rounds("more rules", many, setting.rounds)
    by_moves = rounds("more rules, with the lifecycle", moves, setting.rounds)

    shapes = []
    for leads in (1, 1000):
        events = spread(base, setting.kept, leads)
        peers = [name for name in setting.peers if name == "polars"]
        found = sides(setting.yardstick, peers, ("load",), events, setting.twenty, "1-20", {}, setting.patience)
        shapes.append({"leads": leads, "sides": rounds(f"{leads:,} leads", found, setting.rounds)})
    return {"base": setting.base, "events": by_events, "rules": by_rules, "moves": by_moves, "shapes": shapes}


def _times(right: Answers | None, number: int) -> Answers | None:
    """What comes out of so many copies."""
    if right is None:
        return None
    return {rule: (leads * number, total * number % 2**61) for rule, (leads, total) in right.items()}


def _checked(events: Path, rules: Path, right: Answers | None) -> Callable[[], Run]:
    """A run of mqlrules that must give these answers."""

    def measure() -> Run:
        done = ours(events, rules)
        if right is not None and (differ := different(done.answers or {}, right)):
            raise WrongAnswer(sorted(differ))
        return attrs.evolve(done, answers=None)

    return measure


def _combined(events: Path, rules: Path) -> Callable[[], Run]:
    """A run whose rules are checked by those that they are made of."""
    return lambda: attrs.evolve(ours(events, rules, "--combined"), answers=None)


def _moves(events: Path, rules: Path) -> Callable[[], Run]:
    return lambda: attrs.evolve(ours(events, rules, "--transitions"), answers=None)


def memory_part(setting: Setting) -> dict[str, Any]:
    """A file that doesn't fit: `mqlrules run --memory`, its peak, and that nothing is missing in what it wrote."""
    base = seeded(setting.yardstick, setting.kept, setting.base, "number")
    number = max(1, setting.large // setting.base)
    events = copies(base, setting.kept, number)
    right = peer(setting.yardstick, "polars", "load", base, "1-20").answers if "polars" in setting.peers else None
    expected = _times(right, number)
    cases = []
    for memory in (setting.memory, None):
        out = setting.scratch / "large.parquet"
        command = [*command_line(), "run", str(setting.twenty), "--events", str(events), "--each-rule"]
        limited = ["--memory", memory] if memory is not None else []
        ended = succeed([*command, *limited, "--out", str(out)])
        found = json.loads(succeed([sys.executable, str(HERE / "answers.py"), str(out)]).output)
        answers = {rule: (leads, total) for rule, (leads, total) in found.items()}
        limit = None if memory is None else mebibytes(memory)
        case: dict[str, Any] = {"memory": memory, "limit": limit, "events": number * setting.base}
        if expected is not None and (differ := different(answers, expected)):
            say(f"memory {memory}: WRONG ANSWERS for {', '.join(sorted(differ))}")
            cases.append({**case, "wrong": sorted(differ)})
        else:
            cases.append({**case, **attrs.asdict(ended.usage), "rows": sum(leads for leads, _ in answers.values())})
            say(f"memory {memory}: {ended.usage.wall:.1f} s, peak {ended.usage.peak:,.0f} MiB")
        out.unlink()
    return {"cases": cases}


def mebibytes(size: str) -> float:
    """What `1GB`, or `512MiB`, is in MiB."""
    units = {"KB": 1e3, "MB": 1e6, "GB": 1e9, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}
    unit = next(unit for unit in units if size.endswith(unit))
    return float(size.removesuffix(unit)) * units[unit] / 2**20


def first_run_part(setting: Setting) -> dict[str, Any]:
    """The first run on a new machine, and the next: what compiling takes, and what is said of it."""
    events = seeded(setting.yardstick, setting.kept, setting.base, "number")
    asked = [*command_line(), "run", str(setting.twenty), "--events", str(events), "--each-rule"]
    cases = []
    for number in range(setting.rounds):
        new = setting.scratch / f"compiled-{number}"
        new.mkdir()
        here = {"MQLRULES_CACHE_DIR": str(new)}
        check = run([*command_line(), "check", str(setting.twenty)], here)
        touched = any(new.iterdir())
        out = ["--out", str(setting.scratch / "first.parquet"), "--engine", "columnar"]
        first, later = succeed([*asked, *out], here), succeed([*asked, *out], here)
        say(f"first run {first.usage.wall:.1f} s, then {later.usage.wall:.1f} s")
        cases.append(
            {
                "first": attrs.asdict(first.usage),
                "later": attrs.asdict(later.usage),
                "said_first": first.errors.strip().replace(f"{setting.scratch}{os.sep}", ""),
                "said_later": later.errors.strip().replace(f"{setting.scratch}{os.sep}", ""),
                "check": attrs.asdict(check.usage),
                "check_compiled": touched,
            }
        )
    return {"events": setting.base, "cases": cases}


PARTS: dict[str, Callable[[Setting], dict[str, Any]]] = {
    "number": number_part,
    "uuid": uuid_part,
    "streams": streams_part,
    "scaling": scaling_part,
    "memory": memory_part,
    "first-run": first_run_part,
}
