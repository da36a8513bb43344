"""What is saved is what the session has; what is read again keeps what was typed."""

from pathlib import Path

import pytest

from mqlrules.repl.data import Given
from mqlrules.ruleset import load
from tests.repl.conftest import RULES, Asked, started


def test_a_session_that_began_with_nothing_is_saved_to_a_file(bare: Asked, folder: Path) -> None:
    bare("rule looking: visited pricing=>MEL")
    bare("event sign = a or b # two ways\nrule warm: sign => MQL")
    assert bare.session.unsaved
    assert "Written: new.mql" == bare(":save new.mql")
    assert (folder / "new.mql").read_text() == (
        "rule looking: visited pricing => MEL\n\nevent sign = a or b  # two ways\n\nrule warm: sign => MQL\n"
    )
    assert not bare.session.unsaved
    assert "There is nothing to save." == bare(":save")
    bare("rule looking: visited pricing >= 2 => MEL")
    assert "Written: new.mql" == bare(":save"), "it is the session's file from then on"
    assert "visited pricing >= 2 => MEL" in (folder / "new.mql").read_text()


def test_changes_go_into_the_file_that_they_belong_to(ask: Asked, folder: Path) -> None:
    ask("rule looking: visited pricing >= 2 => MEL")
    ask("requested demo => SQL")
    assert "Written: rules.mql" == ask(":save")
    changed = RULES.replace("visited pricing => MEL", "visited pricing >= 2 => MEL")
    assert changed + "\nrequested demo => SQL\n" == (folder / "rules.mql").read_text()
    assert not ask.session.unsaved
    assert "Nothing has changed since the rules were loaded." == ask(":diff")
    assert load("rules.mql").fingerprint == ask.session.rules.fingerprint


def test_in_a_folder_what_is_new_goes_to_the_file_that_is_named(folder: Path) -> None:
    (folder / "set").mkdir()
    (folder / "set" / "one.mql").write_text("rule one: a => MEL\n")
    (folder / "set" / "two.mql").write_text("rule two: b => MQL\n")
    ask = started(("set",), Given())
    ask("rule one: a >= 2 => MEL")
    ask("rule three: c => SQL")
    assert "The new statements belong to no file." in ask(":save")
    assert ask.failed
    assert "rule one: a => MEL\n" == (folder / "set" / "one.mql").read_text(), "nothing is written by halves"
    assert "Written: set/one.mql, set/three.mql" == ask(":save set/three.mql")
    assert "rule three: c => SQL\n" == (folder / "set" / "three.mql").read_text()
    assert "rule two: b => MQL\n" == (folder / "set" / "two.mql").read_text()
    assert load("set").fingerprint == ask.session.rules.fingerprint


def test_a_file_elsewhere_gets_all_rules_and_no_other_is_touched(ask: Asked, folder: Path) -> None:
    (folder / "copy").mkdir()
    ask("rule looking: visited pricing >= 2 => MEL")
    ask("rule three: opened email => SQL")
    assert "Written: copy/all.mql" == ask(":save copy/all.mql")
    assert RULES == (folder / "rules.mql").read_text()
    assert load("copy/all.mql").fingerprint == ask.session.rules.fingerprint
    assert not ask.session.unsaved


def test_nobodys_file_is_written_over_unless_that_is_said(ask: Asked, folder: Path) -> None:
    (folder / "copy").mkdir()
    (folder / "copy" / "there.mql").write_text("rule mine: a => MQL\n")
    assert ask(":save copy/there.mql") == (
        "error: The file copy/there.mql already exists.\n  = hint: `:save! copy/there.mql` overwrites it."
    )
    assert "rule mine: a => MQL\n" == (folder / "copy" / "there.mql").read_text()
    assert "Written: copy/there.mql" == ask(":save! copy/there.mql")
    assert "Written: copy/there.mql" == ask(":save copy/there.mql"), "it is the session's own now"


