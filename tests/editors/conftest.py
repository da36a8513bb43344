"""What the machine has to have for these tests: node with the packages of editors/vscode, Vim or Neovim."""

import shutil
from pathlib import Path

import pytest

VSCODE = Path(__file__).parents[2] / "editors" / "vscode"


@pytest.fixture(scope="session")
def vscode() -> Path:
    """The folder of the extension, its packages installed."""
    if shutil.which("node") is None:
        pytest.skip("node is not installed")
    if not (VSCODE / "node_modules" / ".package-lock.json").is_file():
        pytest.skip("the packages of editors/vscode are not installed: `npm ci --prefix editors/vscode`")
    return VSCODE


@pytest.fixture(scope="module", params=["vim", "nvim"])
def vim(request: pytest.FixtureRequest) -> str:
    """A Vim of this machine."""
    found = shutil.which(request.param)
    if found is None:
        pytest.skip(f"{request.param} is not installed")
    return found
