"""Close names: which of the names that exist an author may have meant.

Names are compared normalised. A slip is one letter too many, one missing, one wrong, or two neighbours swapped.
"""

from collections.abc import Iterable
from itertools import islice

import attrs

from mqlrules.check import limits
from mqlrules.language.names import normalise

_LONGEST = 80


@attrs.define(eq=False)
class Suggestions:
    """Finds close names, but not without end: to search all names for each error would take quadratic time.

    ``left`` is how many names may still be looked at.
    """

    left: int = limits.SUGGESTIONS

    def closest(self, name: str, candidates: Iterable[str]) -> str | None:
        """The candidate that an author who wrote ``name`` may have meant, as the candidates spell it, or None."""
        looked_at = list(islice(candidates, self.left))
        self.left -= len(looked_at)
        return closest(name, looked_at)


def closest(name: str, candidates: Iterable[str]) -> str | None:
    """The first candidate with the fewest slips, if they are few; else one with the same words in another order."""
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
        slips = _distance(wanted, known, allowed)
        if slips is not None and slips < len(wanted) and (best is None or slips < allowed):
            best, allowed = candidate, slips
    return best if best is not None else reordered


def _distance(a: str, b: str, allowed: int) -> int | None:
    """The number of slips between two names, or None if it is more than allowed."""
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


def is_slip(a: str, b: str) -> bool:
    """Whether two normalised names differ by one slip that is likely a typing mistake.

    A digit is no slip (``step 1``, ``step 2``), nor is a change in a word of up to three letters (``plan a``).
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


class SlipIndex:
    """Names, found by those one slip away in time that does not grow with their number.

    Two names one slip apart become equal when a letter is left out of one of them, or of both (of a swap too).
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._shortened: dict[str, list[str]] = {}
        for name in names:
            for form in _with_one_letter_less(name):
                self._shortened.setdefault(form, []).append(name)

    def find(self, name: str) -> str | None:
        """A name of the index one slip away from this normalised name, if there is one."""
        if len(name) > _LONGEST:
            return None
        for form in _with_one_letter_less(name):
            for known in self._shortened.get(form, ()):
                if is_slip(name, known):
                    return known
        return None


def _with_one_letter_less(name: str) -> Iterable[str]:
    yield name
    if len(name) <= _LONGEST:
        for at in range(len(name)):
            yield name[:at] + name[at + 1 :]
