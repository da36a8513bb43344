"""Running rules on files and tables: which engine takes them, and what comes out."""

import importlib.util
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

import attrs

from mqlrules.events.errors import DataError, MissingExtra
from mqlrules.plan.nodes import Plan
from mqlrules.plan.projection import properties_of
from mqlrules.profile.unknown_events import NamesMet
from mqlrules.readers import ColumnNames, Rejects, Remark, read_leads
from mqlrules.readers.memory import Shares, memory_of, shares
from mqlrules.readers.parquet import rows_of_parquet
from mqlrules.readers.read import InMemory, Source, sources_of
from mqlrules.readers.rejects import together
from mqlrules.readers.tables import is_table
from mqlrules.run.incremental_run import Batch, first_times_of, named, read, transitions_of
from mqlrules.run.outcome import Listed, Outcome, Result
from mqlrules.run.progress import progress
from mqlrules.text.error import setting

if TYPE_CHECKING:
    from mqlrules.readers.leads import LeadTable
    from mqlrules.readers.scan import Scan
    from mqlrules.run.columnar_run import Bulk

EngineChoice = Literal["auto", "incremental", "columnar"]

MANY = 250_000
"""From so many events on, the columnar engine is faster than the incremental one, start-up included."""

_BYTES_OF_AN_EVENT = {"csv": 60, "jsonl": 120, "segment": 400, "arrow": 40, "parquet": 10}
"""About so many bytes a file has for each event; a packed one a sixth of it."""


@attrs.frozen(eq=False)
class Request:
    """What is to be run: the rules, the events (and how to read them), the table of leads, until when, how.

    ``evidence``: whether it is wanted of each transition. ``memory`` is in bytes, or a size such as ``1GB``.
    """

    plan: Plan
    fingerprint: str
    inputs: Any
    leads: Any = None
    as_of: int | None = None
    each_rule: bool = False
    evidence: bool = False
    engine: EngineChoice = "auto"
    memory: int | str | None = None
    format: str | None = None
    columns: ColumnNames | Mapping[str, str] | None = None


class Running(Protocol):
    """An input that has been read, and can be evaluated. A context manager, after which it is forgotten."""

    @property
    def rejects(self) -> Rejects:
        """The rows that can't be read."""

    @property
    def remarks(self) -> Sequence[Remark]:
        """What else there is to say of the input."""

    @property
    def events(self) -> int:
        """How many events there are."""

    def names(self) -> Sequence[str]:
        """The names of all events, as they are spelled; none where there are too many."""

    def leads(self) -> int:
        """How many leads there are, those known by traits alone too."""

    def end(self) -> int | None:
        """When evaluation ends."""

    def outcome(self) -> Outcome:
        """All results."""

    def __enter__(self) -> "Running": ...

    def __exit__(self, *raised: object) -> None: ...


Say = Callable[[str], None]


def start(request: Request, say: Say) -> Running:
    """Reads the input for the engine that is asked for, or that suits its size. ``say`` is told what a person should
    know before it takes long.

    Raises ``DataError`` for an input that can't be read at all, ``MissingExtra`` where the columnar engine is asked for
    and not installed, ``ValueError`` for an engine or an amount of memory that is none.
    """
    if request.engine not in ("auto", "incremental", "columnar"):
        raise ValueError(f"there is no engine {request.engine!r}; there are 'auto', 'incremental' and 'columnar'")
    given = request.inputs
    if isinstance(given, (str, Path)) or is_table(given):
        given = [given]
    request = attrs.evolve(request, inputs=sources_of(list(given), request.format))
    if request.engine == "incremental":
        return _incremental(request)
    if request.engine == "auto":
        if about(request.inputs) < MANY:
            return _incremental(request)
        if not _is_installed():
            say(str(MissingExtra("many events are evaluated faster with the columnar engine", "columnar")))
            return _incremental(request)
    return _columnar(request, say)


def about(sources: Sequence[Source]) -> int:
    """About how many events there are."""
    return sum(map(_events_in, sources))


def _events_in(source: Source) -> int:
    if isinstance(source, InMemory):
        height = getattr(source.table, "height", None) or getattr(source.table, "num_rows", None)
        # Of what says nothing of its size (a query, a stream) it is not known: then it may be large.
        return (
            int(height) if isinstance(height, int) else len(source.table) if hasattr(source.table, "__len__") else MANY
        )
    try:
        if source.format == "parquet" and source.content is None and source.path is not None:
            return rows_of_parquet(source.path)
        size = len(source.content) if source.content is not None else source.path.stat().st_size if source.path else 0
    except (OSError, DataError):
        # Whoever reads it says what is wrong with it.
        return 0
    packed = source.path is not None and source.path.suffix == ".gz" and source.content is None
    return size * (6 if packed else 1) // _BYTES_OF_AN_EVENT[source.format]


