"""The prompt on a real terminal, typed at by pexpect: keys, completion, history, and what never loses the session."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

pexpect = pytest.importorskip("pexpect")
pytest.importorskip("prompt_toolkit")

PATIENCE = 60
UP, TAB, ENTER, CTRL_C, CTRL_D, CTRL_R = "\x1b[A", "\t", "\r", "\x03", "\x04", "\x12"


class Typist:
    """Somebody at a terminal of 100 columns."""

    def __init__(self, child: "pexpect.spawn[str]") -> None:
        self.child = child

    def types(self, text: str) -> None:
        """Keys, without the one that ends a line."""
        self.child.send(text)

    def enters(self, text: str) -> None:
        """A line."""
        self.child.send(text + ENTER)

    def sees(self, text: str) -> None:
        """Waits until a text is shown."""
        self.child.expect_exact(text, timeout=PATIENCE)

    def sees_the_prompt(self) -> None:
        """Waits until the next line can be typed."""
        self.sees("mql> ")

    def leaves(self) -> int:
        """The exit status, when the session has ended."""
        self.child.expect(pexpect.EOF, timeout=PATIENCE)
        self.child.close()
        return int(self.child.exitstatus if self.child.exitstatus is not None else -1)


@contextmanager
def session(folder: Path, *arguments: str, **variables: str) -> Iterator[Typist]:
    """The command on a terminal."""
    environment = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "COLUMNS", "LINES")}
    environment |= {
        "TERM": "xterm-256color",
        "NO_COLOR": "1",
        "XDG_STATE_HOME": str(folder / "state"),
        # pexpect does not answer the question where the cursor is.
        "PROMPT_TOOLKIT_NO_CPR": "1",
        **variables,
    }
    child = pexpect.spawn(
        sys.executable,
        ["-m", "mqlrules", "repl", *arguments],
        cwd=str(folder),
        env=environment,
        dimensions=(40, 100),
        encoding="utf-8",
    )
    # Each key is read before the next one comes.
    child.delaybeforesend = 0.05
    try:
        yield Typist(child)
    finally:
        child.close(force=True)


def test_a_conversation(folder: Path) -> None:
    with session(folder, "rules.mql", "--events", "events.jsonl") as typist:
        typist.sees("Rules: 2 rules and 3 definitions in 1 file.")
        typist.sees("Events: 6 events of 3 leads")
        typist.sees_the_prompt()
        typist.enters("visited pricing >= 2")
        typist.sees("1 of 3 leads now, 1 ever")
        # A line in which something is missing goes on.
        typist.enters("visited pricing and")
        typist.sees("…")
        typist.enters("attended webinar")
        typist.sees("1 of 3 leads now, 1 ever")
        # A score ends with an empty line.
        typist.enters("score interest")
        typist.enters("+1 per visited pricing")
        typist.enters("+2 per opened email")
        typist.enters("")
        typist.sees("score interest: new.")
        typist.sees("interest: from 1 to 2")
        # What is pasted comes as a whole.
        typist.types("\x1b[200~event sign = opened email\nrule signed: sign => SQL\x1b[201~")
        typist.enters("")
        typist.sees("rule signed: new.")
        typist.enters("visited pricing >= and")
        typist.sees("^^")
        typist.enters(":at 2026-01-09")
        typist.sees("As it was at 2026-01-09 23:59:59 UTC.")
        typist.sees("mql ")
        typist.sees("2026-01-09 23:59:59")
        typist.enters(":at end")
        typist.sees_the_prompt()
        # Nothing is lost without a word.
        typist.types(CTRL_D)
        typist.sees("Ctrl-D again leaves without saving.")
        typist.enters("visited pricing")
        typist.sees("2 of 3 leads now")
        typist.types(CTRL_D)
        typist.sees("Ctrl-D again leaves without saving.")
        typist.sees_the_prompt()
        typist.types(CTRL_D)
        assert 0 == typist.leaves()


def test_ctrl_c_clears_a_line_and_stops_an_answer_and_never_loses_the_session(folder: Path) -> None:
    # One step after the other, each of many: this takes its time.
    lines = "".join(f"{lead},{1_700_000_000_000_000 + step},a\n" for lead in range(300) for step in range(400))
    (folder / "many.csv").write_text("lead,time,event\n" + lines)
    with session(folder, "--events", "many.csv") as typist:
        typist.sees_the_prompt()
        typist.enters("rule mine: a >= 400 => MQL")
        typist.sees("300 of 300 leads now")
        typist.sees_the_prompt()
        typist.types("this is not what I")
        typist.types(CTRL_C)
        typist.sees_the_prompt()
        typist.enters("then ".join(["a >= 100 "] * 4) + "then no b for 1d then a >= 2")
        typist.sees("asking leads")
        typist.types(CTRL_C)
        typist.sees("Stopped; the session has not changed.")
        typist.sees_the_prompt()
        typist.enters("mine")
        typist.sees("300 of 300 leads now")
        typist.enters(":rules")
        typist.sees("rule   mine   => MQL   <session>")
        typist.sees_the_prompt()
        typist.enters(":save mine.mql")
        typist.sees("Written: mine.mql")
        typist.sees_the_prompt()
        typist.types(CTRL_D)
        assert 0 == typist.leaves()


def test_names_and_real_values_are_completed(folder: Path) -> None:
    with session(folder, "rules.mql", "--events", "events.jsonl") as typist:
        typist.sees_the_prompt()
        typist.types("atten")
        typist.sees("attended webinar")
        typist.types(TAB)
        typist.enters("")
        typist.enters("")
        typist.sees("1 of 3 leads now")
        typist.types('visited pricing where (path = "/pricing/t')
        typist.sees("/pricing/team")
        typist.types(TAB)
        typist.enters("")
        typist.enters(")")
        typist.sees("1 of 3 leads now")
        typist.types(":le")
        typist.sees(":lead")
        typist.types(TAB)
        typist.types("c")
        typist.sees("cy")
        typist.types(CTRL_C + CTRL_D)
        assert 0 == typist.leaves()


def test_what_was_typed_is_remembered_the_next_time(folder: Path) -> None:
    state = folder / "state" / "mqlrules" / "repl_history"
    with session(folder, "--events", "events.jsonl") as typist:
        typist.sees_the_prompt()
        typist.enters("opened email")
        typist.sees("1 of 3 leads now")
        typist.enters(":quit")
        assert 0 == typist.leaves()
    assert "+opened email\n" in state.read_text()
    assert 0o600 == state.stat().st_mode & 0o777, "what is typed may name people"
    # A damaged file costs what is damaged, and no more.
    state.write_bytes(b"\xff\xfe\x00nonsense\n+ \xff\n" + state.read_bytes())
    with session(folder, "--events", "events.jsonl") as typist:
        typist.sees_the_prompt()
        typist.types(UP + UP)
        typist.sees("opened email")
        typist.enters("")
        typist.sees("1 of 3 leads now")
        typist.sees_the_prompt()
        typist.types(CTRL_R + "ned")
        typist.sees(" email")  # what was searched for is marked before it
        typist.enters("")  # takes what was found
        typist.enters("")
        typist.sees("1 of 3 leads now")
        typist.enters(":quit")
        assert 0 == typist.leaves()


def test_without_a_place_for_history_there_is_a_session_all_the_same(folder: Path) -> None:
    (folder / "state").write_text("a file where a folder should be\n")
    with session(folder, "--events", "events.jsonl") as typist:
        typist.sees("The history is not saved:")
        typist.sees_the_prompt()
        typist.enters("opened email")
        typist.sees("1 of 3 leads now")
        typist.types(CTRL_D)
        assert 0 == typist.leaves()


def test_colours_are_shown_unless_nobody_wants_them(folder: Path) -> None:
    with session(folder, "--events", "events.jsonl", NO_COLOR="") as typist:
        typist.sees_the_prompt()
        typist.enters("visited pricing within 3d")
        typist.child.expect("\x1b\\[0;35mw", timeout=PATIENCE)  # a keyword
        typist.sees("leads now")
        typist.types(CTRL_D)
        assert 0 == typist.leaves()
