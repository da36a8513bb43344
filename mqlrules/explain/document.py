"""Pages of headings, sentences and nested lists, and their text and Markdown forms."""

import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence

import attrs

from mqlrules.explain.wording import capital

WIDTH = 100
"""Columns of the text form."""

_MARKS = re.compile(r"([\\`*\[\]<>|&~])|(?<![^\W_])(_)|(_)(?![^\W_])")


@attrs.frozen
class Clause:
    """Part of a sentence, without a full stop; with ``items`` it introduces them.

    ``plain`` means that it can be joined with another clause by `, and` without ambiguity. ``mark`` is the sign before
    it in a list; ``found`` is a remark on it, which goes on the same line if it ``is_short``.
    """

    text: str
    items: "tuple[Clause, ...]" = ()
    plain: bool = True
    mark: str = "-"
    found: str = ""
    is_short: bool = True

    def after(self, beginning: str) -> "Clause":
        """The same with words before it."""
        comma = "," if self.text.startswith("for the same ") else ""
        return attrs.evolve(self, text=f"{beginning}{comma} {self.text}")


@attrs.frozen
class Heading:
    """The title of a page (level 1), of a section (2), or of an entry (3), whose author's words are ``about``."""

    text: str
    level: int
    about: str | None = None


@attrs.frozen
class Paragraph:
    """Complete sentences, and a list below them. ``style`` is for terminals; ``apart``: a blank line goes before it."""

    text: str
    items: tuple[Clause, ...] = ()
    style: str = ""
    apart: bool = False
    note: bool = False


Block = Heading | Paragraph


def sentence(clause: Clause) -> Paragraph:
    """A clause as a sentence."""
    return Paragraph(f"{capital(clause.text)}{':' if clause.items else '.'}", clause.items)


def sentences(clauses: Sequence[Clause]) -> list[Block]:
    """One sentence as a paragraph, several as a list."""
    if len(clauses) < 2:
        return [sentence(clause) for clause in clauses]
    whole = (attrs.evolve(clause, text=sentence(clause).text.removesuffix(":")) for clause in clauses)
    return [Paragraph("", tuple(whole))]


# -- text ----------------------------------------------------------------------------------------------------------


def as_text(blocks: Iterable[Block]) -> str:
    """Blocks for a terminal or a mail: lines of at most ``WIDTH`` columns unless a word is longer."""
    return "\n".join(line.rstrip() for line in _text(blocks)) + "\n"


def _text(blocks: Iterable[Block]) -> Iterator[str]:
    margin = ""
    for number, block in enumerate(blocks):
        match block:
            case Heading(text=text, level=level, about=about):
                margin = "    " if level == 3 else ""
                if number:
                    yield ""
                if level == 3:
                    yield from _wrapped(text if about is None else f"{text}: {about}", "", "  ")
                else:
                    yield from (text, ("=" if level == 1 else "-") * len(text))
            case Paragraph(text=text, items=items, apart=apart, note=note):
                if apart:
                    yield ""
                yield from _wrapped(f"Note: {text}" if note else text, margin, margin)
                for item in items:
                    yield from _text_item(item, f"{margin}  ")


def _text_item(item: Clause, margin: str) -> Iterator[str]:
    text, found = _introducing(item), item.found
    if found and item.is_short:
        text, found = f"{text} ({found})", ""
    yield from _wrapped(text, f"{margin}{item.mark} ", f"{margin}  ")
    yield from _wrapped(found, f"{margin}    ", f"{margin}    ")
    for inner in item.items:
        yield from _text_item(inner, f"{margin}  ")


def _introducing(item: Clause) -> str:
    return f"{item.text}:" if item.items and item.mark == "-" else item.text


def _wrapped(text: str, first: str, margin: str) -> list[str]:
    return textwrap.wrap(
        text, WIDTH, initial_indent=first, subsequent_indent=margin, break_long_words=False, break_on_hyphens=False
    )


# -- Markdown ------------------------------------------------------------------------------------------------------


def as_markdown(blocks: Iterable[Block]) -> str:
    """Blocks as Markdown, in which names and values are escaped."""
    return "\n\n".join(_markdown(blocks)) + "\n"


def _markdown(blocks: Iterable[Block]) -> Iterator[str]:
    for block in blocks:
        match block:
            case Heading(text=text, level=level, about=about):
                yield f"{'#' * level} {escaped(text)}"
                if about is not None:
                    yield f"*{escaped(about)}*"
            case Paragraph(text=text, items=items, style=style, note=note):
                if text:
                    words = escaped(text)
                    yield f"> **Note:** {words}" if note else f"**{words}**" if style else words
                if items:
                    yield "\n".join(line for item in items for line in _markdown_item(item, ""))


def _markdown_item(item: Clause, margin: str) -> Iterator[str]:
    mark = "" if item.mark == "-" else f"{item.mark} "
    found = f" ({escaped(item.found)})" if item.found else ""
    yield f"{margin}- {mark}{escaped(_introducing(item))}{found}"
    for inner in item.items:
        yield from _markdown_item(inner, f"{margin}  ")


def escaped(text: str) -> str:
    """Text that Markdown shows word for word."""
    # Signs of a list or a heading count only at the start of a line.
    escaped = _MARKS.sub(lambda mark: f"\\{mark.group()}", text)
    return re.sub(r"^(\d+)([.)])", r"\1\\\2", re.sub(r"^([-+#=])", r"\\\1", escaped))
