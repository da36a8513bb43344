"""Values in data: what they mean is always an answer, never an exception."""

import datetime

import pytest

from mqlrules.language.values import DateLiteral, InstantLiteral, as_instant, compare

AT = 1_767_225_600_000_000
DATE = DateLiteral(datetime.date(2026, 1, 1), AT)


@pytest.mark.parametrize("value", [datetime.datetime(2026, 1, 1), "2026-01-01T00:00:00", datetime.date(2026, 1, 1)])
def test_a_time_without_an_offset_is_in_utc(value: object) -> None:
    assert AT == as_instant(value)
    assert compare(value, "=", InstantLiteral(AT))
    assert compare(value, "=", DATE)


class _NotATime(datetime.datetime):
    """What pandas has in place of a missing time: a datetime that isn't equal to itself."""

    def __eq__(self, other: object) -> bool:
        return False

    def __ne__(self, other: object) -> bool:
        return True

    __hash__ = datetime.datetime.__hash__


def test_a_missing_time_compares_as_nothing() -> None:
    missing = _NotATime(2026, 1, 1)
    assert as_instant(missing) is None
    assert not compare(missing, "=", DATE)
    assert not compare(missing, "!=", InstantLiteral(AT))
