"""Stores of every kind, for tests of what all of them must do."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.durable import server

NewAddress = Callable[[], str]
"""Gives the address of a store that is not there yet."""


@pytest.fixture(scope="session")
def postgres() -> Iterator[server.Server]:
    reason = server.why_not()
    if reason is not None:
        pytest.skip(reason)
    with server.running() as found:
        yield found


@pytest.fixture(params=["sqlite", "postgres"])
def new_address(request: pytest.FixtureRequest, tmp_path: Path) -> NewAddress:
    if request.param == "sqlite":
        made: list[str] = []

        def fresh() -> str:
            made.append(f"sqlite:///{tmp_path}/store-{len(made)}.db")
            return made[-1]

        return fresh
    running: server.Server = request.getfixturevalue("postgres")
    return running.address
