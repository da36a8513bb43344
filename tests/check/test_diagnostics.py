"""Every diagnostic: its code, its exact place, what it says, and what it says to write instead.

The cases are in ``cases/``: a title, rule text in which the places are marked, and what is said of them in order.
"""

import re
from pathlib import Path

import attrs
import pytest

import mqlrules.check
from tests.check.texts import checked, codes, marked, shown

HERE = Path(__file__).parent


@attrs.frozen
class Case:
    title: str
    rules: str
    says: str


def _cases() -> list[Case]:
    cases = []
    for file in sorted((HERE / "cases").glob("*.txt")):
        for part in file.read_text(encoding="utf-8").split("## ")[1:]:
            title, rules, says = re.split(r"\n\n", part.strip(), maxsplit=2)
            cases.append(Case(title, rules + "\n", says))
    return cases


@pytest.mark.parametrize("case", _cases(), ids=lambda case: case.title)
def test_says_what_is_wrong_and_where(case: Case) -> None:
    text = case.rules.replace("«", "").replace("»", "")
    _, diagnostics = checked(text)
    assert case.rules == marked(text, diagnostics)
    assert case.says == shown(diagnostics)


def test_every_code_has_a_case() -> None:
    code = re.compile(r"\bE[1-4]\d\d\b")
    rooms = Path(mqlrules.check.__file__).parent.glob("*errors.py")
    made = {found for room in rooms for found in code.findall(room.read_text(encoding="utf-8").split('"""', 2)[2])}
    tests = [*HERE.glob("test_*.py"), *HERE.glob("cases/*.txt")]
    tested = {found for file in tests for found in code.findall(file.read_text(encoding="utf-8"))}
    assert set() == made - tested
    assert set() == tested - made


@pytest.mark.parametrize(
    "rules",
    [
        "engagement >= 19 => MQL",
        "engagement => MQL",
        '"engagement" >= 50 => MQL',
        "engagement >= 50 times => MQL",
        "engagement where (kind = 1) >= 50 => MQL",
        "engagement >= 50 and engagement within 3d => MQL",
        "engagement >= 50 and engagement >= 2 within 3d => MQL",
        "visited pricing >= 50 => MQL",
        "earned points >= 50 => MQL",
        "game score >= 50 => MQL",
        "schema engagement (kind: text)\nengagement >= 50 => MQL",
        "event engagement = liked or shared\nengagement >= 50 => MQL",
        "score engagement\n    +5 per liked\nengagement >= 50 => MQL",
    ],
)
def test_what_may_well_be_an_event_is_taken_for_no_score(rules: str) -> None:
    assert [] == codes(checked(rules)[1])
