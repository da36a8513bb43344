"""An analysis that follows edits, with a memory, says what checking the texts anew says."""

import random
from pathlib import Path

import pytest

from mqlrules.check import check
from mqlrules.check.state_bound import Memory
from mqlrules.ide.analysis import Analysis, analyse
from mqlrules.ide.document import Sheet, write
from mqlrules.syntax.parse import parse
from mqlrules.text.source import Source

EXAMPLES = Path(__file__).parents[2] / "examples"
FOLDERS = [EXAMPLES / "b2b_saas" / "rules", EXAMPLES / "agency_events" / "rules", EXAMPLES / "ecommerce_cart" / "rules"]
PIECES = (
    "", "x", "\n", "rule a: b => MQL\n", "\nsegment ideal_customer = a\n", "and ", " 3", "=", '"', "(", " then ",
    "event visited pricing = b\n", "\nlifecycle a > MQL > b\n", "\nschema page_viewed (path: number)\n", " not ",
    "signed up", "visited pricing", "engagement", "ideal_customer", "MQL", "\nrule b: engagement >= 3 => MQL\n",
    'timezone "Europe/Vienna"\n', "\nscore engagement\n    +1 per a\n",
)  # fmt: skip


def said(analysis: Analysis) -> list[tuple[object, ...]]:
    return sorted(
        (f.code, f.message, f.hint, f.place.file, f.place.span.start, f.place.span.end) for f in analysis.findings
    )


def said_anew(texts: dict[str, str], folder: Path) -> tuple[object, list[tuple[object, ...]]]:
    program, diagnostics = check([parse(Source(name, text, Path(name))) for name, text in texts.items()], folder)
    return program, sorted((d.code, d.message, d.hint, d.file, d.span.start, d.span.end) for d in diagnostics)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.parent.name)
@pytest.mark.parametrize("seed", [1, 2])
def test_after_any_edits_an_analysis_says_what_checking_anew_says(folder: Path, seed: int) -> None:
    dice = random.Random(seed)
    texts = {str(path): path.read_text("utf-8") for path in sorted(folder.glob("*.mql"))}
    sound = dict(texts)
    sheets: dict[str, Sheet] = {}
    memory = Memory()
    for number in range(60):
        if number % 12 == 0:
            texts = dict(sound)  # a rule set without mistakes, from which most is remembered
        name = dice.choice(list(texts))
        text = texts[name]
        at = dice.randrange(len(text) + 1)
        texts[name] = text[:at] + dice.choice(PIECES) + text[min(len(text), at + dice.choice((0, 0, 0, 1, 3, 30))) :]
        sheets = {name: write(name, Path(name), text, sheets.get(name)) for name, text in texts.items()}
        analysis = analyse(sheets.values(), folder, memory=memory)
        program, anew = said_anew(texts, folder)
        assert anew == said(analysis)
        assert program == analysis.program
        assert len(program.tests) == len(analysis.program.tests)  # type: ignore[attr-defined]


def test_what_a_statement_came_to_is_used_again_while_what_it_names_stays_the_same() -> None:
    text = "event seen = a or b\nrule r: seen >= 2 => MQL\nrule s: c => MQL\n"
    memory = Memory()
    sheet = write("a", None, text)
    before = analyse([sheet], None, memory=memory).program
    sheet = write("a", None, text.replace("c =>", "d =>"), sheet)
    after = analyse([sheet], None, memory=memory).program
    assert [True, False] == [old is new for old, new in zip(before.rules, after.rules, strict=True)]
    sheet = write("a", None, text.replace("a or b", "a or e"), sheet)
    changed = analyse([sheet], None, memory=memory).program
    assert {"a", "e"} == {alternative.name for alternative in changed.rules[0].condition.pattern.alternatives}  # type: ignore[union-attr]
