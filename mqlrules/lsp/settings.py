"""What a client may set, in ``initializationOptions`` or as its configuration ``mqlrules``."""

from collections.abc import Mapping
from typing import Any

import attrs

DEBOUNCE = 0.15
"""Seconds of stillness after an edit until the rules are looked at."""


@attrs.frozen
class Settings:
    """``rules``: folders that each are one rule set, relative to the workspace folder (none: told by where the files
    lie). ``events``: ``files``, ``leads``, ``format`` and ``columns``, instead of those of pyproject.toml. ``lint``:
    whether findings of the linter are shown. ``count_leads``: whether the leads that meet a rule are counted.
    ``debounce``: seconds.
    """

    rules: tuple[str, ...] = ()
    events: Mapping[str, Any] = attrs.field(factory=dict)
    lint: bool = True
    count_leads: bool = True
    debounce: float = DEBOUNCE


def settings_from(given: object, before: Settings | None = None) -> Settings:
    """The settings in what a client sent, over those before; what is of the wrong type is passed over."""
    known = before or Settings()
    if not isinstance(given, Mapping):
        return known
    inner = given.get("mqlrules")
    table: Mapping[str, Any] = inner if isinstance(inner, Mapping) else given
    rules, events = table.get("rules"), table.get("events")
    if isinstance(events, (str, list)):
        events = {"files": events}
    wait = table.get("debounceMilliseconds")
    lint, count = table.get("lint"), table.get("countLeads")
    return Settings(
        tuple(each for each in rules if isinstance(each, str)) if isinstance(rules, list) else known.rules,
        dict(events) if isinstance(events, Mapping) else known.events,
        lint if isinstance(lint, bool) else known.lint,
        count if isinstance(count, bool) else known.count_leads,
        max(0.0, wait / 1000) if isinstance(wait, (int, float)) and not isinstance(wait, bool) else known.debounce,
    )
