"""An explanation on a terminal: conditions as a tree, verdicts in colour."""

from typing import TextIO

from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text
from rich.tree import Tree

from mqlrules.console.tables import console
from mqlrules.console.terminal import printable
from mqlrules.explain.document import Clause, Heading, Paragraph
from mqlrules.explain.pages import Explanation, page

STYLES = {"holds": "bold green", "pending": "bold yellow", "would hold": "bold cyan", "cannot": "bold red", "": ""}
_MARK_STYLES = {"✓": "green", "✗": "red", "·": "dim"}


def show(explanation: Explanation, stream: TextIO) -> None:
    """Prints an explanation, in colour only on a terminal."""
    out = console(stream)
    margin = 0
    with out.capture() as shown:
        for block in page(explanation):
            match block:
                case Heading(text=text, level=level):
                    if level > 1:
                        out.print()
                        margin = 2
                    out.print(Text(printable(text), style="bold"))
                case Paragraph(apart=apart):
                    if apart:
                        out.print()
                    for line in _drawn(block):
                        out.print(Padding(line, (0, 0, 0, margin), expand=False))
    # rich pads the lines of a tree.
    stream.write("".join(f"{line.rstrip()}\n" for line in shown.get().splitlines()))


def _drawn(block: Paragraph) -> list[RenderableType]:
    text = Text(printable(block.text), style=STYLES[block.style])
    if block.items and block.items[0].mark != "-":
        tree = Tree(text, guide_style="dim")
        for item in block.items:
            _grow(tree, item)
        return [tree]
    return [text, *(Padding(Text(printable(item.text)), (0, 0, 0, 2), expand=False) for item in block.items)]


def _grow(tree: Tree, item: Clause) -> None:
    text = Text.assemble((item.mark, _MARK_STYLES[item.mark]), " ", printable(item.text))
    if item.found:
        found = printable(item.found)
        text.append(f" ({found})" if item.is_short else f"\n{found}", style="dim")
    branch = tree.add(text)
    for inner in item.items:
        _grow(branch, inner)
