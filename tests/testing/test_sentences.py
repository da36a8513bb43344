"""Section 9 of the language, sentence by sentence."""

import datetime
from decimal import Decimal

import pytest

import mqlrules
from mqlrules.testing.scenarios import Scenario, scenarios
from tests.testing.tested import RULES, said, unmet


def scenario(lines: str, zone: str = "UTC", rules: str = "a => MQL\n") -> Scenario:
    block = "".join(f"    {line.strip()}\n" for line in lines.strip().splitlines())
    text = f'timezone "{zone}"\n{rules}test "one"\n{block}'
    [found] = scenarios(mqlrules.loads(text).program)
    return found


def times(lines: str, zone: str = "UTC") -> list[str]:
    return [event.time.strftime("%m-%d %H:%M:%S") for event in scenario(f"{lines}\nexpect no SQL", zone).events]


def end(lines: str, zone: str = "UTC") -> str:
    at = datetime.datetime(1970, 1, 1) + datetime.timedelta(microseconds=scenario(lines, zone).as_of)
    return at.strftime("%m-%d %H:%M:%S.%f")


# -- when ----------------------------------------------------------------------------------------------------------


def test_day_0_is_the_first_of_january_2026_and_no_clock_means_noon() -> None:
    assert ["01-01 12:00:00", "01-04 12:00:00"] == times("day 0 a\nday 3 a")


def test_a_clock_has_minutes_and_may_have_seconds() -> None:
    assert ["01-04 10:30:00", "01-04 10:30:15"] == times("day 3 10:30 a\nday 3 10:30:15 a")


def test_a_date_or_an_instant_stands_for_a_day() -> None:
    assert ["02-03 12:00:00", "02-03 13:05:00", "02-03 14:00:00"] == times(
        "2026-02-03 a\n2026-02-03 13:05 a\n2026-02-03T15:00:00+01:00 a"
    )


def test_clocks_are_those_of_the_rule_sets_zone() -> None:
    assert ["01-01 11:00:00", "07-02 10:00:00"] == times("day 0 a\n2026-07-02 a", "Europe/Berlin")


def test_noon_is_noon_on_the_days_on_which_clocks_change() -> None:
    # 2026-03-29 has 23 hours in Berlin, 2026-10-25 has 25.
    assert ["03-28 11:00:00", "03-29 10:00:00", "10-25 11:00:00"] == times(
        "2026-03-28 a\n2026-03-29 a\n2026-10-25 a", "Europe/Berlin"
    )


def test_days_are_counted_by_the_calendar_not_in_spans_of_24_hours() -> None:
    assert ["03-29 22:30:00"] == times("day 88 00:30 a", "Europe/Berlin")


def test_a_clock_that_is_skipped_is_as_much_later_and_of_one_shown_twice_the_first_is_meant() -> None:
    assert ["03-29 01:30:00", "10-25 00:30:00"] == times("2026-03-29 02:30 a\n2026-10-25 02:30 a", "Europe/Berlin")


def test_days_that_change_their_length_end_at_the_next_midnight() -> None:
    assert "03-29 21:59:59.999999" == end("day 0 a\nexpect MQL on 2026-03-29", "Europe/Berlin")
    assert "10-25 22:59:59.999999" == end("day 0 a\nexpect MQL on 2026-10-25", "Europe/Berlin")


def test_where_midnight_is_skipped_a_date_begins_after_the_gap() -> None:
    # In Beirut 2026-03-29 begins at 01:00, which is 22:00 UTC of the day before.
    assert "03-28 21:59:59.999999" == end("day 0 a\nexpect MQL on 2026-03-28", "Asia/Beirut")


def test_the_last_days_of_the_calendar_are_days() -> None:
    assert [] == unmet("9999-12-31 23:59 visited pricing\nexpect MEL on 9999-12-31\nexpect stage MEL on 9999-12-31")


# -- when time ends ------------------------------------------------------------------------------------------------


