"""Which columns are lead, time, event and id: the names that the caller gives, and near misses."""

import json
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Literal

import attrs

from mqlrules.events.errors import DataError
from mqlrules.language.suggest import closest
from mqlrules.text.error import setting

Role = Literal["lead", "time", "event", "id"]
ROLES: tuple[Role, ...] = ("lead", "time", "event", "id")

MOST_COLUMNS = 10_000
"""A file with more columns than this is no table of events."""

_USUAL_NAMES: dict[Role, tuple[str, ...]] = {
    "lead": (
        "lead", "lead_id", "leadid", "user_id", "userid", "user", "contact_id", "contactid", "contact", "customer_id",
        "customerid", "customer", "person_id", "visitor_id", "prospect_id", "distinct_id", "anonymous_id",
        "anonymousid", "account_id", "client_id", "email", "case_id", "id",
    ),
    "time": (
        "time", "timestamp", "ts", "event_time", "eventtime", "occurred_at", "created_at", "createdat", "datetime",
        "date_time", "received_at", "sent_at", "date", "at", "when",
    ),
    "event": ("event", "event_name", "eventname", "event_type", "eventtype", "activity", "action", "name", "type"),
    "id": ("id", "event_id", "eventid", "message_id", "messageid", "uuid", "insert_id"),
}  # fmt: skip


@attrs.frozen
class ColumnNames:
    """The names of the columns of an event file. None stands for the usual name: ``lead``, ``time``, ``event``, ``id``.

    A column ``id`` need not be there, unless it is named here. ``leads`` is the column of leads in a table of leads,
    where it is called otherwise than in the events. ``shared``: ``lead`` is given for events and leads alike.
    """

    lead: str | None = None
    time: str | None = None
    event: str | None = None
    id: str | None = None
    leads: str | None = None
    shared: bool = attrs.field(default=False, kw_only=True)

    def of(self, role: Role) -> str:
        """The name of the column that plays a role."""
        return getattr(self, role) or role

    def over(self, other: "ColumnNames") -> "ColumnNames":
        """These names, and the other's where these say nothing: options over the configuration."""
        return ColumnNames(*(getattr(self, role) or getattr(other, role) for role in (*ROLES, "leads")))

    def fallen_back(self, columns: Sequence[str]) -> bool:
        """Whether events have no column of the name that is given for the lead, but one called ``lead``.

        That is a mistake, unless the name may be that of the table of leads.
        """
        return self.shared and self.lead is not None and self.lead not in columns and "lead" in columns


def find_columns(file: str, columns: Sequence[str], names: ColumnNames) -> dict[Role, str]:
    """Which of a file's columns plays which role; ``id`` only where it is there.

    The lead may be called ``lead`` where its name is that of the table of leads. Raises ``DataError`` if one is
    missing, with what the file has and the option that would name the right one.
    """
    if names.fallen_back(columns):
        names = attrs.evolve(names, lead=None)
    there = set(columns)
    found: dict[Role, str] = {}
    missing: list[Role] = []
    for role in ROLES:
        name = names.of(role)
        if name in there:
            found[role] = name
        elif role != "id" or names.id is not None:
            missing.append(role)
    used: dict[str, Role] = {}
    for role, name in found.items():
        if name in used:
            raise DataError(file, f'column "{name}" can\'t be both the {used[name]} and the {role}')
        used[name] = role
    if missing:
        raise _missing(file, columns, names, missing, found)
    return found


def find_leads(file: str, columns: Sequence[str], names: ColumnNames) -> str:
    """Which column of a table of leads names them: the one given for it, else that of the events, else ``lead``.

    Raises ``DataError`` if it is missing. The option that would name it says nothing of the events: what is right for
    one of the two files must not make the other one wrong.
    """
    wanted = names.leads or names.of("lead")
    for name in (wanted,) if names.leads else (wanted, "lead"):
        if name in columns:
            return name
    near = _near("lead", wanted, columns)
    hint = f"name it with {_named({'leads': 'NAME'})}." if near is None else f"did you mean {_named({'leads': near})}?"
    raise DataError(file, f'has no column "{wanted}"', f"The file has columns {_listed(columns)}; {hint}")


def _missing(
    file: str, columns: Sequence[str], names: ColumnNames, missing: Sequence[Role], found: Mapping[Role, str]
) -> DataError:
    wanted = " and no ".join(f'"{names.of(role)}"' for role in missing)
    free = [column for column in columns if column not in found.values()]
    meant: dict[str, str] = {}
    for role in missing:
        near = _near(role, names.of(role), free)
        if near is not None:
            free.remove(near)
            meant[role] = near
    hint = f"did you mean {_named(meant)}?" if meant else f"name it with {_named({missing[0]: 'NAME'})}."
    if any(getattr(names, role) is not None for role in missing):
        hint += " A name holds for all event files of a call."
    return DataError(file, f"has no column {wanted}", f"The file has columns {_listed(columns)}; {hint}")


def _near(role: Role, name: str, columns: Sequence[str]) -> str | None:
    """The column that is most likely meant: the name in another case, a usual name of the role, a slip of the pen."""
    folded: dict[str, str] = {}
    for column in columns:
        folded.setdefault(_plain(column), column)
    for usual in (name, *_USUAL_NAMES[role]):
        if _plain(usual) in folded:
            return folded[_plain(usual)]
    return closest(name, islice(columns, 1000))


def _plain(name: str) -> str:
    return name.strip().casefold().replace(" ", "_").replace("-", "_")


def _named(columns: Mapping[str, str]) -> str:
    """How the caller names columns."""
    options = " ".join(f"--{role}-column {_shell(name)}" for role, name in columns.items())
    return setting(options, f"columns={json.dumps(columns, ensure_ascii=False)}")


def _shell(name: str) -> str:
    return name if name.replace("_", "").replace("-", "").isalnum() else f'"{name}"'


def _listed(columns: Sequence[str]) -> str:
    shown = [column if len(column) <= 60 else column[:57] + "..." for column in columns[:20]]
    return ", ".join(shown) + (f" and {len(columns) - 20:,} more" if len(columns) > 20 else "")


def check_header(file: str, columns: Sequence[str]) -> None:
    """Raises ``DataError`` for a header with a name twice, or with more columns than a table of events has."""
    if len(columns) > MOST_COLUMNS:
        raise DataError(file, f"has {len(columns):,} columns; at most {MOST_COLUMNS:,} are read")
    first: dict[str, int] = {}
    for number, column in enumerate(columns, 1):
        if column in first:
            raise DataError(
                file,
                f'has two columns "{column}" (number {first[column]} and {number})',
                "Rename or remove one of them.",
            )
        first[column] = number
