"""What README.md and docs/*.md say is run, page by page, in a folder of its own.

A fenced block is taken by the words after its fence:

    ```mql rules.mql           any language and a path: the file is written, before anything on the page is run
    ```console                 lines that begin with `$ ` are run in a terminal of 100 columns; what follows is shown
    ```python                  with `>>>` a doctest, else code that must run; the blocks of a page share their names

A line `...` in what is shown stands for any lines. Other blocks (`sh`, `text` …) are only shown.

With MQLRULES_WRITE_PAGES=1 what happens is written into the pages; read the change before it is kept.
"""

import doctest
import os
import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest

from tests.terminal import in_a_terminal

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
_FENCE = re.compile(r"^```(?P<words>[^`\n]*)\n(?P<text>.*?)^```[ \t]*$", re.MULTILINE | re.DOTALL)
WRITE = "MQLRULES_WRITE_PAGES"
_END_OF_COMMAND = "\x1e"


@attrs.frozen
class Block:
    line: int
    language: str
    path: str | None
    text: str
    start: int = 0


def blocks(page: str) -> list[Block]:
    found = []
    for fence in _FENCE.finditer(page):
        language, _, path = fence["words"].strip().partition(" ")
        line = page.count("\n", 0, fence.start()) + 2
        found.append(Block(line, language, path.strip() or None, fence["text"], fence.start("text")))
    return found


def commands(text: str) -> list[tuple[str, str]]:
    """Each command of a console block and what it shows."""
    found: list[tuple[str, str]] = []
    for line in text.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], ""))
        elif found[-1][0].endswith("\\"):
            found[-1] = (found[-1][0] + "\n" + line, "")
        else:
            found[-1] = (found[-1][0], found[-1][1] + line + "\n")
    return found


def run_console(block: Block, folder: Path) -> list[tuple[str, str]]:
    """The commands of a block, run one after the other in one shell, and what each showed."""
    asked = [command for command, _ in commands(block.text)]
    remember = f"status=$?; printf '{_END_OF_COMMAND}'; (exit $status)"
    script = "".join(f"{command}\n{remember}\n" for command in asked)
    shown = in_a_terminal(script, folder, {"NO_COLOR": "1"}).text
    return list(zip(asked, shown.split(_END_OF_COMMAND), strict=False))


def matches(expected: str, got: str) -> bool:
    pattern = "".join(
        r"(?:.*\n)*?" if line.strip() == "..." else re.escape(line.rstrip()) + r"[ \t]*\n"
        for line in expected.rstrip("\n").splitlines()
    )
    return re.fullmatch(pattern, got.rstrip("\n") + "\n" if got.strip() else "") is not None


@attrs.frozen
class Difference:
    """A block that shows something else than what happens, and the text that it should have."""

    block: Block
    says: str
    shows: str
    right: str


def console_differences(block: Block, folder: Path) -> Iterator[Difference]:
    expected = commands(block.text)
    shown = run_console(block, folder)
    right = block.text
    for (command, says), (_, shows) in zip(expected, shown, strict=True):
        if not matches(says, shows):
            shows = "".join(f"{line.rstrip()}\n" for line in shows.rstrip().splitlines())
            right = right.replace(f"$ {command}\n{says}", f"$ {command}\n{shows}")
            yield Difference(block, f"$ {command}\n{says}", f"$ {command}\n{shows}", right)


class Recorder(doctest.DocTestRunner):
    """Remembers what an example gave in place of what the page says."""

    def __init__(self) -> None:
        super().__init__(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
        self.given: list[tuple[doctest.Example, str]] = []

    def report_failure(self, out: object, test: doctest.DocTest, example: doctest.Example, got: str) -> None:
        self.given.append((example, got))

    def report_unexpected_exception(
        self,
        out: object,
        test: doctest.DocTest,
        example: doctest.Example,
        exc_info: tuple[object, BaseException, object],
    ) -> None:
        raise exc_info[1]


def doctest_differences(block: Block, names: dict[str, object], where: str) -> Iterator[Difference]:
    test = doctest.DocTestParser().get_doctest(block.text, names, where, where, block.line - 1)
    runner = Recorder()
    runner.run(test, clear_globs=False)
    names.update(test.globs)
    lines = block.text.splitlines(keepends=True)
    for example, got in reversed(runner.given):
        start = example.lineno + example.source.count("\n")
        lines[start : start + example.want.count("\n")] = [got]
        yield Difference(block, example.source + example.want, example.source + got, "".join(lines))


def differences(page: str, name: str, folder: Path) -> Iterator[Difference]:
    """Runs a page in a folder, and gives each block that says something else than what happens."""
    found = blocks(page)
    for block in found:
        if block.path is not None:
            target = folder / block.path
            assert target.resolve().is_relative_to(folder), f"{name}:{block.line}: {block.path} is elsewhere"
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(block.text, encoding="utf-8")
    names: dict[str, object] = {"__name__": name}
    for block in found:
        if block.language == "console":
            yield from console_differences(block, folder)
        elif block.language == "python" and ">>>" in block.text:
            yield from doctest_differences(block, names, f"{name}:{block.line}")
        elif block.language == "python" and block.path is None:
            exec(compile("\n" * (block.line - 1) + block.text, name, "exec"), names)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_the_page_shows_is_what_happens(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = page.read_text(encoding="utf-8")
    found = list(differences(text, page.name, tmp_path))
    if found and os.environ.get(WRITE):
        page.write_text(corrected(text, found), encoding="utf-8")
    assert [] == [f"{page.name}:{d.block.line} says:\n{d.says}\nit shows:\n{d.shows}" for d in found]


def corrected(page: str, found: list[Difference]) -> str:
    """The page with what happens in place of what it says."""
    right = {difference.block: difference.right for difference in found}
    for block in sorted(right, key=lambda block: block.start, reverse=True):
        page = page[: block.start] + right[block] + page[block.start + len(block.text) :]
    return page


def test_a_wrong_output_on_a_page_is_found(tmp_path: Path) -> None:
    block = Block(1, "console", None, "$ echo one; echo two\none\n...\n$ (exit 3)\n$ echo $?\n3\n")
    assert [("echo one; echo two", "one\ntwo\n"), ("(exit 3)", ""), ("echo $?", "3\n")] == run_console(block, tmp_path)
    assert matches("one\n...\n", "one\ntwo\n")
    assert not matches("one\n", "one\ntwo\n")
    assert not matches("one\n", "")


def test_pages_ask_for_this_installation(tmp_path: Path) -> None:
    block = Block(1, "console", None, "$ command -v mqlrules\n")
    [(_, shown)] = run_console(block, tmp_path)
    assert Path(sys.executable).parent == Path(shlex.split(shown)[0]).parent


def test_a_page_is_corrected_in_place(tmp_path: Path) -> None:
    page = "```console\n$ echo one\nonce\n$ echo two\n```\n\n```python\n>>> 1 + 1\n>>> 2 + 2\n5\n```\n"
    right = "```console\n$ echo one\none\n$ echo two\ntwo\n```\n\n```python\n>>> 1 + 1\n2\n>>> 2 + 2\n4\n```\n"
    assert right == corrected(page, list(differences(page, "page", tmp_path)))
