"""9,240 leads with traits and no times: segments, scores and rules over traits, each lead with one made-up event."""

import csv
import functools
import gzip
from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

import mqlrules
from tests.real_data.data import HERE, path_of

RULES = HERE / "xeducation.mql"
NUMBERS = ["Converted", "TotalVisits", "Total Time Spent on Website", "Page Views Per Visit"]
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@functools.cache
def leads() -> pl.DataFrame:
    """The table, typed. 338 of its rows stand in one cell, quoted as a whole: they are rows of the same columns."""
    with gzip.open(path_of("xeducation/leads.csv.gz"), "rt", encoding="utf-8", newline="") as file:
        columns, *rows = csv.reader(file)
    in_one_cell = [row for row in rows if "," in row[0]]
    assert len(in_one_cell) == 338
    rows = [next(csv.reader([row[0]])) if "," in row[0] else row for row in rows]
    table = pl.DataFrame(rows, schema=columns, orient="row").with_columns(pl.all().replace("", None))
    return table.with_columns(pl.col(NUMBERS).cast(pl.Float64)).rename({"Prospect ID": "lead"})


@functools.cache
def result() -> Any:
    table = leads().to_dicts()
    known = [{name: value for name, value in row.items() if value is not None} for row in table]
    happened = [{"lead": row["lead"], "time": NOON, "event": "became lead"} for row in table]
    return mqlrules.load(RULES).evaluate(happened, leads=known)


def text(column: str) -> pl.Expr:
    """A column of text in which unknown is not equal to anything."""
    return pl.col(column).fill_null("")


SEGMENTS = {
    "serious": pl.col("Total Time Spent on Website") >= 900,
    "earns": text("What is your current occupation").is_in(["Working Professional", "Businessman"]),
    "from_google": text("Lead Source").str.to_lowercase() == "google",
    "told_subject": ~text("Specialization").is_in(["", "Select"]),
}

POINTS: list[tuple[int, pl.Expr]] = [
    (20, SEGMENTS["serious"]),
    (15, pl.col("TotalVisits") > 5),
    (10, pl.col("Page Views Per Visit") >= 2.5),
    (20, SEGMENTS["earns"]),
    (10, text("Last Activity").str.contains("SMS") | text("Last Activity").str.starts_with("Email Opened")),
    (-40, text("Do Not Email") == "Yes"),
]
WARMTH = pl.sum_horizontal([pl.when(holds).then(points).otherwise(0) for points, holds in POINTS]).clip(0, 60)

RULE_CONDITIONS = {
    "known": pl.col("Lead Source").is_not_null(),
    "engaged": SEGMENTS["serious"] | (pl.col("TotalVisits") >= 10),
    "subject": SEGMENTS["told_subject"] & ~SEGMENTS["from_google"],
    "warm": WARMTH >= 45,
    "asked_us": (text("Lead Origin") == "Lead Add Form") & SEGMENTS["earns"],
    "paid": pl.col("Converted") == 1,
    "unwilling": text("Tags").is_in(["invalid number", "wrong number given"])
    | text("Tags").str.to_lowercase().str.contains("not doing"),
}
STAGES = {
    "known": "MCL",
    "engaged": "MEL",
    "subject": "MEL",
    "warm": "MQL",
    "asked_us": "MQL",
    "paid": "customer",
    "unwilling": "disqualified",
}
PRECEDENCE = ["disqualified", "customer", "MQL", "MEL", "MCL"]


@pytest.mark.parametrize("segment", SEGMENTS)
def test_members_of_segments_are_those_of_polars(segment: str) -> None:
    expected = set(leads().filter(SEGMENTS[segment])["lead"])
    assert 0 < len(expected) < leads().height
    assert expected == result().members(segment)


def test_scores_are_those_of_polars() -> None:
    expected = dict(leads().select("lead", WARMTH.alias("warmth")).rows())
    assert len(set(expected.values())) > 10
    assert {lead: Decimal(warmth) for lead, warmth in expected.items()} == {
        lead: result().score(lead, "warmth") for lead in expected
    }


@pytest.mark.parametrize("rule", RULE_CONDITIONS)
def test_rules_hold_of_the_leads_of_polars(rule: str) -> None:
    expected = set(leads().filter(RULE_CONDITIONS[rule])["lead"])
    assert 0 < len(expected) < leads().height
    named = {t.lead for t in result().transitions if rule in (t.rule, *t.also)}
    assert expected == named


def test_stages_are_those_of_polars() -> None:
    stage = pl.lit("anonymous")
    for name in reversed(PRECEDENCE):
        holds = pl.any_horizontal([RULE_CONDITIONS[rule] for rule, target in STAGES.items() if target == name])
        stage = pl.when(holds).then(pl.lit(name)).otherwise(stage)
    expected = Counter(leads().select(stage.alias("stage"))["stage"])
    assert len(expected) == 6
    assert expected == Counter(result().stage(lead) for lead in leads()["lead"])
    assert {NOON} == {t.at for t in result().transitions}
    assert len({t.lead for t in result().transitions}) == len(result().transitions)
