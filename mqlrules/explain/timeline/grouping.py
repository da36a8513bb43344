"""Events that would be drawn on top of each other, put into groups."""

from collections.abc import Callable, Iterator, Sequence

import attrs

from mqlrules.explain.timeline.model import Occurrence

Place = Callable[[int], float]
"""Where an instant stands on the axis, in units of the drawing."""


@attrs.frozen
class Group:
    """Events that are drawn as one mark, which reaches from ``left`` to ``right``.

    ``first`` and ``last`` are their instants, ``moves`` those that any of them is evidence of.
    """

    first: int
    last: int
    count: int
    moves: tuple[int, ...]
    left: float
    right: float


@attrs.frozen
class Marks:
    """How wide marks are: ``single`` that of one event, ``numbered`` that of a group with its number in it.

    ``widest`` is the most that events of one group may lie apart. Where they are denser the row is cut, from ``start``
    on, into equal pieces of that width, which must have room for any number.
    """

    single: float
    numbered: Callable[[int], float]
    widest: float
    start: float = 0


def groups(occurrences: Sequence[Occurrence], place: Place, marks: Marks) -> list[Group]:
    """The events of a row, in order of time, as marks that don't touch."""
    places = [place(occurrence.at) for occurrence in occurrences]
    made: list[tuple[int, int]] = []
    for index in range(len(occurrences)):
        made.append((index, index + 1))
        while len(made) > 1 and _reach(places, *made[-2], marks)[1] > _reach(places, *made[-1], marks)[0]:
            made[-2:] = [(made[-2][0], made[-1][1])]
    if all(places[end - 1] - places[start] <= marks.widest for start, end in made):
        return [_group(occurrences[start:end], *_reach(places, start, end, marks)) for start, end in made]
    found = []
    for start, end in _pieces(places, marks):
        left, right = _reach(places, start, end, marks)
        edge = marks.start + (places[start] - marks.start) // marks.widest * marks.widest
        left, right = max(left, edge + 1), min(right, edge + marks.widest - 1)
        if end - start > 1 and right - left < marks.numbered(end - start):
            left, right = edge + 1, edge + marks.widest - 1
        found.append(_group(occurrences[start:end], left, right))
    return found


def _reach(places: Sequence[float], start: int, end: int, marks: Marks) -> tuple[float, float]:
    """From where to where a mark reaches that stands for the events from ``start`` up to ``end``."""
    first, last = places[start], places[end - 1]
    wide = max(last - first + marks.single, 0 if end - start == 1 else marks.numbered(end - start))
    return (first + last - wide) / 2, (first + last + wide) / 2


def _pieces(places: Sequence[float], marks: Marks) -> Iterator[tuple[int, int]]:
    numbers = [(place - marks.start) // marks.widest for place in places]
    start = 0
    for index in range(1, len(places) + 1):
        if index == len(places) or numbers[index] != numbers[start]:
            yield start, index
            start = index


def _group(members: Sequence[Occurrence], left: float, right: float) -> Group:
    moves = sorted({number for member in members for number in member.moves})
    return Group(members[0].at, members[-1].at, len(members), tuple(moves), left, right)


def numbers(moves: Sequence[int]) -> str:
    """Numbers in short: ``1``, ``1, 2``, ``1–4, 7``."""
    runs: list[list[int]] = []
    for number in moves:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    words = (str(a) if a == b else f"{a}, {b}" if b == a + 1 else f"{a}–{b}" for a, b in runs)
    return ", ".join(words)


def short(count: int) -> str:
    """A number in at most four characters: ``12``, ``999``, ``1.2k``, ``48k``."""
    if count < 1000:
        return str(count)
    for size, letter in ((1_000_000, "M"), (1000, "k")):
        if count >= size:
            return f"{count * 10 // size / 10}{letter}" if count < 10 * size else f"{count // size}{letter}"
    raise AssertionError(count)
