"""Rows in partitions come back as they were added, whether they waited in memory or in a file."""

import errno
import tempfile
from pathlib import Path

import pytest

np = pytest.importorskip("numpy")

from mqlrules.engine.columnar.partitions import Partitions  # noqa: E402 - needs numpy
from mqlrules.events.errors import DataError  # noqa: E402

COUNT = 5
DICE = np.random.default_rng(1)


def chunk(rows: int):
    bounds = np.concatenate([[0], np.sort(DICE.integers(0, rows + 1, COUNT - 1)), [rows]]).astype(np.int64)
    columns = {
        "lead": DICE.integers(0, 1000, rows).astype(np.int32),
        "mark": DICE.integers(0, 2, rows).astype(np.uint8),
        "value": DICE.random(rows),
    }
    return columns, bounds


CHUNKS = [chunk(rows) for rows in (3000, 0, 1, 5000, 10, 4000)]


@pytest.mark.parametrize("budget", [2**40, 60_000, 1], ids=["in memory", "partly", "in the file"])
def test_a_partition_has_its_rows_in_the_order_in_which_they_were_added(budget):
    with Partitions(COUNT, budget) as parts:
        for columns, bounds in CHUNKS:
            parts.add(columns, bounds)
        assert (budget < 2**40) is parts.spilled
        for part in (3, 0, 4, 1, 2):
            taken = parts.take(part)
            for name in ("lead", "mark", "value"):
                expected = np.concatenate([c[name][bounds[part] : bounds[part + 1]] for c, bounds in CHUNKS])
                assert expected.dtype == taken[name].dtype
                assert expected.tolist() == taken[name].tolist()


def test_nothing_was_added():
    with Partitions(COUNT, 1) as parts:
        assert {} == parts.take(0)


def test_no_file_is_left(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with Partitions(COUNT, 1) as parts:
        parts.add(*CHUNKS[0])
        assert parts.spilled
        assert [] == list(tmp_path.iterdir())
    assert not parts.spilled


def test_a_full_disk_is_an_error_in_plain_words(monkeypatch):
    def full(**options):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    with pytest.raises(DataError, match="is full; events that don't fit"):
        Partitions(COUNT, 1).add(*CHUNKS[0])
