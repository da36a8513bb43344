"""What an event costs: `engine.feed` with twenty rules, one event at a time in order of time.

    python benchmarks/feed.py [--events 100000] [--runs 5] [--data FILE --rules FILE] [--markdown]

Beside it, in the same process and in turn: the same events as mappings, two rules by hand in plain Python, eql, and the
twenty rules among others that speak of none of these events.
"""

import gc
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from by_hand import COUNT, RULES, SEQUENCE, FirstTimes, by_eql, by_hand, has_eql
from made_rules import made_rules
from measuring import FIGURES, Seconds, Table, Watch, interleaved, options, report, stop
from yardstick import Row, events_file, rows, rules_file

import mqlrules
from mqlrules.language.instants import microseconds

TARGET = 4.0
MANY = (100, 1000)
"""How many rules stand beside the twenty that no event concerns."""

Events = Sequence[mqlrules.Event | dict[str, Any]]


def in_order_of_time(path: Path, number: int) -> list[Row]:
    """The first events of a file, in order of time; those of one time as they stand in the file."""
    found = [row for batch in rows(path) for row in batch]
    found.sort(key=lambda row: row[1])
    return found[:number]


def sweep(*, frozen: bool) -> None:
    """What earlier cases left behind goes; ``frozen``: the collector looks no more at what is there now."""
    gc.unfreeze()
    gc.collect()
    if frozen:
        gc.freeze()


class Feeding:
    """Feeds events to new engines of one meaning, and sees that the same number of transitions comes out each time."""

    def __init__(self) -> None:
        self.transitions: int | None = None

    def seconds(self, rules: mqlrules.RuleSet, *helpings: Events, frozen: bool = True) -> Seconds:
        """What the last helping of events takes, on an engine that has had those before it."""
        sweep(frozen=frozen)
        engine = rules.engine()
        feed, taken = engine.feed, []
        for events in helpings:
            found = 0
            watch = Watch()
            for event in events:
                transitions = feed(event)
                if transitions:
                    found += len(transitions)
            taken.append(watch.read())
            if self.transitions is None:
                self.transitions = found
            elif self.transitions != found:
                stop(f"{found} transitions came out where {self.transitions} did before")
        return taken[-1]


# -- the tables ----------------------------------------------------------------------------------------------------


def compared(rules: mqlrules.RuleSet, events: Sequence[mqlrules.Event], eql_events: int, runs: int) -> Table:
    """The twenty rules, in the forms in which events come in; and the peers."""
    names = [(event.lead, event.at, event.event) for event in events]
    numbers = [{"lead": e.lead, "time": e.at, "event": e.event, **e.properties} for e in events]
    texts = [{"lead": e.lead, "time": e.time.isoformat(), "event": e.event, **e.properties} for e in events]
    two = mqlrules.loads(RULES)
    _, *found = by_hand(names)
    agree(two, events, found)
    twenty, pair = Feeding(), Feeding()
    cases: dict[str, Callable[[], Seconds]] = {
        "mqlrules, the 20 rules, Event objects": lambda: twenty.seconds(rules, events),
        "  the same without gc.freeze()": lambda: twenty.seconds(rules, events, frozen=False),
        "  dicts with times as numbers": lambda: twenty.seconds(rules, numbers),
        "  dicts with times as ISO text": lambda: twenty.seconds(rules, texts),
        "mqlrules, a count and a sequence, Event objects": lambda: pair.seconds(two, events),
        "  the same two by hand, plain Python": lambda: hand_seconds(names),
    }
    fed = dict.fromkeys(cases, len(events))
    if has_eql():
        few = names[:eql_events]
        cases["  the sequence alone, eql"] = lambda: by_eql(few)
        fed["  the sequence alone, eql"] = len(few)
    taken = interleaved(cases, runs)
    targets = dict.fromkeys(list(cases)[:1], f"{TARGET:.0f}")
    leads = len({event.lead for event in events})
    return Table(
        "One event at a time, microseconds an event",
        ("what", "events", *FIGURES, "at most"),
        [
            (name, f"{fed[name]:,}", *timing.figures(fed[name] * 1e-6, 3), targets.get(name, ""))
            for name, timing in taken.items()
        ],
        (
            f"{leads:,} leads, {twenty.transitions:,} transitions by the 20 rules; {runs} runs of each, in turn,",
            "with a new engine each time. gc.freeze() is called when the input is built, before the engine is: the",
            "input would come from outside, and else the collector goes through all of it again and again.",
            "By hand and by mqlrules the two rules first hold of the same leads at the same instants.",
            "eql gets fewer events: what an event costs it grows with the leads that wait in it."
            if has_eql()
            else "eql is not installed here (pip install eql): it is left out.",
        ),
    )


def hand_seconds(names: Sequence[tuple[int | str, int, str]]) -> Seconds:
    """What the two rules take by hand."""
    sweep(frozen=True)
    return by_hand(names)[0]


