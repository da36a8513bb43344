"""What README.md and docs/*.md say is run, page by page, in a folder of its own.

A fenced block is taken by the words after its fence:

    ```mql rules.mql           any language and a path: the file is written, before anything on the page is run
    ```console                 lines that begin with `$ ` are run in a terminal of 100 columns; what follows is shown
    ```python                  with `>>>` a doctest, else code that must run; the blocks of a page share their names

A line `...` in what is shown stands for any lines. Other blocks (`sh`, `text` …) are only shown.
"""

import doctest
import re
import shlex
import sys
from pathlib import Path

import attrs
import pytest

from tests.terminal import in_a_terminal

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
_FENCE = re.compile(r"^```(?P<words>[^`\n]*)\n(?P<text>.*?)^```[ \t]*$", re.MULTILINE | re.DOTALL)
_END_OF_COMMAND = "\x1e"


@attrs.frozen
class Block:
    line: int
    language: str
    path: str | None
    text: str


def blocks(page: str) -> list[Block]:
    found = []
    for fence in _FENCE.finditer(page):
        language, _, path = fence["words"].strip().partition(" ")
        line = page.count("\n", 0, fence.start()) + 2
        found.append(Block(line, language, path.strip() or None, fence["text"]))
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


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_the_page_shows_is_what_happens(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = blocks(page.read_text(encoding="utf-8"))
    for block in found:
        if block.path is not None:
            target = tmp_path / block.path
            assert target.resolve().is_relative_to(tmp_path), f"{page.name}:{block.line}: {block.path} is elsewhere"
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(block.text, encoding="utf-8")
    names: dict[str, object] = {"__name__": page.name}
    for block in found:
        where = f"{page.name}:{block.line}"
        if block.language == "console":
            expected = commands(block.text)
            got = run_console(block, tmp_path)
            for (command, says), (_, shows) in zip(expected, got, strict=True):
                assert matches(says, shows), f"{where}: $ {command}\nthe page says:\n{says}\nit shows:\n{shows}"
        elif block.language == "python" and ">>>" in block.text:
            test = doctest.DocTestParser().get_doctest(block.text, names, where, str(page), block.line - 1)
            runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
            report: list[str] = []
            runner.run(test, out=report.append, clear_globs=False)
            names.update(test.globs)
            assert runner.failures == 0, "".join(report)
        elif block.language == "python" and block.path is None:
            exec(compile("\n" * (block.line - 1) + block.text, str(page), "exec"), names)


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
