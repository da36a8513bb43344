"""Diagnosing a parse error: recognisers are asked in turn, the surest first, and the first that knows it decides.

If none does, the diagnostic lists what the parser expects, in the words of authors.
"""

from mqlrules.language.by_terminal import AGGREGATE_TERMINALS, RESTRICTION_TERMINALS, TEST_TERMINALS
from mqlrules.syntax import errors
from mqlrules.syntax.diagnose import conditions, counts, lines, predicates, signs, statements, times
from mqlrules.syntax.lexer import END
from mqlrules.syntax.parse_error import OPERATORS, Diagnosis, ParseError, Recogniser
from mqlrules.text.words import listed

RECOGNISERS: tuple[Recogniser, ...] = (
    *statements.EARLY,
    *conditions.EARLY,
    *counts.EARLY,
    *signs.RECOGNISERS,
    *lines.RECOGNISERS,
    *conditions.RECOGNISERS,
    *times.RECOGNISERS,
    *counts.RECOGNISERS,
    *predicates.RECOGNISERS,
    *statements.RECOGNISERS,
    *conditions.LATE,
    *signs.LATE,
)


def recognise(error: ParseError) -> Diagnosis:
    """The diagnosis of a parse error."""
    for recogniser in RECOGNISERS:
        diagnosis = recogniser(error)
        if diagnosis is not None:
            return diagnosis
    expected = listed(_in_words(error.expected) or ["the end of the statement"], "or")
    if error.token().kind == END:
        last = max(0, error.index - 1)
        return error.report(errors.UNEXPECTED_END, last, last, expected=expected)
    return error.report(errors.UNEXPECTED, error.index, error.index, expected=expected)


def _group(names: str) -> frozenset[str]:
    return frozenset(names.split())


_GROUPS: tuple[tuple[frozenset[str], str], ...] = (
    (_group("_NOT _NO _LPAR WORD STRING _LEAD") | AGGREGATE_TERMINALS.keys(), "a condition"),
    (_group("_NO _LPAR WORD STRING"), "an event or `no` and an event"),
    (_group("_LPAR WORD STRING"), "an event"),
    (_group("_NOT _LPAR NAME STRING"), "a test of a property"),
    (_group("NAME STRING"), "the name of a property"),
    (_group("STRING SIGNED UNSIGNED DURATION DATE INSTANT TRUE FALSE"), "a value"),
    (_group("SIGNED UNSIGNED"), "a number"),
    (_group("_DAY DATE INSTANT"), "a time such as `day 3`"),
    (OPERATORS | _group("_IN") | TEST_TERMINALS.keys(), 'a test such as `= "x"`'),
    (OPERATORS, "a comparison such as `>= 2`"),
    (frozenset(RESTRICTION_TERMINALS), "a restriction such as `within 30d`"),
)
_SINGLE = {
    "WORD": "a name", "NAME": "a name", "STRING": "text in quotes",
    "UNSIGNED": "a number", "SIGNED": "points such as `+10`", "DURATION": "a duration such as `30d`",
    "DATE": "a date such as `2026-01-31`", "CLOCK": "a time such as `10:30`", "INSTANT": "an instant",
    "_ARROW": "`=>` and a stage", "_LPAR": "`(`", "_RPAR": "`)`", "_COMMA": "`,`", "_COLON": "`:`", "_DOT": "`.`",
    "EQUALS": "`=`", "GREATER": "`>`", "_WITH_SAME": "`with same`", "_UP_TO": "`up to 30`",
    "_HALVE_EVERY": "`halve every 30d`", "_FOR": "`for 2d`", "IGNORING_CASE": "`ignoring case`",
    "_IS_KNOWN": "`is known`", "_IS_MISSING": "`is missing`", "_FOR_THE_LATEST": "`for`", "_ON": "`on` and a day",
    "_LEAD_WITH": "`lead (…)`", "_RECYCLE_TO": "`recycle to`", "_EXPECT_NO": None, "_EXPECT_STAGE": None,
    END: "the end of the statement",
}  # fmt: skip
_MOST = 6


def _in_words(expected: frozenset[str]) -> list[str]:
    """Terminals in the words of authors, grouped, no more than can be taken in at a glance."""
    left = set(expected)
    if "_COLON" in left and "NAME" in left:
        left -= {"NAME", "STRING"}  # the name of a rule may always go on
    found: list[str] = []
    for group, words in _GROUPS:
        if group <= left:
            found.append(words)
            left -= group
    for terminal in sorted(left):
        named = _SINGLE.get(terminal, f"`{terminal.strip('_').lower().replace('_', ' ')}`")
        if named is not None and named not in found:
            found.append(named)
    return found[:_MOST]
