"""What leads, events and properties are called can't steer a terminal, and is no markup in SVG, HTML and Markdown."""

import html.parser
import json
import re
import sqlite3
import xml.etree.ElementTree
from pathlib import Path

import pytest

import mqlrules
from mqlrules.explain.document import as_markdown
from mqlrules.explain.pages import page
from tests.terminal import in_a_terminal

STEERING = "\x1b]0;owned\x07\x1b[31m\x9b31m\r\x08\u202e"
MARKUP = "<script>alert(1)</script>&\"'|`*_]](x)[bold red]"
NASTY = STEERING + MARKUP
SQL = "'); DROP TABLE mqlrules_leads; --"
SENT = re.compile("\x1b\\]|\x07|\x9b|\x08|\u202e|\x1b\\[31m")
"""Signs that only the data sends: our own colours are others."""

RULES = """\
rule warm "Looks": visited pricing >= 2 => MQL
rule all:  activity >= 3 => SQL
"""


def events() -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    for day in range(1, 5):
        at = f"2026-01-0{day}T0"
        found.append(
            {"lead": f"mara{NASTY}", "time": f"{at}1:00:00Z", "event": "visited pricing", f"page{NASTY}": NASTY,
             "id": f"{day}{NASTY}"}
        )  # fmt: skip
        found.append({"lead": f"theo{NASTY}", "time": f"{at}2:00:00Z", "event": f"odd{NASTY}"})
    found.append({"lead": f"theo{NASTY}", "time": "2026-01-05", "event": "identify", f"trait{NASTY}": NASTY})
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Rules, events, a script of calls for shells (the name of a lead is in ``$LEAD``), and a store."""
    (tmp_path / "rules.mql").write_text(RULES)
    rows = [*events(), {"lead": f"theo{NASTY}", "time": f"soon{NASTY}", "event": "x"}]
    (tmp_path / "events.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "lead.txt").write_text(f"mara{NASTY}")
    return tmp_path


COMMANDS = {
    "run": "mqlrules run rules.mql --events events.jsonl",
    "run --each-rule": "mqlrules run rules.mql --events events.jsonl --each-rule",
    "explain": 'mqlrules explain rules.mql --events events.jsonl --lead "$LEAD"',
    "explain --rule": 'mqlrules explain rules.mql --events events.jsonl --lead "$LEAD" --rule warm',
    "explain --timeline": 'mqlrules explain rules.mql --events events.jsonl --lead "$LEAD" --timeline',
    "explain --batch": "mqlrules explain rules.mql --events events.jsonl --batch",
    "no such lead": 'mqlrules explain rules.mql --events events.jsonl --lead "z$LEAD"',
    "lint": "mqlrules lint rules.mql --events events.jsonl",
    "init": "mqlrules init new --events events.jsonl; mqlrules check new",
    "repl": "printf 'visited pricing\\n:events\\n:lead '\"$LEAD\"'\\n:explain '\"$LEAD\"'\\n' > said.txt; "
    "mqlrules repl rules.mql --events events.jsonl < said.txt",
    "no such file": 'mqlrules check "$LEAD.mql"; mqlrules run rules.mql --events "$LEAD.csv"',
    "no such rule": 'mqlrules describe rules.mql --rule "$LEAD"; mqlrules run rules.mql --nothing "$LEAD"',
    "engine": 'mqlrules engine status "sqlite:///$LEAD.db" rules.mql',
}


@pytest.mark.parametrize("name", COMMANDS)
def test_no_command_lets_data_steer_a_terminal(folder: Path, name: str) -> None:
    shown = in_a_terminal(f"LEAD=$(cat lead.txt); {COMMANDS[name]}", folder).text
    assert shown.strip()
    assert "Traceback" not in shown
    assert [] == [line for line in shown.splitlines() if SENT.search(line)]


def test_a_pipe_gets_lines_of_json_whatever_names_hold(folder: Path) -> None:
    shown = in_a_terminal("mqlrules run rules.mql --events events.jsonl 2>/dev/null | cat", folder).text
    leads = {json.loads(line)["lead"] for line in shown.splitlines()}
    assert {f"mara{NASTY}", f"theo{NASTY}"} == leads


class Tags(html.parser.HTMLParser):
    """The tags of a page, and whether one came from the data."""

    def __init__(self) -> None:
        super().__init__()
        self.bold_alerts = 0

    def handle_data(self, data: str) -> None:
        if self.cdata_elem == "script" and "alert(1)" in data:
            self.bold_alerts += 1


def test_an_svg_of_nasty_names_is_well_formed_and_holds_no_script() -> None:
    drawn = mqlrules.loads(RULES).draw_timeline(events(), lead=f"mara{NASTY}", form="svg")
    tree = xml.etree.ElementTree.fromstring(drawn)
    assert [] == [each.tag for each in tree.iter() if str(each.tag).endswith("script")]
    assert [] == [key for each in tree.iter() for key in each.attrib if key.startswith("on")]


def test_an_html_page_of_nasty_names_runs_nothing_of_theirs() -> None:
    drawn = mqlrules.loads(RULES).draw_timeline(events(), lead=f"mara{NASTY}", form="html")
    tags = Tags()
    tags.feed(drawn)
    assert 0 == tags.bold_alerts
    assert "<script>alert(1)" not in drawn


def test_markdown_of_nasty_names_holds_no_markup_of_theirs() -> None:
    rules = mqlrules.loads(RULES)
    explained = as_markdown(page(rules.explain(events(), lead=f"mara{NASTY}")))
    assert "<script>" not in re.sub("``.*?``|`.*?`", "", explained)
    assert None is SENT.search(explained)


def test_sql_in_names_and_values_is_text_to_a_store(tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path}/leads.db"
    rules = mqlrules.loads(RULES)
    nasty = SQL + NASTY + "\x00\ud800"
    with rules.engine(store=store, lateness="1h") as engine:
        made = engine.feed_many(
            {"lead": nasty, "time": f"2026-01-0{day}", "event": "visited pricing", nasty: nasty, "id": f"{day}{nasty}"}
            for day in range(1, 5)
        )
        assert {nasty} == {transition.lead for transition in made}
        engine.feed({"lead": nasty, "time": "2025-01-01", "event": nasty})
        assert [nasty] == [letter.event.event for letter in engine.dead_letters()]
        engine.merge(nasty, SQL)
        assert SQL == engine.history(nasty)[0].lead
        assert nasty == engine.history(nasty)[0].properties[nasty]
        assert [] == engine.verify()
    with sqlite3.connect(tmp_path / "leads.db") as connection:
        assert [("mqlrules_leads",)] == connection.execute(
            "SELECT name FROM sqlite_master WHERE name = 'mqlrules_leads'"
        ).fetchall()
    connection.close()
