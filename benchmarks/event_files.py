"""Files of seeded events in any number, made once and kept in a folder outside the repository.

    python benchmarks/event_files.py copies|leads SOURCE TARGET NUMBER

``copies`` writes a file's events several times over, each time of other leads; ``leads`` gives its events to so many
leads. What the rules find in copies is known: what they find in the one, so many times.
"""

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from whole_process import succeed

MILLION = 1_000_000
EVENTS_OF_A_LEAD = 20
"""On average, as many leads as are asked for; some of them have no event."""

SLICE = 100_000
"""Rows of each copy that are shuffled into one another."""


def folder(given: Path | None) -> Path:
    """Where the files are kept: the folder that was named, or one for temporary files."""
    path = given or Path(tempfile.gettempdir()) / "mqlrules-benchmark"
    path.mkdir(parents=True, exist_ok=True)
    return path


def seeded(yardstick: Path, kept: Path, events: int, ids: str) -> Path:
    """The events of the yardstick's ``make_events.py``, in no order; ``ids`` of the leads are number or uuid."""
    target = kept / f"{ids}-{events}.parquet"
    leads = max(1, events // EVENTS_OF_A_LEAD)
    kind = {"number": "int", "uuid": "uuid"}[ids]
    numbers = ["--events", str(events), "--leads", str(leads), "--seed", "1", "--lead-ids", kind]
    return _made(target, [sys.executable, str(yardstick / "make_events.py"), *numbers, "--out"])


def copies(source: Path, kept: Path, number: int) -> Path:
    """The events of a file so many times, shuffled into one another, each time of other leads."""
    return _made(kept / f"{source.stem}-times-{number}.parquet", _rewrite("copies", source, number))


def spread(source: Path, kept: Path, leads: int) -> Path:
    """The events of a file as those of so many leads, with as many events each."""
    return _made(kept / f"{source.stem}-of-{leads}-leads.parquet", _rewrite("leads", source, leads))


def _rewrite(how: str, source: Path, number: int) -> list[str]:
    return [sys.executable, __file__, how, str(source), str(number)]


def _made(target: Path, command: list[str]) -> Path:
    """The file, made by a command that takes its name last, if it isn't there yet: whole or not at all."""
    if not target.exists():
        part = target.with_suffix(f".{os.getpid()}.part")
        try:
            succeed([*command, str(part)])
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
    return target


def _main(how: str, source: str, number: int, target: str) -> None:
    # Imported by the process that writes: what measures must stay small.
    import pyarrow.parquet as pq  # type: ignore[import-untyped]

    file = pq.ParquetFile(source)
    with pq.ParquetWriter(target, file.schema_arrow) as writer:
        for table in {"copies": _copies, "leads": _leads}[how](file, number):
            writer.write_table(table, row_group_size=500_000)


def _copies(file, number: int) -> Iterator:  # type: ignore[no-untyped-def, type-arg]
    """Tables of a slice of each copy; what is of one copy keeps its order, so that events of one time do."""
    import numpy as np
    import pyarrow as pa  # type: ignore[import-untyped]

    dice = np.random.default_rng(number)
    apart = max(file.metadata.row_group(k).column(0).statistics.max for k in range(file.num_row_groups)) + 1
    for batch in file.iter_batches(batch_size=SLICE):
        copy = dice.permutation(np.repeat(np.arange(number), len(batch)))
        row = np.empty(len(copy), np.int64)
        row[np.argsort(copy, kind="stable")] = np.tile(np.arange(len(batch)), number)
        table = pa.Table.from_batches([batch]).take(pa.array(row))
        leads = pa.array(table["lead"].to_numpy() + copy * apart)
        yield table.set_column(0, file.schema_arrow.field("lead"), leads)


def _leads(file, number: int) -> Iterator:  # type: ignore[no-untyped-def, type-arg]
    import numpy as np
    import pyarrow as pa

    done = 0
    for batch in file.iter_batches(batch_size=500_000):
        leads = pa.array(np.arange(done, done + len(batch)) % number)
        done += len(batch)
        yield pa.Table.from_batches([batch]).set_column(0, file.schema_arrow.field("lead"), leads)


if __name__ == "__main__":
    _main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4])
