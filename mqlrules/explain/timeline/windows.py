"""The windows that a move rested on: which parts of its rule's condition had to do with time, and how they stood.

An engine is run over the lead once more, watched: at each move the parts of the rules that moved it are asked whether
they hold, and on which events. So what is drawn is the very evidence that the engine names, part by part.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs

from mqlrules.check.program import Program
from mqlrules.engine.incremental import Runner, Timeline, Watched
from mqlrules.engine.reference.matching import matches
from mqlrules.engine.results import Change, Transition
from mqlrules.events.model import Event
from mqlrules.explain.timeline import phrases
from mqlrules.explain.timeline.model import Window
from mqlrules.language.calendar import Zone
from mqlrules.plan import nodes as n
from mqlrules.syntax.unparse import duration

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
    parts = [part for rule in plan.rules if rule.rule.name in fired for part in _parts(rule.condition)]
    witness = Witness(plan, list(dict.fromkeys(parts)))
    transitions = Runner(plan, watcher=witness).run(history, traits, as_of)
    return transitions, witness.changes, witness.proofs


def _parts(node: n.Node) -> Iterator[n.Node]:
    """The nodes that are asked of the lead's own history; below ``with same`` there are only parts of it."""
    yield node
    match node:
        case n.And(operands=operands) | n.Or(operands=operands):
            for operand in operands:
                yield from _parts(operand)
        case n.Compare(leaf=n.Score(lines=lines)):
            for line in lines:
                if isinstance(line, n.ConditionPoints):
                    yield from _parts(line.condition)
        case _:
            pass


def windows_of(
    rule: n.PlannedRule, number: int, at: int, entered: int, proof: Proof, program: Program, zone: Zone
) -> list[Window]:
    """The windows of a move at ``at`` by a rule, from a stage that the lead had come into at ``entered``."""
    found: list[Window] = []
    if rule.rule.lasting is not None:
        words = f"{rule.rule.when} for {duration(rule.rule.lasting)}"
        found.append(Window(number, "stay", words, entered, at, entered + rule.rule.lasting))
    found += _Reading(number, at, program, zone).of(rule.condition, proof)
    return list(dict.fromkeys(found))


