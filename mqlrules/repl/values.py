"""Values from data in a line of text."""

import datetime
import json
from decimal import Decimal
from typing import Any

from mqlrules.console.terminal import printable

LONGEST = 60


def shown(value: Any) -> str:
    """A value as a person reads it, without what could steer a terminal; a long one is cut."""
    match value:
        case bool():
            text = "true" if value else "false"
        case str():
            text = value
        case float() if value.is_integer() and abs(value) < 1e15:
            text = str(int(value))
        case Decimal():
            text = f"{value:f}"
        case datetime.datetime():
            text = value.isoformat(" ", "seconds")
        case datetime.date():
            text = value.isoformat()
        case list() | dict():
            text = json.dumps(value, ensure_ascii=False, default=str)
        case _:
            text = str(value)
    text = printable(text)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
