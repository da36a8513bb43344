"""The exceptions that callers may catch."""

import inspect

import mqlrules

PUBLIC = [
    value
    for value in (getattr(mqlrules, name) for name in mqlrules.__all__)
    if inspect.isclass(value) and issubclass(value, Exception)
]


def test_every_public_exception_shares_one_base() -> None:
    names = {error.__name__ for error in PUBLIC}
    assert {"DataError", "Error", "EventError", "LateEvent", "MissingExtra", "RuleError", "StoreError"} <= names
    assert [] == [error for error in PUBLIC if not issubclass(error, mqlrules.Error)]


def test_every_public_exception_keeps_a_built_in_base() -> None:
    built_in = {
        mqlrules.DataError: ValueError,
        mqlrules.EventError: ValueError,
        mqlrules.LateEvent: ValueError,
        mqlrules.MissingExtra: ImportError,
        mqlrules.RuleError: ValueError,
        mqlrules.StoreError: RuntimeError,
    }
    assert [] == [error for error, base in built_in.items() if not issubclass(error, base)]
