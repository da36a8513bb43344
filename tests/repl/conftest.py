"""A session with rules and events of three leads, and what it answers as text."""

import io
import json
from pathlib import Path

import attrs
import pytest
from rich.console import Console

from mqlrules.repl.data import Given
from mqlrules.repl.output import show
from mqlrules.repl.script import respond, with_events_of, with_rules_of
from mqlrules.repl.session import Reply, Session
from tests.cli.conftest import call as call

RULES = """\
# Who is warm.
event keen sign = visited pricing or requested demo
segment regular "They come back" = visited pricing >= 2
score engagement
    +10 per visited pricing up to 30
    +25 for attended webinar within 90d

rule looking: visited pricing => MEL
rule warm: regular and attended webinar within 30d => MQL  # for sales
"""

EVENTS = [
    {"lead": "ada", "time": "2026-01-05T09:00:00Z", "event": "visited pricing", "path": "/pricing"},
    {"lead": "ada", "time": "2026-01-09T09:00:00Z", "event": "Visited Pricing", "path": "/pricing/team"},
    {"lead": "ben", "time": "2026-01-10T10:00:00Z", "event": "visited pricing", "path": "/pricing"},
    {"lead": "ada", "time": "2026-01-12T14:00:00Z", "event": "attended webinar"},
    {"lead": "cy", "time": "2026-01-13T08:00:00Z", "event": "opened email"},
    {"lead": "cy", "time": "2026-02-20T08:00:00Z", "event": "identify", "industry": "software"},
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with rules.mql and events.jsonl."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COLUMNS", raising=False)
    (tmp_path / "rules.mql").write_text(RULES)
    (tmp_path / "events.jsonl").write_text("".join(json.dumps(event) + "\n" for event in EVENTS))
    return tmp_path


@attrs.define
class Asked:
    """Types inputs one after the other; keeps the session and the last reply."""

    session: Session
    reply: Reply | None = None

    def __call__(self, text: str) -> str:
        """What an input shows, with what is wrong."""
        self.reply = respond(self.session, text)
        self.session = self.reply.session
        return text_of(self.reply)

    @property
    def failed(self) -> bool:
        """Whether the last input failed."""
        assert self.reply is not None
        return self.reply.failed


def text_of(reply: Reply) -> str:
    """A reply as it is shown in a pipe, without blanks at the ends of lines."""
    stream = io.StringIO()
    out = Console(file=stream, color_system=None, width=100, markup=False, highlight=False)
    show(reply.parts, out, out)
    return "\n".join(line.rstrip() for line in stream.getvalue().splitlines())


def started(paths: tuple[str, ...], given: Given) -> Asked:
    """A session as a call of the command begins it."""
    rules = with_rules_of(Session(), paths)
    return Asked(with_events_of(rules.session, given).session)


@pytest.fixture
def ask(folder: Path) -> Asked:
    """A session with the rules and the events."""
    return started(("rules.mql",), Given(("events.jsonl",)))


@pytest.fixture
def bare(folder: Path) -> Asked:
    """A session with nothing."""
    return started((), Given())
