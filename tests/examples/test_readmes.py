"""What the README of each example shows is what happens."""

import os
import shutil
from pathlib import Path

import pytest

from tests.docs.test_pages import WRITE, corrected, differences
from tests.examples.folders import ALL, APPLICATIONS, EXAMPLES, Example


@pytest.mark.parametrize("example", ALL, ids=lambda example: example.name)
def test_the_readme_shows_what_happens(example: Example, tmp_path: Path) -> None:
    folder = tmp_path / example.name
    shutil.copytree(example.folder, folder)
    page = example.folder / "README.md"
    text = page.read_text(encoding="utf-8")
    assert "```console" in text
    found = list(differences(text, f"{example.name}/README.md", folder))
    if found and os.environ.get(WRITE):
        page.write_text(corrected(text, found), encoding="utf-8")
    assert [] == [f"{example.name}/README.md:{d.block.line} says:\n{d.says}\nit shows:\n{d.shows}" for d in found]


def test_each_folder_is_in_the_overview() -> None:
    overview = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    folders = sorted(path.name for path in EXAMPLES.iterdir() if (path / "README.md").exists())
    assert sorted([*(example.name for example in ALL), *APPLICATIONS]) == folders
    assert [] == [name for name in folders if f"]({name}/)" not in overview]
