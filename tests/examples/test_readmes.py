"""What the README of each example shows is what happens."""

import shutil
from pathlib import Path

import pytest

from tests.docs.test_pages import blocks, commands, matches, run_console
from tests.examples.folders import ALL, EXAMPLES, Example


@pytest.mark.parametrize("example", ALL, ids=lambda example: example.name)
def test_the_readme_shows_what_happens(example: Example, tmp_path: Path) -> None:
    folder = tmp_path / example.name
    shutil.copytree(example.folder, folder)
    consoles = [
        block for block in blocks((example.folder / "README.md").read_text("utf-8")) if block.language == "console"
    ]
    assert consoles
    for block in consoles:
        for (command, says), (_, shows) in zip(commands(block.text), run_console(block, folder), strict=True):
            where = f"{example.name}/README.md:{block.line}"
            assert matches(says, shows), f"{where}: $ {command}\nthe page says:\n{says}\nit shows:\n{shows}"


def test_each_folder_is_in_the_overview() -> None:
    overview = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    folders = sorted(path.name for path in EXAMPLES.iterdir() if (path / "README.md").exists())
    assert sorted(example.name for example in ALL) == folders
    assert [] == [name for name in folders if f"]({name}/)" not in overview]
