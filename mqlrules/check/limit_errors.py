"""The diagnostics about limits (E4xx): one constructor each. Every one names its limit."""

from mqlrules.check import limits
from mqlrules.check.errors import Place, finding
from mqlrules.text.diagnostic import Diagnostic


def too_deep(place: Place, what: str) -> Diagnostic:
    return finding(
        "E401",
        place,
        f"This {what} is nested more than {limits.NESTING} levels deep.",
        "Give its parts names, or write it flatter.",
    )


def pattern_too_large(place: Place) -> Diagnostic:
    return finding(
        "E402",
        place,
        f"This event comes to more than {limits.ALTERNATIVES:,} raw events, or {limits.PATTERN_SIZE:,} tests of them.",
        "Use fewer definitions in one another.",
    )


def condition_too_large(place: Place, what: str) -> Diagnostic:
    return finding(
        "E403",
        place,
        f"With its segments and scores in place this {what} has more than {limits.CONDITION_SIZE:,} parts.",
        "Use each segment fewer times.",
    )


def too_many_statements(place: Place) -> Diagnostic:
    return finding(
        "E404",
        place,
        f"This rule set has more than {limits.STATEMENTS:,} statements; from here on they are not checked.",
        "Split it into rule sets that are run one by one.",
    )


def list_too_large(place: Place, file: str) -> Diagnostic:
    return finding(
        "E405",
        place,
        f"With `{file}` the lists of this rule set are larger than {limits.LIST_BYTES // 1024 // 1024} MB.",
        "Keep only the column that is needed, or load it as a trait of the leads.",
    )


def too_many_values(place: Place) -> Diagnostic:
    return finding(
        "E406",
        place,
        f"This list has more than {limits.LIST_VALUES:,} values.",
        "Load what it says as a trait of the leads instead.",
    )


def count_too_large(place: Place) -> Diagnostic:
    return finding("E407", place, f"A count is compared with {limits.COUNT:,} at most.", "Write a smaller number.")


def too_many_steps(place: Place) -> Diagnostic:
    return finding("E408", place, f"This sequence has more than {limits.STEPS} steps.", "Leave some of them out.")


def rule_set_too_large(place: Place) -> Diagnostic:
    return finding(
        "E409",
        place,
        f"The event definitions of this rule set come to more than {limits.EXPANSION:,} raw events and tests.",
        "Use fewer definitions in one another.",
    )
