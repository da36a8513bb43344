"""A condition asked of one lead: every part of it, over the lead's whole history and into the future.

The incremental engine answers. Its answers at each point are kept as spans of time.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs

from mqlrules.engine.incremental import Probe, Trial
from mqlrules.engine.incremental.state import Cells
from mqlrules.engine.reference import known_traits
from mqlrules.events.model import Event
from mqlrules.explain.model import Span
from mqlrules.explain.view import Key, View
from mqlrules.language.calendar import Zone
from mqlrules.language.names import IDENTIFY
from mqlrules.plan import nodes as n
from mqlrules.plan.lower import children, walk

DUES = 400
"""How many future instants are examined to see what time alone changes."""


@attrs.frozen(eq=False)
class Stand:
    """A lead's history up to ``now``, and where it begins to count.

    Events before position ``first`` count only for traits: a recycle at ``began`` (None: never) took them away.
    ``traits`` are those of a table of leads.
    """

    history: Sequence[Event]
    traits: Mapping[str, Any]
    now: int
    first: int = 0
    began: int | None = None
    view: View = attrs.field(init=False)
    """The events that count, shared by all questions: what matches a pattern is looked up once."""

    @view.default
    def _view(self) -> View:
        return View.of(self.history, self.first, self.now)

    def first_traits(self) -> dict[str, Any]:
        """The traits when the history begins to count."""
        return known_traits(self.traits, self.history[: self.first])


class Question:
    """A lowered condition, and all nodes below it that a lead as a whole can be asked; ``also`` are more such nodes."""

    def __init__(self, root: n.Node, timezone: str, also: Sequence[n.Node] = ()) -> None:
        self.root = root
        self.number = {node: k for k, node in enumerate(dict.fromkeys((*_nodes(root), *also)))}
        self.probe = Probe(tuple(self.number), timezone)
        self.zone = Zone(timezone)

    def concerns(self, event: Event) -> bool:
        """Whether an event can matter to the condition."""
        names = self.probe.names
        return names is None or event.name in names or event.name == IDENTIFY

    def lead(self, stand: Stand) -> "Asked":
        """The answers for a lead."""
        return Asked(self, stand)


def _nodes(root: n.Node) -> Iterator[n.Node | n.Score]:
    """The root, and what is below it outside of ``with same``; scores inside too, because they are not split."""
    found: set[n.Node | n.Leaf] = set()
    waiting: list[n.Node | n.Leaf] = [root]
    while waiting:
        node = waiting.pop()
        if node in found or isinstance(node, n.Count | n.Aggregate):
            continue
        found.add(node)
        yield node
        match node:
            case n.Split():
                waiting += (inner for inner in walk([node.condition]) if isinstance(inner, n.Score))
            case _:
                waiting += children(node)


@attrs.define
class Truth:
    """When a node was true: its past spans, its present value, and since when it has had it."""

    holds: bool = False
    since: int | None = None
    past: list[Span] = attrs.field(factory=list)

    def note(self, holds: bool, now: int) -> None:
        """Its value at an instant."""
        if holds != self.holds:
            if not holds and self.since != now:
                self.past.append(Span(self.since, now))
            self.holds, self.since = holds, now


class Asked:
    """The answers for one lead at its instant. ``trial`` must be forked before it goes on."""

    def __init__(self, question: Question, stand: Stand) -> None:
        self.question = question
        self.now = stand.now
        self.view = stand.view
        self.trial = question.probe.begin(stand.first_traits())
        self._truths = {k: Truth() for node, k in question.number.items() if not isinstance(node, n.Score)}
        self._until: dict[int, int | None] = {}
        self._dues: list[int] | None = None
        placed = self.view.placed
        # A lead's timeline begins at its first event, whatever it is, and again with a recycle.
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

    def _truth(self, node: n.Node) -> Truth:
        return self._truths[self.question.number[node]]

    def holds(self, node: n.Node) -> bool:
        """Whether a node holds now."""
        return self._truth(node).holds

    def since(self, node: n.Node) -> int | None:
        """Since when it has had this value; None: from the beginning."""
        return self._truth(node).since

    def spans(self, node: n.Node) -> tuple[Span, ...]:
        """When a node was true; the last span is open if it is true now."""
        truth = self._truth(node)
        return (*truth.past, Span(truth.since, None)) if truth.holds else tuple(truth.past)

    def until(self, node: n.Node) -> int | None:
        """When it changes next if nothing happens; None: never."""
        self.dues()
        return self._until.get(self.question.number[node])

    def dues(self) -> list[int]:
        """The instants at which some node changes if nothing happens."""
        if self._dues is None:
            self._dues = []
            left = {k: truth.holds for k, truth in self._truths.items()}
            ahead = self.trial.fork()
            for instant in ahead.future(DUES):
                changed = [k for k, held in left.items() if ahead.holds(k, instant) != held]
                for k in changed:
                    self._until[k] = instant
                    del left[k]
                if changed:
                    self._dues.append(instant)
                if not left:
                    break
        return self._dues

    def evidence(self) -> list[Event]:
        """The evidence of the condition, if it holds."""
        return self.trial.evidence(0, self.now)

    def points(self, score: n.Score) -> int:
        """A score in millionths."""
        return self.trial.points(self.question.number[score], self.now)

    def place(self) -> "Place":
        """Where a search begins: here, now."""
        return Place(self.question, self.trial, self.view, self.now)


@attrs.frozen(eq=False)
class Place:
    """An instant of one lead from which things may go on; with ``split`` in one part of it.

    ``trial`` is at that instant; fork it before going on.
    """

    question: Question
    trial: Trial
    view: View
    now: int
    split: n.Split | None = None
    value: Any = None
    """The value of the property that makes the part, as an event has it."""
    cells: Cells | None = None

    def holds(self, node: n.Node) -> bool:
        """Whether a node holds here."""
        if self.split is None:
            return self.trial.holds(self.question.number[node], self.now)
        return self.trial.in_part(self.split, node)(self.cells or [], self.now)

    def later(self, now: int) -> "Place":
        """The same lead later, if nothing happens until then."""
        trial = self.trial.fork()
        trial.pass_until(now)
        return Place(self.question, trial, View(self.view.placed, now), now)

    def part(self, split: n.Split, key: Key, value: Any) -> "Place":
        """The part of a value, which may have no event yet."""
        view = self.view.whole.parts(split.path).get(key) or View((), self.now, self.view.whole)
        cells = self.trial.parts(split).get(key)
        if cells is None:
            cells = self.trial.fresh_part(split, key)
        return Place(self.question, self.trial, view, self.now, split, value, cells)

    def whole(self) -> "Place":
        """The lead as a whole."""
        return Place(self.question, self.trial, self.view.whole, self.now) if self.split is not None else self
