"""The timeline on a terminal."""

import re

import pytest
from rich.cells import cell_len

from mqlrules.explain.timeline.terminal import NARROWEST, draw_terminal
from tests.explain.timeline.cases import HOSTILE, ada, all_cases, loop, named

ESCAPES = re.compile(r"\x1b\[[0-9;]*m")


@pytest.mark.parametrize("name", list(all_cases()))
@pytest.mark.parametrize("width", [20, NARROWEST, 80, 200])
def test_no_line_is_wider_than_the_terminal(name: str, width: int) -> None:
    text = draw_terminal(all_cases()[name].timeline(), width, colour=False)
    assert [] == [line for line in text.splitlines() if cell_len(line) > max(width, NARROWEST)]
    assert text.endswith("\n")


def test_without_colour_it_is_plain_text_that_says_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.setenv(variable, "1")
        plain = draw_terminal(ada().timeline(), 100, colour=False)
        coloured = draw_terminal(ada().timeline(), 100, colour=True)
        assert "\x1b" not in plain
        assert "\x1b[" in coloured
        assert plain == ESCAPES.sub("", coloured)


def test_nothing_that_a_name_holds_steers_the_terminal() -> None:
    text = draw_terminal(named("lead \x1b[2J\x07", HOSTILE).timeline(), 100, colour=False)
    assert set() == {c for c in text if not c.isprintable()} - {"\n", "\N{ZERO WIDTH JOINER}"}
    assert "\\x1b[31mred" in text


def test_moves_stand_over_their_columns_and_in_a_list() -> None:
    lines = draw_terminal(ada().timeline(), 100, colour=False).splitlines()
    marked = next(line for line in lines if line.split() == ["1", "2", "3", "4", "5"])
    stage = next(line for line in lines if line.startswith("MQL"))
    assert marked.index("2") == stage.index("━")
    assert marked.index("3") == stage.rindex("━") + 1
    assert "2  11 Jan 2026, 01:00  MCL → MQL" in "\n".join(lines)


def test_windows_reach_from_their_evidence_to_their_end() -> None:
    lines = draw_terminal(ada().timeline(), 100, colour=False).splitlines()
    place = next(k for k, line in enumerate(lines) if "attended webinar within 30d, until 10 Feb 2026, 01:00" in line)
    bar = lines[place + 1]
    assert re.fullmatch(r" *(2 warm)? *●─+┤", bar)
    assert lines[place].index("attended") == bar.index("●")


def test_a_score_is_as_high_as_its_value() -> None:
    lines = draw_terminal(ada().timeline(), 100, colour=False).splitlines()
    top = next(place for place, line in enumerate(lines) if re.match("engagement +100", line))
    rows = [line[line.index("100") + 5 :] if place == top else line for place, line in enumerate(lines)][top : top + 3]
    high, middle, low = (row.ljust(100) for row in rows)
    assert re.fullmatch(" *", high)
    # 60 of 100 is asked for in the middle of three rows, and reached there from the webinar on.
    assert {"┄", "▆"} <= set(middle)
    assert low.strip().startswith("0  ▄")
    assert any("┄ ≥ 60 scored" in line for line in lines)


def test_hundreds_of_moves_are_listed_in_part_and_said() -> None:
    assert "… and 260 more" in draw_terminal(loop().timeline(), 100, colour=False)
