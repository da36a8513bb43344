"""How tests of the runner are written: rule text with test blocks in, what was not met out."""

import mqlrules
from mqlrules.ruleset import check_text

RULES = """\
timezone "Europe/Berlin"
event visited pricing = page_viewed where (path = "/pricing" and shown)
event long visit = page_viewed where (duration > 3)
segment keen = visited pricing >= 2 within 7d
score warmth
    +10 per visited pricing within 7d
    +5.5 if lead.employees >= 100
rule looking: visited pricing => MEL
rule warm: visited pricing >= 2 and attended webinar within 30d => MQL
rule quiet: when MQL for 10d, no visited pricing within 10d => recycle to MEL
"""


def unmet(lines: str, rules: str = RULES) -> list[str]:
    """What is said of the expectations of one test block that were not met; every engine must say the same."""
    text = rules + 'test "one"\n' + "".join(f"    {line.strip()}\n" for line in lines.strip().splitlines())
    rule_set = mqlrules.loads(text)
    [result] = rule_set.test()
    assert [result] == rule_set.test(engine="reference")
    assert result.passed == (not result.unmet) == (not result.story)
    return [f"{each.expected}: {each.instead}" for each in result.unmet]


def said(lines: str, rules: str = RULES) -> list[str]:
    """The codes of what checking says of one test block."""
    text = rules + 'test "one"\n' + "".join(f"    {line.strip()}\n" for line in lines.strip().splitlines())
    return [diagnostic.code for diagnostic in check_text(text).diagnostics]
