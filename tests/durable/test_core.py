"""A store in SQLite needs nothing but the core; one in PostgreSQL says which extra it needs."""

import subprocess
import sys
from pathlib import Path

WITHOUT_EXTRAS = """
import sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        if top not in sys.stdlib_module_names | {"mqlrules", "lark", "attr", "attrs"} and top[:15] != "_sysconfigdata_":
            raise ModuleNotFoundError(f"the core asks for {name}", name=name)

sys.meta_path.insert(0, Refuse())
import mqlrules

rules = mqlrules.loads("visited pricing >= 2 => MQL")
assert "sqlite3" not in sys.modules
engine = rules.engine(store="sqlite:///:memory:")
for day in ("2026-01-01", "2026-01-02"):
    call = {"type": "track", "userId": "anna", "event": "visited pricing", "timestamp": day}
    print([t.to_stage for t in engine.feed_segment([call])])
try:
    rules.engine(store="postgresql://localhost/leads")
except mqlrules.MissingExtra as error:
    print(error)
"""


def test_sqlite_needs_the_core_alone_and_postgresql_names_its_extra() -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT_EXTRAS], capture_output=True, text=True, timeout=60)
    assert "" == done.stderr
    *made, error = done.stdout.splitlines()
    assert ["[]", "['MQL']"] == made
    assert error.startswith("a store in PostgreSQL needs psycopg; install it with: ")
    assert "[postgres]" in error


WITHOUT_FILES = """
import sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("polars", "pyarrow", "numpy", "psycopg"):
            raise ModuleNotFoundError(f"nobody has installed {name}", name=name)

sys.meta_path.insert(0, Refuse())
import mqlrules
from mqlrules.cli.engine import command

rules = mqlrules.load("rules.mql")
with rules.engine(store="sqlite:///leads.db") as engine:
    engine.feed({"lead": "anna", "time": "2026-01-01", "event": "visited pricing"})
for name, *more in (
    ["tick", "--until", "2026-01-03"], ["status", "--verify"], ["migrate"], ["prune", "--before", "2026-01-02"]
):
    command([name, "sqlite:///leads.db", "rules.mql", *more], standalone_mode=False)
"""


def test_looking_after_a_store_needs_nothing_that_reads_files(tmp_path: Path) -> None:
    (tmp_path / "rules.mql").write_text("rule quiet: visited pricing then no visited pricing for 1d => MQL\n")
    command = [sys.executable, "-c", WITHOUT_FILES]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=tmp_path)
    assert (0, True) == (done.returncode, '"to_stage": "MQL"' in done.stdout), done.stderr
    assert "1 event dropped" in done.stderr
