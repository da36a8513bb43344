"""What a person sees at a terminal: tables, a progress bar, colour, and none of it where nobody looks."""

from pathlib import Path

import pytest

from tests.terminal import in_a_terminal

RUN = "mqlrules run rules.mql --events events.csv"
ESCAPE = "\x1b["


def test_a_terminal_gets_a_table(folder: Path) -> None:
    shown = in_a_terminal(RUN, folder, {"NO_COLOR": "1"})
    assert 0 == shown.status
    rows = [" ".join(line.split()) for line in shown.text.splitlines()]
    assert "lead from_stage to_stage at (UTC) rule because of" == rows[0]
    assert "ada MEL MQL 2026-01-12 14:00 warm visited pricing ×2, attended webinar" in rows
    assert "4 events of 2 leads, up to 2026-01-12 14:00 UTC: 3 results" in rows
    assert "MQL 1 1" in rows
    assert "anonymous 0 2 looking 2" in rows


def test_a_long_table_is_cut_and_says_so(folder: Path) -> None:
    rows = "".join(f"lead-{lead},2026-01-05,visited pricing\n" for lead in range(1_000))
    (folder / "events.csv").write_text("lead,time,event\n" + rows)
    lines = in_a_terminal(RUN, folder, {"NO_COLOR": "1"}).text.splitlines()
    assert 20 == sum(line.startswith("lead-") for line in lines)
    assert "… and 980 more: --out FILE writes them all" in lines


def test_times_stand_in_one_line_and_the_evidence_is_folded(folder: Path) -> None:
    (folder / "rules.mql").write_text(
        "rule accepted_after_a_first_call:\n"
        "    submitted application and accepted the offer and called about incomplete files => MQL\n"
    )
    rows = ["submitted application", "accepted the offer", "called about incomplete files"]
    times = [f"2012-03-01T12:00:0{at}.123456Z" for at in range(len(rows))]
    lines = [f"application-{lead},{at},{event}\n" for lead in range(9) for at, event in zip(times, rows, strict=True)]
    (folder / "events.csv").write_text("lead,time,event\n" + "".join(lines))
    shown = in_a_terminal(RUN, folder, {"NO_COLOR": "1"}).text
    assert 9 == shown.count(" 2012-03-01 12:00:02  ")
    assert "up to 2012-03-01 12:00:02 UTC" in shown
    assert 9 == sum("application-" in line and "MQL" in line for line in shown.splitlines())
    assert 100 >= max(map(len, shown.splitlines()))


def test_each_rule_has_its_own_table(folder: Path) -> None:
    text = in_a_terminal(f"{RUN} --each-rule", folder, {"NO_COLOR": "1"}).text
    rows = [" ".join(line.split()) for line in text.splitlines()]
    assert "lead rule first held (UTC)" == rows[0]
    assert "looking 2" in rows
    assert "warm 1" in rows
    assert "when" not in text


def test_each_rule_says_that_stages_are_not_asked(folder: Path) -> None:
    (folder / "more.mql").write_text("rule quiet: when MQL for 30d, no visited pricing within 3d => recycle to MEL\n")
    command = RUN.replace("rules.mql", "rules.mql more.mql")
    lines = in_a_terminal(f"{command} --each-rule", folder, {"NO_COLOR": "1"}).text.splitlines()
    assert "`when` is ignored here, only the condition after it counts: quiet" == lines[-1]
    assert "when" not in in_a_terminal(command, folder, {"NO_COLOR": "1"}).text


def test_no_result_is_said_too(folder: Path) -> None:
    (folder / "rules.mql").write_text("rule never: bought => customer\n")
    assert "0 results" in in_a_terminal(RUN, folder).text


def test_a_terminal_is_shown_in_colour(folder: Path) -> None:
    (folder / "wrong.mql").write_text("rule warm: visited pricing => MLQ\n")
    for command in (RUN, "mqlrules demo", "mqlrules check wrong.mql"):
        assert ESCAPE in in_a_terminal(command, folder).text, command


EVERYTHING = f"{RUN}; mqlrules demo; mqlrules check wrong.mql; mqlrules --help"


@pytest.mark.parametrize("variables", [{"NO_COLOR": "1"}, {"TERM": "dumb"}], ids=["NO_COLOR", "TERM=dumb"])
def test_who_wants_no_colour_gets_none(folder: Path, variables: dict[str, str]) -> None:
    (folder / "wrong.mql").write_text("rule warm: visited pricing => MLQ\n")
    assert ESCAPE not in in_a_terminal(EVERYTHING, folder, variables).text


def test_a_pipe_gets_no_colour(folder: Path) -> None:
    (folder / "wrong.mql").write_text("rule warm: visited pricing => MLQ\n")
    assert ESCAPE not in in_a_terminal(f"({EVERYTHING}) 2>&1 | cat", folder).text


PIPED = "mqlrules {} check wrong.mql | cat"


def test_colour_can_be_forced_and_forbidden(folder: Path) -> None:
    (folder / "wrong.mql").write_text("rule warm: visited pricing => MLQ\n")
    force, never = {"FORCE_COLOR": "1"}, {"NO_COLOR": "1"}
    assert ESCAPE in in_a_terminal(PIPED.format(""), folder, force).text
    assert ESCAPE not in in_a_terminal(PIPED.format(""), folder, force | never).text
    assert ESCAPE in in_a_terminal(PIPED.format("--color always"), folder, never).text
    assert ESCAPE not in in_a_terminal("mqlrules check wrong.mql --color never", folder, force).text
    assert ESCAPE in in_a_terminal("mqlrules demo --color always | cat", folder).text


def test_data_can_not_steer_the_terminal(folder: Path) -> None:
    (folder / "rules.mql").write_text("rule any: activity => MEL\n")
    (folder / "events.csv").write_text('lead,time,event\n"\x1b[31mred[bold]",2026-01-05,"\x1b]0;title\x07[/]"\n')
    shown = in_a_terminal(RUN, folder, {"NO_COLOR": "1"})
    assert 0 == shown.status
    assert "\x1b" not in shown.text
    assert "[31mred[bold]" in shown.text


IMPATIENT = """
import sys
from mqlrules.run import progress
from mqlrules.cli import main

progress.PATIENCE = 0
sys.exit(main())
"""


def test_long_work_shows_how_far_it_is(folder: Path) -> None:
    (folder / "impatient.py").write_text(IMPATIENT)
    shown = in_a_terminal(f"python impatient.py {RUN.removeprefix('mqlrules ')} > out.jsonl", folder)
    assert 0 == shown.status
    assert "evaluating" in shown.text


def test_short_work_shows_no_progress(folder: Path) -> None:
    assert "" == in_a_terminal(f"{RUN} > out.jsonl", folder).text


def test_ctrl_c_at_a_terminal_is_one_plain_line(folder: Path) -> None:
    # The pipe opens when the command has begun to read it.
    writer = "(echo lead,time,event; echo begun >&2; exec 2>&-; sleep 5) > slow.csv &"
    command = RUN.replace("events.csv", "slow.csv") + " --format csv"
    shown = in_a_terminal(f"mkfifo slow.csv; {writer} {command}", folder, interrupt_after="begun")
    assert 130 == shown.status
    assert ["begun", "mqlrules: stopped"] == shown.text.split("\n", 1)[0].split() + shown.text.splitlines()[-1:]
