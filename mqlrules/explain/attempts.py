"""How far a sequence has come: for each number of steps the latest choice that fits them (section 6).

Of two choices for the same steps the later one leaves every limit open for longer, so each step takes the latest choice
before it that fits. Unlike an engine this looks back, at one instant, at visible events alone.
"""

from bisect import bisect_left, bisect_right

import attrs

from mqlrules.engine.reference.visible import Placed
from mqlrules.explain.view import Seen
from mqlrules.plan import nodes as n


@attrs.frozen(eq=False)
class Attempt:
    """A choice for the first steps. ``events`` are those of its last step, ``before`` the choice up to it."""

    events: tuple[Placed, ...]
    before: "Attempt | None"

    @property
    def end(self) -> Placed:
        """The event that completes its last step."""
        return self.events[-1]

    def all_events(self) -> list[Placed]:
        """The events of all its steps, in order."""
        return [*([] if self.before is None else self.before.all_events()), *self.events]

    @property
    def start(self) -> Placed:
        """Its first event."""
        return self.events[0] if self.before is None else self.before.start


def attempts(sequence: n.Sequence, seen: Seen) -> list[Attempt | None]:
    """For 1, 2, … steps the latest choice, or None where there is none; the quiet time after the last step is not
    asked for.
    """
    return [ends[-1] if ends else None for ends in _ends(sequence, seen)]


def completed(sequence: n.Sequence, seen: Seen) -> Attempt | None:
    """The latest choice for all steps after which the last quiet time, if there is one, has passed: its evidence."""
    final = sequence.final
    noise = () if final is None else seen.matching(final.pattern)
    for attempt in reversed(_ends(sequence, seen)[-1]):
        if final is None or (
            attempt.end.event.at + final.lasting <= seen.now and breaking(final, attempt.end, noise) is None
        ):
            return attempt
    return None


def _ends(sequence: n.Sequence, seen: Seen) -> list[list[Attempt]]:
    """For 1, 2, … steps the latest choice for each event that can end them."""
    found: list[list[Attempt]] = []
    for k, step in enumerate(sequence.steps):
        matching = seen.visible(step.pattern, sequence.interval)
        positions = [one.position for one in matching]
        if k == 0:
            many = step.count
            ends = [Attempt(tuple(matching[at + 1 - many : at + 1]), None) for at in range(many - 1, len(matching))]
        else:
            blocks = [] if step.absent is None else seen.visible(step.absent, sequence.interval)
            ends = _continued(step, found[-1], matching, positions, [one.position for one in blocks], seen)
        found.append(ends)
    return found


def _continued(
    step: n.Step, before: list[Attempt], matching: list[Placed], positions: list[int], blocks: list[int], seen: Seen
) -> list[Attempt]:
    noise = [] if step.quiet is None else list(seen.matching(step.quiet.pattern))
    ends = [one.end.position for one in before]
    found = []
    for at, completing in enumerate(matching):
        if at + 1 < step.count:
            continue
        limit = positions[at + 1 - step.count]
        for k in range(bisect_left(ends, limit) - 1, -1, -1):
            elapsed = completing.event.at - before[k].end.event.at
            if step.within is not None and elapsed >= step.within:
                break
            if blocks and bisect_left(blocks, completing.position) > bisect_right(blocks, ends[k]):
                break
            if elapsed < step.after or not _quiet(step.quiet, before[k].end, completing.event.at, noise):
                continue
            found.append(Attempt(tuple(matching[at + 1 - step.count : at + 1]), before[k]))
            break
    return found


def _quiet(quiet: n.Quiet | None, after: Placed, until: int, noise: list[Placed]) -> bool:
    if quiet is None:
        return True
    end = after.event.at + quiet.lasting
    return until >= end and breaking(quiet, after, noise) is None


def breaking(quiet: n.Quiet, after: Placed, noise: "list[Placed] | tuple[Placed, ...]") -> Placed | None:
    """The first event that breaks the quiet time after an event."""
    end = after.event.at + quiet.lasting
    first = bisect_right(noise, after.position, key=lambda one: one.position)
    return noise[first] if first < len(noise) and noise[first].event.at < end else None


def open_end(sequence: n.Sequence, attempt: Attempt, done: int) -> int | None:
    """When an attempt that has done so many steps runs out: the next step must come before. None: never."""
    limits = []
    if sequence.interval.within is not None:
        limits.append(attempt.start.event.at + sequence.interval.within)
    if sequence.interval.during is not None:
        limits.append(sequence.interval.during[1])
    if done < len(sequence.steps) and (within := sequence.steps[done].within) is not None:
        limits.append(attempt.end.event.at + within)
    return min(limits, default=None)
