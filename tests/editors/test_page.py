"""What docs/editors.md says of installing and settings is so."""

import os
import re
import shutil
import struct
import subprocess
from pathlib import Path

import pytest

import mqlrules
from tests.docs.test_pages import blocks
from tests.editors.test_vscode import MANIFEST, SETTINGS
from tests.editors.texts import ROOT
from tests.terminal import BIN

PAGE = (ROOT / "docs" / "editors.md").read_text("utf-8")


def block(language: str, word: str) -> str:
    [found] = [block.text for block in blocks(PAGE) if block.language == language and word in block.text]
    return found


def at_home(home: Path, *command: str) -> None:
    """Run a command for somebody whose home folder is empty, in a checkout."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("XDG_")}
    environment = kept | {"HOME": str(home), "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, timeout=60, check=False)


def test_vim_knows_rule_files_after_what_the_page_says(vim: str, tmp_path: Path) -> None:
    folder = "~/.local/share/nvim" if vim.endswith("nvim") else "~/.vim"
    at_home(tmp_path, "bash", "-ec", block("sh", folder))
    rules, found = tmp_path / "a.mql", tmp_path / "found"
    rules.write_text("rule a: b => MQL\n")
    (tmp_path / ".vimrc").write_text("filetype plugin indent on\nsyntax on\n")
    ask = f'call writefile([&filetype, synIDattr(synID(1, 1, 1), "name"), &indentexpr], "{found}")'
    at_home(tmp_path, vim, "-n", *([] if vim.endswith("nvim") else ["-N", "-u", str(tmp_path / ".vimrc")]), "-es",
            "-c", f"edit {rules}", "-c", ask, "-c", "qall!")  # fmt: skip
    assert ["mql", "mqlStatement", "MqlIndent(v:lnum)"] == found.read_text().splitlines()


def test_neovim_shows_what_the_server_finds(tmp_path: Path) -> None:
    nvim = shutil.which("nvim")
    if nvim is None:
        pytest.skip("nvim is not installed")
    shown = subprocess.run([nvim, "--version"], capture_output=True, encoding="utf-8", check=True).stdout
    version = re.match(r"NVIM v(\d+)\.(\d+)", shown)
    if version is None or (int(version[1]), int(version[2])) < (0, 11):
        pytest.skip(f"{shown.splitlines()[0]} has no vim.lsp.config, which came with 0.11")
    at_home(tmp_path, "bash", "-ec", block("sh", "~/.local/share/nvim"))
    (tmp_path / "init.lua").write_text(block("lua", "vim.lsp.config"))
    (tmp_path / "a.mql").write_text("rule a: b within 30 => MQL\n")
    look = 'vim.wait(20000, function() return #vim.diagnostic.get(0) > 0 end, 50); local f = io.open("{}", "w")'
    tell = 'for _, d in ipairs(vim.diagnostic.get(0)) do f:write(d.code .. "\\n") end f:close()'
    script = f"lua {look.format(tmp_path / 'found')} {tell}"
    started = [nvim, "--headless", "-n", "-u", str(tmp_path / "init.lua"), str(tmp_path / "a.mql")]
    at_home(tmp_path, *started, "-c", script, "-c", "qall!")
    assert "E050" in (tmp_path / "found").read_text().split()


def test_the_packaged_extension_is_called_as_the_page_says() -> None:
    assert f"editors/vscode/{MANIFEST['name']}-{mqlrules.__version__}.vsix" in block("sh", "npm ci")
    assert "package" in MANIFEST["scripts"]


def test_the_page_tells_of_every_setting_and_command() -> None:
    assert set(SETTINGS) == set(re.findall(r"^\| `(mqlrules\.\w+)`", PAGE, re.MULTILINE))
    titles = [f"{command['category']}: {command['title']}" for command in MANIFEST["contributes"]["commands"]]
    assert [] == [title for title in titles if f"`{title}`" not in PAGE.replace("\n", " ")]


def test_the_page_tells_of_every_variable_for_vim() -> None:
    files = [path.read_text("utf-8") for path in sorted((ROOT / "editors" / "vim").rglob("*.vim"))]
    used = {name for text in files for name in re.findall(r"get\(g:, '(\w+)'", text)}
    assert used == set(re.findall(r"^\| `g:(\w+)`", PAGE, re.MULTILINE))


@pytest.mark.parametrize("name", ["highlighting-dark.png", "highlighting-light.png", "vscode.png"])
def test_the_pictures_are_there_and_small(name: str) -> None:
    picture = (ROOT / "docs" / "images" / name).read_bytes()
    assert f"images/{name}" in PAGE
    assert b"\x89PNG" == picture[:4]
    assert len(picture) < 150_000
    width, height = struct.unpack(">II", picture[16:24])
    assert 700 < width < 1000
    assert 500 < height < 1000
