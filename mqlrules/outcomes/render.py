"""Documents as Markdown, as one HTML file, and for a terminal."""

import html
import re
from typing import TextIO

from mqlrules.console.terminal import printable
from mqlrules.outcomes.charts import svg
from mqlrules.outcomes.document import Cell, Document, Section, Table

STYLE = """
:root { color-scheme: light dark; --text: #1b1f24; --soft: #59636e; --line: #d1d9e0; --back: #ffffff; --band: #f6f8fa;
  --warn: #9a6700; --c1: #0969da; --c2: #bc4c00; --c3: #1a7f37; --c4: #8250df; --c5: #bf3989; --c6: #57606a; }
@media (prefers-color-scheme: dark) { :root { --text: #e6edf3; --soft: #9198a1; --line: #3d444d; --back: #0d1117;
  --band: #151b23; --warn: #d29922; --c1: #4493f8; --c2: #f0883e; --c3: #3fb950; --c4: #ab7df8; --c5: #db61a2;
  --c6: #9198a1; } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--text); background: var(--back); margin: 0 auto;
  padding: 1.5rem; max-width: 70rem; }
h1 { font-size: 1.6rem; margin: 0 0 .5rem; } h2 { font-size: 1.2rem; margin: 2rem 0 .5rem; }
.summary, figcaption, caption, .empty { color: var(--soft); } caption { text-align: left; padding: .25rem 0; }
.warning { border-left: 4px solid var(--warn); background: var(--band); padding: .5rem .75rem; margin: .5rem 0; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; margin: .5rem 0 1rem; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .75rem .25rem 0; text-align: left; border-bottom: 1px solid var(--line); vertical-align: top; }
th { color: var(--soft); font-weight: 600; }
td:first-child, td.right { white-space: nowrap; }
.right { text-align: right; } .quiet { color: var(--soft); font-style: italic; }
figure { margin: 1rem 0; } figure svg { max-width: 100%; height: auto; }
"""


def markdown(document: Document) -> str:
    """GitHub-flavoured Markdown. Numbers that rest on few leads are in italics."""
    parts = [f"# {_md(document.title)}", *map(_md, document.summary)]
    parts += [f"> **Warning:** {_md(warning)}" for warning in document.warnings]
    for section in document.sections:
        parts += [f"## {_md(section.heading)}", *map(_md, section.text)]
        parts += [_markdown_table(table) for table in section.tables]
    return "\n\n".join(parts) + "\n"


def _markdown_table(table: Table) -> str:
    if not table.frame.height:
        return _md(table.empty)
    cells = table.cells()
    right = [any(row[number].right for row in cells) for number in range(len(table.columns))]
    lines = [
        "| " + " | ".join(_md(column.heading) for column in table.columns) + " |",
        "| " + " | ".join("---:" if flag else "---" for flag in right) + " |",
    ]
    lines += ["| " + " | ".join(_quiet(cell) for cell in row) + " |" for row in cells]
    return "\n".join(([_md(table.caption), ""] if table.caption else []) + lines)


def _quiet(cell: Cell) -> str:
    return f"*{_md(cell.text)}*" if cell.quiet and cell.text != "–" else _md(cell.text)


def _md(text: str) -> str:
    """Text from data can't become markup: characters that Markdown or HTML would take are escaped."""
    return re.sub(r"([\\`*_{}\[\]<>|#])", r"\\\1", printable(text)) if _is_odd(text) else printable(text)


def _is_odd(text: str) -> bool:
    return bool(re.search(r"[\\`*_{}\[\]<>|#]", text))


def page(document: Document) -> str:
    """One HTML file: no scripts, no network, light and dark, charts drawn inline with their numbers in tables."""
    body = [f"<h1>{_h(document.title)}</h1>"]
    body += [f'<p class="summary">{_h(line)}</p>' for line in document.summary]
    body += [f'<p class="warning" role="note"><strong>Warning:</strong> {_h(line)}</p>' for line in document.warnings]
    body += [_html_section(section) for section in document.sections]
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{_h(document.title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(body)
        + "\n</main>\n</body>\n</html>\n"
    )


def fragment(document: Document) -> str:
    """The same for a notebook, which brings a page of its own."""
    start, end = page(document).split("<body>", 1)[1].rsplit("</body>", 1)[0], ""
    return f"<style>{STYLE.replace('body {', '.mqlrules {')}</style><div class='mqlrules'>{start}{end}</div>"


def _html_section(section: Section) -> str:
    parts = [f"<section>\n<h2>{_h(section.heading)}</h2>"]
    parts += [f"<p>{_h(line)}</p>" for line in section.text]
    parts += [f"<figure>{svg(chart)}<figcaption>{_h(chart.title)}</figcaption></figure>" for chart in section.charts]
    parts += [_html_table(table) for table in section.tables]
    return "\n".join([*parts, "</section>"])


def _html_table(table: Table) -> str:
    if not table.frame.height:
        return f'<p class="empty">{_h(table.empty)}</p>'
    cells = table.cells()
    right = [any(row[number].right for row in cells) for number in range(len(table.columns))]
    head = "".join(
        f'<th scope="col"{_class(flag, False)}>{_h(column.heading)}</th>'
        for column, flag in zip(table.columns, right, strict=True)
    )
    body = "\n".join(
        "<tr>" + "".join(f"<td{_class(cell.right, cell.quiet)}>{_h(cell.text)}</td>" for cell in row) + "</tr>"
        for row in cells
    )
    caption = f"<caption>{_h(table.caption)}</caption>" if table.caption else ""
    return (
        f'<div class="scroll" tabindex="0"><table>{caption}<thead><tr>{head}</tr></thead>\n'
        f"<tbody>\n{body}\n</tbody></table></div>"
    )


def _class(right: bool, quiet: bool) -> str:
    names = " ".join(name for name, flag in (("right", right), ("quiet", quiet)) if flag)
    return f' class="{names}"' if names else ""


def _h(text: str) -> str:
    return html.escape(printable(text))


def terminal(document: Document, stream: TextIO, width: int | None = None) -> None:
    """The document as text and tables; colours only where the stream shows them."""
    from rich.text import Text

    from mqlrules.console.tables import console, table

    out = console(stream)
    out.print(Text(printable(document.title), style="bold"))
    for line in document.summary:
        out.print(Text(printable(line)))
    for line in document.warnings:
        out.print(Text(f"warning: {printable(line)}", style="yellow"))
    for section in document.sections:
        out.print()
        out.print(Text(printable(section.heading), style="bold"))
        for line in section.text:
            out.print(Text(printable(line), style="dim"))
        for shown in section.tables:
            _print_table(shown, out, table)


def _print_table(shown: Table, out: object, table: object) -> None:
    from rich.text import Text

    if not shown.frame.height:
        out.print(Text(printable(shown.empty), style="dim"))  # type: ignore[attr-defined]
        return
    cells = shown.cells()
    right = [column.heading for number, column in enumerate(shown.columns) if any(row[number].right for row in cells)]
    drawn = table(*(column.heading for column in shown.columns), right=right)  # type: ignore[operator]
    for row in cells:
        drawn.add_row(*(Text(printable(cell.text), style="dim" if cell.quiet else "") for cell in row))
    if shown.caption:
        out.print(Text(printable(shown.caption)))  # type: ignore[attr-defined]
    out.print(drawn)  # type: ignore[attr-defined]
