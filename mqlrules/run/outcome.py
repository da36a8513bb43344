"""What comes out of a run, in order of time, lead and position (section 8): as objects, and as tables piece by piece.

Small outcomes are lists; ``mqlrules.run.spilled_results`` has large ones.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

import attrs
import polars as pl

from mqlrules.engine.results import Transition
from mqlrules.run.frames import held_frame, transitions_frame
from mqlrules.run.incremental_run import Held

Result = Transition | Held


@attrs.frozen
class Tally:
    """How many results each rule has; of transitions also how many moves go into a stage and out of it, and how many
    leads have ever come to it.
    """

    by_rule: Mapping[str, int]
    into: Mapping[str, int]
    out_of: Mapping[str, int]
    reached: Mapping[str, int]


class Outcome(Protocol):
    """Results in order. It may be gone through more than once."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[Result]: ...

    def frames(self) -> Iterator[pl.DataFrame]:
        """The columns that ``RuleSet.run`` gives, and ``evidence`` where it was asked for; one piece at least."""

    def tally(self) -> Tally:
        """What they come to."""


@attrs.frozen(eq=False)
class Listed:
    """Results that are a list. ``each_rule``: they are ``Held``. ``evidence``: tables have it, too."""

    results: Sequence[Result]
    each_rule: bool
    evidence: bool = False

    def __len__(self) -> int:
        return len(self.results)

    def __iter__(self) -> Iterator[Result]:
        return iter(self.results)

    def frames(self) -> Iterator[pl.DataFrame]:
        """All of them, as one piece."""
        if self.each_rule:
            yield held_frame([result for result in self.results if isinstance(result, Held)])
        else:
            yield transitions_frame(
                [result for result in self.results if isinstance(result, Transition)], self.evidence
            )

    def tally(self) -> Tally:
        """What they come to."""
        moves = [result for result in self.results if isinstance(result, Transition)]
        return Tally(
            Counter(result.rule for result in self.results),
            Counter(move.to_stage for move in moves),
            Counter(move.from_stage for move in moves),
            Counter(stage for _, stage in {(move.lead, move.to_stage) for move in moves}),
        )


def whole(outcome: Outcome) -> pl.DataFrame:
    """All results as one table."""
    return pl.concat(outcome.frames())
