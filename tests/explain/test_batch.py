"""All leads at once: what is said of each is what is said of it alone, and one event does what it is said to do."""

import attrs
import pytest
from hypothesis import settings

from mqlrules.engine import reference
from mqlrules.engine.histories import gather
from mqlrules.engine.reference.walk import dues
from mqlrules.events.model import as_event, checked_event
from mqlrules.explain.batch import Away, BatchExplainer, Lever, Reach, levers, reaches
from mqlrules.explain.explanation import explain_lead
from mqlrules.plan.lower import lower
from tests.engine.engines import program_of
from tests.strategies import random_case

BATCHES = [range(start, start + 20) for start in range(0, settings().max_examples, 20)]


@pytest.mark.parametrize("numbers", BATCHES, ids=lambda numbers: f"{numbers.start}-{numbers.stop - 1}")
def test_each_lead_is_as_far_away_as_it_is_alone(numbers: range) -> None:
    near = agreed = 0
    for number in numbers:
        case = random_case(number)
        program = program_of(case.rules)
        plan = lower(program)
        histories, end = gather(case.events, case.end)
        assert end is not None
        many = BatchExplainer(plan, case.leads, end)
        rules = {rule.name: rule for rule in program.rules}
        for lead, history in histories.items():
            for row in many.of(lead, history):
                if row.rule is None or rules[row.rule].when is not None:
                    continue
                alone = explain_lead(plan, "", lead, history, case.leads.get(lead, {}), end, row.rule)
                verdict = alone.rules[0].verdict
                where = number, row, verdict.sentence
                assert (alone.stage, alone.stage_since) == (row.stage, row.since), where
                match row.distance:
                    case "holds":
                        assert verdict.kind == "holds", where
                    case "pending":
                        assert (verdict.kind, verdict.decided_at) == ("pending", row.at), where
                    case "one event":
                        assert verdict.kind == "would hold", where
                        assert row.event is not None
                        live = history[alone.begins :]
                        known = reference.known_traits(case.leads.get(lead, {}), history[: alone.begins])
                        condition = rules[row.rule].condition
                        times = [row.event.at] if row.at is None else [row.event.at, row.at - 1]
                        for at in times:
                            happened = [*live, attrs.evolve(row.event, time=at)]
                            due = dues(program, happened, condition)
                            assert any(
                                reference.holds(program, condition, happened, now, known)
                                for now in sorted({at, *(instant for instant in due if instant > at)})
                            ), where
                    case _:
                        assert verdict.kind in ("would hold", "cannot"), where
                        assert (row.distance == "cannot") == (verdict.kind == "cannot"), where
                ways = [way for way in verdict.suggestions if len(way.events) == 1 and way.earliest == end]
                if ways:
                    near += 1
                    agreed += row.distance == "one event"
    # One event is missed only where its properties depend on the lead: an amount, a value to split by.
    assert agreed > 0.8 * near


RULES = """\
rule looking: visited pricing => MEL
rule warm: visited pricing >= 2 and attended webinar within 30d => MQL
rule cart: added cart then no checked out for 2d => MQL
rule back: when MQL for 5d, no activity within 5d => recycle to MEL
"""
DAY = 86_400_000_000


def rows(*events: tuple[str, int, str], now: int = 10 * DAY, rules: str = RULES) -> list[Away]:
    plan = lower(program_of(rules))
    histories, end = gather([checked_event(lead, at, name, {}) for lead, at, name in events], now)
    assert end is not None
    many = BatchExplainer(plan, {}, end)
    return [row for lead, history in histories.items() for row in many.of(lead, history)]


def test_a_lead_that_lacks_one_event_is_told_which_and_until_when() -> None:
    [warm, cart] = rows(("ada", 0, "visited pricing"), ("ada", 5 * DAY, "attended webinar"))
    assert ("MEL", 0, "warm", "MQL", "one event", 35 * DAY, "“visited pricing”") == (
        warm.stage, warm.since, warm.rule, warm.to, warm.distance, warm.at, warm.what
    )  # fmt: skip
    assert ("cart", "one event", None, "“added cart”") == (cart.rule, cart.distance, cart.at, cart.what)


def test_what_time_alone_brings_is_pending() -> None:
    found = rows(("ada", 0, "visited pricing"), ("ada", 9 * DAY, "added cart"))
    assert [("warm", "more", None), ("cart", "pending", 11 * DAY)] == [
        (row.rule, row.distance, row.at) for row in found
    ]


def test_after_a_recycle_only_the_fresh_history_counts() -> None:
    found = rows(
        ("ada", 0, "visited pricing"), ("ada", 0, "visited pricing"), ("ada", DAY, "attended webinar"), now=9 * DAY
    )
    assert [("MEL", "more"), ("MEL", "one event")] == [(row.stage, row.distance) for row in found]


def test_a_lead_above_all_rules_is_listed_once() -> None:
    found = rows(("ada", 0, "a"), rules="rule only: a => customer\n")
    assert [("customer", None, "nothing above")] == [(row.stage, row.rule, row.distance) for row in found]


def test_the_rows_are_summed_up_by_stage_and_by_event() -> None:
    found = rows(
        ("ada", 0, "visited pricing"), ("ada", 5 * DAY, "attended webinar"),
        ("ben", 0, "visited pricing"), ("ben", 9 * DAY, "added cart"), ("cy", DAY, "other"),
    )  # fmt: skip
    ladder = ("anonymous", "MCL", "MEL", "MQL")
    assert [Reach("MEL", 1, 0, 0, 1, 0, 0), Reach("MQL", 3, 0, 1, 2, 0, 0)] == reaches(found, ladder)
    assert [
        Lever("MEL", "“visited pricing”", 1, ("looking",)),
        Lever("MQL", "“added cart”", 2, ("cart",)),
        Lever("MQL", "“visited pricing”", 1, ("warm",)),
    ] == levers(found, ladder)


def test_events_after_the_instant_do_not_matter() -> None:
    before = [as_event({"lead": "ada", "time": 0, "event": "visited pricing"})]
    many = BatchExplainer(lower(program_of(RULES)), {}, DAY)
    assert ["more", "one event"] == [row.distance for row in many.of("ada", before)]


def traits_proposed(condition: str, traits: dict[str, object]) -> list[str]:
    plan = lower(program_of(f"rule r: {condition} => MQL\n"))
    batch = BatchExplainer(plan, {"ada": traits}, 0)
    return [
        what
        for row in batch.of("ada", [as_event({"lead": "ada", "time": 0, "event": "x"})])
        for what in (row.what, *row.others)
        if what
    ]


def test_nothing_proposes_that_data_go_missing() -> None:
    assert [] == traits_proposed("lead.unsubscribed is missing", {"unsubscribed": True})
    assert [] == traits_proposed("not lead.unsubscribed is known", {"unsubscribed": True})
    assert ["if lead.email were known"] == traits_proposed("lead.email is known", {})
    assert ["if lead.vip were not true"] == traits_proposed("not lead.vip", {"vip": True})
    assert ["if lead.size were less than 200"] == traits_proposed("not lead.size >= 200", {"size": 300})


def test_an_amount_says_whether_it_must_be_large_or_small() -> None:
    def proposed(condition: str) -> list[str | None]:
        return [row.what for row in rows(("ada", 0, "x"), rules=f"rule r: {condition} => MQL\n")]

    assert ["“bought” with a large enough amount"] == proposed("sum(amount of bought) >= 500")
    assert ["“bought” with a small enough amount"] == proposed("avg(amount of bought) < 5")
    assert ["“bought” with the right plan"] == proposed('last(plan of bought) = "pro"')
