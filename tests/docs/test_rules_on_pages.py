"""Rules that the pages show without running them are right, too; and the page on the language leaves out no keyword."""

import re
from pathlib import Path

import pytest

from mqlrules.ruleset import check_text
from mqlrules.syntax.grammar import grammar_text
from tests.docs.test_pages import PAGES, ROOT, blocks


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_rules_that_are_only_shown_check_clean(page: Path) -> None:
    shown = [block for block in blocks(page.read_text("utf-8")) if block.language == "mql" and block.path is None]
    found = [(block.line, d.message) for block in shown for d in check_text(block.text).diagnostics]
    assert [] == found


def test_the_language_page_names_every_keyword() -> None:
    page = " ".join(re.split(r"[^a-z]+", (ROOT / "docs" / "language.md").read_text("utf-8").lower()))
    patterns = re.findall(r"^_?[A-Z_]+\.\d: /([a-z]+(?:\\s\+[a-z]+)*)\(\?", grammar_text(), re.MULTILINE)
    keywords = {" ".join(pattern.split("\\s+")) for pattern in patterns}
    assert {"within", "halve every", "with same", "ignoring case"} <= keywords
    assert set() == {keyword for keyword in keywords if f" {keyword} " not in page}
