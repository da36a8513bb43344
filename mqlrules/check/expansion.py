"""What segments and scores come to in place: circles, nothing to narrow or split, depth and size (sections 3, 5 and 7).

Segments and scores are known by name alone until all of them are resolved; then each condition is measured once.
"""

from collections.abc import Iterable
from typing import NamedTuple

from mqlrules.check import condition_errors, errors, limit_errors, limits, program
from mqlrules.check.errors import Place
from mqlrules.check.scope import Scope
from mqlrules.text.diagnostic import Note
from mqlrules.text.source import Source


class Measure(NamedTuple):
    """A condition with its segments and scores in place. ``split`` is where a ``with same`` stands in it, or None."""

    has_events: bool
    split: Place | None
    depth: int
    size: int


_LEAF = Measure(True, None, 1, 1)
_NOTHING = Measure(False, None, 1, 1)


class Places:
    """Measures the segments and scores of a program, and conditions that ask for them.

    Whatever asks for a segment or score that is wrong is wrong too: it has no measure, and nothing more is said.
    ``known`` are measures of an earlier check.
    """

    def __init__(
        self,
        scope: Scope,
        segments: dict[str, program.Segment | None],
        scores: dict[str, program.Score | None],
        known: "dict[int, tuple[program.Condition, Measure]] | None" = None,
    ) -> None:
        self._scope = scope
        self._known = {} if known is None else known
        self._asked = 0
        self._definitions: dict[str, program.Segment | program.Score | None] = {**segments, **scores}
        self._measures: dict[str, Measure | None] = {}
        self._open: list[str] = []

    def sound(self, names: Iterable[str]) -> set[str]:
        """Those of these segments and scores that can be used."""
        return {name for name in names if self._named(name, 0) is not None}

    def condition(self, node: program.Condition, source: Source, what: str) -> Measure | None:
        """The measure of the condition of a rule, or of one that an application asks.

        It is remembered in ``known`` where it depends on nothing but the condition: where no name is asked.
        """
        known = self._known.get(id(node))
        if known is not None and known[0] is node:
            return known[1]
        asked, said = self._asked, len(self._scope.diagnostics)
        measure = self._within_limits(self._measure(node, source, 0), (source, node.span), what)
        if measure is not None and asked == self._asked and said == len(self._scope.diagnostics):
            self._known[id(node)] = node, measure
        return measure

    def _within_limits(self, measure: Measure | None, place: Place, what: str) -> Measure | None:
        if measure is None:
            return None
        if measure.size > limits.CONDITION_SIZE:
            self._scope.diagnostics.append(limit_errors.condition_too_large(place, what))
            return None
        if measure.depth > limits.NESTING:
            self._scope.diagnostics.append(limit_errors.too_deep(place, what))
            return None
        return measure

    def _named(self, name: str, level: int) -> Measure | None:
        self._asked += 1
        if name in self._measures:
            return self._measures[name]
        definition = self._definitions.get(name)
        if definition is None or definition.source is None:
            self._measures[name] = None
            return None
        place = (definition.source, definition.span)
        what = "score" if isinstance(definition, program.Score) else "segment"
        if level > limits.NESTING:
            self._scope.diagnostics.append(limit_errors.too_deep(place, what))
            self._measures[name] = None
            return None
        if name in self._open:
            self._report_circle(self._open[self._open.index(name) :])
            return None
        self._open.append(name)
        measure = self._definition(definition, definition.source, level + 1)
        self._open.pop()
        if name not in self._measures:
            self._measures[name] = self._within_limits(measure, place, what)
        return self._measures[name]

    def _definition(self, definition: program.Segment | program.Score, source: Source, level: int) -> Measure | None:
        if isinstance(definition, program.Segment):
            return self._measure(definition.condition, source, level)
        lines = [
            self._measure(line.condition, source, level) if isinstance(line, program.ConditionLine) else _LEAF
            for line in definition.lines
        ]
        return _together(lines)

    def _report_circle(self, names: list[str]) -> None:
        shown, places = [], []
        for name in names:
            self._measures[name] = None
            definition = self._definitions[name]
            assert definition is not None
            shown.append(definition.name)
            symbol = self._scope.symbols.find(name)
            if symbol is not None and symbol.place is not None:
                places.append((definition.name, symbol.place))
        at = places[0][1]
        notes = places[1:] if len(places) > 1 else []
        self._scope.diagnostics.append(errors.segment_cycle(at, [*shown, shown[0]], notes))

    def _measure(self, node: program.Condition, source: Source, level: int) -> Measure | None:
        match node:
            case program.Count() | program.Aggregate() | program.Sequence():
                return _LEAF
            case program.Trait():
                return _NOTHING
            case program.SegmentTest(segment=name):
                return self._named(name, level)
            case program.ScoreTest(score=name):
                inside = self._named(name, level)
                return None if inside is None else Measure(False, None, inside.depth + 1, inside.size + 1)
            case program.And(operands=operands) | program.Or(operands=operands):
                return _together([self._measure(operand, source, level + 1) for operand in operands])
            case program.Not(operand=operand):
                return _together([self._measure(operand, source, level + 1)])
            case program.Restricted():
                return self._restricted(node, source, level)
            case program.WithSame():
                return self._with_same(node, source, level)

    def _restricted(self, node: program.Restricted, source: Source, level: int) -> Measure | None:
        inside = self._measure(node.condition, source, level + 1)
        if inside is not None and not inside.has_events:
            first = node.restrictions[0].span
            place = (source, first.to(node.restrictions[-1].span))
            self._scope.diagnostics.append(condition_errors.nothing_to_narrow(place, _words(place)))
            return None
        return _together([inside])

    def _with_same(self, node: program.WithSame, source: Source, level: int) -> Measure | None:
        inside = self._measure(node.condition, source, level + 1)
        if inside is None:
            return None
        place = (source, node.span)
        if not inside.has_events:
            self._scope.diagnostics.append(condition_errors.nothing_to_split(place, ".".join(node.path)))
            return None
        if inside.split is not None:
            written_here = inside.split[0] is source and node.span.start <= inside.split[1].start < node.span.end
            notes = () if written_here else (Note(*inside.split, "the other one is here"),)
            self._scope.diagnostics.append(condition_errors.same_inside_same(place, notes))
            return None
        return Measure(True, place, inside.depth + 1, inside.size + 1)


def _together(parts: list[Measure | None]) -> Measure | None:
    """What joins these parts; None if one of them is wrong."""
    found = [part for part in parts if part is not None]
    if len(found) < len(parts):
        return None
    return Measure(
        any(part.has_events for part in found),
        next((part.split for part in found if part.split is not None), None),
        1 + max((part.depth for part in found), default=0),
        1 + sum(part.size for part in found),
    )


def _words(place: Place) -> str:
    source, span = place
    return " ".join(source.text[span.start : span.end].split()) or "within …"
