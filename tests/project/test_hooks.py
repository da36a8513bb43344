"""The hooks, run by the real pre-commit in a repository of rules."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HOOKS = ("mqlrules-check", "mqlrules-lint", "mqlrules-fmt", "mqlrules-test")

RULES = """\
rule warm "Warm enough": visited pricing >= 2 within 30d => MQL

test "two visits"
    day 0  visited pricing
    day 1  visited pricing
    expect MQL on day 1 by warm
"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (ROOT / ".git").exists(), reason="pre-commit installs hooks from a git repository"),
]


def call(*command: str, cwd: Path, status: int = 0) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "PYTHON"))}
    environment |= {"PRE_COMMIT_HOME": str(cwd.parent / "hooks"), "GIT_CONFIG_GLOBAL": os.devnull}
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, env=environment, timeout=600)
    assert status == done.returncode, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def test_the_hooks_pass_what_is_right_and_stop_what_is_not(tmp_path: Path) -> None:
    # What is in the repository is what is installed: a change that is not committed is not in the hooks yet.
    head = call("git", "-c", "safe.directory=*", "rev-parse", "HEAD", cwd=ROOT).strip()
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "warm.mql").write_text(RULES, encoding="utf-8")
    hooks = "".join(f"      - id: {hook}\n" for hook in HOOKS)
    configuration = f"repos:\n  - repo: {ROOT}\n    rev: {head}\n    hooks:\n{hooks}"
    (folder / ".pre-commit-config.yaml").write_text(configuration, encoding="utf-8")
    call("git", "init", "--quiet", cwd=folder)
    call("git", "add", "--all", cwd=folder)
    pre_commit = shutil.which("pre-commit", path=str(Path(sys.executable).parent)) or "pre-commit"

    said = call(pre_commit, "run", "--all-files", cwd=folder)
    assert len(HOOKS) == said.count("Passed")

    (folder / "warm.mql").write_text(RULES.replace("=> MQL", "=> MLQ"), encoding="utf-8")
    call("git", "add", "--all", cwd=folder)
    said = call(pre_commit, "run", "mqlrules-check", "--all-files", cwd=folder, status=1)
    assert "Did you mean `MQL`?" in said

    (folder / "warm.mql").write_text(RULES.replace("day 1 by warm", "day 0 by warm"), encoding="utf-8")
    call("git", "add", "--all", cwd=folder)
    said = call(pre_commit, "run", "mqlrules-test", "--all-files", cwd=folder, status=1)
    assert "two visits" in said

    (folder / "warm.mql").write_text(RULES.replace("rule warm", "rule   warm"), encoding="utf-8")
    call("git", "add", "--all", cwd=folder)
    call(pre_commit, "run", "mqlrules-fmt", "--all-files", cwd=folder, status=1)
    assert RULES == (folder / "warm.mql").read_text(encoding="utf-8")
