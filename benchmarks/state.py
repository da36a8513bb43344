"""What is kept of a lead: memory of many leads under twenty rules, and state against the length of one history.

    python benchmarks/state.py [--events 1000000 --leads 240000] [--histories 1000,10000,100000] [--runs 3]
                               [--data FILE --rules FILE] [--part memory|growth] [--markdown]

Memory is that of whole processes (resident set), so it needs Linux.
"""

import gc
import json
import random
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import attrs
from measuring import Table, options, report, stop
from yardstick import events_file, in_order_of_time, rows, rules_file

import mqlrules
from mqlrules.engine.incremental.engine import LeadState
from mqlrules.plan.cost import Bound, bound

HOUR = 3_600_000_000
START = 1_767_225_600_000_000

# -- the memory of many leads --------------------------------------------------------------------------------------

KEEPERS = {
    "rules": "mqlrules, the rules",
    "idle": "mqlrules, one rule that no event concerns",
    "events": "a list of all events, lead by lead",
}


@attrs.frozen
class Taken:
    """What one process took for all leads. Bytes of the resident set; ``kept`` is the number of events held on to."""

    leads: int
    events: int
    kept: int
    bytes: int


def resident() -> int:
    """Bytes of this process that are in memory."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        stop("the memory of a process is read from /proc/self/status, which this system doesn't have")
    [line] = [line for line in status.splitlines() if line.startswith("VmRSS:")]
    return int(line.split()[1]) * 1024


def events_of(file: Path) -> Iterator[mqlrules.Event]:
    """The events of a file, a batch at a time; nobody holds on to them here."""
    for batch in rows(file):
        for row in batch:
            yield mqlrules.Event(*row)


def keep(keeper: str, file: Path, rules: Path) -> Taken:
    """Feeds a file, in order of time, to somebody who keeps what it must; says by how much this process grew."""
    # Once through the file: what reading takes is no growth.
    for _ in events_of(file):
        pass
    if keeper == "events":
        histories: dict[int | str, list[mqlrules.Event]] = {}
        before = _swept()
        for event in events_of(file):
            histories.setdefault(event.lead, []).append(event)
        after, number = _swept(), sum(map(len, histories.values()))
        return Taken(len(histories), number, number, after - before)
    text = rules.read_text(encoding="utf-8") if keeper == "rules" else "unheard of => MQL"
    engine = mqlrules.loads(text).engine()
    number = 0
    before = _swept()
    for event in events_of(file):
        engine.feed(event)
        number += 1
    after = _swept()
    leads = list(engine._leads)
    return Taken(len(leads), number, sum(engine.events_kept(lead) for lead in leads), after - before)


def _swept() -> int:
    gc.collect()
    return resident()


def memory(file: Path, rules: Path, runs: int) -> Table:
    """Each keeper in a process of its own, in turn."""
    taken: dict[str, list[Taken]] = {keeper: [] for keeper in KEEPERS}
    for _ in range(runs):
        for keeper, found in taken.items():
            command = [sys.executable, __file__, "--keep", keeper, "--data", str(file), "--rules", str(rules)]
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode:
                stop(f"the process for {KEEPERS[keeper]} ended with {done.returncode}:\n{done.stderr}")
            found.append(Taken(**json.loads(done.stdout)))
    body = []
    for keeper, found in taken.items():
        grown = [one.bytes for one in found]
        leads, kept = found[0].leads, found[0].kept
        body.append(
            (
                KEEPERS[keeper],
                f"{statistics.median(grown) / 2**20:,.1f}",
                f"{min(grown) / 2**20:,.1f}",
                f"{statistics.median(grown) / leads:,.0f}",
                f"{min(grown) / leads:,.0f}",
                f"{kept / leads:.2f}",
            )
        )
    first = taken["rules"][0]
    return Table(
        f"Memory of {first.leads:,} leads after {first.events:,} events in order of time",
        ("what keeps them", "MiB median", "MiB least", "bytes a lead", "least", "events kept a lead"),
        body,
        (
            f"Growth of the resident set of {runs} processes of each, in turn. They read the file in batches, and once",
            "before the first measure; equal names and paths are one object. The list is what replaying would keep.",
        ),
    )


# -- one lead, and the length of its history -----------------------------------------------------------------------

CONDITIONS = (
    "viewed >= 3",
    "viewed >= 3 within 7d",
    "viewed >= 2 since bought",
    "(viewed or opened) <= 2 within 1d",
    "viewed then clicked then bought within 3d",
    "viewed >= 2 then no opened then bought within 7d",
    "lead.employees >= 200",
    "sum(amount of bought) >= 500 within 7d",
    "distinct(sku of viewed) >= 40 within 7d",
    "days(viewed) >= 9 within 7d",
    "max(amount of bought) >= 500 within 7d",
    "viewed != 10 within 7d",
    "recent >= 50",
    "fading >= 50",
    "viewed >= 3 older than 7d",
    "viewed then after 1d bought",
    "viewed then no bought for 12h",
    "(viewed then bought within 7d) with same sku",
    "sum(amount of bought) >= 500",
    "lasting >= 50",
)
SCORES = """\
score recent
    +1 per viewed within 7d
    +5 for bought
score fading
    +1 per viewed halve every 12h
score lasting
    +1 per viewed
