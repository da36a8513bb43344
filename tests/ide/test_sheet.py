"""A sheet that follows edits says what parsing the whole text anew says."""

import random
from pathlib import Path

import pytest

from mqlrules.ide.document import Sheet, write
from mqlrules.ide.sections import cuts
from mqlrules.syntax.parse import parse
from mqlrules.text.source import Source

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").rglob("*.mql"))
PIECES = (
    "", "x", "\n", "rule a: b => MQL\n", '"', "(", ")", "# c", "and ", "\n  ", "=", "expect MQL\n", "day 3 a\n", "/* x",
    "+10 per a\n", "\nscore s\n", "\r\n", "🎉", "\ufeff", "lead.x = 1 => MQL\n",
)  # fmt: skip


def said(text: str, sheet: Sheet | None) -> list[tuple[str, str, int, int]]:
    """The diagnostics of a text, from a sheet of it or from parsing it whole."""
    if sheet is None:
        found = [(d.code, d.message, d.span) for d in parse(Source("a", text)).diagnostics]
    else:
        found = []
        for d in sheet.parsed.diagnostics:
            span = sheet.in_text(d.span)
            assert span is not None
            found.append((d.code, d.message, span))
    return sorted((code, message, span.start, span.end) for code, message, span in found)


@pytest.mark.parametrize("path", EXAMPLES[:6], ids=lambda path: path.name)
def test_after_any_edits_a_sheet_says_what_parsing_anew_says(path: Path) -> None:
    dice = random.Random(7)
    text = path.read_text("utf-8")
    sheet = write("a", None, text)
    for _ in range(60):
        at = dice.randrange(len(text) + 1)
        text = text[:at] + dice.choice(PIECES) + text[min(len(text), at + dice.choice((0, 0, 1, 3, 40))) :]
        if text.startswith("\ufeff"):
            text = text[1:]  # A mark at the beginning is read as a line end; see below.
        sheet = write("a", None, text, sheet)
        whole = parse(Source("a", text))
        assert whole.tree == sheet.parsed.tree
        assert said(text, None) == said(text, sheet)
        assert [c.text for c in whole.comments] == [c.text for c in sheet.parsed.comments]


def test_every_offset_goes_to_the_sheet_and_back() -> None:
    text = EXAMPLES[0].read_text("utf-8")
    sheet = write("a", None, text)
    for changed in (text[:200] + "\nrule new: a => MQL\n" + text[200:], text[40:], text):
        sheet = write("a", None, changed, sheet)
        for statement in sheet.parsed.tree.statements:
            span = sheet.in_text(statement.span)
            assert span is not None
            assert statement.span.start == sheet.on_sheet(span.start)
            on_sheet = sheet.parsed.source.text
            assert on_sheet[statement.span.start : statement.span.end] == changed[span.start : span.end]


def test_statements_that_are_not_edited_stay_the_very_same_trees() -> None:
    text = "rule a: b => MQL\nrule c: d => MQL\nrule e: f => MQL\n"
    before = write("a", None, text)
    after = write("a", None, text.replace("d =>", "d >= 2 =>"), before)
    kept = [old is new for old, new in zip(before.parsed.tree.statements, after.parsed.tree.statements, strict=True)]
    assert [True, False, True] == kept


def test_a_mark_at_the_beginning_and_lone_carriage_returns_are_read_as_in_a_file() -> None:
    for text in ("\ufeffrule a: b => MQL\n", "rule a: b => MQL\rrule c: d => MQL\r"):
        sheet = write("a", None, text)
        assert () == sheet.parsed.diagnostics
        assert len(text.split("rule")) - 1 == len(sheet.parsed.tree.statements)


def test_a_text_is_cut_before_statements_alone() -> None:
    text = 'score s\n    +1 per a\nexpect x\nrule r: a\nand b => MQL\n# c\ntest "t"\n    day 0 a\n"x" => MQL\n'
    assert ["score s", "rule r: a", 'test "t"', '"x" => MQL'] == [text[at:].split("\n")[0] for at in cuts(text)]
    assert [0] == cuts("  rule a: b => MQL\nrule c: d => MQL\n")
