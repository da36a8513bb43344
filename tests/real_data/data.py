"""Where the real data lies, and the few things that every independent computation needs.

The data stands beside the repository, in ``../shared/data``, and is no part of it: where it is missing the tests are
skipped. What is right is computed in the test files themselves, in SQL (DuckDB) or Polars, from what the rules mean.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import attrs
import duckdb
import polars as pl
import pytest

HERE = Path(__file__).parent
DATA = HERE.parents[2] / "shared" / "data"


def path_of(name: str) -> Path:
    """A file of real data; skips the test where it is not there."""
    path = DATA / name
    if not path.exists():
        pytest.skip(f"the real data is not here: ../shared/data/{name}")
    return path


def in_history_order(rows: pl.DataFrame) -> pl.DataFrame:
    """Events with ``p``, their position (by time, then in the file's order), and ``t``, microseconds since 1970."""
    return (
        rows.with_columns(t=pl.col("time").dt.epoch("us"))
        .with_row_index("arrival")
        .sort("lead", "t", "arrival")
        .with_columns(p=pl.int_range(1, pl.len() + 1).over("lead"))
    )


@attrs.frozen(order=True)
class Point:
    """An instant and, at that instant, a position; what falls due with time comes before the events, at position 0."""

    at: int
    position: int


Firsts = dict[Any, Point]


def firsts(sql: str, **tables: pl.DataFrame) -> Firsts:
    """The first point of each lead: of a query that gives lead, instant and position."""
    with duckdb.connect() as connection:
        for name, table in tables.items():
            connection.register(name, table.to_arrow())
        found: Firsts = {}
        for lead, at, position in connection.execute(sql).fetchall():
            point = Point(at, position)
            if lead not in found or point < found[lead]:
                found[lead] = point
    return found


@attrs.frozen
class Climb:
    """Where a rule leads: the rank of a stage of the ladder, or out of it (then ``rank`` orders the stages outside)."""

    stage: str
    rank: int
    outside: bool = False


def climb(
    rules: Mapping[str, tuple[Climb, Firsts]], leads: Iterable[Any], first_stage: str
) -> tuple[Counter[str], set[tuple[Any, str, int]]]:
    """The stage in which leads end, counted, and every move (lead, stage, instant).

    For rules without ``when`` and recycle. A rule that holds for the first time moves the lead if it stands lower;
    what the rule does later changes nothing.
    """
    of_lead: dict[Any, list[tuple[Point, bool, int, str]]] = {lead: [] for lead in leads}
    for target, found in rules.values():
        for lead, point in found.items():
            order = target.rank if target.outside else -target.rank
            of_lead[lead].append((point, not target.outside, order, target.stage))
    ends: Counter[str] = Counter()
    moves: set[tuple[Any, str, int]] = set()
    for lead, points in of_lead.items():
        stage, rank = first_stage, 0
        for point, on_ladder, order, target_stage in sorted(points):
            if on_ladder and -order <= rank:
                continue
            stage, rank = target_stage, -order
            moves.add((lead, stage, point.at))
            if not on_ladder:
                break
        ends[stage] += 1
    return ends, moves
