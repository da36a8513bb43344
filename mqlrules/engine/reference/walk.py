"""What a program asks for as a whole (section 8): the instants at which time alone can change it, and the names of
events that it uses.
"""

from collections.abc import Sequence

import attrs

from mqlrules.check.program import (
    Absent,
    Alternative,
    Condition,
    EventLine,
    Program,
    Restriction,
)
from mqlrules.check.walk import nodes
from mqlrules.engine.reference.scores import halved
from mqlrules.events.model import Event
from mqlrules.language.names import IDENTIFY


def dues(program: Program, history: Sequence[Event], condition: Condition | None = None) -> set[int]:
    """The instants at which time alone can change a condition or a score of the program.

    The end of a window, the entry into ``older than``, a deadline, a halving step (all of them until nothing is left).
    A ``when STAGE for D`` runs from a stage's begin and is not among them.
    """
    found: set[int] = set()
    for node in nodes((program.rules, program.segments, program.scores, condition)):
        match node:
            case Restriction(record=record, argument=argument):
                moves = [move for move in (record.enters, record.leaves) if move is not None]
                found.update(move(event.at, argument) for event in history for move in moves)
            case Absent(lasting=int(lasting)):
                found.update(event.at + lasting for event in history)
            case EventLine(points=points, halving=int(halving)):
                age = 0
                while halved(points, halving, age) != 0:
                    age += halving
                    found.update(event.at + age for event in history)
    return found


@attrs.frozen
class Uses:
    """The normalised event names that some rule, segment or score uses; None stands for ``activity`` (section 8)."""

    names: frozenset[str | None]

    def event(self, name: str) -> bool:
        """Whether events of this name are used; ``activity`` uses every name but ``identify``."""
        return name in self.names or (None in self.names and name != IDENTIFY)


def uses(program: Program) -> Uses:
    """What a rule set uses, whatever the ``where``, through definitions that are in use."""
    found = nodes((program.rules, program.segments, program.scores))
    return Uses(frozenset(node.name for node in found if isinstance(node, Alternative)))
