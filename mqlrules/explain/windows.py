"""The window of a condition: which part of the history counts for it, and how to say so (section 3).

Each event condition names its own window, wherever its restrictions were written, so that it can be read alone.
"""

from collections.abc import Sequence
from typing import NamedTuple

import attrs

from mqlrules.check import program as p
from mqlrules.explain import wording
from mqlrules.explain.clock import date_of
from mqlrules.explain.events import events
from mqlrules.language.calendar import Zone
from mqlrules.plan.interval import EVERYTHING, Anchor, Interval, Scope

Path = tuple[str, ...]


@attrs.frozen
class Window:
    """What is visible to a condition. ``split`` is the property by which ``with same`` splits the events around it."""

    program: p.Program
    interval: Interval = EVERYTHING
    split: Path | None = None

    @property
    def scope(self) -> Scope:
        """Where the anchors of a restriction that is written here are looked up."""
        return "history" if self.split is None else "part"

    def narrowed(self, by: Sequence[p.Restriction]) -> "Window":
        """The window under more restrictions."""
        interval = self.interval
        for restriction in by:
            interval = interval.narrowed(restriction, self.scope)
        return attrs.evolve(self, interval=interval)

    def split_by(self, path: Path) -> "Window":
        return attrs.evolve(self, split=path)

    @property
    def is_all(self) -> bool:
        """Whether it is the whole history."""
        return self.interval == EVERYTHING

    @property
    def is_timed(self) -> bool:
        """Whether a duration or dates limit it."""
        return any(record.takes != "pattern" for record, _ in self.interval.restrictions)

    def needs(self) -> list[str]:
        """The events that must have happened for anything to count at all."""
        kept = (anchors for record, anchors in self.interval.restrictions if record.needs_a_match)
        return sorted({events(anchor.pattern, self.program).any for anchors in kept for anchor in anchors})

    def words(self) -> str:
        """``in the last 30 days``; nothing for the whole history."""
        parts: list[str] = []
        within, older = self.interval.within, self.interval.older
        if within is not None and older:
            between = f"between {wording.duration(older)} and {wording.ago(within)}"
            impossible = f"in {wording.last(within)}, and at least {wording.ago(older)} (which is impossible)"
            parts.append(between if older < within else impossible)
        for record, kept in self.interval.restrictions:
            match record.takes:
                case "duration" if not parts:
                    # `in the last hour`, not `1 hour`.
                    said = record.english.format(wording.duration(kept))
                    parts.append(said.replace("the last 1 ", "the last "))
                case "dates":
                    parts.append(self._dates(record.english, *kept))
                case "pattern":
                    parts += sorted({record.english.format(self._anchor(anchor)) for anchor in kept})
        return wording.listed(parts, "and") if parts else ""

    def _anchor(self, anchor: Anchor) -> str:
        whole = f" of any {wording.named(self.split)}" if self.split is not None and anchor.scope == "history" else ""
        return events(anchor.pattern, self.program).any + whole

    def _dates(self, english: str, start: int, end: int) -> str:
        if start >= end:
            return "on dates in all of the rule's date ranges (which is impossible)"
        zone = Zone(self.program.timezone)
        first, last = (wording.date(date_of(at, zone)) for at in (start, end - 1))
        return f"on {first}" if first == last else english.format(first, last)


class Term(NamedTuple):
    """A condition without the restrictions and negations around it: they are its window and ``negated``."""

    node: p.Condition
    window: Window
    negated: bool

    @property
    def joins_all(self) -> bool:
        """Whether all operands of `and` or `or` are asked for: of `not (a or b)` they are."""
        return isinstance(self.node, p.And) != self.negated

    def operands(self) -> "list[Term]":
        """The operands of `and` or `or`, including those of operands that are joined by the same word."""
        assert isinstance(self.node, p.And | p.Or)
        found: list[Term] = []
        for operand in self.node.operands:
            inner = term(operand, self.window, self.negated)
            same = isinstance(inner.node, p.And | p.Or) and inner.joins_all == self.joins_all
            found += inner.operands() if same else [inner]
        return found

    def inner(self) -> "list[Term]":
        """The terms right below: operands, the conditions of a segment, of score lines, of ``with same``."""
        program = self.window.program
        match self.node:
            case p.And() | p.Or():
                return self.operands()
            case p.SegmentTest(segment=name):
                return [term(program.segments[name].condition, self.window)]
            case p.ScoreTest(score=name):
                # Scores are neither narrowed nor split.
                lines = program.scores[name].lines
                return [term(line.condition, Window(program)) for line in lines if isinstance(line, p.ConditionLine)]
            case p.WithSame(condition=condition, path=path):
                return [term(condition, self.window.split_by(path))]
            case _:
                return []


def term(node: p.Condition, window: Window, negated: bool = False) -> Term:
    """A condition, with the restrictions and negations around it taken off."""
    while True:
        match node:
            case p.Not(operand=inner):
                node, negated = inner, not negated
            case p.Restricted(condition=inner, restrictions=restrictions):
                node, window = inner, window.narrowed(restrictions)
            case _:
                return Term(node, window, negated)
