"""A folder with rules and events, and the command line in it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mqlrules.cli.application import application

RULES = """\
rule looking: visited pricing => MEL
rule warm:    visited pricing >= 2 and attended webinar within 30d => MQL
"""

EVENTS = [
    {"lead": "ada", "time": "2026-01-05T09:00:00Z", "event": "visited pricing", "id": "e1"},
    {"lead": "ada", "time": "2026-01-09T09:00:00Z", "event": "visited pricing", "id": "e2"},
    {"lead": "ben", "time": "2026-01-10T10:00:00Z", "event": "visited pricing", "id": "e3"},
    {"lead": "ada", "time": "2026-01-12T14:00:00Z", "event": "attended webinar", "id": "e4"},
]

Call = Callable[..., Result]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder: rules.mql, events.jsonl and events.csv."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rules.mql").write_text(RULES)
    (tmp_path / "events.jsonl").write_text("".join(json.dumps(event) + "\n" for event in EVENTS))
    lines = [f"{event['lead']},{event['time']},{event['event']},{event['id']}\n" for event in EVENTS]
    (tmp_path / "events.csv").write_text("lead,time,event,id\n" + "".join(lines))
    return tmp_path


@pytest.fixture
def call(folder: Path) -> Call:
    """Calls ``mqlrules`` with the arguments, in the folder, with its output in pipes."""

    def call(*arguments: str | Path, stdin: str | bytes | None = None) -> Result:
        result = CliRunner().invoke(application, [str(argument) for argument in arguments], stdin, prog_name="mqlrules")
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
        return result

    return call
