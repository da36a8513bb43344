"""No password leaves a store URL: not in messages, logs, reprs, metrics, or tracebacks with variables."""

import functools
import logging
import random
import string
import traceback
import urllib.parse
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

import mqlrules
from mqlrules.cli.engine import command
from mqlrules.durable.address import shown
from tests.durable import server

pytest.importorskip("psycopg", reason="psycopg is not installed")

RULES = "rule warm: visited pricing >= 2 => MQL"
SECRET = "hunter2secret"

ADDRESSES = [
    f"postgresql://app:{SECRET}@localhost:1/leads",
    f"postgres://app:{SECRET}@localhost:1,localhost:2/leads?connect_timeout=1",
    f"postgresql+psycopg://app:{SECRET}@localhost:1/leads",
    f"postgresql://localhost:1/leads?user=app&password={SECRET}",
    f"postgresql://app@localhost:1/leads?sslpassword={SECRET}&sslmode=require",
    # The password has a character that ends it, or the host, too early.
    f"postgresql://app:x@{SECRET}@localhost/leads",
    f"postgresql://app:x/{SECRET}@localhost/leads",
    f"postgresql://app:{SECRET}/x@localhost/leads",
    f"postgresql://app:x?{SECRET}@localhost/leads",
    f"postgresql://app:12?x={SECRET}@localhost/leads",
    f"postgresql://app:x#{SECRET}@localhost/leads",
    f"postgresql://app:x {SECRET}@localhost/leads",
    f"postgresql://app:{SECRET}%zz@localhost/leads",
    f"postgresql://app:{SECRET}%00@localhost/leads",
    f"postgresql://app:{SECRET}@[::1/leads",
    f"postgresql://app:{SECRET}",
    f"postgresql://app:x:{SECRET}/leads",
    f"postgresql://localhost/leads?{SECRET}",
    f"postgresql:/app:{SECRET}@localhost/leads",
    f"postgresql:app:{SECRET}@localhost/leads",
    f"host=localhost user=app password={SECRET}",
    f"mysql://app:{SECRET}@localhost/leads",
    f"app:{SECRET}@localhost/leads",
    f"sqlite://app:{SECRET}@localhost/leads",
    f"sqlite:///leads.db?key={SECRET}",
]


def refused(ask: Callable[[], object]) -> mqlrules.StoreError | None:
    """The error that a call raises."""
    try:
        ask()
    except mqlrules.StoreError as error:
        return error
    return None


@pytest.mark.parametrize("address", ADDRESSES)
def test_no_message_shows_a_password(
    address: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    rules = mqlrules.loads(RULES)
    with caplog.at_level(logging.DEBUG):
        for ask in (lambda: rules.engine(store=address), lambda: rules.migrate(address)):
            error = refused(ask)
            assert error is not None
            assert SECRET not in "".join(traceback.format_exception(error))
            assert "\n" not in str(error)
        if refused(lambda: shown(address)) is None:
            assert SECRET not in shown(address)
    assert SECRET not in caplog.text


@pytest.mark.parametrize("name", ["status", "tick", "prune", "migrate"])
@pytest.mark.parametrize("address", ADDRESSES)
def test_no_command_prints_a_password(name: str, address: str, tmp_path: Path) -> None:
    (tmp_path / "rules.mql").write_text(RULES)
    more = ["--before", "2026-01-01"] if name == "prune" else []
    done = CliRunner().invoke(command, [name, address, str(tmp_path / "rules.mql"), *more])
    assert done.exit_code != 0
    assert SECRET not in done.output
    assert SECRET not in str(done.exception)


def test_a_wrong_password_is_refused_without_showing_it(postgres: server.Server) -> None:
    """Over a connection that works: what the server says is shown."""
    address = postgres.plain_address().replace("postgres@", f"nobody:{SECRET}@").replace("/postgres?", "/nowhere?")
    with pytest.raises(mqlrules.StoreError, match=r"PostgreSQL: .*nobody") as raised:
        mqlrules.loads(RULES).engine(store=address)
    assert SECRET not in str(raised.value)
    assert (None, True) == (raised.value.__cause__, raised.value.__suppress_context__)


def test_an_engine_does_not_show_its_password(postgres: server.Server) -> None:
    address = postgres.address().replace("postgres@", f"postgres:{SECRET}@")
    with mqlrules.loads(RULES).engine(store=address) as engine:
        for value in (engine, engine._store, engine._store._database, vars(engine._store._database)):
            assert SECRET not in repr(value)
        engine._store._database._connection.execute("SELECT 1")  # type: ignore[attr-defined]
        with pytest.raises(mqlrules.StoreError, match="PostgreSQL: ") as raised:
            engine._store._database.run("SELECT wrong")
        told = traceback.TracebackException.from_exception(raised.value, capture_locals=True).format()
        assert SECRET not in "".join(line for entry in told for line in entry.splitlines() if " address = " not in line)


def test_random_passwords_are_refused_or_hidden() -> None:
    """A URL is either one whose parts are as the caller sees them, or it is refused without being quoted."""
    choose = random.Random(1)
    accepted = 0
    for _ in range(3_000):
        password = "".join(choose.choice(string.punctuation + "ab1 é") for _ in range(choose.randrange(4, 12)))
        for written in (password, urllib.parse.quote(password, safe="")):
            address = f"postgresql://app:{written}@localhost/leads"
            error = refused(functools.partial(shown, address))
            if error is None:
                accepted += 1
                assert shown(address) == "postgresql://app:***@localhost/leads"
            else:
                assert written not in str(error)
                assert written == password
    assert accepted >= 3_000


def test_urls_that_libpq_takes_are_taken() -> None:
    for address in (
        "postgresql://localhost/leads",
        "postgresql:///leads?host=/var/run/postgresql",
        "postgresql://app@db.example.com:5432/leads?sslmode=verify-full&target_session_attrs=read-write",
        "postgres://app:p%40ss@[::1]:5432/leads",
        "postgresql://app@one:1,two:2,three/leads?application_name=my%20app",
        "postgresql://app@%2Fvar%2Frun/leads?options=-csearch_path%3Dcrm",
        "postgresql://app:it's-long_and.odd~!$&()*+,;=@localhost/leads",
    ):
        assert shown(address).startswith(address[:11])