class _Reading:
    """What one move's proof says of windows."""

    def __init__(self, number: int, at: int, program: Program, zone: Zone) -> None:
        self._number = number
        self._at = at
        self._program = program
        self._zone = zone

    def of(self, node: n.Node, proof: Proof) -> Iterator[Window]:
        match node:
            case n.And(operands=operands):
                for operand in operands:
                    yield from self.of(operand, proof)
            case n.Or(operands=operands):
                # What counts is the first that holds (section 8).
                first = next((operand for operand in operands if operand in proof), None)
                if first is not None:
                    yield from self.of(first, proof)
            case n.Compare(leaf=n.Score() as score):
                yield from self._score(score, proof.get(node, ()), proof)
            case n.Not(operand=n.Compare(leaf=n.Count() as count, operator=">=", value=1)):
                yield from self._absence(n.Compare(count, "=", 0))
            case n.Compare(leaf=n.Count(), operator="=" | "<" | "<=" | "!=") if not proof.get(node):
                yield from self._absence(node)
            case n.Compare() | n.Sequence():
                yield from self._leaf(node, proof.get(node, ()))
            case n.Split(path=path, condition=condition):
                same = f" with same {'.'.join(path)}"
                for window in self._part(condition, proof.get(node, ())):
                    yield attrs.evolve(window, words=window.words + same)
            case n.Not() | n.Trait():
                pass

    def _absence(self, node: n.Compare) -> Iterator[Window]:
        """Of a count of which nothing was counted: the time in which nothing was."""
        interval = node.leaf.interval if isinstance(node.leaf, n.Count) else n.EVERYTHING
        if interval.within is not None:
            start, end = self._at - interval.within, self._at - interval.older
            yield Window(self._number, "absence", phrases.compared(node, self._zone), start, end, None)

    def _leaf(self, node: n.Compare | n.Sequence, evidence: Sequence[Event]) -> Iterator[Window]:
        if not evidence:
            return
        if isinstance(node, n.Sequence):
            inner = list(self._ways(node, evidence))
            yield from inner
            if inner and node.interval.within is None:
                return
            words, interval = phrases.sequence(node, self._zone), node.interval
        elif isinstance(node.leaf, n.Score):
            return
        else:
            words, interval = phrases.compared(node, self._zone), node.leaf.interval
        yield from self._window(words, interval, evidence)

    def _window(self, words: str, interval: n.Interval, evidence: Sequence[Event]) -> Iterator[Window]:
        first, last = evidence[0].at, evidence[-1].at
        if interval.within is not None:
            yield Window(self._number, "within", words, first, last, first + interval.within)
        elif first < last:
            yield Window(self._number, "open", words, first, last, None)

    def _ways(self, node: n.Sequence, evidence: Sequence[Event]) -> Iterator[Window]:
        """The time limits and the waits between the steps, and the wait after the last."""
        counts = [step.count for step in node.steps]
        if sum(counts) != len(evidence):
            return
        completing = [evidence[sum(counts[: k + 1]) - 1].at for k in range(len(counts))]
        for k, step in enumerate(node.steps[1:], start=1):
            before, here = completing[k - 1], completing[k]
            if step.quiet is not None:
                words = f"{phrases.step(node.steps[k - 1])}{phrases.way(step)}"
                yield Window(self._number, "quiet", words, before, before, before + step.quiet.lasting)
            elif step.within is not None:
                words = f"{phrases.step(node.steps[k - 1])}{phrases.way(step)}"
                yield Window(self._number, "then within", words, before, here, before + step.within)
        if node.final is not None:
            last, wait = completing[-1], node.final
            quiet = f"no {phrases.joined(wait.pattern)} for {duration(wait.lasting)}"
            words = f"{phrases.step(node.steps[-1])} then {quiet}"
            yield Window(self._number, "quiet", words, last, last, last + wait.lasting)

    def _score(self, score: n.Score, evidence: Sequence[Event], proof: Proof) -> Iterator[Window]:
        """The windows of the lines that carry points; a line without one, or with an anchor, has nothing to draw."""
        for line in score.lines:
            if isinstance(line, n.ConditionPoints):
                if line.condition in proof:
                    yield from self.of(line.condition, proof)
                continue
            interval = line.interval
            if interval.within is None or interval.anchors or interval.during is not None:
                continue
            since, until = self._at - interval.within, self._at - interval.older
            carrying = [event for event in evidence if since < event.at <= until and matches(line.pattern, event)]
            if carrying:
                name = self._program.scores[score.name].name
                words = f"{name}: {phrases.pattern(line.pattern)}{phrases.visible(interval, self._zone)}"
                yield from self._window(words, interval, carrying if line.every else carrying[-1:])

    def _part(self, node: n.Node, evidence: Sequence[Event]) -> Iterator[Window]:
        """Below ``with same`` only the evidence of the whole part is known: it is told apart by what it matches, where
        one condition alone can have named it.
        """
        match node:
            case n.And(operands=operands):
                asked = [operand for operand in operands if not isinstance(operand, n.Not | n.Trait)]
                named = [operand for operand in asked if not _asks_for_nothing(operand)]
                if len(named) == 1:
                    yield from self._part(named[0], evidence)
                for operand in operands:
                    if _asks_for_nothing(operand):
                        yield from self.of(operand, {})
            case n.Compare(leaf=n.Count() | n.Aggregate()) | n.Sequence():
                yield from self._leaf(node, evidence)
            case _:
                pass


def _asks_for_nothing(node: n.Node) -> bool:
    match node:
        case n.Compare(leaf=n.Count(), operator="=", value=0) | n.Compare(leaf=n.Count(), operator="<", value=1):
            return True
        case _:
            return False
