"""What goes wrong with a store."""

from mqlrules.text.error import Error


class StoreError(Error, RuntimeError):
    """A store that can't be opened, read or written, or that refuses what was asked of it. The message is a sentence.

    A call that raises this has changed nothing, but for ``UnknownOutcome``.
    """


class UnknownOutcome(StoreError):
    """The connection was lost while a transaction ended, and the database can't be asked whether it has. Go on from
    ``offset`` once it can.
    """


class NotMerged(StoreError):
    """Two leads can't become one, because events have been dropped that it would take."""


class OtherRules(StoreError):
    """The store was filled under rules of another meaning; ``migrate`` takes it over."""
