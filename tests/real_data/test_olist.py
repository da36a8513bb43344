"""A marketplace's funnel: first contacts have a date alone, deals an instant; the file is not in order of time."""

import functools

import polars as pl

import mqlrules
from tests.real_data.data import HERE, Climb, Firsts, climb, firsts, in_history_order, path_of

DAY = 86_400_000_000
RULES = HERE / "olist.mql"


@functools.cache
def rows() -> pl.DataFrame:
    """The rows as they stand in the file; a date alone is midnight UTC."""
    table = pl.read_csv(path_of("olist/events.csv.gz"), infer_schema=False)
    whole = pl.when(pl.col("time").str.len_chars() == 10).then(pl.col("time") + "T00:00:00Z").otherwise(pl.col("time"))
    return table.with_columns(time=whole.str.to_datetime("%Y-%m-%dT%H:%M:%SZ", time_zone="UTC"))


@functools.cache
def events() -> pl.DataFrame:
    return in_history_order(rows())


PAIRS = "from e c join e w using (lead) where c.event = 'first contact' and w.event = 'won deal'"

QUERIES: dict[str, str] = {
    "searched": "select lead, t, p from e where event = 'first contact' and origin like '%search'",
    "told_us": "select lead, t, p from e where event = 'first contact' and origin <> 'unknown'",
    # Dates of a rule begin and end in São Paulo, three hours after midnight UTC, where dates alone lie.
    "winter": """
        select lead, t, p from e where event = 'first contact'
        and time >= timestamptz '2017-06-21 03:00:00+00' and time < timestamptz '2017-09-23 03:00:00+00'""",
    "fast": f"select lead, w.t, w.p {PAIRS} and w.p > c.p and w.t < c.t + {14 * DAY}",
    "slow": f"select lead, w.t, w.p {PAIRS} and w.p > c.p and w.t >= c.t + {60 * DAY}",
    "big_home": """
        select lead, t, p from e where event = 'won deal'
        and business_segment like 'home%' and lead_type in ('online_big', 'online_top')""",
    "backwards": f"select lead, c.t, c.p {PAIRS} and w.p < c.p",
    "lost": f"""
        select c.lead, c.t + {90 * DAY}, 0 from e c
        where c.event = 'first contact' and c.t + {90 * DAY} <= (select max(t) from e)
          and not exists (select 1 from e w where w.lead = c.lead and w.event = 'won deal' and w.p > c.p
                          and w.t < c.t + {90 * DAY})""",
}

TARGETS = {
    "searched": Climb("MCL", 1),
    "told_us": Climb("MCL", 1),
    "winter": Climb("MQL", 2),
    "fast": Climb("customer", 3),
    "slow": Climb("customer", 3),
    "big_home": Climb("customer", 3),
    "backwards": Climb("customer", 3),
    "lost": Climb("lost", 0, outside=True),
}


@functools.cache
def expected() -> dict[str, Firsts]:
    return {rule: firsts(sql, e=events()) for rule, sql in QUERIES.items()}


def test_first_instants_are_those_of_sql() -> None:
    table = mqlrules.load(RULES).run(path_of("olist/events.csv.gz"), each_rule=True)
    ours = table.with_columns(pl.col("at").dt.epoch("us"))
    for rule, found in expected().items():
        assert found, rule
        theirs = sorted((lead, point.at) for lead, point in found.items())
        assert theirs == sorted(ours.filter(pl.col("rule") == rule).select("lead", "at").rows()), rule


def test_stages_and_moves_are_those_of_sql() -> None:
    leads = events()["lead"].unique().to_list()
    ends, moves = climb({rule: (TARGETS[rule], expected()[rule]) for rule in QUERIES}, leads, "unknown")
    ours = mqlrules.load(RULES).run(path_of("olist/events.csv.gz"))
    last = ours.group_by("lead", maintain_order=True).last()
    counted = dict(last["to_stage"].value_counts().rows())
    assert dict(ends) == counted | {"unknown": len(leads) - last.height}
    assert moves == set(ours.select("lead", "to_stage", pl.col("at").dt.epoch("us")).rows())


def test_one_deal_was_won_before_its_first_contact() -> None:
    [(lead, point)] = expected()["backwards"].items()
    result = mqlrules.load(RULES).evaluate(rows().filter(pl.col("lead") == lead).to_dicts())
    assert [("customer", point.at, "backwards")] == [
        (t.to_stage, t.instant, t.rule) for t in result.transitions if t.rule == "backwards"
    ]


def test_the_order_of_rows_does_not_matter_where_times_differ() -> None:
    assert not rows()["time"].is_sorted()
    rules = mqlrules.load(RULES)
    won = rows().filter(pl.col("event") == "won deal")["lead"]
    of_winners = rows().filter(pl.col("lead").is_in(won.implode()))
    as_it_is = rules.run(of_winners)
    by_time = rules.run(of_winners.sort("time", maintain_order=True))
    assert as_it_is.height > 842
    assert as_it_is.equals(by_time)
