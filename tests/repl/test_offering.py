"""What is offered to be typed next: commands and what they take, and the language by what the data holds."""

from pathlib import Path

import pytest

from mqlrules.repl.commands import COMMANDS
from mqlrules.repl.completion import look_through, offers, words_of
from mqlrules.repl.data import Data, Given
from mqlrules.repl.session import Session
from tests.repl.conftest import Asked, started
from tests.strategies import random_case


def offered(session: Session, text: str) -> list[str]:
    """What each offer would make of the text up to the cursor, which stands at its end."""
    words = words_of(session, *look_through(session.data))
    return [text[: offer.start] + offer.text for offer in offers(session, text, len(text), words)]


@pytest.mark.parametrize(
    ("text", "completed"),
    [
        (":le", ":lead "),
        (":lead a", ":lead ada"),
        (":why wa", ":why warm"),
        (":why warm b", ":why warm ben"),
        (":tree atten", ":tree attended webinar"),
        (":tree attended webinar wi", ":tree attended webinar within"),
        (":describe reg", ":describe regular"),
        (":events op", ":events opened email"),
        (":at e", ":at end"),
        (":at 2026-02", ":at 2026-02-20"),
        (":time o", ":time on"),
        (":help with", ":help within"),
        (":drop keen", ":drop keen sign"),
        (":save ru", ":save rules.mql"),
        (":load ev", ":load events.jsonl"),
        (":load events.jsonl --leads le", ":load events.jsonl --leads leads.csv"),
        ("vis", "visited pricing"),
        ("visited pri", "visited pricing"),
        ("eng", "engagement"),
        ("reg", "regular"),
        ("rule x: regular => M", "rule x: regular => MQL"),
        ("visited pricing where (pa", "visited pricing where (path"),
        ('visited pricing where (path = "/pricing/', 'visited pricing where (path = "/pricing/team"'),
        ("lead.ind", "lead.industry"),
        ('lead.industry = "so', 'lead.industry = "software"'),
        ("lead.empl", "lead.employees"),
    ],
)
def test_what_fits_is_offered(folder: Path, text: str, completed: str) -> None:
    (folder / "leads.csv").write_text("lead,employees\nada,300\n")
    ask = started(("rules.mql",), Given(("events.jsonl",), "leads.csv"))
    assert completed in offered(ask.session, text)


@pytest.mark.parametrize("text", [":quit ", ":nonsense x", ":lead zz", ":save nowhere/x", ":time x", ":at zz"])
def test_nothing_is_offered_where_nothing_fits(ask: Asked, text: str) -> None:
    assert [] == offered(ask.session, text)


def test_all_commands_are_offered_after_a_colon(ask: Asked) -> None:
    assert [command.name for command in COMMANDS] == [each.strip(": ") for each in offered(ask.session, ":")]


def test_what_is_typed_is_offered_from_then_on(ask: Asked) -> None:
    ask("segment eager = requested demo >= 2")
    assert "eager" in offered(ask.session, "eag")


def test_leads_that_are_numbers_are_offered_by_how_they_begin(folder: Path) -> None:
    (folder / "many.csv").write_text("lead,time,event\n" + "".join(f"{k},2026-01-01,a\n" for k in range(2000)))
    ask = started((), Given(("many.csv",)))
    assert [f":lead {k}" for k in ("199", "1990", "1991", "1992")] == offered(ask.session, ":lead 199")[:4]
    assert 50 == len(offered(ask.session, ":lead 1"))


def test_of_very_many_events_some_of_each_name_are_looked_at(monkeypatch: pytest.MonkeyPatch, ask: Asked) -> None:
    monkeypatch.setattr("mqlrules.repl.completion.SEEN_WHOLE", 3)
    monkeypatch.setattr("mqlrules.repl.completion.SEEN_OF_A_NAME", 1)
    catalogue, _ = look_through(ask.session.data)
    assert {"visited pricing": 3, "attended webinar": 1, "opened email": 1} == {
        name: event.count for name, event in catalogue.events.items()
    }


@pytest.mark.parametrize(
    "text", ["", " ", "\n", "score x\n", "(" * 50, '"', "a where (b = ", ":", ": x", ":lead \x00", "🙂"]
)
def test_whatever_is_typed_something_or_nothing_is_offered(ask: Asked, text: str) -> None:
    for offset in range(len(text) + 1):
        words = words_of(ask.session, *look_through(Data(Given())))
        for offer in offers(ask.session, text, offset, words):
            assert 0 <= offer.start <= offset


def test_properties_whose_names_need_quotes_are_offered_without_and_within_them(folder: Path) -> None:
    (folder / "leads.csv").write_text('lead,"Lead Source"\nada,Google\n')
    ask = started((), Given(leads="leads.csv"))
    for typed in ("lead.Lead", 'lead."Lead S'):
        assert 'lead."Lead Source"' in offered(ask.session, typed)
    assert 'lead."Lead Source" = "Google"' in offered(ask.session, 'lead."Lead Source" = "goo')


@pytest.mark.parametrize("start", range(0, 24, 8))
def test_at_every_place_of_random_rules_something_or_nothing_is_offered(ask: Asked, start: int) -> None:
    words = words_of(ask.session, *look_through(ask.session.data))
    for number in range(start, start + 8):
        text = random_case(number).rules[:400]
        for offset in range(0, len(text) + 1, 3):
            for offer in offers(ask.session, text[:offset], offset, words):
                assert 0 <= offer.start <= offset
