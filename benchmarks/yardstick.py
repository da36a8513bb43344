"""The yardstick: twenty rules and seeded events that lie beside the repository, in ``../shared/bench``.

    python benchmarks/yardstick.py SOURCE TARGET        # a Parquet file of events, put in order of time

Events are Parquet with the columns lead, time, event, path, duration, amount.
"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from measuring import stop

FOLDER = Path(__file__).resolve().parents[2] / "shared" / "bench"

Row = tuple[int | str, int, str, dict[str, Any]]
"""Lead, microseconds since 1970 UTC, name of the event, the properties that are there."""


def rules_file(given: Path | None) -> Path:
    """The rules that were named, or those of the yardstick; ends the benchmark with 2 if they aren't there."""
    return _there(given or FOLDER / "rules20.mql", "--rules FILE")


def events_file(given: Path | None, events: int, leads: int, folder: Path) -> Path:
    """The events that were named, or seeded ones, made in ``folder``; ends the benchmark with 2 without either."""
    if given is not None:
        return _there(given, "--data FILE")
    script = _there(FOLDER / "make_events.py", "--data FILE")
    made = folder / "events.parquet"
    numbers = ["--events", str(events), "--leads", str(leads), "--seed", "1"]
    _succeed([sys.executable, str(script), *numbers, "--out", str(made)])
    return made


def in_order_of_time(source: Path, folder: Path) -> Path:
    """A copy in order of time, made by a process of its own: what sorting takes is no part of what is measured here."""
    target = folder / "in_order.parquet"
    _succeed([sys.executable, __file__, str(source), str(target)])
    return target


def sort_by_time(source: Path, target: Path) -> None:
    """Events of one time keep their order. Small row groups: a reader holds one of them at a time."""
    import pyarrow.parquet as pq  # type: ignore[import-untyped]

    pq.write_table(pq.read_table(source).sort_by("time"), target, row_group_size=20_000)


def rows(path: Path, batch: int = 5_000) -> Iterator[list[Row]]:
    """The events of a file, a batch at a time; a missing property is left out.

    Names and paths are interned: equal text is one object, as a reader that knows columns gives it.
    """
    import pyarrow as pa  # type: ignore[import-untyped]
    import pyarrow.compute as pc  # type: ignore[import-untyped]
    import pyarrow.parquet as pq

    for columns in pq.ParquetFile(path).iter_batches(batch_size=batch):
        leads = columns["lead"].to_pylist()
        times = pc.cast(columns["time"], pa.int64()).to_pylist()
        names = [sys.intern(name) for name in columns["event"].to_pylist()]
        kept = [name for name in columns.schema.names if name not in ("lead", "time", "event")]
        values = [[_interned(value) for value in columns[name].to_pylist()] for name in kept]
        properties = [
            {name: value for name, value in zip(kept, row, strict=True) if value is not None}
            for row in zip(*values, strict=True)
        ] or [{} for _ in leads]
        yield list(zip(leads, times, names, properties, strict=True))


def _interned(value: Any) -> Any:
    return sys.intern(value) if type(value) is str else value


def _there(path: Path, option: str) -> Path:
    if not path.is_file():
        stop(f"{path.name} is not here: it is looked for in ../shared/bench, beside the repository; or give {option}")
    return path


def _succeed(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        stop(f"{Path(command[1]).name} ended with {done.returncode}:\n{done.stderr}")


if __name__ == "__main__":
    sort_by_time(Path(sys.argv[1]), Path(sys.argv[2]))
