"""Reading events for a command: polars is loaded here, and what could not be read is said."""

import signal
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mqlrules.check.program import Program
from mqlrules.cli.writing import whole_file

if TYPE_CHECKING:
    from mqlrules.readers.rejects import Rejects
    from mqlrules.run.incremental_run import Batch


def wait_no_longer() -> None:
    """Lets Ctrl-C end a read that waits for input: polars has a handler of its own, with which it would go on waiting.

    To be called when polars has been loaded.
    """
    if hasattr(signal, "siginterrupt"):
        signal.siginterrupt(signal.SIGINT, True)


def read_batch(
    program: Program,
    events: Sequence[str],
    leads: str | None,
    format: str | None,
    columns: tuple[str | None, ...],
) -> "Batch":
    """The events and traits of a call. ``columns`` names those of lead, time, event and id, and that of the leads file.

    Where it is silent, ``[tool.mqlrules.events]`` speaks. Raises ``DataError`` for an input that can't be read at all.
    """
    from mqlrules.readers import ColumnNames, column_names
    from mqlrules.run.incremental_run import read

    wait_no_longer()
    names = ColumnNames(*columns).over(column_names())
    batch = read(program, events, leads, format=format, columns=names)
    for line in batch.remarks_in_words():
        click.echo(line, err=True)
    return batch


def keep_rejects(rejects: "Rejects", path: Path) -> None:
    """Writes all rows that could not be read to a file, and says so. Raises ``Failure`` if it can't be written."""
    with whole_file(path) as part:
        rejects.write(part)
    click.echo(f"all rows that can't be read: {path}", err=True)
