"""Leads that are recycled often: looked at for some rows at a time, and right all the same."""

import random

import polars as pl
import pytest

import mqlrules
import mqlrules.run.running
from mqlrules.engine.columnar import grouped_rows, passes

RULES = """
lifecycle new > warm > hot > won
score points
    +5 per a up to 15 halve every 3h
    +5 if lead.plan = "paid"
rule warm:  a >= 2 within 4h => warm
rule hot:   when warm, (b then no c then a) or points >= 15 => hot
rule won:   (a or b) >= 3 with same item => won
rule cool:  when warm for 2h, c => recycle to new
rule quiet: no activity within 5h => recycle to new
rule late:  when hot, c then no a for 90m => recycle to warm
rule back:  when won for 1h, lead.plan is known or b => recycle to new
"""


def _events(seed: int, rows: int, leads: int) -> pl.DataFrame:
    chance = random.Random(seed)
    clock = 0
    found = []
    for _ in range(rows):
        clock += chance.choice([0, 1, 20, 60, 60, 200]) * 60_000_000 // leads
        name = chance.choice(["a", "a", "b", "c", "identify"])
        plan = chance.choice(["paid", None])
        found.append((chance.randrange(leads), clock, name, chance.choice(["x", "y", None]), plan))
    names = ["lead", "time", "event", "item", "plan"]
    return pl.DataFrame(found, names, orient="row").with_columns(pl.col("time").cast(pl.Datetime("us", "UTC")))


@pytest.mark.parametrize("ahead", [1, 3, 128])
@pytest.mark.parametrize("seed", range(4))
def test_how_far_a_recycled_lead_is_followed_at_once_does_not_matter(
    seed: int, ahead: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passes, "AHEAD", ahead)
    events = _events(seed, 600, leads=1 + seed)
    rules = mqlrules.loads(RULES)
    expected = rules.run(events, engine="incremental")
    assert expected["to_stage"].eq("new").sum() > 20
    assert expected.equals(rules.run(events, engine="columnar"))
    from_events = [
        (t.lead, t.to_stage, t.rule, [(e.at, e.event) for e in t.evidence])
        for t in rules.evaluate(_said(events)).transitions
    ]
    whole = mqlrules.run.running.start(_request(rules, events), print)
    with whole as running:
        shown = [(t.lead, t.to_stage, t.rule, [(e.at, e.event) for e in t.evidence]) for t in running.outcome()]
    assert from_events == shown


def _said(events: pl.DataFrame) -> list[dict[str, object]]:
    """What an empty cell says nothing of is left out."""
    return [{name: value for name, value in row.items() if value is not None} for row in events.iter_rows(named=True)]


def _request(rules: mqlrules.RuleSet, events: pl.DataFrame) -> "mqlrules.run.running.Request":
    return mqlrules.run.running.Request(rules.plan, rules.fingerprint, events, engine="columnar", evidence=True)


def test_each_time_through_costs_rows_up_to_the_recycle(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    between = grouped_rows.between

    def counted(*given):
        found = between(*given)
        seen.append(len(found.rows))
        return found

    monkeypatch.setattr(grouped_rows, "between", counted)
    turns = 1500
    events = pl.DataFrame(
        {
            "lead": [1] * (2 * turns),
            "time": pl.Series(range(2 * turns)).cast(pl.Datetime("us")),
            "event": ["a", "b"] * turns,
        }
    )
    rules = mqlrules.loads("lifecycle new > warm\nrule warm: a => warm\nrule cool: when warm, b => recycle to new\n")
    assert 2 * turns == rules.run(events, engine="columnar").height
    # Three lists, for a, for b, and for all of them; each time 128 rows at most are looked at.
    assert sum(seen) <= turns * 2 * passes.AHEAD


def test_traits_alone_until_a_time_that_is_given() -> None:
    rules = mqlrules.loads('lifecycle new > warm\nrule warm: a and lead.plan = "paid" => warm\n')
    nothing = pl.DataFrame(schema={"lead": pl.Int64, "time": pl.Datetime("us"), "event": pl.String})
    traits = pl.DataFrame({"lead": [1], "plan": ["paid"]})
    for each_rule in (False, True):
        found = rules.run(nothing, "2026-01-01", traits, engine="columnar", each_rule=each_rule)
        assert rules.run(nothing, "2026-01-01", traits, engine="incremental", each_rule=each_rule).equals(found)
