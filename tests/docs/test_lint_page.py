"""The page on the linter lists every rule as the rule itself has it.

With MQLRULES_WRITE_PAGES=1 the list is written into the page.
"""

import os

from mqlrules.lint.catalogue import rules
from mqlrules.lint.output.page import page
from tests.docs.test_pages import ROOT, WRITE

PAGE = ROOT / "docs" / "lint.md"
HEADING = "## The rules\n"


def test_the_page_is_made_of_the_rules() -> None:
    text = PAGE.read_text("utf-8")
    before = text.partition(HEADING)[0] + HEADING
    made = page(before)
    if made != text and os.environ.get(WRITE):
        PAGE.write_text(made, "utf-8")
    assert made == text


def test_each_rule_has_its_heading() -> None:
    text = PAGE.read_text("utf-8")
    assert [] == [rule.name for rule in rules() if f"\n### {rule.code} {rule.name}\n" not in text]
