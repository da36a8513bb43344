"""What is loaded, and when."""

import subprocess
import sys
from pathlib import Path

import polars as pl


def _modules_after(code: str) -> set[str]:
    shown = subprocess.run(
        [sys.executable, "-c", f"import sys\n{code}\nprint('loaded:', *sorted(sys.modules))"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return set(shown.rsplit("loaded:", 1)[1].split())


def test_a_large_run_does_not_load_pandas(tmp_path: Path) -> None:
    file = tmp_path / "events.parquet"
    pl.DataFrame({"lead": [1, 2], "time": [0, 1], "event": ["a", "b"], "n": [None, 2.5]}).with_columns(
        pl.col("time").cast(pl.Datetime("us", "UTC"))
    ).write_parquet(file)
    code = "import mqlrules\n" + (
        "rules = mqlrules.loads('b where (n > 1) => MQL')\n"
        f"assert rules.run({str(file)!r}, engine='columnar').height == 1\n"
        f"assert rules.run({str(file)!r}, engine='columnar', each_rule=True).height == 1"
    )
    assert "pandas" not in _modules_after(code)
    again = _modules_after(code)
    assert "llvmlite" in again
    assert not again & {"numba", "pandas"}, "what was compiled once is loaded"


def test_rules_are_loaded_and_evaluated_without_numba() -> None:
    loaded = _modules_after(
        "import mqlrules\nmqlrules.loads('a => MQL').evaluate([{'lead': 1, 'time': 0, 'event': 'a'}])"
    )
    assert not loaded & {"numba", "numpy", "pyarrow", "polars"}
