"""Suggestions for unknown names: the existing name that an author most likely meant.

Names are compared normalised. A typo is one letter too many, missing or wrong, or two neighbours swapped.
"""

from collections.abc import Iterable
from itertools import islice
from typing import overload

import attrs

from mqlrules.language.names import normalise

_LONGEST = 80
_MOST = 20_000


@attrs.define(eq=False)
class Suggestions:
    """Finds close names within a budget: searching every name for every error would take quadratic time.

    ``left`` is how many more names may be compared.
    """

    left: int = _MOST

    def closest(self, name: str, candidates: Iterable[str]) -> str | None:
        """The candidate that an author who wrote ``name`` may have meant, as the candidates spell it, or None."""
        looked_at = list(islice(candidates, self.left))
        self.left -= len(looked_at)
        return closest(name, looked_at)


@overload
def did_you_mean(close: str | None, otherwise: str) -> str: ...
@overload
def did_you_mean(close: str | None, otherwise: None = None) -> str | None: ...
def did_you_mean(close: str | None, otherwise: str | None = None) -> str | None:
    """The hint that names a close name, or another hint where there is no close name."""
    return otherwise if close is None else f"Did you mean `{close}`?"


def closest(name: str, candidates: Iterable[str]) -> str | None:
    """The first candidate with the fewest typos, if they are few; else one with the same words in another order."""
    wanted = normalise(name)
    if not wanted or len(wanted) > _LONGEST:
        return None
    allowed = 1 if len(wanted) <= 4 else 2 if len(wanted) <= 9 else 3
    best: str | None = None
    reordered: str | None = None
    words = sorted(wanted.split())
    for candidate in candidates:
        known = normalise(candidate)
        if known == wanted:
            return candidate
        if len(words) > 1 and reordered is None and sorted(known.split()) == words:
            reordered = candidate
        if abs(len(known) - len(wanted)) > allowed or len(known) > _LONGEST:
            continue
        typos = _distance(wanted, known, allowed)
        if typos is not None and typos < len(wanted) and (best is None or typos < allowed):
            best, allowed = candidate, typos
    return best if best is not None else reordered


def _distance(a: str, b: str, allowed: int) -> int | None:
    """The number of typos between two names, or None if it is more than allowed."""
    before: list[int] = []
    previous = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        row = [i]
        for j, y in enumerate(b, 1):
            cost = min(previous[j] + 1, row[j - 1] + 1, previous[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        if min(row) > allowed:
            return None
        before, previous = previous, row
    return previous[-1] if previous[-1] <= allowed else None


def is_typo(a: str, b: str) -> bool:
    """Whether two normalised names differ by one likely typo.

    A changed digit isn't one (``step 1``, ``step 2``), nor is a change in a word of up to three letters (``plan a``).
    """
    if a == b or abs(len(a) - len(b)) > 1:
        return False
    start = 0
    while start < min(len(a), len(b)) and a[start] == b[start]:
        start += 1
    end = 0
    while end < min(len(a), len(b)) - start and a[len(a) - 1 - end] == b[len(b) - 1 - end]:
        end += 1
    in_a, in_b = a[start : len(a) - end], b[start : len(b) - end]
    if max(len(in_a), len(in_b)) > 1 and not (len(in_a) == 2 and in_a == in_b[::-1]):
        return False
    if any(c.isdigit() for c in in_a + in_b):
        return False
    longer = max(a, b, key=len)
    word_start = longer.rfind(" ", 0, start) + 1
    word_end = longer.find(" ", start + 1)
    return (word_end if word_end >= 0 else len(longer)) - word_start > 3


class TypoIndex:
    """An index of names that finds one a typo away in time that doesn't grow with their number.

    Two names one typo apart become equal when one letter is left out of one or both of them, swaps included.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._shortened: dict[str, list[str]] = {}
        for name in names:
            for form in _with_one_letter_less(name):
                self._shortened.setdefault(form, []).append(name)

    def find(self, name: str) -> str | None:
        """A name of the index one typo away from this normalised name, or None."""
        if len(name) > _LONGEST:
            return None
        for form in _with_one_letter_less(name):
            for known in self._shortened.get(form, ()):
                if is_typo(name, known):
                    return known
        return None


def _with_one_letter_less(name: str) -> Iterable[str]:
    yield name
    if len(name) <= _LONGEST:
        for at in range(len(name)):
            yield name[:at] + name[at + 1 :]
