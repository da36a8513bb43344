"""The windows that a move rested on: the parts of its rule's condition that depended on time, and their evidence.

The engine runs over the lead once more. At each move the parts of the rules that moved it are asked whether they hold,
and on which events. So the evidence that is drawn, part by part, is the engine's own.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs

from mqlrules.check import program as p
from mqlrules.check.walk import nodes
from mqlrules.engine.incremental import Runner, Timeline, Watched
from mqlrules.engine.reference.matching import matches
from mqlrules.engine.results import Change, Transition
from mqlrules.events.model import Event
from mqlrules.explain.clock import date_of
from mqlrules.explain.timeline.model import Window
from mqlrules.explain.tree import asked_nodes
from mqlrules.explain.windows import Term, term
from mqlrules.explain.windows import Window as Visible
from mqlrules.language.calendar import Zone
from mqlrules.language.operators import OPPOSITE, holds
from mqlrules.language.restrictions import RestrictionRecord
from mqlrules.plan import nodes as n
from mqlrules.plan.lower import Lower, lowering_of
from mqlrules.syntax.unparse import duration
from mqlrules.text.source import Source

_COMMENT = re.compile(r'"(?:\\.|[^"\\\n])*"|#[^\n]*')

Proof = Mapping[n.Node, Sequence[Event]]
"""The parts of rules that held at a move, and their evidence in history order."""


class Witness:
    """Watches a lead: notes the changes of its timeline, and at each move the proof of the nodes that it was given."""

    def __init__(self, plan: n.Plan, nodes: Sequence[n.Node]) -> None:
        self._timeline = Timeline(plan)
        self._parts = tuple(nodes)
        self.nodes: Sequence[n.Node | n.Score] = (*self._timeline.nodes, *nodes)
        self.proofs: list[Proof] = []

    @property
    def changes(self) -> list[Change]:
        """The changes of the timeline so far."""
        return self._timeline.changes

    def point(self, watched: Watched) -> None:
        """Notes what has changed."""
        self._timeline.point(watched)

    def moved(self, watched: Watched) -> None:
        """Notes the stage, and what the parts rest on. The history is still the one that led to the move."""
        self._timeline.moved(watched)
        parts = enumerate(self._parts, start=len(self._timeline.nodes))
        self.proofs.append({node: watched.evidence(number) for number, node in parts if watched.holds(number)})


def witnessed(
    plan: n.Plan, history: Sequence[Event], traits: Mapping[str, Any], as_of: int
) -> tuple[list[Transition], list[Change], list[Proof]]:
    """One lead's transitions, the changes of its timeline, and for each transition what its rule's parts rested on."""
    if not history:
        return [], [], []
    fired = {move.rule for move in Runner(plan).run(history, traits, as_of)}
    lower = lowering_of(plan.program)
    rules = [rule for rule in plan.program.rules if rule.name in fired]
    parts = [part for rule in rules for part in asked_nodes(rule.condition, plan.program, lower)]
    witness = Witness(plan, list(dict.fromkeys(parts)))
    transitions = Runner(plan, watcher=witness).run(history, traits, as_of)
    return transitions, witness.changes, witness.proofs


def windows_of(
    rule: p.Rule, number: int, at: int, entered: int, proof: Proof, program: p.Program, lower: Lower
) -> list[Window]:
    """The windows of a move at ``at`` by a rule, from a stage that the lead entered at ``entered``."""
    found: list[Window] = []
    if rule.lasting is not None:
        words = f"{rule.when} for {duration(rule.lasting)}"
        found.append(Window(number, "stay", words, entered, at, entered + rule.lasting))
    reading = _Reading(number, at, proof, lower, rule.source)
    found += reading.of(term(rule.condition, Visible(program)))
    return list(dict.fromkeys(found))


@attrs.frozen(eq=False)
class _Reading:
    """What one move's proof says of windows; ``source`` is where the condition was written."""

    number: int
    at: int
    proof: Proof
    lower: Lower
    source: Source | None
    same: str = ""
    """What the words of parts of a ``with same`` end with."""

    def of(self, part: Term) -> Iterator[Window]:
        program = part.window.program
        evidence = self._evidence(part)
        match part.node:
            case p.And() | p.Or():
                for operand in part.operands() if part.joins_all else self._first(part):
                    yield from self.of(operand)
            case p.Count() if not evidence and self._asks_for_nothing(part):
                yield from self._absence(part)
            case p.Count() | p.Aggregate() | p.Sequence() if not part.negated and evidence:
                yield from self._leaf(part, evidence)
            case p.SegmentTest(segment=name) if not part.negated:
                inside = attrs.evolve(self, source=program.segments[name].source)
                for inner in part.inner():
                    yield from inside.of(inner)
            case p.ScoreTest(score=name) if not part.negated:
                inside = attrs.evolve(self, source=program.scores[name].source)
                yield from inside._score(program.scores[name], part, evidence or ())
            case p.WithSame(path=path) if not part.negated and evidence is not None:
                inside = attrs.evolve(self, same=f" with same {'.'.join(path)}")
                yield from inside._split(part.inner()[0], evidence)

    def _evidence(self, part: Term) -> Sequence[Event] | None:
        """The evidence of a part without its negation; None if it did not hold, or is not known."""
        return self.proof.get(self.lower(part.node, part.window.interval, part.window.scope))

    def _first(self, part: Term) -> list[Term]:
        """Of alternatives the first that holds is the evidence (section 8)."""
        return [one for one in part.operands() if (self._evidence(one) is not None) != one.negated][:1]

    @staticmethod
    def _asks_for_nothing(part: Term) -> bool:
        """Whether a count of no events is enough."""
        assert isinstance(part.node, p.Count)
        operator = OPPOSITE[part.node.operator] if part.negated else part.node.operator
        return holds(operator, -part.node.number) and operator not in (">=", ">")

    def _absence(self, part: Term) -> Iterator[Window]:
        """The time in which nothing was counted."""
        interval = part.window.interval
        if interval.within is not None:
            start, end = self.at - interval.within, self.at - interval.older
            yield Window(self.number, "absence", self._words(part), start, end, None)

    def _leaf(self, part: Term, evidence: Sequence[Event]) -> Iterator[Window]:
        interval = part.window.interval
        if isinstance(part.node, p.Sequence):
            inner = list(self._ways(part.node, evidence))
            yield from inner
            if inner and interval.within is None:
                return
        yield from self._window(self._words(part), interval, evidence)

    def _window(self, words: str, interval: n.Interval, evidence: Sequence[Event]) -> Iterator[Window]:
        first, last = evidence[0].at, evidence[-1].at
        if interval.within is not None:
            yield Window(self.number, "within", words, first, last, first + interval.within)
        elif first < last:
            yield Window(self.number, "open", words, first, last, None)

    def _ways(self, node: p.Sequence, evidence: Sequence[Event]) -> Iterator[Window]:
        """The time limits and the waits between the steps, and the wait after the last."""
        counts = [step.count for step in node.steps]
        if sum(counts) != len(evidence):
            return
        completing = [evidence[sum(counts[: k + 1]) - 1].at for k in range(len(counts))]
        for k, step in enumerate(node.steps[1:], start=1):
            before, here = completing[k - 1], completing[k]
            words = self._text(node.steps[k - 1].pattern.span.start, step.span.end, node) + self.same
            if step.absent is not None and step.absent.lasting is not None:
                yield Window(self.number, "quiet", words, before, before, before + step.absent.lasting)
            elif step.within is not None:
                yield Window(self.number, "then within", words, before, here, before + step.within)
        if node.final is not None and node.final.lasting is not None:
            words = self._text(node.steps[-1].pattern.span.start, node.final.span.end, node) + self.same
            last = completing[-1]
            yield Window(self.number, "quiet", words, last, last, last + node.final.lasting)

    def _score(self, score: p.Score, part: Term, evidence: Sequence[Event]) -> Iterator[Window]:
        """The windows of the lines that carry points, unless other events or dates limit them."""
        for inner in part.inner():
            yield from self.of(inner)
        for line in score.lines:
            if isinstance(line, p.EventLine):
                window = Visible(part.window.program).narrowed(line.restrictions)
                interval = window.interval
                if interval.within is None or interval.anchors or interval.during is not None:
                    continue
                since, until = self.at - interval.within, self.at - interval.older
                carrying = [event for event in evidence if since < event.at <= until and matches(line.pattern, event)]
                if carrying:
                    text = self._text(line.pattern.span.start, line.pattern.span.end, line.pattern)
                    words = f"{score.name}: {text}{self._visible(window)}"
                    yield from self._window(words, interval, carrying if line.every else carrying[-1:])

    def _split(self, part: Term, evidence: Sequence[Event]) -> Iterator[Window]:
        """The windows inside ``with same``. Only the evidence of the whole part is known, so a window is drawn if one
        condition alone can have named it.
        """
        parts = part.operands() if isinstance(part.node, p.And | p.Or) and part.joins_all else [part]
        counted = [one for one in parts if not one.negated and not isinstance(one.node, p.Trait)]
        empty = [one for one in parts if isinstance(one.node, p.Count) and self._asks_for_nothing(one)]
        named = [one for one in counted if one not in empty]
        if len(named) == 1 and isinstance(named[0].node, p.Count | p.Aggregate | p.Sequence) and evidence:
            yield from self._leaf(named[0], evidence)
        for one in empty if len(parts) > 1 else ():
            yield from self._absence(one)

    # -- words -----------------------------------------------------------------------------------------------------

    def _words(self, part: Term) -> str:
        """A condition as its author wrote it, with all restrictions around it."""
        text = self._text(part.node.span.start, part.node.span.end, part.node)
        return f"{'not ' if part.negated else ''}{text}{self._visible(part.window)}{self.same}"

    def _text(self, start: int, end: int, node: Any) -> str:
        """Source text on one line, without comments; ``…`` replaces what is asked of properties."""
        text = "" if self.source is None else self.source.text
        holes = [
            event.where.span
            for pattern in nodes(node)
            if isinstance(pattern, p.Pattern)
            for event in pattern.written
            if event.where is not None and start <= event.where.span.start and event.where.span.end <= end
        ]
        for hole in sorted(holes, key=lambda span: -span.start):
            text = f"{text[: hole.start]}…{text[hole.end :]}"
            end -= hole.end - hole.start - 1
        kept = _COMMENT.sub(lambda found: found[0] if found[0].startswith('"') else " ", text[start:end])
        return " ".join(kept.split())

    def _visible(self, window: Visible) -> str:
        """The restrictions of a window, each after a space."""
        zone = Zone(window.program.timezone)

        def taken(record: RestrictionRecord, argument: Any) -> str:
            match record.takes:
                case "duration":
                    return duration(argument)
                case "pattern":
                    return str(argument.pattern.words)
                case "dates":
                    first, last = (date_of(at, zone).isoformat() for at in (argument[0], argument[1] - 1))
                    return first if first == last else f"{first} to {last}"

        return "".join(f" {words}" for words in window.interval.describe(taken))
