"""Lowering: restrictions become intervals of leaves, segments stand in place, equal sub-trees are one."""

import mqlrules
from mqlrules.plan import nodes as n
from mqlrules.plan.lower import walk

DAY = 86_400_000_000


def condition(text: str, before: str = "") -> n.Node:
    return mqlrules.loads(f"{before}\nrule r: {text} => MQL").plan.rules[0].condition


def counts(text: str, before: str = "") -> list[n.Count]:
    return [node for node in walk([condition(text, before)]) if isinstance(node, n.Count)]


def test_a_window_is_no_node_but_the_interval_of_each_leaf_inside() -> None:
    first, second = counts("(visit and mail) within 2d")
    assert (2 * DAY, 2 * DAY) == (first.interval.within, second.interval.within)


def test_a_window_after_and_narrows_the_last_operand_alone() -> None:
    first, second = counts("visit and mail within 2d")
    assert (None, 2 * DAY) == (first.interval.within, second.interval.within)


def test_windows_intersect_to_the_narrowest() -> None:
    (count,) = counts("((visit within 9d) within 2d) within 5d")
    assert count.interval.within == 2 * DAY


def test_older_than_intersects_to_the_oldest() -> None:
    (count,) = counts("visit older than 1d older than 3d")
    assert count.interval.older == 3 * DAY


def test_the_order_of_restrictions_makes_no_other_tree() -> None:
    one = condition("visit within 9d since mail before demo older than 1d")
    assert one == condition("visit older than 1d before demo within 9d since mail")


def test_a_segment_stands_in_place_and_is_narrowed() -> None:
    inside = condition("keen within 2d", "segment keen = visit >= 2")
    assert inside == condition("visit >= 2 within 2d")


def test_a_score_is_not_narrowed() -> None:
    narrowed = condition("(mail and points >= 5) within 2d", "score points\n    +1 per visit")
    scores = [node for node in walk([narrowed]) if isinstance(node, n.Score)]
    assert [line.interval for score in scores for line in score.lines if isinstance(line, n.EventPoints)] == [
        n.EVERYTHING
    ]


def test_equal_sub_trees_are_one_object_across_rules() -> None:
    plan = mqlrules.loads("rule a: visit >= 2 within 3d => MEL\nrule b: mail and visit >= 2 within 3d => MQL").plan
    first, second = plan.rules[0].condition, plan.rules[1].condition
    assert isinstance(second, n.And)
    assert first is second.operands[1]


def test_two_thresholds_of_one_count_share_its_leaf() -> None:
    plan = mqlrules.loads("rule a: visit >= 2 within 3d => MEL\nrule b: visit >= 5 within 3d => MQL").plan
    leaves = [r.condition.leaf for r in plan.rules if isinstance(r.condition, n.Compare)]
    assert leaves[0] is leaves[1]


def test_an_anchor_inside_with_same_is_looked_up_in_the_part_and_one_outside_in_the_history() -> None:
    (count,) = counts("(visit since mail with same sku) after demo")
    assert {anchor.scope for anchor in count.interval.since} == {"part"}
    assert {anchor.scope for anchor in count.interval.after} == {"history"}


def test_two_during_intersect() -> None:
    (count,) = counts("visit during 2026-01-01 to 2026-01-10 during 2026-01-05 to 2026-01-20")
    (both,) = counts("visit during 2026-01-05 to 2026-01-10")
    assert both.interval.during == count.interval.during


def test_the_plan_knows_every_name_that_is_used() -> None:
    plan = mqlrules.loads(
        "event touch = page where (path = '/x')\n".replace("'", '"')
        + "segment unused = demo since mail\nscore unread\n    +1 per visit\ntouch then no cart then order => MQL"
    ).plan
    assert {"page", "demo", "mail", "visit", "cart", "order"} == plan.names_used
    assert not plan.uses("touch")


def test_true_and_one_are_not_the_same() -> None:
    rules = mqlrules.loads("rule a: last(n of visit) = 1 => MQL\nrule b: last(n of visit) = true => SQL").plan.rules
    assert rules[0].condition != rules[1].condition
    assert [int, bool] == [type(rule.condition.value) for rule in rules if isinstance(rule.condition, n.Compare)]
