"""A request for a run, and what its input answers, whichever engine evaluates it."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Protocol

import attrs

from mqlrules.console.terminal import printable
from mqlrules.events.errors import DataError
from mqlrules.plan.nodes import Plan
from mqlrules.readers.columns import ROLES, ColumnNames
from mqlrules.readers.rejects import Rejects, Remark
from mqlrules.run.outcome import Outcome

EngineChoice = Literal["auto", "incremental", "columnar"]

REJECTS_SHOWN = 5


@attrs.frozen(eq=False)
class Request:
    """What to run: the rules, the events and how to read them, a table of leads, the end, and the kind of results.

    ``evidence`` asks for the evidence of each transition. ``memory`` is in bytes or a size such as ``1GB``.
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
    """An input that was read and can be evaluated. A context manager; its end releases the input."""

    @property
    def rejects(self) -> Rejects:
        """The rows that can't be read."""

    @property
    def remarks(self) -> Sequence[Remark]:
        """Other remarks on the input."""

    @property
    def events(self) -> int:
        """The number of events."""

    def names(self) -> Sequence[str]:
        """The names of all events as they are spelled; none if there are too many."""

    def leads(self) -> int:
        """The number of leads, including those known by traits alone."""

    def end(self) -> int | None:
        """When evaluation ends."""

    def outcome(self) -> Outcome:
        """All results."""

    def __enter__(self) -> "Running": ...

    def __exit__(self, *raised: object) -> None: ...


def named(columns: ColumnNames | Mapping[str, str] | None, leads: Any) -> ColumnNames:
    """The names of columns from ``{"lead": "user_id"}``, with the keys lead, time, event, id, and leads: the column of
    the lead in a table of leads. Raises ``DataError`` for another key, and for a name that isn't text.
    """
    if isinstance(columns, Mapping):
        for role, name in columns.items():
            if role not in (*ROLES, "leads"):
                roles = ", ".join((*ROLES, "leads"))
                raise DataError("columns", f"unknown key {role!r}", f"Choose from {roles}.")
            if not isinstance(name, str) or not name:
                raise DataError("columns", f"the column for {role!r} must be a name, as text")
        columns = ColumnNames(**columns, shared=leads is not None)
    elif leads is not None:
        columns = attrs.evolve(columns or ColumnNames(), shared=True)
    return columns or ColumnNames()


def in_words(remarks: Sequence[Remark], rejects: Rejects) -> list[str]:
    """A line for each remark and for the first few rows that can't be read."""
    lines = [
        f"{remark.file}:{remark.line}: {remark.message}" + (f" ({remark.count:,} times)" if remark.count > 1 else "")
        for remark in remarks
    ]
    count = len(rejects)
    if count:
        lines.append(
            f"{count:,} rows can't be read and are left out:" if count > 1 else "1 row can't be read and is left out:"
        )
        lines += [f"  {reject.file}:{reject.line}: {reject.reason}" for reject in rejects.first(REJECTS_SHOWN)]
    if count > REJECTS_SHOWN:
        lines.append(f"  … and {count - REJECTS_SHOWN:,} more")
    return [printable(line) for line in lines]
