"""An explanation as a tree, for a person at a terminal."""

from typing import TextIO

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.text import Text
from rich.tree import Tree

from mqlrules.console.tables import console
from mqlrules.console.terminal import printable
from mqlrules.explain.model import Explanation, Part, RuleExplanation, VerdictKind
from mqlrules.explain.pages import MARKS, Speaker

STYLES: dict[VerdictKind, str] = {
    "holds": "bold green",
    "pending": "bold yellow",
    "would hold": "bold cyan",
    "cannot": "bold red",
}
_IN_LINE = ("all", "any", "same")
_MARK_STYLES = {True: "green", False: "red", None: "dim"}


def show(explanation: Explanation, stream: TextIO) -> None:
    """Prints an explanation: in colour on a terminal alone."""
    out = console(stream)
    with out.capture() as shown:
        _print(explanation, out)
    # rich fills the lines of a tree up to its width.
    stream.write("".join(f"{line.rstrip()}\n" for line in shown.get().splitlines()))


def _print(explanation: Explanation, out: Console) -> None:
    speaker = Speaker(explanation)
    heading = speaker.heading()
    out.print(Text(printable(heading.title), style="bold"))
    for line in heading.lines:
        out.print(Text(printable(line)))
    if moves := speaker.moves():
        out.print("\nHow it got there:")
        for line in moves:
            out.print(_indented(Text(printable(line))))
    for rule in explanation.rules:
        _rule(rule, speaker, out)


def _rule(rule: RuleExplanation, speaker: Speaker, out: Console) -> None:
    first, *others = speaker.verdict(rule)
    out.print()
    out.print(Text(printable(speaker.title(rule)), style="bold"))
    out.print(_indented(Text(printable(first), style=STYLES[rule.verdict.kind])))
    for line in others:
        out.print(_indented(Text(printable(line))))
    out.print()
    tree = Tree(Text(printable(rule.asks)), guide_style="dim")
    _grow(tree, rule.tree, speaker)
    out.print(_indented(tree))


def _found(part: Part, found: str) -> str:
    return f"({found})" if part.kind in _IN_LINE else found


def _indented(shown: RenderableType) -> Padding:
    return Padding(shown, (0, 0, 0, 2), expand=False)


def _grow(tree: Tree, part: Part, speaker: Speaker) -> None:
    asks, found = speaker.part(part)
    text = Text.assemble((MARKS[part.holds], _MARK_STYLES[part.holds]), " ", printable(asks))
    if found:
        text.append(f"{' ' if part.kind in _IN_LINE else chr(10)}{_found(part, printable(found))}", style="dim")
    branch = tree.add(text)
    for inner in part.parts:
        _grow(branch, inner, speaker)
