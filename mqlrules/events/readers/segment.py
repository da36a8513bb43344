"""Calls of the Segment spec, as they are exported: JSON lines or a JSON array.

A call is made by a ``userId``, an ``anonymousId``, or both. An anonymous id belongs to the first known user it was
seen with, and all that was done under it before and after is that user's; ids that an ``alias`` joins are one lead,
named by the newer id. Two known users who shared a browser stay two leads.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import attrs
import polars as pl

from mqlrules.events.faults import DataError
from mqlrules.events.model import microseconds
from mqlrules.events.names import IDENTIFY
from mqlrules.events.readers.assemble import Wanted, assemble, one_table
from mqlrules.events.readers.columns import ColumnNames
from mqlrules.events.readers.jsonl import Objects, objects
from mqlrules.events.readers.raw import Raw
from mqlrules.events.readers.rejects import Reject, in_line_order, rejects_of
from mqlrules.events.readers.table import EventTable
from mqlrules.events.readers.times import why_not
from mqlrules.events.readers.values import columns_of

VIEWS = {"page": "page_viewed", "screen": "screen_viewed"}
"""The events that views become."""

_TIMES = ("timestamp", "originalTimestamp", "sentAt", "receivedAt")
_OF_A_PAGE = ("path", "url", "title", "referrer", "search")


@attrs.frozen
class _Call:
    """A call that has been understood. An ``alias`` has no event; ``previous`` is the id that it joins."""

    row: int
    user: str | None
    anonymous: str | None
    at: int
    event: str | None
    properties: Mapping[str, Any]
    id: str | None
    previous: str | None = None


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
    understood: list[tuple[str, Objects, list[_Call], list[Reject]]] = []
    for name, file in found:
        calls, rejected = _calls(name, file)
        understood.append((name, file, calls, rejected))
    who = identities([call for _, _, calls, _ in understood for call in calls])
    tables = [_table(name, file, calls, rejected, who, wanted) for name, file, calls, rejected in understood]
    return one_table(tables)


def identities(calls: Sequence[_Call]) -> Identities:
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
        call = _understood(row, value)
        if isinstance(call, _Call):
            calls.append(call)
        else:
            shown = file.shown(pl.Series([row]))[0]
            rejected.append(Reject(name, file.lines[row], call, shown))
    if not calls:
        first = rejected[0]
        raise DataError(name, f"has no call of the Segment spec; line {first.line}: {first.reason}")
    rejected.sort(key=lambda reject: reject.line)
    return calls, rejected


def _understood(row: int, value: dict[str, Any]) -> _Call | str:
    """A call, or why it is none."""
    kind = value.get("type")
    user, anonymous = _id(value.get("userId")), _id(value.get("anonymousId"))
    if kind not in ("track", "page", "screen", IDENTIFY, "group", "alias"):
        return "no type of call" if kind is None else f"{kind!r} is no call of the Segment spec"
    if user is None and anonymous is None:
        return "no lead: neither userId nor anonymousId"
    time = next((value[key] for key in _TIMES if value.get(key) not in (None, "")), None)
    if time is None:
        return "no time: no timestamp"
    if reason := why_not(time):
        return reason
    at, id = microseconds(time), _id(value.get("messageId"))
    if kind == "alias":
        # Without a previousId it is the anonymous id that gets a name.
        previous = _id(value.get("previousId")) or anonymous
        return _Call(row, user, anonymous, at, None, {}, id, previous)
    key = "traits" if kind in (IDENTIFY, "group") else "properties"
    given = value.get(key)
    if given is not None and not isinstance(given, dict):
        return f"{key} is no JSON object"
    properties = given or {}
    if kind in (IDENTIFY, "group"):
        return _Call(row, user, anonymous, at, IDENTIFY, properties, id)
    if kind in VIEWS:
        return _Call(row, user, anonymous, at, VIEWS[kind], _of_view(value, properties), id)
    event = value.get("event")
    if not isinstance(event, str) or not event.strip(" _-\t"):
        return "no event name"
    return _Call(row, user, anonymous, at, event, properties, id)


def _of_view(value: dict[str, Any], properties: dict[str, Any]) -> dict[str, Any]:
    """What a view says of its page: its name and category, and from the context what the properties don't say."""
    more = {key: value[key] for key in ("name", "category") if value.get(key) is not None}
    context = value.get("context")
    page = context.get("page") if isinstance(context, dict) else None
    if value["type"] == "page" and isinstance(page, dict):
        more.update((key, page[key]) for key in _OF_A_PAGE if page.get(key) is not None)
    return more | properties


def _id(value: Any) -> str | None:
    """An id as text; the spec says text, some senders send numbers."""
    return (str(value).strip() or None) if type(value) in (str, int) else None


def _table(
    name: str, file: Objects, calls: Sequence[_Call], rejected: Sequence[Reject], who: Identities, wanted: Wanted
) -> EventTable:
    events = [call for call in calls if call.event is not None]
    rows = [call.row for call in events]
    identified = [number for number, call in enumerate(events) if call.event == IDENTIFY]
    properties = columns_of([dict(call.properties) for call in events], identified)
    # Names that no property has, since a property may have any.
    own = ColumnNames("\x00lead", "\x00time", "\x00event", "\x00id")
    series = [
        pl.Series(own.lead, [who.lead(call.user or call.anonymous or "") for call in events], dtype=pl.String),
        pl.Series(own.time, [call.at for call in events], dtype=pl.Int64).cast(pl.Datetime("us", "UTC")),
        pl.Series(own.event, [call.event for call in events], dtype=pl.String),
        pl.Series(own.id, [call.id for call in events], dtype=pl.String),
        *(column.series.alias(key) for key, column in properties.items()),
    ]
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
