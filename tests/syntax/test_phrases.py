"""Names of events that say more than a name: only where no definition or schema has that name they are doubted."""

import pytest

import mqlrules
from mqlrules.syntax.diagnose.phrases import meant


@pytest.mark.parametrize(
    ("words", "instead"),
    [
        ("visited pricing twice", "visited pricing >= 2"),
        ("visited pricing once", "visited pricing = 1"),
        ("visited pricing at least twice", "visited pricing >= 2"),
        ("visited pricing more than once", "visited pricing > 1"),
        ("visited pricing followed by attended webinar", "visited pricing then attended webinar"),
        ("visited pricing never followed by requested demo", "visited pricing then no requested demo for 3d"),
        ("visited pricing without attended webinar", "visited pricing and no attended webinar"),
        ("never visited pricing", "no visited pricing"),
        ("never did visit", "no visit"),
        ("stage is MQL", "when MQL, …"),
        ("if visited pricing", "visited pricing"),
        ("either visited pricing", "visited pricing"),
        ("visited pricing in the last month", "visited pricing within 30d"),
        ("visited pricing this month", "visited pricing within 30d"),
        ("visited pricing over the past week", "visited pricing within 7d"),
    ],
)
def test_what_was_meant(words: str, instead: str) -> None:
    assert instead == meant(words.split())
    with pytest.raises(mqlrules.RuleError) as raised:
        mqlrules.loads(f"{words} => MQL")
    (diagnostic,) = raised.value.diagnostics
    assert "E044" == diagnostic.code
    assert diagnostic.hint is not None
    assert f"`{instead}`" in diagnostic.hint


@pytest.mark.parametrize(
    "words",
    ["visited pricing", "twice", "once", "followed by", "went without", "last week", "if", "opened the last mail"],
)
def test_names_are_names(words: str) -> None:
    assert meant(words.split()) is None


def test_a_definition_may_be_called_so() -> None:
    rules = mqlrules.loads("event opened twice = opened email where (n = 2)\nopened twice => MQL")
    assert () == rules.diagnostics


def test_a_string_is_meant_as_it_is() -> None:
    assert () == mqlrules.loads('"visited pricing twice" => MQL').diagnostics


@pytest.mark.parametrize("word", ["each", "every", "Each"])
def test_points_for_each_are_points_per_event(word: str) -> None:
    with pytest.raises(mqlrules.RuleError) as raised:
        mqlrules.loads(f"score engagement\n    +10 for {word} visited pricing up to 30")
    (diagnostic,) = raised.value.diagnostics
    assert "E044" == diagnostic.code
    assert diagnostic.hint is not None
    assert diagnostic.hint.startswith("Write `+10 per visited pricing`")
