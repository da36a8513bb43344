"""The rules of a file on a file of events: one run, in this process, and what came out, as JSON.

    python benchmarks/run_rules.py EVENTS RULES [--engine columnar] [--transitions] [--phases] [--combined]

The clock starts before mqlrules is imported and stops when the table of results is there. Of each rule the leads are
counted, and the microseconds of the first instants added up modulo 2^61, as the yardstick's ``peers.py`` does.
"""

import time

BEGUN = time.perf_counter()

import argparse  # noqa: E402
import json  # noqa: E402
import re  # noqa: E402
from typing import Any  # noqa: E402

from answers import answers  # noqa: E402
from phases import Clocks  # noqa: E402

import mqlrules  # noqa: E402

MADE = re.compile(r"(r\d+)_(or|and|without)_(r\d+)_(r\d+)")
"""The names of rules that are made of two others."""


def combinations_that_differ(table: Any) -> list[str]:
    """Rules made of two others that can't be right.

    By `or` a rule first holds when the earlier of the two does. By `and` it holds of no other leads than both, and not
    before either; by `without`, `and not`, the same goes for the first.
    """
    import polars as pl

    of_rule = {rule.split("_")[0]: part.select("lead", "at") for (rule,), part in table.group_by("rule")}
    none = table.head(0).select("lead", "at")
    wrong = []
    for name in table["rule"].unique().sort():
        parts = MADE.fullmatch(name)
        if parts is None:
            continue
        itself, how, *pair = parts.groups()
        found = of_rule[itself]
        if how == "or":
            either = pl.concat([of_rule.get(part, none) for part in pair])
            right = found.sort("lead").equals(either.group_by("lead").agg(pl.col("at").min()).sort("lead"))
        else:
            bounds = [of_rule.get(part, none) for part in (pair if how == "and" else pair[:1])]
            right = all(_not_before(found, bound) for bound in bounds)
        if not right:
            wrong.append(name)
    return wrong


def _not_before(found: Any, bound: Any) -> bool:
    joined = found.join(bound, on="lead", suffix="_bound")
    return len(joined) == len(found) and bool((joined["at"] >= joined["at_bound"]).all())


def main() -> None:
    """Runs once, and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("events", metavar="EVENTS")
    parser.add_argument("rules", metavar="RULES")
    parser.add_argument("--engine", help="the engine, instead of the one that suits the size")
    parser.add_argument("--transitions", action="store_true", help="with the lifecycle, not each rule for itself")
    parser.add_argument("--phases", action="store_true", help="where the time of the columnar engine goes")
    parser.add_argument("--combined", action="store_true", help="check rules that are made of two others")
    arguments = parser.parse_args()
    chosen = {} if arguments.engine is None else {"engine": arguments.engine}
    clocks = Clocks(BEGUN)
    rules = mqlrules.load(arguments.rules)
    if arguments.phases:
        clocks.put()
    table = rules.run(arguments.events, each_rule=not arguments.transitions, **chosen)
    ended = time.perf_counter()
    said: dict[str, Any] = {"seconds": ended - BEGUN, "rows": len(table), "answers": answers(table)}
    said["phases"] = clocks.phases(ended) if arguments.phases else {}
    if arguments.combined:
        said["differ"] = combinations_that_differ(table)
    print(json.dumps(said))


if __name__ == "__main__":
    main()
