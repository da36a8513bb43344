"""What a person sees: the tests by file, and the story of the lead where one failed."""

import xml.etree.ElementTree as ET

import mqlrules
from mqlrules.testing.junit import junit
from mqlrules.testing.report import failure, report, story_lines
from mqlrules.testing.results import Told

RULES = """\
segment keen = visited pricing >= 2 within 7d
score warmth
    +10 per visited pricing within 7d
rule looking: visited pricing => MEL
rule eager:   visited pricing >= 1 and lead.employees > 100 => MEL
rule warm:    visited pricing >= 2 and attended webinar within 30d => MQL

test "two visits and a webinar"
    lead (employees: 250)
    day 0        visited pricing
    day 3 10:30  visited   pricing (path: "/pricing",
                                    duration: 40s)
    day 10       attended webinar
    expect MQL   on day 9
    expect no MEL
    expect warmth = 20.5 on day 3
    expect SQL

test "one visit"
    2026-02-01 09:00:30 visited pricing
    expect MEL
"""

STORY = """\
FAILED  two visits and a webinar  (<rules>:8)

  day 0 12:00   visited pricing
                    warmth = 10
                    from anonymous to MEL by looking (eager held too)
> day 0 12:00   expect no MEL
                    <rules>:15: the lead came to MEL on day 0 12:00 by looking
  day 3 10:30   visited pricing (path: "/pricing", duration: 40s)
                    in keen
                    warmth = 20
> day 3         expect warmth = 20.5 on day 3
                    <rules>:16: warmth was 20 then
  day 7 12:00       no longer in keen
                    warmth = 10
> day 9         expect MQL on day 9
                    <rules>:14: the lead came to MQL on day 10 12:00 by warm
  day 10 10:30      warmth = 0
  day 10 12:00  attended webinar
                    from MEL to MQL by warm
> day 10 12:00  expect SQL
                    <rules>:17: the lead never came to SQL
  day 10 12:00  the test ends"""


def test_a_failure_shows_the_story_of_the_lead_with_the_expected_lines_marked() -> None:
    assert STORY == failure(mqlrules.loads(RULES).test()[0])


def test_all_tests_are_listed_by_file_then_the_stories_then_the_sum() -> None:
    results = mqlrules.loads(RULES).test()
    expected = f"<rules>\n  FAILED  two visits and a webinar\n  ok      one visit\n\n{STORY}\n\n2 tests, 1 failed."
    assert expected == report(results)
    assert "<rules>\n  ok      one visit\n\n1 test, all passed." == report(results[1:])


def test_dates_stand_where_a_test_counts_no_days() -> None:
    [result] = mqlrules.loads(
        'timezone "Europe/Berlin"\na => MQL\ntest "t"\n    2026-02-01 09:00:30 a\n    2026-02-03 b\n    expect no MQL\n'
    ).test()
    assert [
        "  2026-02-01 09:00:30  a",
        "                           from anonymous to MQL by rule_1",
        "> 2026-02-01 09:00:30  expect no MQL",
        "                           <rules>:6: the lead came to MQL on 2026-02-01 09:00:30 by rule_1",
        "  2026-02-03 12:00     b",
        "  2026-02-03 12:00     the test ends",
    ] == story_lines(result.story)


def test_colour_is_added_to_the_same_words() -> None:
    told = [Told(0, "day 0", "event", "a"), Told(0, "day 0", "unmet", "expect MQL", "x:1: never")]
    coloured = "\n".join(story_lines(told, colour=True))
    assert "\x1b[1;31mexpect MQL\x1b[0m" in coloured
    plain = coloured.replace("\x1b[1;31m", "").replace("\x1b[0m", "")
    assert story_lines(told) == plain.splitlines()


# -- JUnit ---------------------------------------------------------------------------------------------------------


def test_junit_has_a_suite_a_file_and_a_case_a_test() -> None:
    root = ET.fromstring(junit(mqlrules.loads(RULES).test()))
    [suite] = root
    assert ("testsuites", "2", "1", "0") == (root.tag, root.get("tests"), root.get("failures"), root.get("errors"))
    assert ("testsuite", "<rules>", "2", "1") == (
        suite.tag,
        suite.get("name"),
        suite.get("tests"),
        suite.get("failures"),
    )
    first, second = suite
    assert ("two visits and a webinar", "<rules>", "8") == (first.get("name"), first.get("file"), first.get("line"))
    assert ("one visit", []) == (second.get("name"), list(second))
    assert all(float(case.get("time", "")) >= 0 for case in suite)


def test_junit_tells_the_story_of_a_failure() -> None:
    [failed] = ET.fromstring(junit(mqlrules.loads(RULES).test())).iter("failure")
    assert STORY.split("\n", 2)[2] == (failed.text or "").strip("\n")
    assert "expect SQL: the lead never came to SQL" in failed.get("message", "")


def test_junit_says_what_xml_cannot_in_another_way() -> None:
    text = 'a => MQL\ntest "one"\n    day 0 a (x: "<&>")\n    expect SQL\n'
    [result] = mqlrules.loads(text).test()
    odd = mqlrules.TestResult("\x00 ]]> é\ud800 \U0001f600", 'a"b', 1, result.unmet, result.story)
    [suite] = ET.fromstring(junit([odd]))
    assert ('a"b', "\ufffd ]]> é\ufffd \U0001f600") == (suite.get("name"), suite[0].get("name"))
    assert 'a (x: "<&>")' in (suite[0][0].text or "")


def test_junit_of_no_tests_is_a_document_too() -> None:
    assert "0" == ET.fromstring(junit([])).get("tests")
