"""Whole descriptions, word for word: the examples, the page of the language, and the yardstick where it is there.

With MQLRULES_WRITE_PAGES=1 they are written; read them aloud before they are kept.
"""

import os
from pathlib import Path

import pytest

import mqlrules
from tests.examples.folders import ALL

HERE = Path(__file__).parent
YARDSTICK = HERE.parents[2] / "shared" / "bench" / "rules20.mql"
RULES = {
    **{example.name: example.folder / example.rules for example in ALL},
    "page_one": HERE / "page_one",
    "rules20": YARDSTICK,
}


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("ending", ["txt", "md"])
def test_the_description_is_the_one_that_was_read_aloud(name: str, ending: str) -> None:
    if not RULES[name].exists():
        pytest.skip("the yardstick is not here: ../shared/bench/rules20.mql")
    said = mqlrules.load(RULES[name]).describe(markdown=ending == "md")
    kept = HERE / "golden" / f"{name}.{ending}"
    if os.environ.get("MQLRULES_WRITE_PAGES"):
        kept.write_text(said, encoding="utf-8")
    assert kept.read_text(encoding="utf-8") == said
