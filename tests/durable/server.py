"""A PostgreSQL server of the tests' own: made in a folder, reached through a socket, gone afterwards."""

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
import urllib.parse
from collections.abc import Iterator
from pathlib import Path


def programs() -> Path | None:
    """The folder of the server's programs, the newest first; None where there are none."""
    beside = shutil.which("initdb")
    if beside is not None:
        return Path(beside).resolve().parent
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    return max(found, key=lambda path: int(path.parent.name), default=None)


def why_not() -> str | None:
    """Why there can be no server, or None."""
    if programs() is None:
        return "PostgreSQL's server is not installed"
    if os.geteuid() == 0:
        if shutil.which("setpriv") is None:
            return "root may not run PostgreSQL's server, and there is no setpriv"
        if _user() is None:
            return "root may not run PostgreSQL's server, and there is no user postgres"
    try:
        import psycopg  # noqa: F401
    except ImportError:
        return "psycopg is not installed"
    return None


def _user() -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return None


UNSAFE = "-c fsync=off"
"""Processes are killed here, not the machine: nothing need be forced to the disk."""


@contextlib.contextmanager
def running(settings: str = UNSAFE) -> Iterator["Server"]:
    """A server that runs as long as the block does."""
    folder = Path(tempfile.mkdtemp(prefix="mqlrules-pg-"))
    as_user: list[str] = []
    if os.geteuid() == 0:
        user = _user()
        assert user is not None
        os.chown(folder, user.pw_uid, user.pw_gid)
        as_user = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    bin_folder = programs()
    assert bin_folder is not None
    data = folder / "data"

    def run(program: str, *arguments: str) -> None:
        command = [*as_user, str(bin_folder / program), "-D", str(data), *arguments]
        done = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr

    try:
        run("initdb", "-U", "postgres", "--auth=trust", "--no-sync", "-E", "UTF8")
        options = f"-k {folder} -c listen_addresses='' -c max_connections=50 {settings}"
        run("pg_ctl", "-w", "-o", options, "-l", str(folder / "log"), "start")
        try:
            yield Server(folder)
        finally:
            run("pg_ctl", "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class Server:
    """A running server. Each address is a schema of its own in one database."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._made = 0

    def plain_address(self) -> str:
        """The address of the database."""
        return f"postgresql://postgres@/postgres?host={urllib.parse.quote(str(self.folder), safe='')}"

    def address(self, name: str | None = None) -> str:
        """The address of a fresh place for a store."""
        import psycopg

        self._made += 1
        schema = name or f"store{self._made}"
        with psycopg.connect(self.plain_address(), autocommit=True) as connection:
            connection.execute(f'CREATE SCHEMA IF NOT EXISTS "{schema}"')  # type: ignore[arg-type]
        return f"{self.plain_address()}&options=-csearch_path%3D{schema}"
