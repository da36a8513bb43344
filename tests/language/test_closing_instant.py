"""A date alone that ends an evaluation, or that a question is about, is the end of that date in the rules' zone."""

import datetime

import pytest

import mqlrules
from mqlrules.language.calendar import closing_instant
from mqlrules.language.instants import EARLIEST, LATEST, EventError, Time, microseconds

BERLIN = 'timezone "Europe/Berlin"\n'


@pytest.mark.parametrize(
    ("zone", "text", "last"),
    [
        ("UTC", "2025-10-05", "2025-10-05T23:59:59.999999Z"),
        ("Europe/Berlin", "2025-10-05", "2025-10-05T21:59:59.999999Z"),
        ("Europe/Berlin", " 2025-10-26 ", "2025-10-26T22:59:59.999999Z"),
        ("America/New_York", "2025-10-05", "2025-10-06T03:59:59.999999Z"),
    ],
)
def test_a_date_alone_is_its_last_instant_in_the_zone(zone: str, text: str, last: str) -> None:
    assert microseconds(last) == closing_instant(text, zone)


@pytest.mark.parametrize(
    "time", ["2025-10-05T00:00:00Z", "2025-10-05 09:30", 0, datetime.datetime(2025, 10, 5, tzinfo=datetime.UTC)]
)
def test_any_other_time_is_read_as_in_events(time: Time) -> None:
    assert microseconds(time) == closing_instant(time, "Europe/Berlin")


def test_the_ends_of_the_calendar_are_instants() -> None:
    assert LATEST == closing_instant("9999-12-31", "America/New_York")
    assert EARLIEST <= closing_instant("0001-01-01", "Asia/Tokyo")


def test_a_date_that_does_not_exist_is_refused() -> None:
    with pytest.raises(EventError):
        closing_instant("2025-02-30", "UTC")


def test_every_question_takes_a_date_as_its_end() -> None:
    rules = mqlrules.loads(f"{BERLIN}segment seen = visit\nscore heat\n    +1 per visit\nrule r: visit => MQL\n")
    # 23:30 on 5 October in Berlin, after midnight UTC of that date.
    events = [{"lead": "ada", "time": "2025-10-05T21:30:00Z", "event": "visit"}]
    later = [*events, {"lead": "ada", "time": "2025-10-07T00:00:00Z", "event": "other"}]
    for date, there in (("2025-10-04", False), ("2025-10-05", True)):
        assert there == bool(rules.evaluate(later, as_of=date).transitions)
        assert there == rules.holds("visit", later, "ada", at=date)
        assert there == (rules.first_true("visit", later, as_of=date).get("ada") is not None)
        assert there == (rules.explain(later, "ada", "r", at=date).rules[0].verdict.kind == "holds")
        result = rules.evaluate(later)
        assert ("MQL" if there else "anonymous") == result.stage("ada", at=date)
        assert int(there) == result.score("ada", "heat", at=date)
        assert there == ("ada" in result.members("seen", at=date))