"""
NEVER_GROWS = ("fixed", "window")
"""Growths (see ``mqlrules.plan.cost``) that the length of a history must not move."""


def history(length: int) -> list[mqlrules.Event]:
    """An event an hour of one lead, seeded: five names, sixty things, amounts."""
    dice = random.Random(1)
    names = ("viewed", "viewed", "opened", "clicked", "bought")
    return [
        mqlrules.Event(
            "a", START + k * HOUR, dice.choice(names), {"sku": dice.randrange(60), "amount": dice.randrange(100)}
        )
        for k in range(length)
    ]


def entries(state: LeadState) -> int:
    """How many values are held in the containers of a lead's state: in its cells and in all that these hold, down to
    the events; and the instants that wait."""
    cells: list[Any] = state.cells[1:]
    stack, seen, number = [cells], {id(state), id(cells)}, -len(cells)
    while stack:
        held = gc.get_referents(stack.pop())
        number += len(held)
        for value in held:
            ours = type(value).__module__.startswith("mqlrules.engine.incremental")
            if (ours or isinstance(value, (list, tuple, dict, set))) and id(value) not in seen:
                seen.add(id(value))
                stack.append(value)
    return number + len(state.timers._heap)


def growth(lengths: list[int]) -> tuple[Table, list[str]]:
    """The most that is kept of one lead near the end of histories of these lengths; and the conditions that broke their
    word."""
    events = history(max(lengths))
    body, broken = [], []
    for condition in CONDITIONS:
        # What never comes true moves nobody, so the condition is asked for to the end. It stands last and first: first,
        # it is all that is looked at, and the condition must let go of what has left its window without being asked.
        most: list[list[int]] = []
        for rule in (f"({condition}) and unheard of", f"unheard of and ({condition})"):
            rules = mqlrules.loads(f"{SCORES}\nrule kept: {rule} => MQL")
            most.append(_most_kept(rules, events, lengths))
        kept = [max(both) for both in zip(*most, strict=True)]
        found = bound(rules.plan.rules[0].condition)
        flat = kept[-1] <= 1.25 * kept[0] + 2
        if found.growth in NEVER_GROWS and not flat:
            broken.append(condition)
        body.append(
            (condition, _in_words(found), *(f"{number:,}" for number in kept), "flat" if flat else "grows"),
        )
    table = Table(
        "State of one lead under one rule, in values held, by the number of events in its history",
        ("condition", "grows with", *(f"{length:,}" for length in lengths), "so it is"),
        body,
        (
            "An event an hour; the most of 60 looks over the last 240 events of each length. `grows with` is what the",
            "plan says (mqlrules.plan.cost): what grows with nothing, or with a window, must stay flat.",
        ),
    )
    return table, broken


def _most_kept(rules: mqlrules.RuleSet, events: Iterable[mqlrules.Event], lengths: list[int]) -> list[int]:
    engine = rules.engine()
    most = dict.fromkeys(lengths, 0)
    for number, event in enumerate(events, start=1):
        engine.feed(event)
        for length in lengths:
            if length - 240 < number <= length and number % 4 == 0:
                most[length] = max(most[length], entries(engine._leads["a"]))
    return list(most.values())


def _in_words(found: Bound) -> str:
    match found:
        case Bound(growth="fixed", events=int(events)):
            return f"nothing: at most {events} events"
        case Bound(growth="window", span=int(span)):
            return f"events of {span / 24 / HOUR:g}d"
        case Bound(growth="rate", span=int(span)):
            return f"events of {span / 24 / HOUR:g}d, waiting"
        case Bound(growth="values"):
            return "values of `with same`"
    return found.growth


def main() -> None:
    """Measures and prints; ends with 1 if something grows that must not."""
    parser = options(__doc__, runs=3)
    parser.add_argument("--events", type=int, default=1_000_000, help="how many events (default 1,000,000)")
    parser.add_argument("--leads", type=int, default=240_000, help="drawn from so many leads; about 102,000 get one")
    parser.add_argument("--histories", default="1000,10000,100000", help="lengths of the one lead's history")
    parser.add_argument("--data", type=Path, help="events as Parquet, instead of ../shared/bench/make_events.py")
    parser.add_argument("--rules", type=Path, help="rules, instead of ../shared/bench/rules20.mql")
    parser.add_argument("--part", choices=("memory", "growth"), help="one of the two tables only")
    parser.add_argument("--keep", choices=tuple(KEEPERS), help="one run of the memory table, as JSON: --data in order")
    arguments = parser.parse_args()
    if arguments.keep:
        print(json.dumps(attrs.asdict(keep(arguments.keep, arguments.data, arguments.rules))))
        return
    tables: list[Table] = []
    broken: list[str] = []
    if arguments.part != "growth":
        rules = rules_file(arguments.rules)
        with tempfile.TemporaryDirectory() as folder:
            made = events_file(arguments.data, arguments.events, arguments.leads, Path(folder))
            tables.append(memory(in_order_of_time(made, Path(folder)), rules, arguments.runs))
    if arguments.part != "memory":
        table, broken = growth([int(length) for length in arguments.histories.split(",")])
        tables.append(table)
    report("State", tables, markdown=arguments.markdown)
    if broken:
        print("\nthese must not grow: " + "; ".join(broken), file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
