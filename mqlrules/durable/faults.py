"""What goes wrong with a store."""


class StoreError(RuntimeError):
    """A store that can't be opened, read or written, or that refuses what was asked of it. The message is a sentence.

    Whatever was being written has not been written: a call that raises this has changed nothing.
    """


class OtherRules(StoreError):
    """The store was filled under rules of another meaning; ``migrate`` takes it over."""