def agree(two: mqlrules.RuleSet, events: Sequence[mqlrules.Event], found: Sequence[FirstTimes]) -> None:
    """Ends the benchmark if the rules by hand don't find what mqlrules finds: then they would be another measure."""
    for condition, by_python in zip((COUNT, SEQUENCE), found, strict=True):
        first = two.first_true(condition, events)
        ours = {lead: microseconds(at) for lead, at in first.items() if at is not None}
        if ours != by_python:
            stop(f"by hand and by mqlrules `{condition}` is not true of the same leads at the same instants")


def by_name(rules: mqlrules.RuleSet, events: Sequence[mqlrules.Event], runs: int) -> Table:
    """What one call takes, by the name of the event."""
    least = [min(calls) for calls in zip(*(each_call(rules, events) for _ in range(runs)), strict=True)]
    of_name: dict[str, list[int]] = defaultdict(list)
    for event, nanoseconds in zip(events, least, strict=True):
        of_name[event.name].append(nanoseconds)
    whole = sum(least)
    body = [
        (
            name,
            f"{len(calls):,}",
            f"{sum(calls) / len(calls) / 1e3:.2f}",
            f"{median(calls) / 1e3:.2f}",
            f"{sorted(calls)[len(calls) * 99 // 100] / 1e3:.2f}",
            f"{sum(calls) / whole:.0%}",
        )
        for name, calls in sorted(of_name.items(), key=lambda item: -sum(item[1]))
    ]
    return Table(
        "By name of the event, microseconds a call",
        ("event", "events", "mean", "median call", "99th of 100", "of all time"),
        body,
        (
            f"Each call timed for itself, its least of {runs} runs, less what reading the clock takes. Long calls:",
            "a new lead, a move with its evidence, what time had made due, the first event of a name in a stage.",
        ),
    )


def each_call(rules: mqlrules.RuleSet, events: Sequence[mqlrules.Event]) -> list[int]:
    """The nanoseconds of each call."""
    sweep(frozen=True)
    feed, clock = rules.engine().feed, time.perf_counter_ns
    taken = []
    for event in events:
        start = clock()
        feed(event)
        taken.append(clock() - start)
    idle = int(median(-(clock() - clock()) for _ in range(10_001)))
    return [max(0, nanoseconds - idle) for nanoseconds in taken]


def among_others(text: str, events: Sequence[mqlrules.Event], runs: int) -> Table:
    """The same twenty rules with others that no event concerns: on new engines, and on such as have seen every name."""
    # Leads are apart, so the same times are not late for others.
    more = [mqlrules.Event(f"again {event.lead}", event.at, event.event, event.properties) for event in events]
    sets = {number: mqlrules.loads(f"{text}\n{made_rules(number)}" if number else text) for number in (0, *MANY)}
    same = Feeding()
    new = {("new", number): partial(same.seconds, rules, events) for number, rules in sets.items()}
    warm = {("warm", number): partial(same.seconds, rules, events, more) for number, rules in sets.items()}
    cases = {f"{kind} {number}": case for (kind, number), case in (*new.items(), *warm.items())}
    taken = interleaved(cases, runs)
    body = []
    for number in sets:
        line = [f"{number:,}"]
        for kind in ("new", "warm"):
            timing, base = taken[f"{kind} {number}"], taken[f"{kind} 0"]
            line += timing.figures(len(events) * 1e-6, 3)
            line.append(f"{timing.processor / base.processor - 1:+.0%}" if number else "")
        body.append((*line, "+20%" if number == MANY[-1] else ""))
    return Table(
        "The 20 rules among others that speak of none of these events, microseconds an event",
        ("others", *FIGURES, "more", *(f"then: {name}" for name in FIGURES), "more", "at most"),
        body,
        (
            f"{runs} runs of each, in turn; `more` compares the processor's time. A new engine looks through all",
            "rules when an event of a name comes to a stage for the first time, and keeps what it found: that is in",
            f"the first columns. `then` are {len(events):,} more events, of new leads, fed to the same engine.",
        ),
    )


def main() -> None:
    """Measures and prints."""
    parser = options(__doc__, runs=5)
    parser.add_argument("--events", type=int, default=100_000, help="how many events (default 100,000; 20 a lead)")
    parser.add_argument("--eql-events", type=int, default=2_000, help="how many of them eql gets (default 2,000)")
    parser.add_argument("--data", type=Path, help="events as Parquet, instead of ../shared/bench/make_events.py")
    parser.add_argument("--rules", type=Path, help="rules, instead of ../shared/bench/rules20.mql")
    arguments = parser.parse_args()
    text = rules_file(arguments.rules).read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        leads = max(1, arguments.events // 20)
        file = events_file(arguments.data, arguments.events, leads, Path(folder))
        events = [mqlrules.Event(*row) for row in in_order_of_time(file, arguments.events)]
    rules = mqlrules.loads(text)
    tables = [
        compared(rules, events, arguments.eql_events, arguments.runs),
        by_name(rules, events, arguments.runs),
        among_others(text, events, arguments.runs),
    ]
    report("Feeding events", tables, markdown=arguments.markdown)


if __name__ == "__main__":
    main()
