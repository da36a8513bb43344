"""Rows of a partition as histories."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mqlrules.engine.columnar.batch import batch_of

TIMES = st.integers(-5, 5) | st.integers(-(10**17), 10**17)


@given(st.lists(st.tuples(st.integers(0, 6), TIMES), max_size=200), st.sampled_from([1, 3]), st.integers(0, 2))
def test_by_lead_then_time_then_arrival(rows: list[tuple[int, int]], parts: int, rest: int) -> None:
    rest = rest if parts == 3 else 0
    lead = np.array([lead * parts + rest for lead, _ in rows], np.int32)
    time = np.array([time for _, time in rows], np.int64)
    batch = batch_of({"lead": lead, "time": time, "row": np.arange(len(rows))}, parts)
    expected = sorted(range(len(rows)), key=lambda row: (lead[row], time[row], row))
    assert expected == batch.columns["row"].tolist()
    assert [int(time[row]) for row in expected] == batch.times.tolist()
    assert sorted(set(lead.tolist())) == batch.leads.tolist()
    of_rows = np.repeat(batch.leads, np.diff(batch.offsets))
    assert [int(lead[row]) for row in expected] == of_rows.tolist()


@pytest.mark.parametrize("shuffled", [True, False])
def test_one_long_history(shuffled: bool) -> None:
    chance = np.random.default_rng(2)
    time = np.sort(chance.integers(0, 20_000, 50_000))
    if shuffled:
        chance.shuffle(time)
    batch = batch_of({"lead": np.zeros(50_000, np.int32), "time": time, "row": np.arange(50_000)}, 1)
    assert np.argsort(time, kind="stable").tolist() == batch.columns["row"].tolist()


def test_of_one_id_and_one_name_the_first_counts() -> None:
    rows = {
        "lead": np.zeros(6, np.int32),
        "time": np.array([5, 1, 2, 3, 4, 6]),
        "name": np.array([0, 0, 1, 0, 0, 0], np.int32),
        "id0": np.array([7, 7, 7, 7, 0, 7]),
        "id1": np.array([1, 1, 1, 2, 0, 1]),
        "row": np.arange(6),
    }
    # Row 1 is first with its id and name; row 2 has another name, row 3 another id, row 4 none.
    assert [1, 2, 3, 4] == batch_of(rows, 1).columns["row"].tolist()


def test_a_batch_in_pieces_of_some_leads() -> None:
    rows = {"lead": np.array([0, 1, 1, 2, 3], np.int32), "time": np.arange(5), "row": np.arange(5)}
    pieces = list(batch_of(rows, 1).in_pieces(2))
    assert [[0, 1], [2, 3]] == [piece.leads.tolist() for piece in pieces]
    assert [[0, 1, 3], [0, 1, 2]] == [piece.offsets.tolist() for piece in pieces]
    assert [[0, 1, 2], [3, 4]] == [piece.columns["row"].tolist() for piece in pieces]