def test_time_ends_with_the_latest_time_that_is_mentioned() -> None:
    assert "01-04 12:00:00.000000" == end("day 3 a\nexpect MQL")
    assert "01-10 23:59:59.999999" == end("day 3 a\nexpect no SQL on day 9\nexpect MQL")
    assert "01-10 10:00:00.000000" == end("day 3 a\nexpect stage MQL on day 9 10:00")


def test_as_of_ends_time_wherever_it_stands() -> None:
    assert "01-08 23:59:59.999999" == end("as of day 7\nday 3 a\nexpect MQL")
    assert "01-08 10:00:00.000000" == end("day 3 a\nexpect MQL\nas of day 7 10:00")


def test_time_passes_without_events_up_to_the_end() -> None:
    rules = "rule left: a then no b for 2d => MQL\n"
    assert ["expect MQL: the lead never came to MQL"] == unmet("day 0 a\nas of day 1\nexpect MQL", rules)
    assert [] == unmet("day 0 a\nas of day 2\nexpect MQL on day 2 12:00", rules)


# -- events and traits ---------------------------------------------------------------------------------------------


def test_properties_are_values_of_the_language() -> None:
    lines = 'day 0 a (n: 2, d: 1.5, t: "x", s: 90s, on: 2026-02-03, b: true, in: -4, deep.er: 1)\nexpect MQL'
    assert {
        "n": 2,
        "d": Decimal("1.5"),
        "t": "x",
        "s": 90,
        "on": datetime.date(2026, 2, 3),
        "b": True,
        "in": -4,
        "deep": {"er": 1},
    } == scenario(lines).events[0].properties


def test_lead_gives_traits_from_the_beginning() -> None:
    assert [] == unmet("lead (employees: 100)\nday 0 other\nexpect warmth = 5.5 on day 0")
    assert ["expect warmth = 5.5 on day 0: warmth was 0 then"] == unmet("day 0 other\nexpect warmth = 5.5 on day 0")


def test_what_becomes_known_later_is_an_identify() -> None:
    assert [] == unmet(
        "day 0 other\nday 1 identify (employees: 100)\nexpect warmth = 0 on day 0\nexpect warmth = 5.5 on day 1"
    )


def test_a_definition_stands_for_the_raw_event_that_meets_it() -> None:
    [event] = scenario("day 0 visited pricing (duration: 9s)\nexpect MEL", rules=RULES.split("\n", 1)[1]).events
    assert ("page viewed", {"path": "/pricing", "shown": True, "duration": 9}) == (event.name, event.properties)


def test_a_string_always_means_the_raw_event() -> None:
    assert [] == unmet('day 0 "visited pricing"\nexpect no MEL')


def test_a_definition_that_does_not_say_which_event_was_sent_is_an_error() -> None:
    assert ["E344"] == said("day 0 long visit\nexpect MQL")
    assert ["E344"] == said("day 0 activity\nexpect MQL")


def test_properties_that_contradict_the_definition_are_an_error() -> None:
    assert ["E345"] == said('day 0 visited pricing (path: "/about")\nexpect MQL')


def test_events_out_of_order_are_an_error() -> None:
    assert ["E347"] == said("day 1 visited pricing\nday 0 visited pricing\nexpect MQL")


def test_events_of_one_instant_keep_the_order_in_which_they_are_written() -> None:
    rules = "rule order: a then b => MQL\n"
    assert [] == unmet("day 0 a\nday 0 b\nexpect MQL", rules)
    assert [] == unmet("day 0 b\nday 0 a\nexpect no MQL", rules)


def test_the_same_event_twice_is_two_events() -> None:
    assert [] == unmet("day 0 visited pricing\nday 0 visited pricing\nexpect warmth = 20 on day 0")


# -- expectations --------------------------------------------------------------------------------------------------

WARM = "day 0 visited pricing\nday 3 10:30 visited pricing\nday 10 attended webinar\n"


