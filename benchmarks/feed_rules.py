"""The rules of a file on the first events of a Parquet file, one event at a time: microseconds an event, as JSON.

    python benchmarks/feed_rules.py EVENTS RULES YARDSTICK NUMBER

The events are read as the yardstick's ``stream.py`` reads them. What the engine says is compared with ``rules.run`` of
the same events.
"""

import gc
import json
import sys
import tempfile
import time
from pathlib import Path

import mqlrules


def main(events: str, rules: str, yardstick: str, number: int) -> None:
    """Feeds once, and prints."""
    sys.path.insert(0, yardstick)
    from stream import read  # type: ignore[import-not-found]

    rule_set = mqlrules.load(rules)
    rows = read(events, number)
    fed = [mqlrules.Event(lead, at, name, {}) for lead, at, name, *_ in rows]
    engine = rule_set.engine()
    gc.collect()
    gc.freeze()
    begun = time.perf_counter()
    moves = [move for event in fed for move in engine.feed(event)]
    seconds = time.perf_counter() - begun
    gc.unfreeze()
    found = {(move.lead, move.instant, move.rule) for move in moves}
    print(
        json.dumps({"micros": seconds / len(fed) * 1e6, "moves": len(moves), "wrong": found != by_run(rule_set, rows)})
    )


def by_run(rules: mqlrules.RuleSet, rows: list[tuple[int | str, int, str]]) -> set[tuple[int | str, int, str]]:
    """The moves that ``rules.run`` finds: leads, instants, rules."""
    import polars as pl

    lead, at, name, *_ = zip(*rows, strict=True)
    table = pl.DataFrame({"lead": lead, "time": pl.Series(at).cast(pl.Datetime("us", "UTC")), "event": name})
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "events.parquet"
        table.write_parquet(file)
        found = rules.run(file)
    return set(found.select("lead", found["at"].to_physical().alias("at"), "rule").rows())


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
