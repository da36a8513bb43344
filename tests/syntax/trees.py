"""Random syntax trees: every tree that parsing can make, and no other."""

import datetime
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from mqlrules.language.aggregates import AGGREGATES
from mqlrules.language.restrictions import RESTRICTIONS
from mqlrules.language.tests import TEXT_TESTS
from mqlrules.syntax import tree
from mqlrules.text.span import Span

_ANYWHERE = Span(0, 0)
DAY = 86_400_000_000

# Every word here is a keyword somewhere, or looks like one.
_WORDS = (
    "visited", "pricing", "Größe", "e-book", "v2", "_x", "for", "up", "to", "first", "lead", "day", "with", "same",
    "older", "than", "on", "by", "of", "in", "is", "times", "from", "test", "rule", "when", "list", "sum", "days",
    "halve", "every", "per", "if", "column", "expect", "stage", "true", "recycle", "ignoring", "case", "known",
)  # fmt: skip
_KEYWORDS_OF_TWO = ("with same", "older than", "halve every", "ignoring case", "recycle to", "up to")
_RESERVED = ("and", "or", "not", "no", "then", "within", "since", "after", "before", "during", "where")


def _made(kind: Any, *parts: Any, **named: Any) -> st.SearchStrategy[Any]:
    return st.builds(lambda *a, **k: kind(*a, **k, span=_ANYWHERE), *parts, **named)


