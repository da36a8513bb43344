"""A store in SQLite needs nothing but the core; one in PostgreSQL says which extra it needs."""

import subprocess
import sys

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
    assert ["[]", "['MQL']", "a store in PostgreSQL needs psycopg: pip install 'mqlrules[postgres]'"] == (
        done.stdout.splitlines()
    )
