"""Names of events and definitions, and how they are compared (section 2)."""

import re
from functools import lru_cache

_BLANKS = re.compile(r"[\s_\-]+")

IDENTIFY = "identify"
"""The event whose properties are traits."""

ACTIVITY = "activity"
"""The definition that is always there: every event but ``identify``."""


@lru_cache(maxsize=65536)
def normalise(name: str) -> str:
    """The form in which names are compared: case folded; runs of blanks, ``_``, ``-`` are one space, none at ends."""
    return _BLANKS.sub(" ", name.casefold()).strip(" ")
