"""Readers: files and tables to events, one file a format. They need the extra ``files`` (polars)."""

from mqlrules.events.errors import MissingExtra

try:
    import polars  # noqa: F401 - asked for here, so that every reader may count on it
except ImportError:
    raise MissingExtra("reading files and tables needs polars", "files") from None

from mqlrules.readers.columns import ColumnNames
from mqlrules.readers.leads import read_leads
from mqlrules.readers.read import read_events
from mqlrules.readers.rejects import Reject, Rejects, Remark
from mqlrules.readers.table import EventTable, events_of, histories

__all__ = [
    "ColumnNames",
    "EventTable",
    "Reject",
    "Rejects",
    "Remark",
    "events_of",
    "histories",
    "read_events",
    "read_leads",
]
