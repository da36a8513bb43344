"""The builder: from Lark's tree to the nodes of the syntax tree, one method for each rule of the grammar.

Invalid literals, and shapes that the grammar accepts although they mean nothing, are reported here. Their node is made
anyway, with a stand-in for a missing value.
"""

import datetime
from collections.abc import Callable
from decimal import Decimal
from itertools import pairwise
from typing import Any, TypeVar, cast

from lark import ParseTree, Tree

from mqlrules.language.aggregates import AGGREGATES
from mqlrules.language.calendar import UNITS
from mqlrules.language.names import normalise
from mqlrules.language.restrictions import RESTRICTIONS
from mqlrules.language.tests import TEXT_TESTS
from mqlrules.syntax import errors, literals, tree
from mqlrules.syntax.lexer import Terminal
from mqlrules.text.diagnostic import Diagnostic, Message
from mqlrules.text.source import Source
from mqlrules.text.span import Span

Children = list[Any]
_Value = TypeVar("_Value", Decimal, int, datetime.date)
_Test = Callable[[tree.Path, Span], tree.Comparison | tree.OneOf | tree.TextTest | tree.Presence]


class Builder:
    """Makes the nodes of one file. ``place`` maps an offset range of the parsed text to a place in the source."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.place: Callable[[int, int], Span] = Span
        self.diagnostics: list[Diagnostic] = []
        self._methods = {name: getattr(self, name) for name in dir(self) if not name.startswith("_")}

    def build(self, parsed: ParseTree, place: Callable[[int, int], Span]) -> Any:
        """The node of a piece that Lark parsed; afterwards ``diagnostics`` has the errors in it."""
        self.place = place
        self.diagnostics = []
        return self._node(parsed)

    def _node(self, parsed: ParseTree) -> Any:
        children = [self._node(child) if isinstance(child, Tree) else child for child in parsed.children]
        meta = parsed.meta
        return self._methods[parsed.data](children, meta.start_pos, meta.end_pos)

    def _report(self, message: Message, span: Span, **words: str) -> None:
        self.diagnostics.append(message.at((self.source, span), **words))

    # -- words and values ------------------------------------------------------------------------------------------

    def words(self, c: Children, start: int, end: int) -> tree.Name:
        return tree.Name(" ".join(c), span=self.place(start, end))

    label = expected = listed = words

    def phrase(self, c: Children, start: int, end: int) -> tree.Phrase:
        return tree.Phrase(" ".join(c), span=self.place(start, end))

    def quoted_phrase(self, c: Children, start: int, end: int) -> tree.Phrase:
        text = self._string(c[0])
        if not normalise(text):
            self._report(errors.EMPTY_EVENT_NAME, self.place(start, end))
        return tree.Phrase(text, quoted=True, span=self.place(start, end))

    def path(self, c: Children, start: int, end: int) -> tree.Path:
        parts = [part.value if part.type == "NAME" else self._string(part) for part in c]
        return tree.Path(tuple(parts), span=self.place(start, end))

    def value(self, c: Children, start: int, end: int) -> tree.Value:
        token = c[0]
        if not isinstance(token, Terminal):
            return cast(tree.Number, token)
        match token.type:
            case "STRING":
                return self._text(token)
            case "DURATION":
                return self._duration(token)
            case "DATE":
                return self._date(token)
            case "INSTANT":
                return self._instant(token)
            case kind:
                return tree.Boolean(kind == "TRUE", span=self.place(start, end))

    def number(self, c: Children, start: int, end: int) -> tree.Number:
        return self._number(c[0])

    def operator(self, c: Children, start: int, end: int) -> str:
        return cast(str, c[0].value)

    def _text(self, token: Terminal) -> tree.Text:
        return tree.Text(self._string(token), span=self.place(token.start_pos, token.end_pos))

    def _string(self, token: Terminal) -> str:
        text, invalid = literals.string(token.value)
        for start, end in invalid:
            span = self.place(token.start_pos + start, token.start_pos + end)
            self._report(errors.UNKNOWN_ESCAPE, span, written=token.value[start:end])
        return text

    def _number(self, token: Terminal) -> tree.Number:
        return tree.Number(self._sound(literals.number(token.value), token, Decimal(0)), span=self._at(token))

    def _duration(self, token: Terminal) -> tree.Duration:
        return tree.Duration(self._sound(literals.duration(token.value), token, UNITS["d"]), span=self._at(token))

    def _date(self, token: Terminal) -> tree.Date:
        stand_in = datetime.date(2026, 1, 1)
        return tree.Date(self._sound(literals.date(token.value), token, stand_in), span=self._at(token))

    def _instant(self, token: Terminal) -> tree.Instant:
        return tree.Instant(self._sound(literals.instant(token.value), token, 0), span=self._at(token))

    def _at(self, token: Terminal) -> Span:
        return self.place(token.start_pos, token.end_pos)

    def _sound(self, value: _Value | Message, token: Terminal, stand_in: _Value) -> _Value:
        if isinstance(value, Message):
            self._report(value, self._at(token), written=token.value)
            return stand_in
        return value

    # -- predicates ------------------------------------------------------------------------------------------------

    def condition(self, c: Children, start: int, end: int) -> tree.Or[Any]:
        for before, after in pairwise(c):
            match before, after:
                case (
                    tree.Occurrence(number=tree.Number() as number),
                    tree.Occurrence(
                        pattern=tree.EventPattern(phrase=tree.Phrase("more" | "less" | "fewer" as more, False))
                    ),
                ):
                    sign = ">=" if more == "more" else "<="
                    instead = f"{self._shown(before.pattern)} {sign} {self._shown(number)}"
                    self._report(errors.COUNT_IN_WORDS, before.span.to(after.span), instead=instead)
        return self.predicate(c, start, end)

    def predicate(self, c: Children, start: int, end: int) -> tree.Or[Any]:
        return tree.Or(tuple(c), span=self.place(start, end))

    def predicate_conjunction(self, c: Children, start: int, end: int) -> tree.And[Any]:
        return tree.And(tuple(c), span=self.place(start, end))

    def negated(self, c: Children, start: int, end: int) -> tree.Not[Any]:
        return tree.Not(c[0], span=self.place(start, end))

    conjunction = predicate_conjunction

    def property_test(self, c: Children, start: int, end: int) -> Any:
        path, *test = c
        span = self.place(start, end)
        return test[0](path, span) if test else tree.Bare(path, span=span)

    def trait(self, c: Children, start: int, end: int) -> tree.Trait:
        return tree.Trait(self.property_test(c, start, end), span=self.place(start, end))

    def comparison(self, c: Children, start: int, end: int) -> _Test:
        operator, value, *ignoring = c
        return lambda path, span: tree.Comparison(path, operator, value, bool(ignoring), span=span)

    def one_of(self, c: Children, start: int, end: int) -> _Test:
        values = tuple(value for value in c if not isinstance(value, Terminal))
        ignoring = len(values) < len(c)
        return lambda path, span: tree.OneOf(path, values, ignoring, span=span)

    def in_list(self, c: Children, start: int, end: int) -> _Test:
        name, *ignoring = c
        return lambda path, span: tree.OneOf(path, name, bool(ignoring), span=span)

    def text_test(self, c: Children, start: int, end: int) -> _Test:
        words, string, *ignoring = c
        record = TEXT_TESTS[" ".join(words.split())]
        text = self._text(string)
        return lambda path, span: tree.TextTest(path, record, text, bool(ignoring), span=span)

    def is_known(self, c: Children, start: int, end: int) -> _Test:
        return lambda path, span: tree.Presence(path, known=True, span=span)

    def is_missing(self, c: Children, start: int, end: int) -> _Test:
        return lambda path, span: tree.Presence(path, known=False, span=span)

    # -- event patterns --------------------------------------------------------------------------------------------

    def event_pattern(self, c: Children, start: int, end: int) -> tree.EventPattern:
        phrase, *where = c
        return tree.EventPattern(phrase, where[0] if where else None, span=self.place(start, end))

    def any_pattern(self, c: Children, start: int, end: int) -> tree.Pattern:
        return c[0] if len(c) == 1 else tree.AnyPattern(tuple(c), span=self.place(start, end))

    # -- conditions ------------------------------------------------------------------------------------------------

    def occurrence(self, c: Children, start: int, end: int) -> tree.Occurrence:
        pattern, *count = c
        operator, number, times = count[0] if count else (None, None, False)
        return tree.Occurrence(pattern, operator, number, times, span=self.place(start, end))

    def count(self, c: Children, start: int, end: int) -> tuple[tree.Operator, tree.Number, bool]:
        operator, number, *times = c
        return operator, number, bool(times)

    def counted_group(self, c: Children, start: int, end: int) -> tree.Condition:
        condition, *count = c
        if not count:
            return cast(tree.Condition, condition)
        pattern = _pattern_of(condition)
        if pattern is None:
            self._report(errors.COUNTED_CONDITION, self.place(start, end))
            pattern = _some_pattern(condition.span)
        return self.occurrence([pattern, count[0]], start, end)

    def absence(self, c: Children, start: int, end: int) -> tree.Absence | tree.Step:
        pattern, *lasting = c
        span = self.place(start, end)
        node = tree.Absence(pattern, span=Span(span.start, max(span.start, pattern.span.end)))
        return tree.Step(node, lasting=lasting[0], span=span) if lasting else node

    def lasting(self, c: Children, start: int, end: int) -> tree.Duration:
        return self._duration(c[0])

    def gap_within(self, c: Children, start: int, end: int) -> tuple[str, tree.Duration]:
        return "within", self._duration(c[0])

    def gap_after(self, c: Children, start: int, end: int) -> tuple[str, tree.Duration]:
        return "after", self._duration(c[0])

    def lone(self, c: Children, start: int, end: int) -> tree.Condition:
        match c[0]:
            case tree.Step(event=event, lasting=tree.Duration() as lasting):
                instead, span = self._shown(event.pattern), event.span.to(lasting.span)
                self._report(errors.LONE_FOR, span, instead=instead, duration=self._shown(lasting))
                return event
            case condition:
                return cast(tree.Condition, condition)

    def step(self, c: Children, start: int, end: int) -> tree.Step:
        *gaps, link = c
        found: dict[str, tree.Duration] = {}
        for kind, duration in gaps:
            if kind in found:
                self._report(errors.TWICE, duration.span, written=kind)
            found[kind] = duration
        return self._as_step(link, found, self.place(start, end))

    def chain(self, c: Children, start: int, end: int) -> tree.Sequence:
        first, *steps = c
        return tree.Sequence((self._as_step(first, {}, first.span), *steps), span=self.place(start, end))

    def _as_step(self, link: Any, gaps: dict[str, tree.Duration], span: Span) -> tree.Step:
        within, after = gaps.get("within"), gaps.get("after")
        match link:
            case tree.Step(event=event, lasting=lasting):
                return tree.Step(event, within, after, lasting, span=span)
            case tree.Occurrence() | tree.Absence():
                return tree.Step(link, within, after, span=span)
        pattern = _pattern_of(link)
        if pattern is None:
            self._report(errors.STEP_NOT_EVENT, link.span)
            pattern = _some_pattern(link.span)
        return tree.Step(tree.Occurrence(pattern, span=link.span), within, after, span=span)

    def aggregate(self, c: Children, start: int, end: int) -> tree.Aggregate:
        function, *path, pattern, operator, value = c
        record = AGGREGATES[function.value]
        return tree.Aggregate(record, path[0] if path else None, pattern, operator, value, span=self.place(start, end))

    def within(self, c: Children, start: int, end: int) -> tree.Restriction:
        return self._restriction("within", self._duration(c[0]), start, end)

    def older_than(self, c: Children, start: int, end: int) -> tree.Restriction:
        return self._restriction("older than", self._duration(c[0]), start, end)

    def since(self, c: Children, start: int, end: int) -> tree.Restriction:
        return self._restriction("since", c[0], start, end)

    def after(self, c: Children, start: int, end: int) -> tree.Restriction:
        return self._restriction("after", c[0], start, end)

    def before(self, c: Children, start: int, end: int) -> tree.Restriction:
        return self._restriction("before", c[0], start, end)

    def during(self, c: Children, start: int, end: int) -> tree.Restriction:
        first, last = map(self._date, c)
        return self._restriction("during", tree.Dates(first, last, span=first.span.to(last.span)), start, end)

    def _restriction(
        self, name: str, argument: tree.Duration | tree.Pattern | tree.Dates, start: int, end: int
    ) -> tree.Restriction:
        return tree.Restriction(RESTRICTIONS[name], argument, span=self.place(start, end))

    def narrowed(self, c: Children, start: int, end: int) -> tree.Restricted:
        condition, *restrictions = c
        return tree.Restricted(condition, tuple(restrictions), span=self.place(start, end))

    def with_same(self, c: Children, start: int, end: int) -> tree.WithSame:
        return tree.WithSame(c[0], c[1], span=self.place(start, end))

    # -- statements ------------------------------------------------------------------------------------------------

    def lifecycle(self, c: Children, start: int, end: int) -> tree.Lifecycle:
        return tree.Lifecycle(*c, span=self.place(start, end))

    def ladder(self, c: Children, start: int, end: int) -> tuple[tree.Name, ...]:
        return tuple(c[::2])

    def outside(self, c: Children, start: int, end: int) -> tuple[tree.Name, ...]:
        return tuple(c)

    def timezone(self, c: Children, start: int, end: int) -> tree.Timezone:
        return tree.Timezone(self._text(c[0]), span=self.place(start, end))

    def schema(self, c: Children, start: int, end: int) -> tree.Schema:
        return tree.Schema(c[0], tuple(c[1:]), span=self.place(start, end))

    def declaration(self, c: Children, start: int, end: int) -> tree.PropertyDeclaration:
        path, kind = c
        return tree.PropertyDeclaration(path, tree.Name(kind.value, span=self._at(kind)), span=self.place(start, end))

    def event_definition(self, c: Children, start: int, end: int) -> tree.EventDefinition:
        name, _, *patterns = c
        phrase = tree.Phrase(name.text, span=name.span)
        pattern = self.any_pattern(patterns, 0, 0)
        if len(patterns) > 1:
            pattern = tree.AnyPattern(tuple(patterns), span=patterns[0].span.to(patterns[-1].span))
        return tree.EventDefinition(phrase, pattern, span=self.place(start, end))

    def list_definition(self, c: Children, start: int, end: int) -> tree.ListDefinition:
        name, file, *column = c
        return tree.ListDefinition(name, self._text(file), column[0] if column else None, span=self.place(start, end))

    def column(self, c: Children, start: int, end: int) -> tree.Name | tree.Text:
        return self._text(c[0]) if isinstance(c[0], Terminal) else c[0]

    def segment_definition(self, c: Children, start: int, end: int) -> tree.SegmentDefinition:
        name, *description, _, condition = c
        text = self._text(description[0]) if description else None
        return tree.SegmentDefinition(name, text, condition, span=self.place(start, end))

    def score_heading(self, c: Children, start: int, end: int) -> tree.ScoreDefinition:
        name, *description = c
        text = self._text(description[0]) if description else None
        return tree.ScoreDefinition(name, text, (), span=self.place(start, end))

    def rule(self, c: Children, start: int, end: int) -> tree.RuleDefinition:
        name, *description, when, condition, outcome = c if _has_when(c) else (*c[:-2], None, *c[-2:])
        text = self._text(description[0]) if description else None
        return tree.RuleDefinition(name, text, when, condition, outcome, span=self.place(start, end))

    def bare_rule(self, c: Children, start: int, end: int) -> tree.RuleDefinition:
        return self.rule([None, *c], start, end)

    def when(self, c: Children, start: int, end: int) -> tree.When:
        return tree.When(*c, span=self.place(start, end))

    def outcome(self, c: Children, start: int, end: int) -> tree.Outcome:
        first, _, stage = c[0].text.partition(" ")
        if first == "recycle" and stage:
            self._report(errors.RECYCLE_WITHOUT_TO, self.place(start, end), stage=stage)
            return tree.Outcome(tree.Name(stage, span=c[0].span), recycle=True, span=self.place(start, end))
        return tree.Outcome(c[0], span=self.place(start, end))

    def _shown(self, node: tree.Node) -> str:
        """What the author wrote for a node."""
        return self.source.text[node.span.start : node.span.end]

    def recycle(self, c: Children, start: int, end: int) -> tree.Outcome:
        return tree.Outcome(c[0], recycle=True, span=self.place(start, end))

    # -- items of scores -------------------------------------------------------------------------------------------

    def per_line(self, c: Children, start: int, end: int) -> tree.PerLine:
        return tree.PerLine(*self._event_line(c), span=self.place(start, end))

    def for_line(self, c: Children, start: int, end: int) -> tree.ForLine:
        return tree.ForLine(*self._event_line(c), span=self.place(start, end))

    def _event_line(self, c: Children) -> tuple[Any, ...]:
        points, pattern, *adjustments = c
        restrictions = []
        found: dict[str, Any] = {}
        for adjustment in adjustments:
            match adjustment:
                case ("up to" | "halve every") as kind, value:
                    if kind in found:
                        self._report(errors.TWICE, value.span, written=kind)
                    found[kind] = value
                case restriction:
                    restrictions.append(restriction)
        return self._number(points), pattern, tuple(restrictions), found.get("up to"), found.get("halve every")

    def cap(self, c: Children, start: int, end: int) -> tuple[str, tree.Number]:
        return "up to", self._number(c[0])

    def halving(self, c: Children, start: int, end: int) -> tuple[str, tree.Duration]:
        return "halve every", self._duration(c[0])

    def if_line(self, c: Children, start: int, end: int) -> tree.IfLine:
        return tree.IfLine(self._number(c[0]), c[1], span=self.place(start, end))

    def between_line(self, c: Children, start: int, end: int) -> tree.BetweenLine:
        return tree.BetweenLine(c[0], c[1], span=self.place(start, end))

    # -- items of tests --------------------------------------------------------------------------------------------

    def test_heading(self, c: Children, start: int, end: int) -> tree.TestDefinition:
        return tree.TestDefinition(self._text(c[0]), (), span=self.place(start, end))

    def test_lead(self, c: Children, start: int, end: int) -> tree.TestLead:
        return tree.TestLead(c[0], span=self.place(start, end))

    def test_event(self, c: Children, start: int, end: int) -> tree.TestEvent:
        return tree.TestEvent(*c, span=self.place(start, end))

    def properties(self, c: Children, start: int, end: int) -> tuple[tree.PropertyValue, ...]:
        return tuple(c)

    def property_value(self, c: Children, start: int, end: int) -> tree.PropertyValue:
        return tree.PropertyValue(c[0], c[1], span=self.place(start, end))

    def expect_reached(self, c: Children, start: int, end: int, negated: bool = False) -> tree.ExpectReached:
        stage, *rest = c
        moment = next((part for part in rest if isinstance(part, tree.Moment)), None)
        rule = next((part for part in rest if isinstance(part, tree.Name)), None)
        return tree.ExpectReached(stage, negated, moment, rule, span=self.place(start, end))

    def expect_not_reached(self, c: Children, start: int, end: int) -> tree.ExpectReached:
        return self.expect_reached(c, start, end, negated=True)

    def expect_stage(self, c: Children, start: int, end: int) -> tree.ExpectStage:
        return tree.ExpectStage(c[0], c[1], span=self.place(start, end))

    def expect_score(self, c: Children, start: int, end: int) -> tree.ExpectScore:
        return tree.ExpectScore(*c, span=self.place(start, end))

    def test_end(self, c: Children, start: int, end: int) -> tree.TestEnd:
        return tree.TestEnd(c[0], span=self.place(start, end))

    def moment(self, c: Children, start: int, end: int) -> tree.Moment:
        day, *clock = c
        value: tree.Number | tree.Date | tree.Instant
        match day.type:
            case "DATE":
                value = self._date(day)
            case "INSTANT":
                value = self._instant(day)
            case _:
                value = self._number(day)
        at = self._sound(literals.clock(clock[0]), clock[0], 0) if clock else None
        return tree.Moment(value, at, span=self.place(start, end))

    event_moment = moment


def _has_when(children: Children) -> bool:
    return isinstance(children[-3], tree.When)


def _pattern_of(condition: tree.Condition) -> tree.Pattern | None:
    """A condition in parentheses as an event pattern: events joined by ``or``; None if it is anything else."""
    match condition:
        case tree.Occurrence(pattern=pattern, operator=None):
            return pattern
        case tree.Or(operands=operands):
            patterns = [_pattern_of(operand) for operand in operands]
            if all(patterns):
                return tree.AnyPattern(tuple(cast("list[tree.Pattern]", patterns)), span=condition.span)
    return None


def _some_pattern(span: Span) -> tree.EventPattern:
    return tree.EventPattern(tree.Phrase("?", quoted=True, span=span), span=span)
