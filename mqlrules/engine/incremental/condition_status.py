"""How leads stand to conditions outside the lifecycle: when each held first, and whether it holds at the end.

Only the events that the conditions ask for have to be handed in: all others move nothing. What the first event of a
lead begins, whatever it is, is told apart from them.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import attrs

from mqlrules.check.program import Program
from mqlrules.engine.incremental.compile import Machine, Root
from mqlrules.engine.incremental.joining import joined
from mqlrules.engine.incremental.probe import Asking, Questions
from mqlrules.engine.incremental.state import Entry
from mqlrules.events.traits import learn
from mqlrules.language.names import IDENTIFY
from mqlrules.plan import nodes as n
from mqlrules.plan.lower import patterns_of, walk


@attrs.frozen
class Standing:
    """When a condition held first of a lead (microseconds; None: never), and whether it holds at the end."""

    first: int | None
    holds: bool


class Standings:
    """Asks conditions of one lead after another.

    ``names`` are the normalised names of the events to hand in, None for all of them. Without ``of_nothing`` a lead
    that has none of these events has nothing to be asked: no condition ever holds of it.
    """

    def __init__(self, program: Program, conditions: Sequence[n.Node]) -> None:
        self._questions = Questions(program, conditions)
        self.names = names_asked(conditions)
        self.of_nothing = bool(self._questions.of_nothing)

    def of(self, begins: int, entries: Iterable[Entry], traits: Mapping[str, Any], as_of: int) -> list[Standing]:
        """The standing of one lead to each condition, in their order.

        ``begins`` is the time of its first event, of any name; ``entries`` are time, position from 1 and event of those
        to hand in, none after ``as_of``.
        """
        questions = self._questions
        first: list[int | None] = [None] * len(questions.asked)
        lead = questions.lead(traits)
        begun = False
        for entry in entries:
            at, position, event = entry
            if not begun:
                begun = True
                if position > 1:
                    questions.look(questions.of_nothing, lead, begins, first)
            while lead.timers.due <= at:
                questions.fall_due(lead, first)
            if event.name == IDENTIFY:
                learn(lead.traits, event)
            update, concerned = questions.handler(event.name)
            update(lead.cells, entry)
            questions.look(concerned, lead, at, first)
            if position == 1:
                questions.look(questions.of_nothing, lead, at, first)
        if not begun:
            questions.look(questions.of_nothing, lead, begins, first)
        while lead.timers.due <= as_of and None in first:
            questions.fall_due(lead, first)
        return [
            Standing(at, at is not None and asked.condition(lead.cells, as_of))
            for at, asked in zip(first, questions.asked, strict=True)
        ]


class ScoreValues:
    """Asks a score of one lead after another. ``names`` are the normalised names of the events to hand in, or None."""

    def __init__(self, program: Program, score: n.Score) -> None:
        self._machine = Machine([Root(score, ())], program.timezone)
        self._updates: dict[str, Any] = {}
        self.names = names_asked([score])

    def of(self, entries: Iterable[Entry], traits: Mapping[str, Any], as_of: int) -> int:
        """The value at ``as_of`` in millionths; ``entries`` are as those of ``Standings``."""
        lead = Asking(traits)
        lead.cells = cells = self._machine.fresh(lead)
        for entry in entries:
            name = entry[2].name
            update = self._updates.get(name)
            if update is None:
                update = self._updates[name] = joined(self._machine.scope.updates(name))
            if name == IDENTIFY:
                learn(lead.traits, entry[2])
            update(cells, entry)
        return int(self._machine.asked[0].condition(cells, as_of))


def names_asked(roots: Sequence[n.Node | n.Score]) -> frozenset[str] | None:
    """The normalised names of the events that conditions and scores ask for; None where ``activity`` asks for all."""
    names = {alternative.name for pattern in patterns_of(list(roots)) for alternative in pattern.alternatives}
    if any(isinstance(node, n.Trait) for node in walk(list(roots))):
        names.add(IDENTIFY)
    if None in names:
        return None
    return frozenset(name for name in names if name is not None)
