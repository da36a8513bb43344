"""What is built is what works: the wheel, away from the checkout."""

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from email.parser import HeaderParser
from importlib.metadata import distribution
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.slow

ONE_RULE = """
import mqlrules
rules = mqlrules.loads("visited pricing >= 2 and attended webinar within 30d => MQL")
result = rules.evaluate([
    {"lead": "ada", "time": "2026-01-05", "event": "visited pricing"},
    {"lead": "ada", "time": "2026-01-09", "event": "visited pricing"},
    {"lead": "ada", "time": "2026-01-12", "event": "attended webinar"},
])
print(mqlrules.__file__)
print([(t.lead, t.to_stage, t.at.isoformat()) for t in result.transitions])
"""
ONE_RESULT = "[('ada', 'MQL', '2026-01-12T00:00:00+00:00')]"


def succeed(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, env=without_python_variables(), timeout=300)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def without_python_variables() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a source distribution as an index would get it."""
    out = tmp_path_factory.mktemp("dist")
    succeed(sys.executable, "-m", "build", "--no-isolation", "--outdir", out, ROOT, cwd=out)
    [built] = out.glob("*.whl")
    return built


def environment(folder: Path, wheel: Path, borrowed: list[str] | None) -> Path:
    """A new environment with the wheel and, from this one, the packages named (None: all). Gives its Python."""
    venv.create(folder, with_pip=False)
    python = folder / "bin" / "python"
    site = Path(succeed(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder).strip())
    ours = Path(sysconfig.get_path("purelib"))
    if borrowed is None:
        (site / "borrowed.pth").write_text(f"{ours}\n")
    for name in borrowed or []:
        for package in {file.parts[0] for file in distribution(name).files or [] if file.suffix == ".py"}:
            (site / package).symlink_to(ours / package)
    succeed(sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--no-index", wheel, cwd=folder)
    return python


def test_the_wheel_carries_the_grammar_the_example_and_the_types(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    carried = {
        "mqlrules/py.typed",
        "mqlrules/syntax/mql.lark",
        "mqlrules/cli/example/rules.mql",
        "mqlrules/cli/example/events.jsonl",
    }
    assert carried <= names
    assert {"mqlrules"} == {name.split("/")[0] for name in names if ".dist-info/" not in name}


def test_the_core_asks_for_lark_and_attrs_alone(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        [metadata] = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        headers = HeaderParser().parsestr(archive.read(metadata).decode())
    core = [requirement for requirement in headers.get_all("Requires-Dist", []) if "extra ==" not in requirement]
    assert ["attrs", "lark"] == sorted(requirement.partition(">")[0] for requirement in core)


def test_the_core_alone_evaluates_away_from_the_checkout(wheel: Path, tmp_path: Path) -> None:
    python = environment(tmp_path / "core", wheel, ["lark", "attrs"])
    where, result = succeed(python, "-c", ONE_RULE, cwd=tmp_path).splitlines()
    assert Path(where).is_relative_to(tmp_path)
    assert ONE_RESULT == result


def test_the_core_alone_says_what_the_command_line_needs(wheel: Path, tmp_path: Path) -> None:
    python = environment(tmp_path / "core", wheel, ["lark", "attrs"])
    done = subprocess.run([python.parent / "mqlrules", "demo"], cwd=tmp_path, capture_output=True, text=True)
    assert (2, "") == (done.returncode, done.stdout)
    assert done.stderr.startswith("mqlrules: the command line needs click; install it with: ")
    assert "[terminal]" in done.stderr


def test_without_files_extra_run_says_what_it_needs(wheel: Path, tmp_path: Path) -> None:
    terminal = ["lark", "attrs", "click", "rich", "markdown-it-py", "mdurl", "pygments"]
    python = environment(tmp_path / "terminal", wheel, terminal)
    command = python.parent / "mqlrules"
    assert "MQL" in succeed(command, "demo", cwd=tmp_path)
    (tmp_path / "rules.mql").write_text("visited pricing => MQL\n")
    (tmp_path / "events.csv").write_text("lead,time,event\nada,2026-01-05,visited pricing\n")
    done = subprocess.run(
        [command, "run", "rules.mql", "--events", "events.csv"], cwd=tmp_path, capture_output=True, text=True
    )
    assert (2, "") == (done.returncode, done.stdout)
    assert "install it with: " in done.stderr
    assert "[files]" in done.stderr
    assert 1 == len(done.stderr.splitlines())


def test_the_demo_runs_away_from_the_checkout(wheel: Path, tmp_path: Path) -> None:
    python = environment(tmp_path / "all", wheel, None)
    shown = succeed(python.parent / "mqlrules", "demo", cwd=tmp_path)
    assert "ada" in shown
    assert str(tmp_path) in shown, "the example that it shows is that of the wheel"