def _is_installed() -> bool:
    return all(importlib.util.find_spec(name) is not None for name in ("numba", "pyarrow", "psutil"))


# -- one lead after the other --------------------------------------------------------------------------------------


@attrs.frozen(eq=False)
class _Incremental:
    request: Request
    batch: Batch

    @property
    def rejects(self) -> Rejects:
        return self.batch.rejects

    @property
    def remarks(self) -> Sequence[Remark]:
        return self.batch.remarks

    @property
    def events(self) -> int:
        return len(self.batch.table)

    def names(self) -> Sequence[str]:
        met = NamesMet()
        met.add(self.batch.table.frame.get_column("event").unique(maintain_order=True).to_list())
        return met.all()

    def leads(self) -> int:
        return len(self.batch.leads())

    def end(self) -> int | None:
        return self.batch.end(self.request.as_of)

    def outcome(self) -> Outcome:
        asked = self.request
        results: Sequence[Result]
        if asked.each_rule:
            results = first_times_of(asked.plan, self.batch, asked.as_of)
        else:
            results = transitions_of(asked.plan, asked.fingerprint, self.batch, asked.as_of)
        return Listed(results, asked.each_rule, asked.evidence)

    def __enter__(self) -> Running:
        return self

    def __exit__(self, *raised: object) -> None:
        pass


def _incremental(request: Request) -> Running:
    batch = read(
        request.plan.program,
        request.inputs,
        request.leads,
        format=request.format,
        columns=request.columns,
        properties=properties_of(request.plan),
    )
    return _Incremental(request, batch)


# -- whole tables --------------------------------------------------------------------------------------------------


class _Columnar:
    def __init__(self, request: Request, say: Say) -> None:
        from mqlrules.readers.scan import scan_events

        self._request = request
        self._say = say
        parts = shares(memory_of(request.memory))
        columns = named(request.columns, request.leads)
        scan = scan_events(
            request.inputs,
            format=request.format,
            columns=columns,
            program=request.plan.program,
            properties=properties_of(request.plan),
            memory=parts.scan,
            watching=progress,
            telling=say,
        )
        # The first rows are read while the engine is imported.
        scan.begin()
        try:
            self._bulk, self._traits = self._taken(scan, columns, parts)
        finally:
            scan.close()

    def _taken(self, scan: "Scan", columns: ColumnNames, memory: Shares) -> tuple["Bulk", "LeadTable"]:
        """All rows, in the engine, and what the table of leads says."""
        from mqlrules.engine.columnar.jit import is_compiled
        from mqlrules.run.columnar_run import Bulk

        request = self._request
        traits = read_leads(
            [] if request.leads is None else request.leads,
            columns=columns,
            program=request.plan.program,
            text=scan.leads_are_text,
        )
        if not is_compiled():
            self._say("compiling the columnar engine, once on this machine: this takes about 15 seconds")
        bulk = Bulk(
            request.plan,
            request.fingerprint,
            scan,
            traits.traits,
            as_of=request.as_of,
            each_rule=request.each_rule,
            evidence=request.evidence,
            memory=memory,
        )
        return bulk, traits

    @property
    def rejects(self) -> Rejects:
        return together([self._bulk.rejects, self._traits.rejects])

    @property
    def remarks(self) -> Sequence[Remark]:
        return (*self._bulk.remarks, *self._traits.remarks)

    @property
    def events(self) -> int:
        return self._bulk.events

    def names(self) -> Sequence[str]:
        return self._bulk.names.all()

    def leads(self) -> int:
        return self._bulk.leads()

    def end(self) -> int | None:
        return self._bulk.end()

    def outcome(self) -> Outcome:
        from mqlrules.engine.columnar import TooLarge

        try:
            return self._bulk.outcome()
        except TooLarge:
            return _instead(self._request, self._say).outcome()

    def __enter__(self) -> Running:
        return self

    def __exit__(self, *raised: object) -> None:
        self._bulk.close()


def _columnar(request: Request, say: Say) -> Running:
    if not _is_installed():
        # Says what is missing, before anything is read.
        import_module("mqlrules.engine.columnar")
    try:
        return _Columnar(request, say)
    except ArithmeticError as error:
        from mqlrules.engine.columnar import TooLarge

        if isinstance(error, TooLarge):
            return _instead(request, say)
        raise


TOO_LARGE = "the points of a score are too large for the columnar engine, which sums in 64 bits"


def _instead(request: Request, say: Say) -> Running:
    """The incremental engine, where the columnar one need not be it: it knows no largest number."""
    if request.engine == "columnar":
        incremental = setting("--engine incremental", 'engine="incremental"')
        raise DataError("columnar engine", TOO_LARGE, f"The incremental engine takes them: {incremental}.")
    say(f"{TOO_LARGE}; the incremental engine goes on in its place")
    return _incremental(request)
