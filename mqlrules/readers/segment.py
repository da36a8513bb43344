"""Calls of the Segment spec, as they are exported: JSON lines or a JSON array.

A call is made by a ``userId``, an ``anonymousId``, or both. An anonymous id belongs to the first known user it was
seen with, and all that was done under it before and after is that user's; ids that an ``alias`` joins are one lead,
named by the newer id. Two known users who shared a browser stay two leads.
"""

from collections.abc import Sequence

import attrs
import polars as pl

from mqlrules.events.calls import Call, understood
from mqlrules.events.errors import DataError
from mqlrules.language.names import IDENTIFY
from mqlrules.readers.assemble import Wanted, assemble, one_table
from mqlrules.readers.columns import ColumnNames
from mqlrules.readers.jsonl import Objects, objects
from mqlrules.readers.raw import Raw
from mqlrules.readers.rejects import Reject, in_line_order, rejects_of
from mqlrules.readers.table import EventTable
from mqlrules.readers.values import columns_of


@attrs.frozen
class _Call:
    """A call, and in which row of its file it stands."""

    row: int
    call: Call


class Identities:
    """Which ids are one lead. Ids of users are told from anonymous ones by what they were sent as."""

    def __init__(self) -> None:
        self._joined: dict[str, str] = {}
        self._owner: dict[str, str] = {}

    def seen(self, anonymous: str, user: str) -> None:
        """An anonymous id was seen with a known user: it is theirs, if it is nobody's yet."""
        self._owner.setdefault(anonymous, user)

    def alias(self, previous: str, user: str) -> None:
        """What ``previous`` names is the same lead as ``user``, whose name counts from now on."""
        one, other = self.lead(previous), self.lead(user)
        if one != other:
            self._joined[one] = other

    def lead(self, id: str) -> str:
        """The name of the lead that an id means."""
        path = []
        while True:
            further = self._joined.get(id) or self._owner.get(id, id)
            if further == id:
                break
            path.append(id)
            id = further
        for each in path:
            self._joined[each] = id
        return id


def read_segment(files: Sequence[tuple[str, bytes]], wanted: Wanted) -> EventTable:
    """The events of all files; who is whom is looked for in all of them. Raises ``DataError`` for what is no JSON."""
    found = [(name, objects(name, data)) for name, data in files]
    read: list[tuple[str, Objects, list[_Call], list[Reject]]] = []
    for name, file in found:
        calls, rejected = _calls(name, file)
        read.append((name, file, calls, rejected))
    who = identities([each.call for _, _, calls, _ in read for each in calls])
    tables = [_table(name, file, calls, rejected, who, wanted) for name, file, calls, rejected in read]
    return one_table(tables)


def identities(calls: Sequence[Call]) -> Identities:
    """Who is whom, from all calls in order of time."""
    who = Identities()
    for call in sorted(calls, key=lambda call: call.at):
        if call.anonymous is not None and call.user is not None and call.anonymous != call.user:
            who.seen(call.anonymous, call.user)
        if call.previous is not None and call.user is not None:
            who.alias(call.previous, call.user)
    return who


def _calls(name: str, file: Objects) -> tuple[list[_Call], list[Reject]]:
    calls: list[_Call] = []
    rejected = list(file.rejected)
    for row, value in enumerate(file.rows):
        call = understood(value)
        if isinstance(call, Call):
            calls.append(_Call(row, call))
        else:
            shown = file.shown(pl.Series([row]))[0]
            rejected.append(Reject(name, file.lines[row], call, shown))
    if not calls:
        why = f"; line {rejected[0].line}: {rejected[0].reason}" if rejected else ""
        raise DataError(name, f"has no call of the Segment spec{why}")
    rejected.sort(key=lambda reject: reject.line)
    return calls, rejected


def _table(
    name: str, file: Objects, calls: Sequence[_Call], rejected: Sequence[Reject], who: Identities, wanted: Wanted
) -> EventTable:
    rows = [each.row for each in calls if each.call.event is not None]
    events = [each.call for each in calls if each.call.event is not None]
    identified = [number for number, call in enumerate(events) if call.event == IDENTIFY]
    properties = columns_of([dict(call.properties) for call in events], identified)
    # Names that no property has, since a property may have any.
    own = ColumnNames("\x00lead", "\x00time", "\x00event", "\x00id")
    series: dict[str | None, pl.Series] = {
        own.lead: pl.Series([who.lead(call.user or call.anonymous or "") for call in events], dtype=pl.String),
        own.time: pl.Series([call.at for call in events], dtype=pl.Int64).cast(pl.Datetime("us", "UTC")),
        own.event: pl.Series([call.event for call in events], dtype=pl.String),
        own.id: pl.Series([call.id for call in events], dtype=pl.String),
        **{key: column.series for key, column in properties.items()},
    }
    raw = Raw(
        name,
        pl.DataFrame(series),
        lambda numbers: file.shown(pl.Series([rows[number] for number in numbers.to_list()])),
        pl.Series([file.lines[row] for row in rows], dtype=pl.UInt32),
        container=None,
        encoded=frozenset(key for key, column in properties.items() if column.encoded),
    )
    table = assemble(raw, attrs.evolve(wanted, names=own))
    return attrs.evolve(table, rejects=in_line_order([rejects_of(rejected), table.rejects]))
