"""Events that would lie on each other share a mark."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from mqlrules.explain.timeline.grouping import Marks, groups, numbers, short
from mqlrules.explain.timeline.model import Occurrence

MARKS = Marks(single=10, numbered=lambda count: 12 + 7 * len(short(count)), widest=46)


@given(st.lists(st.tuples(st.integers(0, 2000), st.lists(st.integers(1, 9), max_size=2)), max_size=300))
def test_each_event_stands_in_one_mark_and_marks_do_not_touch(drawn: list[tuple[int, list[int]]]) -> None:
    occurrences = [Occurrence(at, tuple(sorted(set(moves)))) for at, moves in sorted(drawn)]
    found = groups(occurrences, lambda at: at / 2, MARKS)
    assert len(occurrences) == sum(group.count for group in found)
    assert all(a.right <= b.left + 1e-9 for a, b in itertools.pairwise(found))
    left = occurrences
    for group in found:
        members, left = left[: group.count], left[group.count :]
        assert (members[0].at, members[-1].at) == (group.first, group.last)
        assert {number for member in members for number in member.moves} == set(group.moves)
        # A mark reaches over its events, and has room for its number.
        assert group.right - group.left >= (9 if group.count == 1 else min(MARKS.numbered(group.count), 44))


def test_events_far_apart_stay_alone() -> None:
    found = groups([Occurrence(0), Occurrence(11), Occurrence(40)], float, MARKS)
    assert [1, 1, 1] == [group.count for group in found]


def test_numbers_of_moves_are_told_in_short() -> None:
    assert ["", "1", "1, 2", "1–3", "1–3, 7, 9, 10"] == [
        numbers(moves) for moves in ([], [1], [1, 2], [1, 2, 3], [1, 2, 3, 7, 9, 10])
    ]


def test_large_numbers_are_told_in_four_characters() -> None:
    counts = (1, 999, 1000, 9_999, 10_000, 123_456, 2_500_000)
    assert ["1", "999", "1.0k", "9.9k", "10k", "123k", "2.5M"] == [short(count) for count in counts]
