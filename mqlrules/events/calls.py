"""Calls of the Segment spec (``track``, ``page``, ``screen``, ``identify``, ``group``, ``alias``), one at a time."""

from collections.abc import Mapping
from typing import Any

import attrs

from mqlrules.language.instants import EventError, microseconds
from mqlrules.language.names import IDENTIFY, normalise

VIEWS = {"page": "page_viewed", "screen": "screen_viewed"}
"""The events that views become."""

_KINDS = ("track", "page", "screen", IDENTIFY, "group", "alias")
_TIMES = ("timestamp", "originalTimestamp", "sentAt", "receivedAt")
_OF_A_PAGE = ("path", "url", "title", "referrer", "search")


@attrs.frozen
class Call:
    """A valid call. An ``alias`` has no event; ``previous`` is the id that it joins to ``user``."""

    user: str | None
    anonymous: str | None
    at: int
    event: str | None
    properties: Mapping[str, Any]
    id: str | None
    previous: str | None = None


def understood(value: Mapping[str, Any]) -> Call | str:
    """A call, or the reason why the object isn't one."""
    kind = value.get("type")
    user, anonymous = _id(value.get("userId")), _id(value.get("anonymousId"))
    if kind not in _KINDS:
        return "no type of call" if kind is None else f"{kind!r} is not a call of the Segment spec"
    if user is None and anonymous is None:
        return "no lead: neither userId nor anonymousId"
    time = next((value[key] for key in _TIMES if value.get(key) not in (None, "")), None)
    if time is None:
        return "no time: no timestamp"
    try:
        at = microseconds(time)
    except EventError as error:
        return str(error)
    id = _id(value.get("messageId"))
    if kind == "alias":
        # Without a previousId it is the anonymous id that gets a name.
        previous = _id(value.get("previousId")) or anonymous
        return Call(user, anonymous, at, None, {}, id, previous)
    of_lead = kind in (IDENTIFY, "group")
    key = "traits" if of_lead else "properties"
    given = value.get(key)
    if given is not None and not isinstance(given, dict):
        return f"{key} is not a JSON object"
    context = value.get("context")
    context = context if isinstance(context, dict) else {}
    if of_lead:
        # RudderStack sends the traits of `identify` inside the context.
        inside = context.get("traits") if kind == IDENTIFY else None
        traits = (inside if isinstance(inside, dict) else {}) | (given or {})
        return Call(user, anonymous, at, IDENTIFY, traits, id)
    properties = ({"context": context} if context else {}) | (given or {})
    if kind in VIEWS:
        return Call(user, anonymous, at, VIEWS[kind], _of_view(value, context) | properties, id)
    event = value.get("event")
    if not isinstance(event, str) or not normalise(event):
        return "no event name"
    return Call(user, anonymous, at, event, properties, id)


def _of_view(value: Mapping[str, Any], context: Mapping[str, Any]) -> dict[str, Any]:
    """A view's name and category, and what its context says about the page."""
    found = {key: value[key] for key in ("name", "category") if value.get(key) is not None}
    page = context.get("page")
    if value["type"] == "page" and isinstance(page, dict):
        found.update((key, page[key]) for key in _OF_A_PAGE if page.get(key) is not None)
    return found


def _id(value: Any) -> str | None:
    """An id as text; the spec demands text, some senders send numbers."""
    return (str(value).strip() or None) if type(value) in (str, int) else None
