"""What a test came to: whether each expectation was met, and the story of the lead where one was not."""

from typing import Literal

import attrs


@attrs.frozen
class Told:
    """One line of a lead's story. ``when`` is as the test counts time, ``instant`` microseconds since 1970 UTC.

    Of an expectation that was not met, ``text`` is what it says, ``remark`` where it stands and what happened instead.
    """

    instant: int
    when: str
    kind: Literal["event", "change", "move", "unmet", "end"]
    text: str
    remark: str = ""


@attrs.frozen
class Unmet:
    """An expectation that was not met: where it stands, what it says, and what happened instead."""

    file: str
    line: int
    expected: str
    instead: str


@attrs.frozen
class TestResult:
    """One test block. ``unmet`` is empty where it passed, and then no ``story`` is told. ``seconds`` is how long it
    took.
    """

    __test__ = False  # pytest takes classes of this name for tests of its own

    name: str
    file: str
    line: int
    unmet: tuple[Unmet, ...]
    story: tuple[Told, ...]
    seconds: float = attrs.field(default=0.0, eq=False)

    @property
    def passed(self) -> bool:
        """Whether all expectations were met."""
        return not self.unmet
