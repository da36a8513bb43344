"""What an engine refuses."""

from mqlrules.text.error import Error


class LateEvent(Error, ValueError):
    """An event older than what its lead has already been settled to. Nothing has changed."""


class SnapshotError(Error, ValueError):
    """A snapshot that can't be read: it is damaged, or a newer version of mqlrules wrote it."""


class OtherRules(Error, ValueError):
    """A snapshot or a store was written under rules with another meaning."""
