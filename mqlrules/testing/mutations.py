"""Small changes of a condition, a predicate or a pattern, as text and as tree: what a slip of the pen would have made.

Each is an ``Edit``: a place in the source, the text that stands there instead, and the node with the change in it.
Wherever the text around a change can't be kept (a comment stands in the way), the node is written anew.
"""

import datetime
import re
from collections.abc import Callable, Collection, Iterator
from decimal import Decimal
from itertools import pairwise
from typing import Generic, TypeVar

import attrs

from mqlrules.language.names import normalise
from mqlrules.syntax import tree
from mqlrules.syntax.unparse import duration, unparse
from mqlrules.testing.lengths import other_lengths
from mqlrules.text.span import Span

N = TypeVar("N")
M = TypeVar("M")
Node_co = TypeVar("Node_co", covariant=True)

Part = TypeVar("Part", tree.Condition, tree.Predicate)
Joined = tree.And[Part] | tree.Or[Part]


@attrs.frozen
class Edit(Generic[Node_co]):
    """``text`` in place of what stands at ``span``; ``node`` has the change in it."""

    span: Span
    text: str
    node: Node_co

    def inside(self, around: "Callable[[Node_co], M]") -> "Edit[M]":
        """The same change, seen from what stands around it."""
        return Edit(self.span, self.text, around(self.node))


