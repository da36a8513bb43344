"""The exceptions that a store raises."""

from mqlrules.engine.incremental.errors import OtherRules as RulesMismatch
from mqlrules.text.error import Error


class StoreError(Error, RuntimeError):
    """A store can't be opened, read or written, or refuses what was asked of it.

    A call that raises this has changed nothing, unless it is an ``UnknownOutcome``.
    """


class UnknownOutcome(StoreError):
    """The connection was lost during a commit, and the database couldn't be asked whether the transaction is complete.

    Go on from the engine's ``offset`` once the database can be reached.
    """


class NotMerged(StoreError):
    """Two leads can't be merged, because that would need events that were dropped."""


class OtherRules(StoreError, RulesMismatch):
    """The store was filled under rules with another meaning. ``migrate`` moves it to the new rules."""
