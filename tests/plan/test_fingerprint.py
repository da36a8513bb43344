"""Fingerprints: the same for the same meaning."""

import pytest

import mqlrules

RULES = """
event pricing = page where (path matches "/pricing*")
segment keen = pricing >= 2 within 7d
score points
    +10 per pricing up to 30
rule a: keen and points >= 20 => MEL
rule b: demo since mail within 3d => MQL
"""

SAME = {
    "layout and comments": """
# who is warm
event pricing = page
    where (path matches "/pricing*")   # any of them

segment keen =
    pricing >= 2
    within 1w
score points
    +10   per pricing up to 30.0
rule a:
    keen and points >= 20
    => MEL
rule b: demo since mail within 72h => MQL
""",
    "the order of definitions": """
score points
    +10 per pricing up to 30
rule a: keen and points >= 20 => MEL
segment keen = pricing >= 2 within 7d
rule b: demo since mail within 3d => MQL
event pricing = page where (path matches "/pricing*")
""",
    "the spelling of names": RULES.replace("pricing >= 2", "Pricing >= 2").replace("since mail", 'since "Mail"'),
    "the order of restrictions": RULES.replace("since mail within 3d", "within 3d since mail"),
    "descriptions": RULES.replace("segment keen =", 'segment keen "Who is keen" ='),
    "a definition that nothing uses": RULES + "event unused = anything\n",
}

OTHER = {
    "a threshold": RULES.replace("pricing >= 2", "pricing >= 3"),
    "a window": RULES.replace("3d", "4d"),
    "an outcome": RULES.replace("MQL", "SQL"),
    "the name of a rule": RULES.replace("rule b", "rule c"),
    "the order of rules": RULES.replace("rule a: keen and points >= 20 => MEL\n", "")
    + "rule a: keen and points >= 20 => MEL\n",
    "a definition": RULES.replace("/pricing*", "/price*"),
    "points": RULES.replace("+10", "+11"),
    "the zone": 'timezone "Europe/Berlin"\n' + RULES,
    "the lifecycle": "lifecycle anonymous > MEL > MQL\n" + RULES,
}


@pytest.mark.parametrize("change", SAME)
def test_what_is_no_meaning_does_not_count(change: str) -> None:
    assert mqlrules.loads(RULES).fingerprint == mqlrules.loads(SAME[change]).fingerprint


@pytest.mark.parametrize("change", OTHER)
def test_what_is_meaning_counts(change: str) -> None:
    assert mqlrules.loads(RULES).fingerprint != mqlrules.loads(OTHER[change]).fingerprint


def test_it_is_the_same_in_every_process() -> None:
    rules = mqlrules.loads("visited pricing >= 2 and attended webinar within 30d => MQL")
    assert "98fca1ad9c523cfb" == rules.fingerprint


EVERY_NODE = """
lifecycle cold > warm > hot > won, lost, spam
timezone "America/New_York"
event key = visit where (n >= 1 and not (plan = "pro" or sku in ("x", "y"))
    and due > 2026-01-02 and tags contains "x" ignoring case and paid and size.w is known) or demo
segment gold = lead.tier = "gold" and not (lead.size < 2 or lead.vip)
score warmth
    +10 per visit within 3d up to 30
    +5.5 for mail halve every 12h
    -3 if gold or no demo within 2d
    between -10 and 100
rule a: visit >= 2 within 3d older than 1d since demo => warm
rule b: key >= 3 after demo before mail during 2026-01-01 to 2026-01-31 => hot
rule c: visit then no mail then within 2d after 1h demo >= 2 then no visit for 1d then mail then no demo for 2d
        => hot
rule d: sum(n of visit) >= 10.5 and avg(n of visit) > 1 and min(n of visit) < 0 and max(n of key) > 7 => won
rule e: first(plan of visit) = "pro" or last(due of visit) > 2026-01-01
        or distinct(sku of visit) >= 2 or days(visit) != 3 => won
rule f: (visit then demo since mail) with same sku and gold => lost
rule g: when hot for 3d, not (warmth < 5) and no activity within 30d => recycle to cold
"""


def test_a_store_recognises_the_rules_it_was_filled_under_by_an_older_version() -> None:
    assert "85e9bd3af28706f5" == mqlrules.loads(EVERY_NODE).fingerprint
