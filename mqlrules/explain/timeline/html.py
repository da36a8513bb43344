"""A timeline as a page: the picture, and what it shows as tables, in one HTML file that needs nothing else.

The text is well-formed XML too, so that any parser can read it. No text from rules or events is ever put into the style
sheets: they are constant.
"""

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Sequence
from decimal import Decimal

from mqlrules.explain.timeline.dates import when
from mqlrules.explain.timeline.drawing import FONT
from mqlrules.explain.timeline.model import Move, ScoreLine, Timeline
from mqlrules.explain.timeline.summary import heading, points, window_words, without_evidence
from mqlrules.explain.timeline.svg import picture
from mqlrules.explain.timeline.text import shown
from mqlrules.language.calendar import Zone
from mqlrules.language.instants import moment

_EVIDENCE_LISTED = 25
_CHANGES_LISTED = 100
_NUMBERS = " (number)"
"""Ends the name of a column of numbers."""

_LIGHT = "--paper:#ffffff;--ink:#1f2328;--soft:#57606a;--line:#dfe3e8;--lane:#f5f7f9"
_DARK = "--paper:#14171c;--ink:#e8ecf1;--soft:#a9b3be;--line:#333a43;--lane:#1b2027"
_STYLE = f"""
:root {{ color-scheme: light dark; {_LIGHT} }}
@media (prefers-color-scheme: dark) {{ :root {{ {_DARK} }} }}
body {{ margin: 0 auto; padding: 0 0 3rem; max-width: 1248px; background: var(--paper, #ffffff);
  color: var(--ink, #1f2328); font: 15px/1.5 {FONT} }}
figure {{ margin: 0; overflow-x: auto }}
svg {{ display: block; width: 100%; min-width: 800px; height: auto }}
section {{ margin: 1.5rem 24px 0; overflow-x: auto }}
h2 {{ font-size: 1.05rem; margin: 1.2rem 0 0.4rem }}
table {{ border-collapse: collapse; min-width: 40%; font-size: 14px }}
th, td {{ text-align: start; vertical-align: top; padding: 0.35rem 1.5rem 0.35rem 0;
  border-top: 1px solid var(--line, #dfe3e8) }}
th {{ color: var(--soft); font-weight: 600; border-top: 0 }}
td.number, th.number {{ text-align: end; font-variant-numeric: tabular-nums }}
time {{ white-space: nowrap }}
ul {{ margin: 0; padding: 0; list-style: none }}
h1 {{ position: absolute; clip-path: inset(50%); margin: 0; font-size: 1rem }}
.soft {{ color: var(--soft, #57606a) }}
"""


def draw_html(timeline: Timeline) -> str:
    """The text of an HTML file."""
    name = shown(timeline.lead)
    page = ET.Element("html", {"xmlns": "http://www.w3.org/1999/xhtml", "lang": "en"})
    head = ET.SubElement(page, "head")
    ET.SubElement(head, "meta", charset="utf-8")
    ET.SubElement(head, "meta", name="viewport", content="width=device-width, initial-scale=1")
    ET.SubElement(head, "meta", name="color-scheme", content="light dark")
    # Whatever a lead is called, the page loads nothing and runs nothing.
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    ET.SubElement(head, "meta", {"http-equiv": "Content-Security-Policy", "content": policy})
    ET.SubElement(head, "title").text = f"Timeline of {name}"
    ET.SubElement(head, "style").text = _STYLE
    main = ET.SubElement(ET.SubElement(page, "body"), "main")
    # The picture has its own heading; this one is for those who can't see it.
    ET.SubElement(main, "h1").text = f"Timeline of {name}"
    ET.SubElement(main, "figure").append(picture(timeline))
    _moves(main, timeline)
    _windows(main, timeline)
    _scores(main, timeline)
    _segments(main, timeline)
    _events(main, timeline)
    if timeline.span is None:
        ET.SubElement(_section(main, "Events"), "p").text = heading(timeline)
    return "<!DOCTYPE html>\n" + ET.tostring(page, "unicode") + "\n"


def _section(parent: ET.Element, title: str) -> ET.Element:
    section = ET.SubElement(parent, "section")
    ET.SubElement(section, "h2").text = title
    return section


def _table(section: ET.Element, *columns: str) -> ET.Element:
    """A table with its head; columns that are named so hold numbers."""
    table = ET.SubElement(section, "table")
    row = ET.SubElement(ET.SubElement(table, "thead"), "tr")
    for column in columns:
        cell = ET.SubElement(row, "th", scope="col")
        cell.text = column.removesuffix(_NUMBERS)
        if column.endswith(_NUMBERS):
            cell.set("class", "number")
    return ET.SubElement(table, "tbody")


def _cell(row: ET.Element, words: object, css: str = "") -> ET.Element:
    cell = ET.SubElement(row, "td")
    if css:
        cell.set("class", css)
    _isolated(cell, words)
    return cell