def _optional(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


def _several(strategy: st.SearchStrategy[Any], least: int, most: int) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(strategy, min_size=least, max_size=most).map(tuple)


def _words(*banned: str) -> st.SearchStrategy[str]:
    """One word or several that are a name where none of the banned ones may stand."""
    avoided = (*_KEYWORDS_OF_TWO, *banned)
    joined = st.lists(st.sampled_from(_WORDS), min_size=1, max_size=3).map(" ".join)
    return joined.filter(lambda words: not any(f" {bad} " in f" {words} " for bad in avoided))


_text = st.text(st.characters(exclude_categories=("Cc", "Cs")) | st.sampled_from('\n\t"\\#'), max_size=6)
_name = _made(tree.Name, _words())
_label = _made(tree.Name, st.lists(st.sampled_from((*_WORDS, *_RESERVED)), min_size=1, max_size=3).map(" ".join))
_expected = _made(tree.Name, _words("by", "stage", "on"))
_string = _made(tree.Text, _text)
_quoted = _made(
    tree.Phrase, st.sampled_from(("$pageview", "Terms And Conditions", 'say "hi" \\ #')), quoted=st.just(True)
)
phrases = _made(tree.Phrase, _words()) | _quoted
_part = st.sampled_from((*_WORDS, *_RESERVED, "Lead Source", "a.b", "ä ö", "1st"))
_path = _made(tree.Path, _several(_part, 1, 3))

_whole = _made(tree.Number, st.integers(0, 10**9).map(Decimal))
_plain = _made(tree.Number, st.decimals(0, 10**6, places=3))
_number = _made(tree.Number, st.decimals(-(10**6), 10**6, places=6) | st.integers(-5, 5).map(Decimal))
_duration = _made(tree.Duration, st.sampled_from((1, 1500, 90_000_000, 5_400_000_000, DAY, 7 * DAY, 36_500 * DAY)))
_date = _made(tree.Date, st.dates(datetime.date(1, 1, 1), datetime.date(9999, 12, 31)))
_instant = _made(tree.Instant, st.integers(-62_135_596_800_000_000, 253_402_300_799_999_999))
_value = _number | _string | _duration | _date | _instant | _made(tree.Boolean, st.booleans())

_operator = st.sampled_from(("=", "!=", "<", "<=", ">", ">="))
_test = (
    _made(tree.Comparison, _path, _operator, _value, st.booleans())
    | _made(tree.OneOf, _path, _several(_value, 1, 3) | _name, st.booleans())
    | _made(
        tree.TextTest,
        _path,
        st.sampled_from(tuple(TEXT_TESTS.values())),
        _string,
        st.booleans(),
    )
    | _made(tree.Presence, _path, st.booleans())
    | _made(tree.Bare, _path)
)


def _joined(parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return _made(tree.And, _several(parts, 2, 3)) | _made(tree.Or, _several(parts, 2, 3)) | _made(tree.Not, parts)


predicates = st.recursive(_test, _joined, max_leaves=4)
_event = _made(tree.EventPattern, phrases, _optional(predicates))
patterns = st.recursive(_event, lambda parts: _made(tree.AnyPattern, _several(parts, 2, 3)), max_leaves=4)

# A group of events alone is read as a condition with `or`; only where it is counted, or a step, it is one pattern.
_counted = _made(tree.Occurrence, patterns, _operator, _number, st.booleans())
_occurrence = _made(tree.Occurrence, _event) | _counted
_absence = _made(tree.Absence, patterns)
_step = _made(
    tree.Step, _made(tree.Occurrence, patterns) | _counted, _optional(_duration), _optional(_duration)
) | _made(tree.Step, _absence, _optional(_duration), _optional(_duration), _optional(_duration))
_first_step = _made(tree.Step, _made(tree.Occurrence, patterns) | _counted) | _made(
    tree.Step, _absence, lasting=_optional(_duration)
)
_sequence = _made(tree.Sequence, st.builds(lambda first, rest: (first, *rest), _first_step, _several(_step, 1, 3)))
_aggregate = _made(
    tree.Aggregate,
    st.sampled_from([record for record in AGGREGATES.values() if record.looks_at == "property"]),
    _path,
    patterns,
    _operator,
    _value,
) | _made(
    tree.Aggregate,
    st.sampled_from([record for record in AGGREGATES.values() if record.looks_at != "property"]),
    st.none(),
    patterns,
    _operator,
    _value,
)
_taken = {"duration": _duration, "pattern": patterns, "dates": _made(tree.Dates, _date, _date)}
_restriction = st.sampled_from(tuple(RESTRICTIONS.values())).flatmap(
    lambda record: _made(tree.Restriction, st.just(record), _taken[record.takes])
)


def _larger(parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return (
        _joined(parts)
        | _made(tree.Restricted, parts, _several(_restriction, 1, 3))
        | _made(tree.WithSame, parts, _path)
    )


conditions = st.recursive(
    _occurrence | _absence | _aggregate | _made(tree.Trait, _test) | _sequence, _larger, max_leaves=5
)

_moment = _made(
    tree.Moment, _plain | _date, _optional(st.integers(0, 86_399).map(lambda second: second * 1_000_000))
) | _made(tree.Moment, _instant)
_property = _made(tree.PropertyValue, _path, _value)
_test_line = (
    _made(tree.TestLead, _several(_property, 0, 2))
    | _made(tree.TestEvent, _moment, phrases, _several(_property, 0, 2))
    | _made(tree.ExpectReached, _expected, st.booleans(), _optional(_moment), _optional(_label))
    | _made(tree.ExpectStage, _expected, _moment)
    | _made(tree.ExpectScore, _expected, _operator, _number, _moment)
    | _made(tree.TestEnd, _moment)
)
_points = _number
_adjusted = (_points, patterns, _several(_restriction, 0, 2), _optional(_plain), _optional(_duration))
_score_line = (
    _made(tree.PerLine, *_adjusted)
    | _made(tree.ForLine, *_adjusted)
    | _made(tree.IfLine, _points, conditions)
    | _made(tree.BetweenLine, _number, _number)
)
_stage = _made(tree.Name, _words().filter(lambda words: not words.startswith("recycle ")))
_rule = _made(
    tree.RuleDefinition,
    _label,
    _optional(_string),
    _optional(_made(tree.When, _name, _optional(_duration))),
    conditions,
    _made(tree.Outcome, _stage, st.booleans()),
)
_bare_rule = _made(
    tree.RuleDefinition,
    st.none(),
    st.none(),
    _optional(_made(tree.When, _name, _optional(_duration))),
    conditions,
    _made(tree.Outcome, _stage, st.booleans()),
)
statements = (
    _rule
    | _bare_rule
    | _made(tree.SegmentDefinition, _name, _optional(_string), conditions)
    | _made(tree.EventDefinition, _made(tree.Phrase, _words()), patterns)
    | _made(tree.ScoreDefinition, _name, _optional(_string), _several(_score_line, 0, 3))
    | _made(tree.TestDefinition, _string, _several(_test_line, 0, 4))
    | _made(tree.Lifecycle, _several(_name, 1, 4), _several(_name, 0, 2))
    | _made(tree.Timezone, _string)
    | _made(
        tree.Schema,
        phrases,
        _several(_made(tree.PropertyDeclaration, _path, _made(tree.Name, st.sampled_from(_WORDS))), 0, 2),
    )
    | _made(tree.ListDefinition, _made(tree.Name, _words("column")), _string, _optional(_name | _string))
)
files = _made(tree.File, _several(statements, 0, 4))
