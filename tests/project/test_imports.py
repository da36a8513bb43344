"""What is imported when: the core needs lark and attrs alone, and nothing heavy is on the way of ``check``."""

import subprocess
import sys
from pathlib import Path

CORE_ALONE = """
import sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        if top not in sys.stdlib_module_names | {"mqlrules", "lark", "attr", "attrs"} and top[:15] != "_sysconfigdata_":
            raise ModuleNotFoundError(f"the core asks for {name}", name=name)

sys.meta_path.insert(0, Refuse())
import mqlrules

rules = mqlrules.loads("visited pricing >= 2 => MQL")
events = [{"lead": 1, "time": day, "event": "visited pricing"} for day in ("2026-01-01", "2026-01-02")]
print([(t.lead, t.to_stage) for t in rules.evaluate(events).transitions])
"""

LOADED_BY_CHECK = """
import sys
from mqlrules.cli.application import application

application.main(["check", sys.argv[1]], standalone_mode=False)
print(sorted({name.partition(".")[0] for name in sys.modules} & {"polars", "rich", "pandas", "numpy", "pyarrow"}))
"""


def output(code: str, *arguments: str | Path) -> list[str]:
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=60)
    assert "" == done.stderr
    return done.stdout.splitlines()


def test_the_core_imports_lark_and_attrs_alone() -> None:
    assert ["[(1, 'MQL')]"] == output(CORE_ALONE)


def test_check_imports_nothing_heavy(tmp_path: Path) -> None:
    rules = tmp_path / "rules.mql"
    rules.write_text("visited pricing >= 2 => MQL\n")
    assert "[]" == output(LOADED_BY_CHECK, rules)[-1]
