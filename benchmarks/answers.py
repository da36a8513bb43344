"""What came out, in two numbers a rule: the leads, and the sum of the first instants; of a file of results, as JSON.

    python benchmarks/answers.py FILE.parquet

The sum is in microseconds, modulo 2^61, as the yardstick's ``peers.py`` prints it.
"""

import json
import sys
from typing import Any

CLOCK = 2**61


def answers(table: Any) -> dict[str, tuple[int, int]]:
    """Of each rule that came out, by the part of its name before `_`, in a frame or a lazy one."""
    import polars as pl

    # A sum of 64 bits that runs over is still right modulo 2^61.
    found = table.lazy().group_by("rule").agg(pl.len(), pl.col("at").to_physical().sum().alias("sum")).collect()
    return {rule.split("_")[0]: (rows, total % CLOCK) for rule, rows, total in found.rows()}


if __name__ == "__main__":
    import polars as pl

    print(json.dumps(answers(pl.scan_parquet(sys.argv[1]))))