@attrs.frozen(eq=False)
class Editor:
    """Makes the edits of one source. ``segments`` and ``scores`` are the normalised names of those there are."""

    text: str
    segments: Collection[str]
    scores: Collection[str]

    # -- conditions ------------------------------------------------------------------------------------------------

    def condition(self, node: tree.Condition, tight: bool = False) -> Iterator[Edit[tree.Condition]]:
        """All edits of a condition. ``tight``: a restriction or ``with same`` follows it, so ``not`` needs
        parentheses.
        """
        match node:
            case tree.And() | tree.Or():
                yield from self._joined(node)
                for at, operand in enumerate(node.operands):
                    for edit in self.condition(operand):
                        yield edit.inside(_put_operand(node, at))
            case tree.Not(operand=operand):
                yield self._without_word(node, "not", operand)
                for edit in self.condition(operand):
                    yield edit.inside(_put(node, "operand"))
            case tree.Occurrence():
                yield from self._occurrence(node, tight)
            case tree.Absence(pattern=pattern):
                yield self._without_word(node, "no", tree.Occurrence(pattern, span=node.span))
                for edit_of_pattern in self.pattern(pattern):
                    yield edit_of_pattern.inside(_put(node, "pattern"))
            case tree.Aggregate(value=value, pattern=pattern):
                yield from self._valued(node, value, tight)
                for edit_of_pattern in self.pattern(pattern):
                    yield edit_of_pattern.inside(_put(node, "pattern"))
            case tree.Trait(test=test):
                for edit_of_test in self._test(test):
                    yield edit_of_test.inside(_put(node, "test"))
                if not _is_measured(test):
                    yield self._negated(node, tight)
            case tree.Sequence():
                yield from self._sequence(node)
            case tree.Restricted(condition=inner):
                for edit in self.condition(inner, tight=True):
                    yield edit.inside(_put(node, "condition"))
                yield from self._restricted(node)
            case tree.WithSame(condition=inner):
                for edit in self.condition(inner, tight=True):
                    yield edit.inside(_put(node, "condition"))
                start = self._after_parentheses(inner.span.end, node.span.end)
                yield Edit(Span(start, node.span.end), "", inner)

    def _occurrence(self, node: tree.Occurrence, tight: bool) -> Iterator[Edit[tree.Condition]]:
        pattern = node.pattern
        named = pattern.phrase if isinstance(pattern, tree.EventPattern) else None
        key = None if named is None or named.quoted else normalise(named.text)
        if key in self.segments:
            yield self._negated(node, tight)
            return
        if key in self.scores and node.number is not None:
            for number in _beside(node.number.value):
                yield self._number(node.number, number).inside(_put(node, "number"))
            return
        yield from self._counted(node)
        if node.number is None and isinstance(pattern, tree.EventPattern):
            yield Edit(Span(node.span.start, node.span.start), "no ", tree.Absence(pattern, span=node.span))
        for edit in self.pattern(pattern):
            yield edit.inside(_put(node, "pattern"))

    def _counted(self, node: tree.Occurrence) -> Iterator[Edit[tree.Occurrence]]:
        """The count compared by one more, and by one less, where that still asks for something."""
        if node.number is None:
            end = self._after_parentheses(node.span.end, len(self.text)) if self._opens(node.pattern) else node.span.end
            twice = tree.Number(Decimal(2), span=node.span)
            yield Edit(Span(end, end), " >= 2", attrs.evolve(node, operator=">=", number=twice))
            return
        # Less would be a count that every lead has, or none.
        least = {">=": 1, "<": 1}.get(node.operator or "", 0)
        for number in _beside(node.number.value):
            if number >= least:
                yield self._number(node.number, number).inside(_put(node, "number"))

    def _opens(self, pattern: tree.Pattern) -> bool:
        """Whether parentheses stand around a pattern, outside its span."""
        return isinstance(pattern, tree.AnyPattern) and pattern.alternatives[0].span.start == pattern.span.start

    # -- sequences and restrictions --------------------------------------------------------------------------------

    def _sequence(self, node: tree.Sequence) -> Iterator[Edit[tree.Condition]]:
        steps = node.steps
        for at, step in enumerate(steps):
            for edit in self._step(step):
                yield edit.inside(lambda new, at=at: attrs.evolve(node, steps=_replaced(steps, at, new)))  # type: ignore[misc]
        happen = [at for at, step in enumerate(steps) if isinstance(step.event, tree.Occurrence)]
        for first, second in pairwise(happen):
            one, other = steps[first].event, steps[second].event
            swapped = _replaced(steps, first, attrs.evolve(steps[first], event=other))
            swapped = _replaced(swapped, second, attrs.evolve(steps[second], event=one))
            yield self._anew(node, attrs.evolve(node, steps=swapped))
        for at in range(len(steps)):
            left = steps[:at] + steps[at + 1 :]
            left = (attrs.evolve(left[0], within=None, after=None), *left[1:])
            if len(left) > 1:
                yield self._anew(node, attrs.evolve(node, steps=left))
            elif left[0].lasting is None:
                yield self._anew(node, left[0].event)

    def _step(self, step: tree.Step) -> Iterator[Edit[tree.Step]]:
        match step.event:
            case tree.Occurrence(pattern=pattern) as event:
                for edit in self._counted(event):
                    yield edit.inside(_put(step, "event"))
                for edit_of_pattern in self.pattern(pattern):
                    yield edit_of_pattern.inside(_put(event, "pattern")).inside(_put(step, "event"))
            case tree.Absence(pattern=pattern) as absence:
                for edit_of_pattern in self.pattern(pattern):
                    yield edit_of_pattern.inside(_put(absence, "pattern")).inside(_put(step, "event"))
        for name in ("within", "after", "lasting"):
            length: tree.Duration | None = getattr(step, name)
            if length is not None:
                for edit_of_length in self.length(length):
                    yield edit_of_length.inside(_put(step, name))

    def _restricted(self, node: tree.Restricted) -> Iterator[Edit[tree.Condition]]:
        inner = node.condition
        before = self._after_parentheses(inner.span.end, node.span.end)
        for at, restriction in enumerate(node.restrictions):
            for edit in self.restriction(restriction):
                yield edit.inside(lambda new, at=at: _with_restrictions(node, _replaced(node.restrictions, at, new)))  # type: ignore[misc]
            if not isinstance(restriction.argument, tree.Duration):
                left = node.restrictions[:at] + node.restrictions[at + 1 :]
                without = attrs.evolve(node, restrictions=left) if left else inner
                yield Edit(Span(before, restriction.span.end), "", without)
            before = restriction.span.end

    def restriction(self, node: tree.Restriction) -> Iterator[Edit[tree.Restriction]]:
        """Other lengths of a window, other events."""
        match node.argument:
            case tree.Duration() as length:
                for edit in self.length(length):
                    yield edit.inside(_put(node, "argument"))
            case tree.Dates(first=first, last=last) as dates:
                for name, date in (("first", first), ("last", last)):
                    for edit_of_date in self._date(date):
                        yield edit_of_date.inside(_put(dates, name)).inside(_put(node, "argument"))
            case pattern:
                for edit_of_pattern in self.pattern(pattern):
                    yield edit_of_pattern.inside(_put(node, "argument"))

    # -- patterns and predicates -----------------------------------------------------------------------------------

    def pattern(self, node: tree.Pattern) -> Iterator[Edit[tree.Pattern]]:
        """Changes of what is asked of an event; one of several events left out."""
        match node:
            case tree.EventPattern(where=where) if where is not None:
                for edit in self.predicate(where):
                    yield edit.inside(_put(node, "where"))
            case tree.AnyPattern(alternatives=alternatives):
                for at, alternative in enumerate(alternatives):
                    for edit_of_one in self.pattern(alternative):
                        yield edit_of_one.inside(
                            lambda new, at=at: attrs.evolve(node, alternatives=_replaced(alternatives, at, new))  # type: ignore[misc]
                        )
                    left = alternatives[:at] + alternatives[at + 1 :]
                    fewer: tree.Pattern = attrs.evolve(node, alternatives=left) if len(left) > 1 else left[0]
                    yield self._pattern_anew(node, fewer)

    def _pattern_anew(self, node: tree.AnyPattern, new: tree.Pattern) -> Edit[tree.Pattern]:
        span, text = node.span, unparse(new)
        if isinstance(new, tree.AnyPattern):
            text = text[1:-1] if self._opens(node) else text
        elif self._opens(node) and (closing := re.compile(r"\s*\)").match(self.text, span.end)):
            opening = self.text.rfind("(", 0, span.start)
            if opening >= 0 and not self.text[opening + 1 : span.start].strip():
                span = Span(opening, closing.end())
        return Edit(span, text, new)

    def predicate(self, node: tree.Predicate) -> Iterator[Edit[tree.Predicate]]:
        """All edits of a predicate."""
        match node:
            case tree.And() | tree.Or():
                yield from self._joined(node)
                for at, operand in enumerate(node.operands):
                    for edit in self.predicate(operand):
                        yield edit.inside(_put_operand(node, at))
            case tree.Not(operand=operand):
                yield self._without_word(node, "not", operand)
                for edit in self.predicate(operand):
                    yield edit.inside(_put(node, "operand"))
            case _:
                yield from self._test(node)
                if not _is_measured(node):
                    yield self._negated(node, False)

    def _test(
        self, node: tree.Comparison | tree.OneOf | tree.TextTest | tree.Presence | tree.Bare
    ) -> Iterator[Edit[tree.Comparison]]:
        if isinstance(node, tree.Comparison):
            for edit in self._value(node.value):
                yield edit.inside(_put(node, "value"))

    # -- values ----------------------------------------------------------------------------------------------------

    def _valued(self, node: tree.Aggregate, value: tree.Value, tight: bool) -> Iterator[Edit[tree.Condition]]:
        for edit in self._value(value):
            yield edit.inside(_put(node, "value"))
        if not isinstance(value, tree.Number | tree.Duration | tree.Date):
            yield self._negated(node, tight)

    def _value(self, value: tree.Value) -> Iterator[Edit[tree.Value]]:
        match value:
            case tree.Number():
                for number in _beside(value.value):
                    yield self._number(value, number)
            case tree.Duration():
                yield from self._duration(value)
            case tree.Date():
                yield from self._date(value)

    def _number(self, node: tree.Number, number: Decimal) -> Edit[tree.Number]:
        sign = "+" if self.text[node.span.start] == "+" and number >= 0 else ""
        return Edit(node.span, f"{sign}{number:f}", attrs.evolve(node, value=number))

    def number(self, node: tree.Number, least: Decimal | None = None) -> Iterator[Edit[tree.Number]]:
        """One less and one more, but nothing below ``least``."""
        for number in _beside(node.value):
            if least is None or number >= least:
                yield self._number(node, number)

    def points(self, node: tree.Number) -> Edit[tree.Number]:
        """The points of a score's line, by one more in their direction."""
        return self._number(node, node.value + (-1 if node.value < 0 else 1))

    def _duration(self, node: tree.Duration) -> Iterator[Edit[tree.Value]]:
        """A property compared with a duration: by one of its own unit."""
        written = re.match(r"([\d.]+)\s*([a-z]+)", self.text[node.span.start : node.span.end])
        if written is None:
            return
        unit = round(node.microseconds / float(written[1])) if float(written[1]) else 0
        for other in (node.microseconds - unit, node.microseconds + unit):
            if unit and other > 0:
                yield Edit(node.span, duration(other), attrs.evolve(node, microseconds=other))

    def length(self, node: tree.Duration) -> Iterator[Edit[tree.Duration]]:
        """Other lengths of a window."""
        for other in other_lengths(node.microseconds):
            yield Edit(node.span, duration(other), attrs.evolve(node, microseconds=other))

    def _date(self, node: tree.Date) -> Iterator[Edit[tree.Date]]:
        for days in (-1, 1):
            if datetime.date.min < node.value < datetime.date.max:
                date = node.value + datetime.timedelta(days=days)
                yield Edit(node.span, date.isoformat(), attrs.evolve(node, value=date))

    # -- text around a change --------------------------------------------------------------------------------------

    def _joined(self, node: Joined[Part]) -> Iterator[Edit[Part]]:
        """The other word between the operands; each operand left out."""
        operands = node.operands
        other = (tree.Or if isinstance(node, tree.And) else tree.And)(operands, span=node.span)
        words = self._words_between(node)
        if words is None:
            yield self._anew(node, other)
        else:
            word = "or" if isinstance(node, tree.And) else "and"
            text = word + "".join(self.text[one[1] : next_one[0]] + word for one, next_one in pairwise(words))
            yield Edit(Span(words[0][0], words[-1][1]), text, other)
        for at in range(len(operands)):
            left = operands[:at] + operands[at + 1 :]
            new = attrs.evolve(node, operands=left) if len(left) > 1 else left[0]
            if words is None:
                yield self._anew(node, new)
            elif at == 0:
                begin = words[0][1]
                begin += len(self.text[begin:]) - len(self.text[begin:].lstrip())
                yield Edit(Span(node.span.start, begin), "", new)
            else:
                begin = len(self.text[: words[at - 1][0]].rstrip())
                last = words[at][0] if at < len(words) else node.span.end
                yield Edit(Span(begin, len(self.text[:last].rstrip())), "", new)

    def _words_between(self, node: Joined[Part]) -> list[tuple[int, int]] | None:
        """Where ``and`` or ``or`` stands between the operands; None if a comment does, too."""
        word = re.compile(rf"[\s)]*\b({'and' if isinstance(node, tree.And) else 'or'})\b[\s(]*")
        found = []
        for one, next_one in pairwise(node.operands):
            match = word.fullmatch(self.text, one.span.end, next_one.span.start)
            if match is None:
                return None
            found.append(match.span(1))
        return found

    def _without_word(self, node: tree.Node, word: str, new: N) -> Edit[N]:
        match = re.compile(rf"{word}\b\s*").match(self.text, node.span.start)
        end = node.span.start if match is None else match.end()
        return Edit(Span(node.span.start, end), "", new)

    def _negated(self, node: Part, tight: bool) -> Edit[tree.Not[Part]]:
        span = node.span
        new = tree.Not(node, span=span)
        if tight:
            return Edit(span, f"(not {self.text[span.start : span.end]})", new)
        return Edit(Span(span.start, span.start), "not ", new)

    def _anew(self, node: tree.Node, new: N) -> Edit[N]:
        return Edit(node.span, unparse(new), new)  # type: ignore[arg-type]

    def _after_parentheses(self, start: int, end: int) -> int:
        closing = re.compile(r"(?:\s*\))*").match(self.text, start, end)
        return start if closing is None else closing.end()


# -- nodes with a part replaced ------------------------------------------------------------------------------------


def _put(node: M, field: str) -> Callable[[object], M]:
    return lambda new: attrs.evolve(node, **{field: new})  # type: ignore[misc]


def _put_operand(node: Joined[Part], at: int) -> Callable[[Part], Joined[Part]]:
    return lambda new: attrs.evolve(node, operands=_replaced(node.operands, at, new))


def _replaced(parts: tuple[N, ...], at: int, new: N) -> tuple[N, ...]:
    return (*parts[:at], new, *parts[at + 1 :])


def _with_restrictions(node: tree.Restricted, restrictions: tuple[tree.Restriction, ...]) -> tree.Condition:
    return attrs.evolve(node, restrictions=restrictions)


def _beside(number: Decimal) -> tuple[Decimal, Decimal]:
    return number - 1, number + 1


def _is_measured(test: object) -> bool:
    """Whether a test compares with something that has a next one: a number, a duration, a date."""
    return isinstance(test, tree.Comparison) and isinstance(test.value, tree.Number | tree.Duration | tree.Date)
