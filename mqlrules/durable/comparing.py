"""The transitions of a lead that was made anew, beside those that had been made before.

Two are the same if their stages, instant and rule are; of the same ones as many stand as were made.
"""

from collections.abc import Sequence

import attrs

from mqlrules.durable.protocol import ACKNOWLEDGED, PENDING, BaseRow, TransitionRow
from mqlrules.durable.records import transition_of
from mqlrules.engine.results import Transition

MADE = (PENDING, ACKNOWLEDGED)
"""The statuses of transitions that have not been withdrawn."""

Pair = tuple[TransitionRow, Transition]


@attrs.frozen
class Compared:
    """``standing``: made before and now, as they are made now; ``gone``: made before alone; ``new``: made now alone.

    ``behind`` rest on events that have been dropped: they stand, and nothing is said of them.
    """

    standing: tuple[Pair, ...]
    gone: tuple[Pair, ...]
    new: tuple[Transition, ...]
    behind: tuple[TransitionRow, ...]


def compare(made: Sequence[Transition], before: Sequence[TransitionRow], base: BaseRow | None) -> Compared:
    """What is made now, beside what was recorded; ``base`` is where the history began for it."""
    recorded: dict[tuple[str, str, int, str], list[Pair]] = {}
    behind: list[TransitionRow] = []
    for old in sorted(before, key=lambda old: old.id):
        if base is not None and old.instant <= base.until and old.id <= base.last:
            behind.append(old)
        elif old.status in MADE:
            transition = transition_of(old)
            recorded.setdefault(_key(transition), []).append((old, transition))
    standing: list[Pair] = []
    new: list[Transition] = []
    for transition in made:
        known = recorded.get(_key(transition))
        if known:
            standing.append((known.pop(0)[0], transition))
        else:
            new.append(transition)
    gone = sorted((pair for left in recorded.values() for pair in left), key=lambda pair: pair[0].id)
    return Compared(tuple(standing), tuple(gone), tuple(new), tuple(behind))


def _key(transition: Transition) -> tuple[str, str, int, str]:
    return transition.from_stage, transition.to_stage, transition.instant, transition.rule
