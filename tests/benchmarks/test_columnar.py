"""The benchmark of whole files, at a size that measures nothing: it finds wrong answers; its page says what it kept."""

import ast
import json
import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BENCHMARKS = ROOT / "benchmarks"
FIGURES = BENCHMARKS / "figures"
PAGE = ROOT / "docs" / "performance.md"
YARDSTICK = Path(os.environ.get("MQLRULES_YARDSTICK") or ROOT.parent / "shared" / "bench")

needs_yardstick = pytest.mark.skipif(
    not (YARDSTICK / "peers.py").is_file(), reason="the yardstick is not here: ../shared/bench"
)
needs_matplotlib = pytest.mark.skipif(find_spec("matplotlib") is None, reason="matplotlib is not here")
needs_figures = pytest.mark.skipif(not FIGURES.is_dir(), reason="nothing was measured yet")


def script(name: str, *arguments: str, status: int = 0) -> str:
    """What a script prints on both ways; it is run as a user runs it, on this checkout."""
    paths = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    done = subprocess.run(
        [sys.executable, f"benchmarks/{name}", *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert status == done.returncode, done.stdout + done.stderr
    return done.stdout + done.stderr


def small(folder: Path, *more: str) -> tuple[str, ...]:
    sizes = ("--events", "20000", "--base", "20000", "--rounds", "1", "--peers", "polars", "--no-page")
    return (*sizes, "--cache", str(folder / "kept"), "--figures", str(folder / "figures"), *more)


def needs(*packages: str) -> None:
    for package in packages:
        pytest.importorskip(package)


@needs_yardstick
def test_what_comes_out_is_compared_with_a_peer_by_counts_and_row_by_row(tmp_path: Path) -> None:
    needs("polars", "pyarrow", "numpy")
    script("columnar.py", *small(tmp_path, "--part", "number", "--question", "one"))
    [case] = json.loads((tmp_path / "figures" / "number.json").read_text(encoding="utf-8"))["cases"]
    assert ("one", True) == (case["question"], case["rows_compared"])
    sides = [side["side"] for side in case["sides"] if side["seconds"] > 0 and side["peak"] > 10]
    assert ["mqlrules", "polars file", "pyarrow: read", "Polars: read, filter, sort"] == sides


def test_a_side_with_another_answer_has_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    from columnar import wrong_answers  # type: ignore[import-not-found]
    from rounds import rounds  # type: ignore[import-not-found]
    from sides import Run, Side, TooSlow  # type: ignore[import-not-found]
    from whole_process import Usage  # type: ignore[import-not-found]

    def side(name: str, kind: str, leads: int) -> Side:
        return Side(name, kind, lambda: Run(2.0, Usage(2.5, 3.0, 100.0), {}, {"r01": (leads, 7)}))

    def slow() -> Run:
        raise TooSlow(300)

    peers = [side("polars load", "peer", 5), side("duckdb load", "peer", 5), Side("duckdb file", "peer", slow)]
    right = rounds("", [side("mqlrules", "mqlrules", 5), *peers], 3)
    wrong = rounds("", [side("mqlrules", "mqlrules", 4), *peers], 3)
    assert (2.0, [2.0, 2.0, 2.0]) == (right[0]["seconds"], right[0]["runs"])
    assert {"side": "mqlrules", "kind": "mqlrules", "wrong": ["r01"]} == wrong[0]
    assert {"side": "duckdb file", "kind": "peer", "not_done_after": 300} == right[3]
    assert (False, True) == (wrong_answers({"cases": [{"sides": right}]}), wrong_answers({"cases": [{"sides": wrong}]}))


def test_peers_that_are_far_behind_run_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    from rounds import rounds  # type: ignore[import-not-found]
    from sides import Run, Side  # type: ignore[import-not-found]
    from whole_process import Usage  # type: ignore[import-not-found]

    def side(name: str, kind: str, seconds: float) -> Side:
        return Side(name, kind, lambda: Run(seconds, Usage(seconds, seconds, 100.0), {}, {"r01": (5, 7)}))

    found = [side("mqlrules", "mqlrules", 9.0), side("a", "peer", 2.0), side("b", "peer", 3.9), side("c", "peer", 4.1)]
    assert [3, 3, 3, 1] == [len(one["runs"]) for one in rounds("", found, 3, beyond=2.0)]


@needs_figures
def test_the_page_says_what_was_kept() -> None:
    write = "from performance_page import *; print(page(kept(FIGURES), PAGE.stem), end='')"
    paths = os.pathsep.join(map(str, (ROOT, BENCHMARKS)))
    environment = {**os.environ, "PYTHONPATH": paths, "PYTHONUTF8": "1"}
    done = subprocess.run([sys.executable, "-c", write], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == PAGE.read_text(encoding="utf-8")


@needs_figures
@needs_matplotlib
def test_the_pictures_show_the_seconds_that_were_kept(tmp_path: Path) -> None:
    script("performance_page.py", "--page", str(tmp_path / PAGE.name))
    for shade in ("light", "dark"):
        name = PAGE.with_suffix(f".{shade}.svg").name
        made, there = ((folder / name).read_text(encoding="utf-8") for folder in (tmp_path, PAGE.parent))
        assert texts(made) == texts(there)
        assert any(text.endswith(" s") for text in texts(there))


def texts(picture: str) -> list[str]:
    return re.findall(r"<text [^>]*>([^<]*)</text>", picture)


@pytest.mark.parametrize("module", ["performance_page.py", "reached.py"])
def test_no_text_of_the_page_has_a_figure_of_its_own(module: str) -> None:
    tree = ast.parse((BENCHMARKS / module).read_text(encoding="utf-8"))
    formats = {id(part) for node in ast.walk(tree) if isinstance(node, ast.FormattedValue) for part in ast.walk(node)}
    found = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in formats
    ]
    assert found
    assert [] == [text for text in found if re.search(r"\d", text) and text != "utf-8"]


@needs_yardstick
def test_copies_of_events_are_of_other_leads_and_keep_their_order(tmp_path: Path) -> None:
    needs("pyarrow", "numpy")
    import pyarrow.parquet as pq

    one, three = tmp_path / "one.parquet", tmp_path / "three.parquet"
    sizes = ("--events", "3000", "--leads", "100", "--out", str(one))
    subprocess.run([sys.executable, str(YARDSTICK / "make_events.py"), *sizes], check=True, capture_output=True)
    script("event_files.py", "copies", str(one), "3", str(three))
    original, made = pq.read_table(one), pq.read_table(three).to_pandas()
    apart = max(original["lead"].to_pylist()) + 1
    for copy in range(3):
        mine = made[made["lead"] // apart == copy].reset_index(drop=True)
        mine["lead"] -= copy * apart
        assert original.to_pandas().equals(mine)
