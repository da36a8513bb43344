"""A condition asked of one lead: every part of it, over the lead's whole history and into the future.

The incremental engine answers; what it said of each node at each point is kept as spans of time.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from mqlrules.engine.incremental.state import Cells, Condition, fresh_cells
from mqlrules.engine.incremental.what_if import Trial, Trials
from mqlrules.events.model import Event
from mqlrules.explain.model import Span
from mqlrules.explain.view import Key, Seen
from mqlrules.language.names import IDENTIFY
from mqlrules.plan import nodes as n
from mqlrules.plan.lower import patterns_of, walk

DUES = 400
"""How many instants of the future are looked at, at most, to see what time alone changes."""


def pass_until(trial: Trial, until: int) -> None:
    """Lets time pass for a trial, up to and including an instant."""
    while (due := trial.due) is not None and due <= until:
        trial.pass_due()


@attrs.frozen(eq=False)
class Stand:
    """Where a lead stands: its history up to ``now``, and where that begins to count.

    Events before position ``first`` count for traits alone: at ``began`` (None: never) a recycle took them away.
    ``traits`` are those of a table of leads.
    """

    history: Sequence[Event]
    traits: Mapping[str, Any]
    now: int
    first: int = 0
    began: int | None = None
    seen: Seen = attrs.field(init=False)
    """The events that count. One for all questions: what matches a pattern is looked for once."""

    @seen.default
    def _seen(self) -> Seen:
        return Seen.of(self.history, self.first, self.now)


class Question:
    """A condition, lowered, and all nodes below it that a lead as a whole can be asked."""

    def __init__(self, root: n.Node, timezone: str, also: Sequence[n.Node] = ()) -> None:
        """``also`` are nodes that are asked for besides those below the root."""
        self.root = root
        found: dict[n.Node | n.Score, None] = {}
        self._nodes(root, found)
        found.update(dict.fromkeys(also))
        self.number = {node: k for k, node in enumerate(found)}
        self.trials = Trials(tuple(found), timezone)
        self._names = {alternative.name for pattern in patterns_of([root]) for alternative in pattern.alternatives}

    def _nodes(self, node: n.Node | n.Score, found: dict[n.Node | n.Score, None]) -> None:
        found[node] = None
        match node:
            case n.And(operands=operands) | n.Or(operands=operands):
                for operand in operands:
                    self._nodes(operand, found)
            case n.Not(operand=operand):
                self._nodes(operand, found)
            case n.Compare(leaf=n.Score() as score):
                self._nodes(score, found)
            case n.Score(lines=lines):
                for line in lines:
                    if isinstance(line, n.ConditionPoints):
                        self._nodes(line.condition, found)
            case n.Split(condition=condition):
                # Scores are not split, wherever they stand.
                for inner in _scores_in(condition):
                    self._nodes(inner, found)

    def concerns(self, event: Event) -> bool:
        """Whether an event can matter to the condition."""
        name = event.name
        return name in self._names or name == IDENTIFY or None in self._names

    def lead(self, stand: "Stand") -> "Asked":
        """The answers for a lead."""
        return Asked(self, stand)


def _scores_in(node: n.Node) -> list[n.Score]:
    return [inner for inner in walk([node]) if isinstance(inner, n.Score)]


@attrs.define
class Truth:
    """When a node was true: whole spans of the past, and since when it has been what it is."""

    holds: bool = False
    since: int | None = None
    past: list[Span] = attrs.field(factory=list)

    def note(self, holds: bool, now: int) -> None:
        """What it is at an instant."""
        if holds != self.holds:
            if not holds and self.since != now:
                self.past.append(Span(self.since, now))
            self.holds, self.since = holds, now


class Asked:
    """The answers for one lead. ``trial`` stands at its instant: fork it."""

    def __init__(self, question: Question, stand: Stand) -> None:
        self.question = question
        self.now = stand.now
        self.seen = stand.seen
        self.traits = dict(stand.traits)
        for event in stand.history[: stand.first]:
            if event.name == IDENTIFY:
                self.traits.update(event.properties)
        self.trial = question.trials.begin(self.traits)
        self._truths = {k: Truth() for node, k in question.number.items() if not isinstance(node, n.Score)}
        self._until: dict[int, int | None] | None = None
        self._dues: list[int] = []
        placed = self.seen.placed
        # A lead's timeline begins at its first event, whatever it is, and anew with a recycle.
        if stand.began is not None:
            self._note(self._truths, stand.began)
        elif placed:
            self.trial.feed(placed[0].event)
            self._note(self._truths, placed[0].event.at)
            placed = placed[1:]
        else:
            self._note(self._truths, self.now)
            for truth in self._truths.values():
                truth.since = None
        for one in placed:
            if question.concerns(one.event):
                self._pass(one.event.at)
                self._note(self.trial.feed(one.event), one.event.at)
        self._pass(self.now)

    def _pass(self, until: int) -> None:
        while (due := self.trial.due) is not None and due <= until:
            self._note(self.trial.pass_due(), due)

    def _note(self, numbers: Any, now: int) -> None:
        trial, truths = self.trial, self._truths
        for k in numbers:
            truth = truths.get(k)
            if truth is not None:
                holds = trial.holds(k, now)
                if holds != truth.holds:
                    truth.note(holds, now)

    # -- now, before and after -------------------------------------------------------------------------------------

    def holds(self, node: n.Node) -> bool:
        """Whether a node holds now."""
        return self._truths[self.question.number[node]].holds

    def since(self, node: n.Node) -> int | None:
        """Since when it has been so; None: from the beginning."""
        return self._truths[self.question.number[node]].since

    def spans(self, node: n.Node) -> tuple[Span, ...]:
        """When a node was true, the last span open if it is now."""
        truth = self._truths[self.question.number[node]]
        return (*truth.past, Span(truth.since, None)) if truth.holds else tuple(truth.past)

    def until(self, node: n.Node) -> int | None:
        """When it changes next if nothing happens, None: never."""
        return self._future()[self.question.number[node]]

    def dues(self) -> list[int]:
        """The instants at which some node changes if nothing happens."""
        self._future()
        return self._dues

    def _future(self) -> dict[int, int | None]:
        if self._until is None:
            found: dict[int, int | None] = dict.fromkeys(self._truths)
            left = {k: truth.holds for k, truth in self._truths.items()}
            ahead = self.trial.fork()
            for instant in ahead.future(DUES):
                changed = [k for k, held in left.items() if ahead.holds(k, instant) != held]
                for k in changed:
                    found[k] = instant
                    del left[k]
                if changed:
                    self._dues.append(instant)
                if not left:
                    break
            self._until = found
        return self._until

    def evidence(self) -> list[Event]:
        """The evidence of the condition, if it holds."""
        return self.trial.evidence(0, self.now)

    def points(self, score: n.Score) -> int:
        """A score in millionths."""
        return self.trial.points(self.question.number[score], self.now)

    def place(self) -> "Place":
        """Where a search begins: here, now."""
        return Place(self.question, self.trial, self.seen, self.now)


@attrs.frozen(eq=False)
class Place:
    """An instant of one lead from which things may go on; with ``split`` in one part of it.

    ``trial`` stands there: whoever goes on forks it.
    """

    question: Question
    trial: Trial
    seen: Seen
    now: int
    split: n.Split | None = None
    value: Any = None
    """The value of the property that makes the part, as an event has it."""
    cells: Cells | None = None

    def holds(self, node: n.Node) -> bool:
        """Whether a node holds there."""
        if self.split is None:
            return self.trial.holds(self.question.number[node], self.now)
        return self._condition(node)(self.cells or [], self.now)

    def _condition(self, node: n.Node) -> Condition:
        assert self.split is not None
        return self.trial.in_part(self.split, node)

    def later(self, now: int) -> "Place":
        """The same lead later, if nothing happens until then."""
        trial = self.trial.fork()
        pass_until(trial, now)
        return Place(self.question, trial, Seen(self.seen.placed, now), now)

    def part(self, split: n.Split, key: Key, value: Any) -> "Place":
        """The part of a value, which may have no event yet."""
        part = self.seen.whole.parts(split.path).get(key) or Seen((), self.now, self.seen.whole)
        cells = self.trial.parts(split).get(key)
        if cells is None:
            cells = fresh_cells(self.trial.trials.machine.part_scope(split).width, self.trial)
        return Place(self.question, self.trial, part, self.now, split, value, cells)

    def whole(self) -> "Place":
        """The lead as a whole."""
        return Place(self.question, self.trial, self.seen.whole, self.now) if self.split is not None else self
