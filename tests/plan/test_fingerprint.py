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
    assert "2f9bc43ed1766e16" == rules.fingerprint