def test_a_file_that_has_changed_since_is_not_written_over(ask: Asked, folder: Path) -> None:
    ask("rule looking: visited pricing >= 2 => MEL")
    (folder / "rules.mql").write_text(RULES + "rule mine: a => MQL\n")
    assert "error: rules.mql has changed since it was loaded." in ask(":save")
    assert "rule mine" in (folder / "rules.mql").read_text()
    assert "Rules: 3 rules in 1 file, 1 change made again." in ask(":reload")
    assert "Written: rules.mql" == ask(":save")
    assert "visited pricing >= 2 => MEL" in (folder / "rules.mql").read_text()
    assert "rule mine" in (folder / "rules.mql").read_text()


@pytest.mark.parametrize("target", ["nowhere/x.mql", "rules.txt", "folder.mql"])
def test_what_cant_be_written_is_said_and_nothing_is_lost(ask: Asked, folder: Path, target: str) -> None:
    (folder / "folder.mql").mkdir()
    ask("rule three: opened email => SQL")
    ask(f":save {target}")
    assert ask.failed
    assert ask.session.unsaved
    assert "three" in [rule.name for rule in ask.session.checked.program.rules]


def test_a_full_disk_leaves_the_file_as_it_was(ask: Asked, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ask("rule looking: visited pricing >= 2 => MEL")

    def full(self: Path, *args: object, **named: object) -> int:
        raise OSError(28, "No space left on device", str(self))

    monkeypatch.setattr(Path, "write_text", full)
    assert "no space left on device" in ask(":save").lower()
    assert RULES == (folder / "rules.mql").read_text()
    assert ask.session.unsaved


def test_line_ends_of_a_file_stay_what_they_are(folder: Path) -> None:
    (folder / "rules.mql").write_bytes(b"rule one: a => MEL\r\nrule two: b => MQL\r\n")
    ask = started(("rules.mql",), Given())
    ask("rule one: a >= 2 and\n    c => MEL")
    ask(":save")
    assert b"rule one: a >= 2 and c => MEL\r\nrule two: b => MQL\r\n" == (folder / "rules.mql").read_bytes()


def test_a_comment_above_a_definition_stays_and_that_behind_it_goes_with_its_line(ask: Asked, folder: Path) -> None:
    ask("# not this\nevent keen sign = requested demo  # but this")
    ask("rule warm: regular => MQL")
    ask(":save")
    text = (folder / "rules.mql").read_text()
    assert text.startswith("# Who is warm.\nevent keen sign = requested demo  # but this\nsegment")
    assert text.endswith("rule warm: regular => MQL  # for sales\n")


# -- reading again -------------------------------------------------------------------------------------------------


def test_files_that_were_edited_are_read_again_and_what_was_typed_stays(ask: Asked, folder: Path) -> None:
    ask("rule three: opened email => SQL")
    ask(":drop keen sign")
    (folder / "rules.mql").write_text(RULES.replace("visited pricing => MEL", "visited pricing >= 5 => MEL"))
    shown = ask(":reload")
    assert "Rules: 3 rules in 1 file, 2 changes made again.\nEvents: unchanged." == shown
    assert ask("looking").startswith("0 of 3 leads now")
    assert "keen sign" not in ask.session.checked.program.events


def test_what_was_typed_together_is_made_together_again(ask: Asked, folder: Path) -> None:
    (folder / "sectors.csv").write_text("software\n")
    ask('rule listed: lead.industry in sectors => SQL\nlist sectors from "sectors.csv"')
    assert not ask.failed
    assert "Rules: 3 rules in 1 file, 1 change made again." in ask(":reload")


def test_what_was_typed_and_is_in_the_file_now_is_there_once(ask: Asked, folder: Path) -> None:
    ask("opened email => SQL")
    (folder / "rules.mql").write_text(RULES + "opened email => SQL\n")
    ask(":reload")
    assert 3 == len(ask.session.checked.program.rules)


def test_what_does_not_fit_any_more_keeps_the_session_as_it_was(ask: Asked, folder: Path) -> None:
    ask("rule three: engagement >= 5 and regular => SQL")
    (folder / "rules.mql").write_text("lifecycle anonymous > MEL\n")
    before = ask.session
    assert "nothing has changed" in ask(":reload")
    assert ask.failed
    assert before.checked is ask.session.checked


def test_a_file_that_is_gone_keeps_the_session_as_it_was(ask: Asked, folder: Path) -> None:
    (folder / "rules.mql").unlink()
    assert "rules.mql: there is no such file or folder" in ask(":reload")
    assert ask.failed
    assert ask("warm").startswith("0 of 3 leads now")


def test_events_are_read_again_when_their_file_has_changed(ask: Asked, folder: Path) -> None:
    with (folder / "events.jsonl").open("a") as file:
        file.write('{"lead": "dee", "time": "2026-03-01", "event": "visited pricing"}\n')
    assert "Events: 7 events of 4 leads, 4 names" in ask(":reload")
    assert ask("visited pricing").startswith("3 of 4 leads now")


def test_other_events_take_the_place_of_those_that_were_there(ask: Asked, folder: Path) -> None:
    (folder / "other.csv").write_text("lead,time,event\nzoe,2026-01-01,opened email\n")
    (folder / "leads.csv").write_text("lead,employees\nzoe,300\nyan,5\n")
    assert "Events: 1 event of 1 lead, 1 name" in ask(":load other.csv --leads leads.csv")
    assert """\
1 of 1 lead now, 1 ever; as of 2026-01-01 00:00 UTC
Of 1 lead with traits but no events, 0 do.
""" in ask("lead.employees >= 200")
    assert "error: nowhere.csv: there is no such file or folder" in ask(":load nowhere.csv")
    assert ask("opened email").startswith("1 of 1 lead now"), "the events are as they were"


def test_rows_that_cant_be_read_are_said(ask: Asked, folder: Path) -> None:
    (folder / "bad.csv").write_text("lead,time,event\nzoe,2026-01-01,a\n,2026-01-01,a\nzoe,never,a\n")
    shown = ask(":load bad.csv")
    assert "2 rows can't be read and are left out:\n  bad.csv:3: no lead" in shown
    assert "Events: 1 event of 1 lead" in shown


def test_a_table_of_leads_alone_can_be_asked(folder: Path) -> None:
    (folder / "leads.csv").write_text("lead,employees\nzoe,300\nyan,5\n")
    ask = started((), Given(leads="leads.csv"))
    assert "Of 2 leads with traits but no events, 1 does." in ask("lead.employees >= 200")
    assert "zoe  anonymous\n  employees 300\n  no events" == ask(":lead zoe")


# -- leads ---------------------------------------------------------------------------------------------------------


def test_all_leads_of_an_answer_are_written(ask: Asked, folder: Path) -> None:
    assert "There is no answer yet" in ask(":export leads.csv")
    ask("visited pricing >= 1 within 7d or opened email")
    ask(":rules")
    assert "3 leads written to leads.csv" == ask(":export leads.csv")
    assert (folder / "leads.csv").read_text() == (
        "lead,first,now\nada,2026-01-05T09:00:00Z,false\nben,2026-01-10T10:00:00Z,false\ncy,2026-01-13T08:00:00Z,true\n"
    )
    ask("engagement")
    ask(":export scores.jsonl")
    assert (folder / "scores.jsonl").read_text() == (
        '{"lead": "ada", "engagement": 45}\n{"lead": "ben", "engagement": 10}\n{"lead": "cy", "engagement": 0}\n'
    )
    ask("rule new: opened email => SQL")
    assert "1 lead written to new.csv" == ask(":export 'new.csv'")
    for text in (":export", ":export leads.xlsx", ":export nowhere/leads.csv", ":export \0.csv"):
        ask(text)
        assert ask.failed, text
