"""Calls of the Segment spec: ``track``, ``page``, ``screen``, ``identify``, ``group``, ``alias``, one at a time."""

import json
from collections.abc import Mapping
from typing import Any

import attrs

from mqlrules.language.instants import EventError, microseconds
from mqlrules.language.names import IDENTIFY

VIEWS = {"page": "page_viewed", "screen": "screen_viewed"}
"""The events that views become."""

UNITS = {10: "seconds", 13: "milliseconds", 19: "nanoseconds"}
"""The units of numbers since 1970 that have so many digits today."""

_TIMES = ("timestamp", "originalTimestamp", "sentAt", "receivedAt")
_OF_A_PAGE = ("path", "url", "title", "referrer", "search")


@attrs.frozen
class Call:
    """A call that has been understood. An ``alias`` has no event; ``previous`` is the id that it joins."""

    user: str | None
    anonymous: str | None
    at: int
    event: str | None
    properties: Mapping[str, Any]
    id: str | None
    previous: str | None = None


def understood(value: Mapping[str, Any]) -> Call | str:
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
        return Call(user, anonymous, at, None, {}, id, previous)
    key = "traits" if kind in (IDENTIFY, "group") else "properties"
    given = value.get(key)
    if given is not None and not isinstance(given, dict):
        return f"{key} is no JSON object"
    properties = given or {}
    if kind in (IDENTIFY, "group"):
        return Call(user, anonymous, at, IDENTIFY, properties, id)
    if kind in VIEWS:
        return Call(user, anonymous, at, VIEWS[kind], _of_view(value, properties), id)
    event = value.get("event")
    if not isinstance(event, str) or not event.strip(" _-\t"):
        return "no event name"
    return Call(user, anonymous, at, event, properties, id)


def _of_view(value: Mapping[str, Any], properties: dict[str, Any]) -> dict[str, Any]:
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


def why_not(time: object) -> str:
    """Why something is no time; empty if it is one. Numbers that look like seconds or milliseconds are none."""
    if isinstance(time, bool) or not isinstance(time, (int, str)):
        return f"{_short(time)} is no time; write it as 2026-01-31T09:30:00Z"
    if isinstance(time, int) and (unit := UNITS.get(len(str(abs(time))))):
        return (
            f"time {time} looks like {unit} since 1970; times as numbers are microseconds, "
            "so convert it or write it as 2026-01-31T09:30:00Z"
        )
    try:
        microseconds(time)
    except EventError as error:
        return str(error) if len(str(error)) < 200 else f"{_short(time)} is no time; write it as 2026-01-31T09:30:00Z"
    return ""


def _short(value: object) -> str:
    shown = json.dumps(value, ensure_ascii=False, default=str)
    return shown if len(shown) <= 60 else shown[:57] + "..."
