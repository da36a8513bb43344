"""Are the first instants of each rule those that Polars finds by hand, lead by lead?

    python benchmarks/same_rows.py EVENTS RULES YARDSTICK [--rules-of 1-20]

YARDSTICK is the folder of ``peers.py``, whose frames by hand are run here. Prints the rules that differ, as JSON.
"""

import argparse
import json
import sys
from typing import Any

import mqlrules


def main() -> None:
    """Compares once, and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("events", metavar="EVENTS")
    parser.add_argument("rules", metavar="RULES")
    parser.add_argument("yardstick", metavar="YARDSTICK")
    parser.add_argument("--rules-of", default="1-20", metavar="NUMBERS", help="as peers.py takes them: 1-20, or 3")
    arguments = parser.parse_args()
    sys.path.insert(0, arguments.yardstick)
    from peers import PEERS  # type: ignore[import-not-found]
    from reference import numbers  # type: ignore[import-not-found]

    found = mqlrules.load(arguments.rules).run(arguments.events, each_rule=True)
    peer = PEERS["polars"](arguments.events, "load")
    ours = {int(rule.split("_")[0][1:]): part for (rule,), part in found.group_by("rule")}
    asked = numbers(arguments.rules_of)
    print(json.dumps([f"r{number:02}" for number in asked if not same(ours.get(number), peer.run(number))]))


def same(ours: Any, theirs: Any) -> bool:
    """Whether both tables say the same instant of the same leads."""
    import polars as pl

    right = pl.from_arrow(theirs)
    assert isinstance(right, pl.DataFrame)
    if ours is None:
        return not len(right)
    left = ours.select("lead", f=pl.col("at").to_physical())
    return left.sort("lead").equals(right.select("lead", "f").sort("lead"))


if __name__ == "__main__":
    main()
