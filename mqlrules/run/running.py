"""Running rules on files and tables: the choice of the engine, and the way from a request to its input."""

import importlib.util
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from importlib import import_module
from os import PathLike
from typing import Any

import attrs

from mqlrules.events.errors import DataError, MissingExtra
from mqlrules.plan.projection import properties_of
from mqlrules.readers.memory import memory_of, shares
from mqlrules.readers.read import InMemory, Source, sources_of
from mqlrules.readers.tables import is_table, read_table
from mqlrules.run.outcome import Outcome, whole
from mqlrules.run.progress import notice, progress
from mqlrules.run.request import EngineChoice, Request, Running, in_words, named
from mqlrules.text.error import setting

__all__ = ["EngineChoice", "Request", "Running", "about", "in_words", "start", "whole"]

MANY = 250_000
"""From about this many events on the columnar engine is faster than the incremental one, start-up included."""

_BYTES_OF_AN_EVENT = {"csv": 60, "jsonl": 120, "segment": 400, "arrow": 40, "parquet": 10}
"""About the bytes of an event in a file; compressed a sixth of it."""

Say = Callable[[str], None]


def start(request: Request, say: Say, note: Say = notice) -> Running:
    """Reads the input of a request for the engine that it asks for, or that suits the size of the input.

    ``say`` is told what a person should know about the run, ``note`` what takes long while it happens. Raises
    ``DataError`` for an input that can't be read at all, ``MissingExtra`` if the columnar engine is asked for and not
    installed, ``ValueError`` for an unknown engine or an invalid memory size, ``TypeError`` for what isn't an input.
    """
    if request.engine not in ("auto", "incremental", "columnar"):
        raise ValueError(f"unknown engine {request.engine!r}; choose 'auto', 'incremental' or 'columnar'")
    if request.memory is not None:
        memory_of(request.memory)
    sources = sources_of(_listed(request.inputs), request.format)
    request = attrs.evolve(request, inputs=[_measured(source) for source in sources])
    if request.engine == "incremental" or (request.engine == "auto" and about(request.inputs) < MANY):
        return _incremental(request)
    if not _is_installed():
        if request.engine == "auto":
            say(str(MissingExtra("many events are evaluated faster with the columnar engine", "columnar")))
            return _incremental(request)
        # Raises the error that names the missing extra, before anything is read.
        import_module("mqlrules.engine.columnar")
    return _columnar(request, say, note)


# -- inputs --------------------------------------------------------------------------------------------------------


def _listed(given: Any) -> list[Any]:
    """The inputs one by one. Raises ``TypeError`` for what is neither a path nor a table."""
    several = isinstance(given, Iterable) and not isinstance(given, (str, bytes, PathLike, Mapping))
    inputs = list(given) if several and not is_table(given) else [given]
    for each in inputs:
        if not (isinstance(each, (str, PathLike)) or is_table(each) or type(each).__module__.startswith("mqlrules.")):
            raise TypeError(
                "run takes files, folders, globs and tables (polars, pandas, Arrow), one or several, not "
                f"{_kind(each)}{_advice(each)}"
            )
    return inputs


def _kind(value: object) -> str:
    return "None" if value is None else f"{type(value).__module__}.{type(value).__name__}".removeprefix("builtins.")


def _advice(value: object) -> str:
    if isinstance(value, Mapping) or type(value).__name__ == "Event":
        return "; give events one by one to evaluate"
    return "; give its table, to_table()" if hasattr(value, "to_table") else ""


def _measured(source: Source) -> Source:
    """The source, a query or stream of unknown length as a table: it is read as a whole anyway."""
    if isinstance(source, InMemory) and _height(source.table) is None:
        return InMemory(source.name, read_table(source.table, source.name).frame)
    return source


def _height(table: Any) -> int | None:
    heights = (getattr(table, name, None) for name in ("height", "num_rows"))
    known = next((height for height in heights if isinstance(height, int)), None)
    return len(table) if known is None and hasattr(table, "__len__") else known


def about(sources: Sequence[Source]) -> int:
    """About the number of events."""
    return sum(map(_events_in, sources))


def _events_in(source: Source) -> int:
    if isinstance(source, InMemory):
        return _height(source.table) or 0
    try:
        if source.format == "parquet" and source.content is None and source.path is not None:
            # Lazily: other inputs need no pyarrow.
            from mqlrules.readers.parquet import rows_of_parquet

            return rows_of_parquet(source.path)
        size = source.size()
    except (OSError, DataError):
        # Reading it gives the error.
        return 0
    return size * (6 if source.is_packed() else 1) // _BYTES_OF_AN_EVENT[source.format]


# -- engines -------------------------------------------------------------------------------------------------------


def _is_installed() -> bool:
    return all(importlib.util.find_spec(name) is not None for name in ("numba", "pyarrow", "psutil"))


def _incremental(request: Request) -> Running:
    # Lazily: large inputs don't need this engine.
    from mqlrules.run import incremental_run

    return incremental_run.run(request)


def _columnar(request: Request, say: Say, note: Say) -> Running:
    # Lazily: small inputs don't need this engine.
    from mqlrules.readers.scan import scan_events

    memory = shares(memory_of(request.memory))
    scan = scan_events(
        request.inputs,
        format=request.format,
        columns=named(request.columns, request.leads),
        program=request.plan.program,
        properties=properties_of(request.plan),
        memory=memory.scan,
        watching=progress,
        telling=say,
    )
    # The first rows are read while the engine is imported.
    scan.begin()
    try:
        from mqlrules.engine.columnar import TooLarge
        from mqlrules.run.columnar_run import ColumnarRun

        try:
            return ColumnarRun(request, scan, memory, note, partial(_instead_outcome, request, say))
        except TooLarge:
            return _instead(request, say)
    finally:
        scan.close()


TOO_LARGE = "the points of a score are too large for the columnar engine, which sums in 64 bits"


def _instead(request: Request, say: Say) -> Running:
    """The incremental engine, which has no largest number, unless the columnar one was asked for."""
    if request.engine == "columnar":
        incremental = setting("--engine incremental", 'engine="incremental"')
        raise DataError("columnar engine", TOO_LARGE, f"Use the incremental engine: {incremental}.")
    say(f"{TOO_LARGE}; using the incremental engine")
    return _incremental(request)


def _instead_outcome(request: Request, say: Say) -> Outcome:
    return _instead(request, say).outcome()
