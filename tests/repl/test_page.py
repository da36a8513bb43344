"""The session on docs/repl.md is typed: what the page shows is what is answered, line by line and as one script.

A block of ``repl`` has inputs after ``mql> ``, lines that go on after the dots, and what is answered. With
MQLRULES_WRITE_PAGES=1 the answers are written into the page.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from mqlrules.repl.data import Given
from tests.cli.conftest import Call
from tests.docs.test_pages import ROOT, WRITE, Block, blocks
from tests.repl.conftest import started

PAGE = ROOT / "docs" / "repl.md"
PROMPT = "mql> "
DOTS = "   …"


def said(block: Block) -> Iterator[tuple[list[str], list[str]]]:
    """The lines of each input of a block as they stand there, and what is answered."""
    lines: list[str] = []
    answer: list[str] = []
    for line in block.text.splitlines():
        if line.startswith(PROMPT):
            if lines:
                yield lines, answer
            lines, answer = [line], []
        elif line.startswith(DOTS):
            lines.append(line)
        else:
            answer.append(line)
    yield lines, answer


def typed(lines: list[str]) -> str:
    """What was typed: without the prompt and the dots."""
    return "\n".join(line[len(PROMPT) :] for line in lines)


@pytest.fixture
def page_folder(folder: Path) -> Path:
    """The current folder, with the files of the page."""
    for block in blocks(PAGE.read_text("utf-8")):
        if block.path is not None:
            (folder / block.path).write_text(block.text, encoding="utf-8")
    return folder


def test_what_the_page_shows_is_what_is_answered(page_folder: Path) -> None:
    page = PAGE.read_text("utf-8")
    ask = started(("rules.mql",), Given(("events.csv",)))
    right = page
    wrong = []
    for block in [block for block in blocks(page) if block.language == "repl"]:
        made: list[str] = []
        for lines, shown in said(block):
            answer = ask(typed(lines)).split("\n")
            made += [*lines, *answer, ""]
            while shown and not shown[-1]:
                shown.pop()
            if shown != answer:
                wrong.append((typed(lines), "\n".join(shown), "\n".join(answer)))
        text = "\n".join(made).rstrip("\n") + "\n"
        right = right.replace(f"```repl\n{block.text}```", f"```repl\n{text}```")
    if os.environ.get(WRITE):
        PAGE.write_text(right, encoding="utf-8")
    assert [] == wrong
    assert right == page


def test_the_session_of_the_page_is_the_same_in_a_pipe(page_folder: Path, call: Call) -> None:
    inputs = [each for b in blocks(PAGE.read_text("utf-8")) if b.language == "repl" for each in said(b)]
    script = "".join(typed(lines).rstrip() + "\n" for lines, _ in inputs)
    result = call("repl", "rules.mql", "--events", "events.csv", stdin=script)
    assert 1 == result.exit_code, "one input of the page is a mistake"
    shown = re.sub(r"<line \d+>", "<input>", result.output)
    answers = "\n\n".join("\n".join(answer).rstrip("\n") for _, answer in inputs)
    assert answers == "\n".join(line.rstrip() for line in shown.splitlines())
