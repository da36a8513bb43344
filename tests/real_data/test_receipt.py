"""The intake of building permits: 8,577 events of 1,434 applications, read as a funnel with a way to get stuck."""

import functools

import polars as pl

import mqlrules
from tests.real_data.data import HERE, Climb, Firsts, Point, climb, firsts, in_history_order, path_of

DAY = 86_400_000_000
RULES = HERE / "receipt.mql"


@functools.cache
def events() -> pl.DataFrame:
    """The events in history order; ``group`` is called ``team``, for SQL has another use for the word."""
    rows = pl.read_csv(path_of("receipt/events.csv.gz"), try_parse_dates=True)
    return in_history_order(rows).rename({"group": "team"})


CHECKED = "event = 'T02 Check confirmation of receipt'"
DECIDED = "event = 'T04 Determine confirmation of receipt'"
SENT = "event = 'T05 Print and send confirmation of receipt'"
ONLINE = "event = 'Confirmation of receipt' and channel in ('Internet', 'e-mail')"
# From the first of March to the end of May in Amsterdam: winter time at its beginning, summer time at its end.
SPRING = f"{SENT} and time >= timestamptz '2011-02-28 23:00:00+00' and time < timestamptz '2011-05-31 22:00:00+00'"
FIRST_SENT = f"select lead, min(p) as p from e where {SENT} group by lead"

QUERIES: dict[str, str] = {
    "was_checked": f"select lead, t, p from e where {CHECKED}",
    "seen_twice": f"""
        select lead, t, p from (select *, row_number() over (partition by lead order by p) as n from e where {CHECKED})
        where n >= 2""",
    "was_decided": f"select lead, t, p from e where {DECIDED}",
    # The latest check before the decision leaves least room for an adjustment between them.
    "smooth": f"""
        with good as (
            select lead, p from (
                select *, max(case when {CHECKED} then p end) over before as checked,
                    max(case when event = 'T03 Adjust confirmation of receipt' then p end) over before as adjusted
                from e window before as (partition by lead order by p rows between unbounded preceding and 1 preceding))
            where {DECIDED} and checked is not null and (adjusted is null or adjusted < checked))
        select s.lead, s.t, s.p from e s join good g on g.lead = s.lead and g.p < s.p where s.{SENT}""",
    "one_pair_of_hands": f"""
        select s.lead, s.t, s.p from e s join e d using (lead, resource)
        where s.{SENT} and d.{DECIDED} and d.p < s.p and s.t < d.t + {DAY // 24}""",
    "spring_online": f"""
        select a.lead, greatest(a.t, b.t), greatest(a.p, b.p)
        from (select * from e where {ONLINE}) a join (select * from e where {SPRING}) b using (lead)""",
    "stopped": f"""
        select n.lead, n.t, n.p from e n join ({FIRST_SENT}) s on s.lead = n.lead and n.p > s.p
        where n.event = 'T10 Determine necessity to stop indication'""",
    "discussed": f"""
        with advice as (
            select e.* from e left join ({FIRST_SENT}) s using (lead)
            where e.team in ('Group 2', 'Group 3') and coalesce(e.resource <> 'Resource01', true)
              and (s.p is null or e.p < s.p))
        select n.lead, n.t, n.p from advice n join advice o on o.lead = n.lead and o.p <= n.p
        group by all having count(distinct o.resource) >= 2""",
    "forgotten": f"""
        select a.lead, a.t + {42 * DAY}, 0 from e a
        where a.event = 'Confirmation of receipt' and a.t + {42 * DAY} <= (select max(t) from e)
          and not exists (select 1 from e s where s.lead = a.lead and s.{SENT} and s.p > a.p
                          and s.t < a.t + {42 * DAY})""",
}

TARGETS = {
    "was_checked": Climb("checked", 1),
    "seen_twice": Climb("decided", 2),
    "was_decided": Climb("decided", 2),
    "smooth": Climb("answered", 3),
    "one_pair_of_hands": Climb("answered", 3),
    "spring_online": Climb("settled", 4),
    "stopped": Climb("settled", 4),
    "discussed": Climb("settled", 4),
    "forgotten": Climb("stuck", 0, outside=True),
}


@functools.cache
def expected() -> dict[str, Firsts]:
    return {rule: firsts(sql, e=events()) for rule, sql in QUERIES.items()}


def slow(moves: set[tuple[object, str, int]]) -> Firsts:
    """When the rule ``slow`` fires: 21 days after a lead came to ``checked``, if nothing has moved it on before.

    A decision moves it on, so that a lead that is still there has none.
    """
    found: Firsts = {}
    end = events()["t"].max()
    for lead, stage, at in moves:
        due = at + 21 * DAY
        if (
            stage == "checked"
            and due <= end
            and not any(m[0] == lead and at < m[2] < due for m in by_lead(moves)[lead])
        ):
            found[lead] = Point(due, 0)
    return found


def by_lead(moves: set[tuple[object, str, int]]) -> dict[object, list[tuple[object, str, int]]]:
    return _by_lead(frozenset(moves))


@functools.cache
def _by_lead(moves: frozenset[tuple[object, str, int]]) -> dict[object, list[tuple[object, str, int]]]:
    found: dict[object, list[tuple[object, str, int]]] = {}
    for move in moves:
        found.setdefault(move[0], []).append(move)
    return found


def test_first_instants_are_those_of_sql() -> None:
    table = mqlrules.load(RULES).run(path_of("receipt/events.csv.gz"), each_rule=True)
    ours = table.with_columns(pl.col("at").dt.epoch("us"))
    for rule, found in expected().items():
        assert found, rule
        theirs = sorted((lead, point.at) for lead, point in found.items())
        assert theirs == sorted(ours.filter(pl.col("rule") == rule).select("lead", "at").rows()), rule


def test_stages_and_moves_are_those_of_sql() -> None:
    leads = events()["lead"].unique().to_list()
    rules = {rule: (TARGETS[rule], expected()[rule]) for rule in QUERIES}
    _, moves = climb(rules, leads, "received")
    stuck = slow(moves)
    assert len(stuck) > 0
    ends, moves = climb(rules | {"slow": (Climb("stuck", 0, outside=True), stuck)}, leads, "received")
    ours = mqlrules.load(RULES).run(path_of("receipt/events.csv.gz"))
    last = ours.group_by("lead", maintain_order=True).last()
    counted = dict(last["to_stage"].value_counts().rows())
    assert dict(ends) == counted | ({"received": len(leads) - last.height} if len(leads) > last.height else {})
    assert moves == set(ours.select("lead", "to_stage", pl.col("at").dt.epoch("us")).rows())
