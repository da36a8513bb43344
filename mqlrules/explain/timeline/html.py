"""A timeline as a page: the picture, and its contents as tables, in one self-contained HTML file.

The text is well-formed XML too, so that any parser can read it. The style sheets are constant: no text from rules or
events ever enters them.
"""

import xml.etree.ElementTree as ET
from collections.abc import Sequence
from decimal import Decimal

import attrs

from mqlrules.explain.clock import when
from mqlrules.explain.timeline import summary
from mqlrules.explain.timeline.drawing import FONT
from mqlrules.explain.timeline.model import Move, Timeline
from mqlrules.explain.timeline.svg import picture
from mqlrules.explain.timeline.text import shown
from mqlrules.language.calendar import Zone
from mqlrules.language.instants import moment

_EVIDENCE_LISTED = 25
_CHANGES_LISTED = 100

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


_Cell = str | int | Decimal | Sequence[str | tuple[str, int]]
"""Text, an instant, a number, or several lines of text, those of evidence with its instant."""


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
    # The picture has its own heading. This one is for screen readers.
    ET.SubElement(main, "h1").text = f"Timeline of {name}"
    ET.SubElement(main, "figure").append(picture(timeline))
    _Page(main, Zone(timeline.zone)).tables(timeline)
    return "<!DOCTYPE html>\n" + ET.tostring(page, "unicode") + "\n"


@attrs.frozen(eq=False)
class _Page:
    main: ET.Element
    zone: Zone

    def tables(self, timeline: Timeline) -> None:
        moves = [
            (str(one.number), one.at, one.from_stage, one.to_stage, _rule(one), _evidence(one, timeline))
            for one in timeline.moves
        ]
        self._table("Moves", ("#", "when", "from", "to", "rule", "evidence"), moves)
        windows = [
            (str(window.move), timeline.moves[window.move - 1].rule, summary.window_words(window, self.zone))
            for window in timeline.windows
        ]
        self._table(summary.WINDOWS, ("move", "rule", "window"), windows)
        for score in timeline.scores:
            steps = score.steps[-_CHANGES_LISTED:]
            hidden = len(score.steps) - len(steps)
            notes = [score.description] if score.description else []
            notes += [f"These are the last {len(steps)} changes, after {hidden:,} earlier ones."] if hidden else []
            self._table(f"Score {shown(score.name)}", ("when", "points"), steps, notes)
        segments = [
            (member.name, span.start, span.end)
            for member in timeline.segments
            for span in member.spans[:_CHANGES_LISTED]
        ]
        self._table("Segments", ("segment", "from", "to"), segments)
        events = [
            (row.name, ", ".join(row.names), Decimal(len(row.occurrences)), row.occurrences[0].at,
             row.occurrences[-1].at)
            for row in timeline.rows
        ]  # fmt: skip
        self._table("Events", ("name", "sent as", "events", "first", "last"), events, timeline.notes)
        if timeline.span is None:
            ET.SubElement(self._section("Events"), "p").text = summary.heading(timeline)

    def _section(self, title: str) -> ET.Element:
        section = ET.SubElement(self.main, "section")
        ET.SubElement(section, "h2").text = title
        return section

    def _table(
        self, title: str, columns: Sequence[str], rows: Sequence[Sequence[_Cell]], notes: Sequence[str] = ()
    ) -> None:
        """A section with notes and a table; nothing without rows."""
        if not rows:
            return
        section = self._section(title)
        for note in notes:
            ET.SubElement(section, "p", {"class": "soft"}).text = shown(note)
        table = ET.SubElement(section, "table")
        head = ET.SubElement(ET.SubElement(table, "thead"), "tr")
        for column, cell in zip(columns, rows[0], strict=True):
            attributes = {"class": "number"} if isinstance(cell, Decimal) else {}
            ET.SubElement(head, "th", attributes, scope="col").text = column
        body = ET.SubElement(table, "tbody")
        for row in rows:
            made = ET.SubElement(body, "tr")
            for cell in row:
                self._cell(ET.SubElement(made, "td"), cell)

    def _cell(self, parent: ET.Element, cell: _Cell) -> None:
        match cell:
            case str():
                _isolated(parent, cell)
            case int():
                self._time(parent, cell)
            case Decimal():
                parent.set("class", "number")
                _isolated(parent, summary.points(cell))
            case _:
                items = ET.SubElement(parent, "ul")
                for line in cell:
                    item = ET.SubElement(items, "li")
                    if isinstance(line, str):
                        _isolated(item, line)
                    else:
                        _isolated(item, line[0]).tail = ", "
                        self._time(item, line[1])

    def _time(self, parent: ET.Element, at: int) -> None:
        """An instant on the zone's clocks, and in UTC for machines."""
        made = ET.SubElement(parent, "time", datetime=moment(at).isoformat().replace("+00:00", "Z"))
        made.text = when(at, self.zone)


def _isolated(parent: ET.Element, words: str) -> ET.Element:
    """Text in an element with its own direction: a right-to-left name doesn't reorder the text around it."""
    made = ET.SubElement(parent, "bdi")
    # An element without text would be written as one tag, which HTML takes for an open one.
    made.text = shown(words) or "\N{EN DASH}"
    return made


def _rule(one: Move) -> _Cell:
    about = [f"“{one.description}”"] if one.description else []
    about += [f"also: {', '.join(one.also)}"] if one.also else []
    return [one.rule, *about] if about else one.rule


def _evidence(one: Move, timeline: Timeline) -> _Cell:
    if not one.evidence:
        return summary.without_evidence(one, timeline.windows)
    items: list[str | tuple[str, int]] = [
        (pointed.called if pointed.called == pointed.sent else f"{pointed.called} ({pointed.sent})", pointed.at)
        for pointed in one.evidence[:_EVIDENCE_LISTED]
    ]
    hidden = len(one.evidence) - len(items)
    return [*items, f"… and {hidden:,} more"] if hidden else items
