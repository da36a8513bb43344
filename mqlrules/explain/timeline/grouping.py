"""Grouping events that would be drawn on top of each other."""

import itertools
from collections.abc import Callable, Sequence

import attrs

from mqlrules.explain.timeline.model import Occurrence


@attrs.frozen
class Group:
    """Events drawn as one mark, from ``left`` to ``right``.

    ``first`` and ``last`` are the instants of its first and last event, ``moves`` the moves that any of them is
    evidence of.
    """

    first: int
    last: int
    count: int
    moves: tuple[int, ...]
    left: float
    right: float


@attrs.frozen
class Marks:
    """How wide marks are: ``single`` of one event, ``numbered`` of a group with its number.

    ``widest`` is how far apart events of a group may be. Denser events are cut, from ``start`` on, into pieces of that
    width, which must have room for any number.
    """

    single: float
    numbered: Callable[[int], float]
    widest: float
    start: float = 0


def groups(occurrences: Sequence[Occurrence], place: Callable[[int], float], marks: Marks) -> list[Group]:
    """The events of a row, in order of time, as marks that don't touch; ``place`` gives the x of an instant."""
    places = [place(occurrence.at) for occurrence in occurrences]
    made: list[tuple[int, int]] = []
    for index in range(len(occurrences)):
        made.append((index, index + 1))
        while len(made) > 1 and _reach(places, *made[-2], marks)[1] > _reach(places, *made[-1], marks)[0]:
            made[-2:] = [(made[-2][0], made[-1][1])]
    if all(places[end - 1] - places[start] <= marks.widest for start, end in made):
        return [_group(occurrences[start:end], *_reach(places, start, end, marks)) for start, end in made]
    found = []
    pieces = itertools.groupby(range(len(places)), key=lambda index: (places[index] - marks.start) // marks.widest)
    for piece, indices in pieces:
        members = list(indices)
        start, end = members[0], members[-1] + 1
        edge = marks.start + piece * marks.widest
        left, right = _reach(places, start, end, marks)
        left, right = max(left, edge + 1), min(right, edge + marks.widest - 1)
        if end - start > 1 and right - left < marks.numbered(end - start):
            left, right = edge + 1, edge + marks.widest - 1
        found.append(_group(occurrences[start:end], left, right))
    return found


def _reach(places: Sequence[float], start: int, end: int, marks: Marks) -> tuple[float, float]:
    """The left and right end of a mark for the events from ``start`` up to ``end``."""
    first, last = places[start], places[end - 1]
    wide = max(last - first + marks.single, 0 if end - start == 1 else marks.numbered(end - start))
    return (first + last - wide) / 2, (first + last + wide) / 2


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
    return ", ".join(str(a) if a == b else f"{a}, {b}" if b == a + 1 else f"{a}–{b}" for a, b in runs)


def short(count: int) -> str:
    """A number in at most four characters: ``12``, ``999``, ``1.2k``, ``48k``."""
    if count < 1000:
        return str(count)
    size, letter = (1_000_000, "M") if count >= 1_000_000 else (1000, "k")
    return f"{count * 10 // size / 10}{letter}" if count < 10 * size else f"{count // size}{letter}"
