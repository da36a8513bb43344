"""A description as a plain value, and the two forms in which it is shown: text and Markdown."""

import re
import textwrap
from collections.abc import Iterator, Sequence

import attrs

from mqlrules.explain.wording import capital

WIDTH = 100
"""Columns of the text form."""

_MARKS = re.compile(r"([\\`*\[\]<>|&~])|(?<![^\W_])(_)|(_)(?![^\W_])")


@attrs.frozen
class Clause:
    """Part of a sentence, without a full stop; with ``items`` it is what stands above them.

    ``plain`` says that it can be joined with another one by `, and` without being misread.
    """

    text: str
    items: "tuple[Clause, ...]" = ()
    plain: bool = True

    def after(self, beginning: str) -> "Clause":
        """The same with words before it."""
        return attrs.evolve(self, text=f"{beginning} {self.text}")


@attrs.frozen
class Entry:
    """What is said of one thing: its name, the author's own words about it, sentences, and what is easily misread."""

    name: str | None
    about: str | None
    sentences: tuple[Clause, ...]
    notes: tuple[str, ...] = ()


@attrs.frozen
class Section:
    title: str
    entries: tuple[Entry, ...]


@attrs.frozen
class Document:
    title: str
    sections: tuple[Section, ...]


# -- text ----------------------------------------------------------------------------------------------------------


def as_text(document: Document) -> str:
    """The document for a terminal or a mail: lines of at most ``WIDTH`` columns where words allow it."""
    lines = [document.title, "=" * len(document.title)]
    for section in document.sections:
        lines += ["", "", section.title, "-" * len(section.title)]
        for entry in section.entries:
            lines += ["", *_text_entry(entry)] if entry.name is not None else [*_text_entry(entry)]
    return "\n".join(lines) + "\n"


def entry_as_text(entry: Entry) -> str:
    """What is said of one thing, alone."""
    return "\n".join(_text_entry(entry))


def _text_entry(entry: Entry) -> Iterator[str]:
    margin = ""
    if entry.name is not None:
        yield from _wrapped(entry.name if entry.about is None else f"{entry.name}: {entry.about}", "", "  ")
        margin = "    "
    as_list = entry.name is None and len(entry.sentences) > 1
    for sentence in entry.sentences:
        if as_list:
            yield from _text_clause(sentence, "- ", "  ", True)
        else:
            yield from _text_clause(sentence, margin, margin, True)
    for note in entry.notes:
        yield from _wrapped(f"Note: {note}", margin, margin)


def _text_clause(clause: Clause, first: str, margin: str, whole: bool) -> Iterator[str]:
    """``whole``: it is a sentence, and ends as one."""
    yield from _wrapped(_ended(clause, whole), first, margin)
    for item in clause.items:
        yield from _text_clause(item, f"{margin}  - ", f"{margin}    ", False)


def _wrapped(text: str, first: str, margin: str) -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=first,
        subsequent_indent=margin,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _ended(clause: Clause, whole: bool) -> str:
    if clause.items:
        return f"{capital(clause.text) if whole else clause.text}:"
    return f"{capital(clause.text)}." if whole else clause.text


# -- Markdown ------------------------------------------------------------------------------------------------------


def as_markdown(document: Document) -> str:
    """The document as Markdown, with nothing in names and values that Markdown could take for its own."""
    blocks = [f"# {escaped(document.title)}"]
    for section in document.sections:
        blocks.append(f"## {escaped(section.title)}")
        for entry in section.entries:
            blocks += _markdown_entry(entry)
    return "\n\n".join(blocks) + "\n"


def _markdown_entry(entry: Entry) -> Iterator[str]:
    if entry.name is not None:
        yield f"### {escaped(entry.name)}"
    if entry.about is not None:
        yield f"*{escaped(entry.about)}*"
    if entry.name is None and len(entry.sentences) > 1:
        yield "\n".join(_markdown_items(entry.sentences, "", True))
    else:
        for sentence in entry.sentences:
            yield escaped(_ended(sentence, True))
            if sentence.items:
                yield "\n".join(_markdown_items(sentence.items, "", False))
    for note in entry.notes:
        yield f"> **Note:** {escaped(note)}"


def entry_as_markdown(entry: Entry) -> str:
    """What is said of one thing, alone."""
    return "\n\n".join(_markdown_entry(entry))


def _markdown_items(items: Sequence[Clause], margin: str, whole: bool) -> Iterator[str]:
    for item in items:
        yield f"{margin}- {escaped(_ended(item, whole))}"
        yield from _markdown_items(item.items, f"{margin}  ", False)


def escaped(text: str) -> str:
    """Text as Markdown shows it, word for word."""
    # What begins a list or a heading does so only at the start of a line.
    escaped = _MARKS.sub(lambda mark: f"\\{mark.group()}", text)
    return re.sub(r"^(\d+)([.)])", r"\1\\\2", re.sub(r"^([-+#=])", r"\\\1", escaped))