def _isolated(parent: ET.Element, words: object) -> ET.Element:
    """Text in an element of its own direction: a name that is written from right to left turns nothing around it."""
    made = ET.SubElement(parent, "bdi")
    # An element without text would be written as one tag, which HTML takes for an open one.
    made.text = shown(words) or "\N{EN DASH}"
    return made


def _time(parent: ET.Element, at: int, zone: Zone) -> None:
    """An instant as the zone's clocks show it; machines read it in UTC."""
    ET.SubElement(parent, "time", datetime=moment(at).isoformat().replace("+00:00", "Z")).text = when(at, zone)


def _moves(main: ET.Element, timeline: Timeline) -> None:
    if not timeline.moves:
        return
    zone = Zone(timeline.zone)
    rows = _table(_section(main, "Moves"), "#", "when", "from", "to", "rule", "evidence")
    for one in timeline.moves:
        row = ET.SubElement(rows, "tr")
        _cell(row, one.number)
        _time(ET.SubElement(row, "td"), one.at, zone)
        _cell(row, one.from_stage)
        _cell(row, one.to_stage)
        rule = _cell(row, one.rule)
        for words in _about(one):
            ET.SubElement(rule, "br")
            _isolated(rule, words).set("class", "soft")
        _evidence(ET.SubElement(row, "td"), one, timeline, zone)


def _about(one: Move) -> Iterable[str]:
    if one.description:
        yield one.description
    if one.also:
        yield f"also: {', '.join(one.also)}"


def _evidence(cell: ET.Element, one: Move, timeline: Timeline, zone: Zone) -> None:
    if not one.evidence:
        _isolated(cell, without_evidence(one, timeline.windows))
        return
    items = ET.SubElement(cell, "ul")
    for pointed in one.evidence[:_EVIDENCE_LISTED]:
        item = ET.SubElement(items, "li")
        _isolated(item, pointed.called if pointed.called == pointed.sent else f"{pointed.called} ({pointed.sent})")
        item[-1].tail = ", "
        _time(item, pointed.at, zone)
    hidden = len(one.evidence) - _EVIDENCE_LISTED
    if hidden > 0:
        ET.SubElement(items, "li").text = f"… and {hidden:,} more"


def _windows(main: ET.Element, timeline: Timeline) -> None:
    if not timeline.windows:
        return
    rows = _table(_section(main, "Windows, as they stood at each move"), "move", "rule", "window")
    for window in timeline.windows:
        row = ET.SubElement(rows, "tr")
        _cell(row, window.move)
        _cell(row, timeline.moves[window.move - 1].rule)
        _cell(row, window_words(window, Zone(timeline.zone)))


def _scores(main: ET.Element, timeline: Timeline) -> None:
    for score in timeline.scores:
        section = _section(main, f"Score {shown(score.name)}")
        if score.description:
            ET.SubElement(section, "p", {"class": "soft"}).text = shown(score.description)
        rows = _table(section, "when", f"points{_NUMBERS}")
        steps = _listed(score)
        for at, value in steps:
            row = ET.SubElement(rows, "tr")
            _time(ET.SubElement(row, "td"), at, Zone(timeline.zone))
            _cell(row, points(value), "number")
        hidden = len(score.steps) - len(steps)
        if hidden:
            said = f"These are the last {len(steps)} changes; {hidden:,} came before."
            ET.SubElement(section, "p", {"class": "soft"}).text = said


def _listed(score: ScoreLine) -> Sequence[tuple[int, Decimal]]:
    return score.steps[-_CHANGES_LISTED:]


def _segments(main: ET.Element, timeline: Timeline) -> None:
    if not timeline.segments:
        return
    zone = Zone(timeline.zone)
    rows = _table(_section(main, "Segments"), "segment", "from", "to")
    for member in timeline.segments:
        for span in member.spans[:_CHANGES_LISTED]:
            row = ET.SubElement(rows, "tr")
            _cell(row, member.name)
            _time(ET.SubElement(row, "td"), span.start, zone)
            _time(ET.SubElement(row, "td"), span.end, zone)


def _events(main: ET.Element, timeline: Timeline) -> None:
    if not timeline.rows:
        return
    zone = Zone(timeline.zone)
    section = _section(main, "Events")
    rows = _table(section, "name", "sent as", f"events{_NUMBERS}", "first", "last")
    for line in timeline.rows:
        row = ET.SubElement(rows, "tr")
        _cell(row, line.name)
        _cell(row, ", ".join(line.names))
        _cell(row, f"{len(line.occurrences):,}", "number")
        _time(ET.SubElement(row, "td"), line.occurrences[0].at, zone)
        _time(ET.SubElement(row, "td"), line.occurrences[-1].at, zone)
    for note in timeline.notes:
        ET.SubElement(section, "p", {"class": "soft"}).text = shown(note)
