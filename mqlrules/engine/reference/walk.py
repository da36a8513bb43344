"""What is asked of a program as a whole (section 8): which durations, which event names."""

import attrs

from mqlrules.check.program import (
    Absent,
    Alternative,
    Condition,
    EventLine,
    OlderThan,
    Program,
    Within,
)
from mqlrules.check.walk import nodes
from mqlrules.engine.reference.scores import halved
from mqlrules.language.names import IDENTIFY


def waits(program: Program, condition: Condition | None = None) -> frozenset[int]:
    """How long after an event (microseconds) time alone can change a condition or a score of the program.

    The end of a window, the entry into ``older than``, a deadline, a halving step (all of them until nothing is left).
    A ``when STAGE for D`` runs from a stage's begin and is not among them.
    """
    found: set[int] = set()
    for node in nodes((program.rules, program.segments, program.scores, condition)):
        match node:
            case Within(duration=duration) | OlderThan(duration=duration):
                found.add(duration)
            case Absent(lasting=int(lasting)):
                found.add(lasting)
            case EventLine(points=points, halving=int(halving)):
                age = 0
                while halved(points, halving, age) != 0:
                    age += halving
                    found.add(age)
    return frozenset(found)


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
