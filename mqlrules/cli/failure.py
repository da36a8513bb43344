"""Failure: what stops a command for good, in words for the person who called it."""


class Failure(Exception):
    """Stops a command with one plain line and an exit status (2: the call, or what it named, is wrong)."""

    def __init__(self, message: str, status: int = 2) -> None:
        super().__init__(message)
        self.status = status
