"""The SVG and the HTML file: well-formed, self-contained, safe whatever leads and events are called, and in words."""

import functools
import html.parser
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator

import pytest

import mqlrules
from mqlrules.explain.timeline.drawing import ROLES
from mqlrules.explain.timeline.html import draw_html
from mqlrules.explain.timeline.model import Timeline
from mqlrules.explain.timeline.svg import draw_svg
from mqlrules.explain.timeline.text import fitted, shown, width
from tests.explain.timeline.cases import HOSTILE, SAAS, SCRIPT, START, Drawn, ada, all_cases, event, many, named

SVG = "{http://www.w3.org/2000/svg}"
DRAWERS: dict[str, Callable[[Timeline], str]] = {"svg": draw_svg, "html": draw_html}


@pytest.fixture(
    params=[(name, form) for name in all_cases() for form in DRAWERS], ids=lambda pair: f"{pair[0]}-{pair[1]}"
)
def drawing(request: pytest.FixtureRequest) -> str:
    return drawn(*request.param)


@functools.cache
def drawn(name: str, form: str) -> str:
    return DRAWERS[form](all_cases()[name].timeline())


def parsed(text: str) -> ET.Element:
    return ET.fromstring(text.removeprefix("<!DOCTYPE html>\n"))


def local(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


def texts(root: ET.Element) -> Iterator[str]:
    for element in root.iter():
        if local(element) != "style":
            yield element.text or ""
        yield element.tail or ""


def test_a_drawing_is_well_formed_and_can_be_written_as_utf_8(drawing: str) -> None:
    root = parsed(drawing)
    assert local(root) in ("svg", "html")
    assert drawing == drawing.encode().decode()


def test_a_drawing_needs_nothing_else_and_runs_nothing(drawing: str) -> None:
    for element in parsed(drawing).iter():
        assert local(element) not in {"script", "image", "img", "link", "use", "iframe", "object", "a", "foreignObject"}
        for name, value in element.attrib.items():
            assert not name.lower().startswith("on")
            assert name.rpartition("}")[2] not in {"href", "src", "style"}
            assert "url(" not in value
        if local(element) == "style":
            assert re.search(r"@import|url\(|[<&]", element.text or "") is None
    addresses = set(re.findall(r"https?://[^\"' <]*", drawing))
    assert addresses <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xhtml"}


def test_no_character_of_a_drawing_steers_a_viewer(drawing: str) -> None:
    allowed = "\n\N{ZERO WIDTH JOINER}\N{ZERO WIDTH NON-JOINER}\N{LEFT-TO-RIGHT ISOLATE}\N{POP DIRECTIONAL ISOLATE}"
    assert set() == {character for character in drawing if not character.isprintable()} - set(allowed)
    for text in texts(parsed(drawing)):
        assert text.count("\N{LEFT-TO-RIGHT ISOLATE}") == text.count("\N{POP DIRECTIONAL ISOLATE}")


def test_a_drawing_says_itself_in_words(drawing: str) -> None:
    root = parsed(drawing)
    (svg,) = [root] if root.tag == f"{SVG}svg" else root.iter(f"{SVG}svg")
    assert "img" == svg.get("role")
    names = {
        element.get("id"): element
        for element in (svg.find(f"{SVG}title"), svg.find(f"{SVG}desc"))
        if element is not None
    }
    assert list(names) == (svg.get("aria-labelledby") or "").split()
    assert all(element.text for element in names.values())


def test_light_colours_are_attributes_and_dark_ones_are_the_style_sheet(drawing: str) -> None:
    root = parsed(drawing)
    svg = root if root.tag == f"{SVG}svg" else next(root.iter(f"{SVG}svg"))
    light = {colour for colour, _ in ROLES.values()}
    for element in svg.iter():
        for property in ("fill", "stroke"):
            if (value := element.get(property)) not in (None, "none"):
                assert value in light
    for element in svg.iter(f"{SVG}text"):
        assert element.get("fill")
    style = svg.find(f"{SVG}style")
    assert style is not None
    assert "prefers-color-scheme: dark" in (style.text or "")
    assert all(f".f-{role}" in (style.text or "") for role in ROLES)


def luminance(colour: str) -> float:
    def linear(part: float) -> float:
        return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(int(colour[k : k + 2], 16) / 255) for k in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("side", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("front", "back"),
    [
        *((role, ground) for role in ("ink", "soft", "score", "limit", "move") for ground in ("paper", "lane")),
        *(("number", ground) for ground in ("move", "event", "stage", "out")),
    ],
)
def test_text_stands_out_from_its_ground(front: str, back: str, side: int) -> None:
    one, other = sorted((luminance(ROLES[front][side]), luminance(ROLES[back][side])))
    # 4.5 to 1 is what the accessibility guidelines of the web (WCAG 2, AA) ask of text.
    assert (other + 0.05) / (one + 0.05) >= 4.5


@pytest.mark.parametrize("name", HOSTILE)
def test_whatever_names_are_they_are_text(name: str) -> None:
    timeline = named(f"lead {name}", [name, "visit"]).timeline()
    for draw in DRAWERS.values():
        found = "".join(texts(parsed(draw(timeline))))
        assert shown(name)[:12] in found
        assert "<script" not in draw(timeline)


class Reader(html.parser.HTMLParser):
    """Reads as a browser would, without any help of XML."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.said = ""

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.said += data


def test_html_says_to_a_browser_what_it_says_to_xml() -> None:
    page = draw_html(named(SCRIPT, HOSTILE).timeline())
    reader = Reader()
    reader.feed(page)
    assert "script" not in reader.tags
    assert SCRIPT in reader.said
    assert [local(element) for element in parsed(page).iter() if local(element) not in ("style",)] == [
        tag for tag in reader.tags if tag != "style"
    ]


def test_no_element_of_a_page_is_closed_by_a_slash_that_html_ignores() -> None:
    empty = set(re.findall(r"<([a-z0-9]+)(?: [^<>]*)? ?/>", draw_html(ada().timeline())))
    assert empty <= {"meta", "br", "rect", "circle", "line", "path", "g"}


def test_numbers_of_evidence_stand_above_it_and_moves_in_a_list() -> None:
    root = parsed(draw_svg(ada().timeline()))
    words = [text for text in texts(root) if text]
    assert {"visited pricing", "MQL for 30d", "≥ 60 scored", "MCL → MQL", "Europe/Berlin"} <= {
        part for text in words for part in (text, text.rpartition(" ")[2])
    }
    titles = [element.text or "" for element in root.iter(f"{SVG}title")]
    assert any("visited pricing: 3 Jan 2026, 01:00; evidence of move 2" in title for title in titles)


def test_events_that_share_a_mark_are_counted_and_said() -> None:
    root = parsed(draw_svg(many().timeline()))
    assert any("of the 5,000 events are so close together" in text for text in texts(root))
    counted = [re.search(r": ([\d,]+) events, ", element.text or "") for element in root.iter(f"{SVG}title")]
    alone = [e for e in root.iter(f"{SVG}title") if re.fullmatch(r"[^:]+: \d+ \w+ \d+, [^,;]+(; .*)?", e.text or "")]
    together = sum(int(match[1].replace(",", "")) for match in counted if match)
    assert together <= 5000 <= together + len(alone)


def test_a_drawing_of_five_thousand_events_stays_small() -> None:
    assert len(draw_svg(many().timeline())) < 300_000


def test_the_page_lists_moves_windows_scores_segments_and_events() -> None:
    root = parsed(draw_html(ada().timeline()))
    headings = [element.text for element in root.iter() if local(element) == "h2"]
    assert ["Moves", "Windows at each move", "Score engagement", "Segments", "Events"] == headings
    times = [element.get("datetime") for element in root.iter() if local(element) == "time"]
    assert "2026-01-03T00:00:00Z" in times


def test_a_lead_without_events_is_said_to_have_none() -> None:
    for draw in DRAWERS.values():
        assert "No events" in "".join(texts(parsed(draw(Drawn(SAAS, []).timeline()))))


def test_a_rule_set_draws_in_each_form() -> None:
    rules = mqlrules.loads(SAAS)
    events = [event(START, "signed up")]
    assert rules.draw_timeline(events, "ada").startswith("<?xml")
    assert rules.draw_timeline(events, "ada", "html").startswith("<!DOCTYPE html>")
    assert rules.draw_timeline(events, "ada", "text").startswith("ada\nMCL since 1 Jan 2026")
    with pytest.raises(ValueError, match="there is no form 'pdf'"):
        rules.draw_timeline(events, "ada", "pdf")  # type: ignore[arg-type]


def test_text_is_cut_where_it_would_not_fit() -> None:
    assert "visited…" == fitted("visited pricing", width("visited…", 12) + 1, 12)
    assert "visited pricing" == fitted("visited pricing", 500, 12)
    assert width(fitted("w" * 900, 100, 12), 12) <= 100