@pytest.mark.parametrize(
    "line",
    [
        "expect MQL",
        "expect MQL on day 10",
        "expect MQL on day 10 12:00",
        "expect MQL on 2026-01-11",
        "expect MQL on 2026-01-11T11:00:00Z",
        "expect MQL by warm",
        "expect MQL on day 10 by Warm",
        "expect no SQL",
        "expect no MQL on day 9",
        "expect no MQL by looking",
        "expect no MQL on day 10 11:59",
        "expect stage MEL on day 9",
        "expect stage MEL on day 10 11:59",
        "expect stage MQL on day 10",
        "expect stage anonymous on 2025-12-31",
        "expect keen on day 3",
        "expect no keen on day 3 10:29",
        "expect no keen on day 7",
        "expect keen on day 7 11:59",
        "expect warmth = 20 on day 3",
        "expect warmth >= 20 on day 3",
        "expect warmth < 20 on day 7",
        "expect warmth != 20 on day 7 12:00",
        "expect warmth = 0 on day 10 10:30",
    ],
)
def test_expectations_that_are_met(line: str) -> None:
    assert [] == unmet(WARM + line)


@pytest.mark.parametrize(
    ("line", "instead"),
    [
        ("expect SQL", "the lead never came to SQL"),
        ("expect MQL on day 9", "the lead came to MQL on day 10 12:00 by warm"),
        ("expect MQL on day 10 12:01", "the lead came to MQL on day 10 12:00 by warm"),
        ("expect MQL by looking", "the lead came to MQL on day 10 12:00 by warm"),
        ("expect no MEL", "the lead came to MEL on day 0 12:00 by looking"),
        ("expect no MEL on day 0", "the lead came to MEL on day 0 12:00 by looking"),
        ("expect stage MQL on day 9", "the lead was in MEL then"),
        ("expect keen on day 2", "the lead was not in keen then"),
        ("expect no keen on day 4", "the lead was in keen then"),
        ("expect warmth = 30 on day 3", "warmth was 20 then"),
        (
            "expect anonymous",
            "no rule moved the lead to anonymous, where every lead starts; ask for `expect stage anonymous on …`",
        ),
    ],
)
def test_expectations_that_are_not_met_say_what_happened_instead(line: str, instead: str) -> None:
    assert [f"{line}: {instead}"] == unmet(WARM + line)


def test_a_stage_can_be_reached_twice() -> None:
    lines = WARM + "as of day 40\n"
    assert [] == unmet(
        lines + "expect MEL on day 0 by looking\nexpect MEL on day 20 by quiet\nexpect stage MEL on day 40"
    )
    assert ["expect no MEL: the lead came to MEL on day 0 12:00 by looking and on day 20 12:00 by quiet"] == unmet(
        lines + "expect no MEL"
    )


def test_dates_are_shown_as_dates_where_the_test_counts_no_days() -> None:
    assert ["expect no MEL: the lead came to MEL on 2026-02-03 12:00 by looking"] == unmet(
        "2026-02-03 visited pricing\nexpect no MEL"
    )


def test_an_expectation_after_the_end_is_an_error() -> None:
    assert ["E350"] == said("day 0 visited pricing\nas of day 3\nexpect MQL on day 4")


def test_a_date_that_the_end_cuts_short_is_asked_at_the_end() -> None:
    assert [] == unmet("day 0 visited pricing\nas of day 0 13:00\nexpect warmth = 10 on day 0\nexpect MEL on day 0")


def test_a_test_without_events_is_a_lead_that_did_nothing() -> None:
    assert [] == unmet(
        "lead (employees: 500)\nexpect no MQL\nexpect stage anonymous on day 3\nexpect warmth = 0 on day 3"
    )


def test_tests_are_chosen_by_a_part_of_their_names() -> None:
    rules = mqlrules.loads(
        'a => MQL\ntest "One two"\n    day 0 a\n    expect MQL\ntest "three"\n    day 0 a\n    expect SQL\n'
    )
    assert [("One two", True)] == [(result.name, result.passed) for result in rules.test("TWO")]
    assert [("One two", 2), ("three", 5)] == [(result.name, result.line) for result in rules.test()]
