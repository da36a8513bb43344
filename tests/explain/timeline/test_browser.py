"""Timelines in a real browser: Chromium, without a window. Skipped where it is not installed."""

import html
import itertools
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from mqlrules.explain.timeline.drawing import ROLES
from mqlrules.explain.timeline.html import draw_html
from mqlrules.explain.timeline.svg import draw_svg
from tests.explain.timeline import pixels
from tests.explain.timeline.cases import HOSTILE, SCRIPT, ada, all_cases, named

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine")

_QUIET = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--virtual-time-budget=3000",
)  # fmt: skip
SCHEMES = {"dark": 0, "light": 1}

_MEASURE = """
const found = [];
for (const svg of document.querySelectorAll("svg")) {
  const page = svg.getBoundingClientRect();
  const texts = [...svg.querySelectorAll("text")].map(text => {
    const box = text.getBoundingClientRect();
    return {words: text.textContent, size: +text.getAttribute("font-size"),
      left: box.left - page.left, right: box.right - page.left, top: box.top - page.top, bottom: box.bottom - page.top};
  });
  const marks = [...svg.querySelectorAll("rect, circle, line, path")].map(mark => {
    const box = mark.getBBox();
    return {left: box.x, right: box.x + box.width, top: box.y, bottom: box.y + box.height};
  });
  found.push({width: page.width, height: page.height, texts, marks});
}
document.getElementById("found").textContent = JSON.stringify(found);
"""


def run(folder: Path, *arguments: str) -> str:
    assert CHROMIUM is not None
    command = [CHROMIUM, *_QUIET, f"--user-data-dir={folder / 'profile'}", *arguments]
    done = subprocess.run(command, capture_output=True, timeout=120, check=True)
    return done.stdout.decode()


def screenshot(folder: Path, name: str, text: str, scheme: str, size: str = "1200,560") -> pixels.Pixels:
    (folder / name).write_text(text, encoding="utf-8")
    picture = folder / f"{name}-{scheme}.png"
    run(
        folder,
        f"--blink-settings=preferredColorScheme={SCHEMES[scheme]}",
        f"--window-size={size}",
        f"--screenshot={picture}",
        (folder / name).as_uri(),
    )
    return pixels.read(picture)


def rgb(role: str, scheme: str) -> pixels.Colour:
    colour = ROLES[role][scheme == "dark"]
    red, green, blue = (int(colour[k : k + 2], 16) for k in (1, 3, 5))
    return red, green, blue


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("name", ["ada.svg", "ada.html"])
def test_a_drawing_shows_itself_on_light_and_on_dark(name: str, scheme: str, tmp_path: Path) -> None:
    draw = draw_svg if name.endswith("svg") else draw_html
    picture = screenshot(tmp_path, name, draw(ada().timeline()), scheme)
    assert rgb("paper", scheme) == picture.at(3, 3) == picture.at(picture.width - 4, picture.height // 2)
    assert picture.brightness() < 60 if scheme == "dark" else picture.brightness() > 200
    # Bars of stages, signs of moves, the line of the score: it is not blank, and has the colours of this scheme.
    assert {rgb(role, scheme) for role in ("stage", "move", "lane")} <= picture.colours()


def test_a_viewer_that_ignores_the_style_sheet_shows_dark_ink_on_light_paper(tmp_path: Path) -> None:
    bare = re.sub("<style>.*?</style>", "", draw_svg(ada().timeline()))
    picture = screenshot(tmp_path, "bare.svg", bare, "dark")
    assert rgb("paper", "light") == picture.at(3, 3)
    assert picture.brightness() > 200


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Where the texts and marks of all cases stand, as the browser sets them."""
    folder = tmp_path_factory.mktemp("measured")
    cases = {name: draw_svg(drawn.timeline()) for name, drawn in all_cases().items()}
    inline = [text.partition("?>\n")[2] for text in cases.values()]
    page = f"<!DOCTYPE html><meta charset='utf-8'>{''.join(inline)}<pre id='found'></pre><script>{_MEASURE}</script>"
    (folder / "measure.html").write_text(page, encoding="utf-8")
    dumped = run(folder, "--window-size=1400,1000", "--dump-dom", (folder / "measure.html").as_uri())
    found = re.search(r'<pre id="found">(.*?)</pre>', dumped, re.DOTALL)
    assert found is not None
    return dict(zip(cases, json.loads(html.unescape(found[1])), strict=True))


@pytest.mark.parametrize("name", all_cases())
def test_no_text_and_no_mark_leaves_the_picture(name: str, measured: dict[str, Any]) -> None:
    page = measured[name]
    assert page["texts"]
    assert [] == [
        box
        for box in (*page["texts"], *page["marks"])
        if box["left"] < 0 or box["right"] > page["width"] or box["top"] < 0 or box["bottom"] > page["height"]
    ]


@pytest.mark.parametrize("name", all_cases())
def test_no_text_lies_on_another(name: str, measured: dict[str, Any]) -> None:
    rows = sorted(measured[name]["texts"], key=lambda box: box["top"])
    overlapping = []
    for place, one in enumerate(rows):
        for other in itertools.islice(rows, place + 1, None):
            if other["top"] > one["bottom"]:
                break
            wide = min(one["right"], other["right"]) - max(one["left"], other["left"])
            high = min(one["bottom"], other["bottom"]) - max(one["top"], other["top"])
            # Boxes of lines have room above and below their letters: a third of the size may be shared.
            if wide > 1 and high > max(one["size"], other["size"]) / 2:
                overlapping.append((one["words"], other["words"]))
    assert [] == overlapping


def test_hostile_names_run_nothing(tmp_path: Path) -> None:
    page = draw_html(named(f"{SCRIPT}<img src=x onerror=document.title='broken'>", HOSTILE).timeline())
    # Without the policy that forbids scripts, too: the text alone must be safe.
    (tmp_path / "page.html").write_text(re.sub("<meta http-equiv[^>]*>", "", page), encoding="utf-8")
    dumped = run(tmp_path, "--dump-dom", (tmp_path / "page.html").as_uri())
    assert "<script" not in dumped
    assert "<img" not in dumped
    assert "&lt;script&gt;" in dumped
    assert "<title>broken" not in dumped
