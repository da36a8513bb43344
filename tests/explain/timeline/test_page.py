"""The picture on the page about timelines is the one that its commands write.

With MQLRULES_WRITE_PAGES=1 it is written again.
"""

import os
from pathlib import Path

from mqlrules import load
from mqlrules.run.incremental_run import read
from tests.docs.test_pages import ROOT, WRITE, blocks

PAGE = ROOT / "docs" / "timeline.md"
PICTURE = ROOT / "docs" / "timeline.svg"


def test_the_picture_shows_the_events_of_the_page(tmp_path: Path) -> None:
    for block in blocks(PAGE.read_text("utf-8")):
        if block.path is not None:
            (tmp_path / block.path).write_text(block.text, "utf-8")
    rules = load(tmp_path / "rules.mql")
    batch = read(rules.program, tmp_path / "events.csv")
    frame = batch.table.frame
    events = [
        {"lead": row["lead"], "time": row["time"], "event": row["event"], "path": row.get("path")}
        for row in frame.iter_rows(named=True)
    ]
    drawn = rules.draw_timeline(events, "ada")
    if os.environ.get(WRITE):
        PICTURE.write_text(drawn, "utf-8")
    assert drawn == PICTURE.read_text("utf-8")
