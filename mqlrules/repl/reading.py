"""What was typed: a command, statements, a condition, or none of them; and whether more must follow."""

import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import attrs

from mqlrules.syntax import tree
from mqlrules.syntax.grammar import tokenise
from mqlrules.syntax.lalr import Stuck, parse_tokens
from mqlrules.syntax.layout import ITEMS, Block, blocks
from mqlrules.syntax.lexer import Token
from mqlrules.syntax.parse import parse, parse_condition
from mqlrules.text.diagnostic import Diagnostic
from mqlrules.text.source import Source

INPUT = "<input>"
"""What diagnostics call what was typed."""

COMMAND = ":"

STATEMENTS = frozenset(("lifecycle", "timezone", "schema", "event", "list", "segment", "score", "rule", "test"))
"""The words with which statements begin."""


@attrs.frozen
class Command:
    """``:word rest``; the word in small letters, without its colon."""

    word: str
    rest: str


@attrs.frozen(eq=False)
class Statements:
    """Rules and definitions, read without a mistake."""

    parsed: tree.Parsed


@attrs.frozen(eq=False)
class Question:
    """A condition, read without a mistake.

    ``else_wrong`` is what would be wrong with it as a statement, where it begins as one does: ``score x = 3`` could be
    an event, but hardly is.
    """

    node: tree.Condition
    source: Source
    else_wrong: tuple[Diagnostic, ...] = ()


@attrs.frozen(eq=False)
class Wrong:
    """What can't be read, and why."""

    diagnostics: tuple[Diagnostic, ...]


Typed = Command | Statements | Question | Wrong | None
"""None: nothing was typed, or comments alone."""


def read(text: str, path: Path | None = None, name: str = INPUT) -> Typed:
    """What an input is. ``path`` is where statements are taken to stand: their lists are looked for beside it.

    ``name`` is what diagnostics call the input.
    """
    text = textwrap.dedent(text.replace("\r\n", "\n")).strip("\n")
    if text.lstrip().startswith(COMMAND):
        word, _, rest = text.strip().removeprefix(COMMAND).partition(" ")
        return Command(word.strip().lower(), rest.strip())
    source = Source(name, text, path)
    tokens, _ = tokenise(text)
    if not tokens:
        return None
    statements = parse(source)
    if statements.tree.statements and not _is_wrong(statements.diagnostics):
        return Statements(statements)
    question = read_question(text, name)
    if isinstance(question, Question):
        begins_so = tokens[0].text in STATEMENTS
        return attrs.evolve(question, else_wrong=statements.diagnostics) if begins_so else question
    if not _looks_like_statements(text, tokens):
        return question
    return Wrong(statements.diagnostics)


def read_question(text: str, name: str = INPUT) -> Question | Wrong:
    """A condition alone."""
    source = Source(name, text)
    node, diagnostics = parse_condition(source)
    if node is None or _is_wrong(diagnostics):
        return Wrong(diagnostics)
    return Question(node, source)


def is_complete(text: str) -> bool:
    """Whether nothing has to follow what was typed: the parser does not get stuck at its end.

    The items of a score or a test may always go on, so they end with an empty line; and whatever ends with one is taken
    to be all that its author wants to say.
    """
    *above, last = text.split("\n")
    if not text.strip() or (above and not last.strip()):
        return True
    if text.lstrip().startswith(COMMAND):
        return True
    text = textwrap.dedent(text)
    tokens, _ = tokenise(text)
    if not tokens or any(token.kind == "UNCLOSED" for token in tokens):
        return True
    cut, _ = blocks(Source(INPUT, text), text, tokens)
    statement = _stuck(text, "statement", cut[-1].heading.tokens)
    if _has_items(cut[-1]) and (statement is None or _at_end(statement, cut[-1].heading.tokens)):
        return False
    if statement is None:
        return True
    question = _stuck(text, "bare_condition", tokens)
    if question is None:
        # `segment ideal` could be an event, but hardly is: it is a definition that goes on.
        return not (tokens[0].text in STATEMENTS and _at_end(statement, cut[-1].heading.tokens))
    return not (_at_end(statement, cut[-1].heading.tokens) or _at_end(question, tokens))


def inputs_in(lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    """A script cut into inputs, as rule files are cut into statements: what is indented belongs to what stands above,
    and so does a closing parenthesis. A command is one line.

    Each comes with the number of its first line, as soon as the line after it is there.
    """
    waiting: list[str] = []
    first = 0
    for number, line in enumerate(lines, 1):
        line = line.removeprefix("\ufeff").rstrip("\r\n")
        if waiting and not _belongs_above(line):
            yield first, "\n".join(waiting)
            waiting = []
        if line.startswith(COMMAND):
            yield number, line
        elif waiting or line.strip():
            first = first if waiting else number
            waiting.append(line)
    if waiting:
        yield first, "\n".join(waiting)


def _belongs_above(line: str) -> bool:
    return not line.strip() or line[0] in " \t)"


def _has_items(block: Block) -> bool:
    heading = block.heading.tokens
    return bool(block.items) or bool(heading and heading[0].text in ITEMS)


def _at_end(stuck: Stuck, tokens: Any) -> bool:
    return stuck.index >= len(tokens)


def _stuck(text: str, start: str, tokens: Any) -> Stuck | None:
    """Where the parser gets stuck; None if it does not."""
    outcome = parse_tokens(start, text, tokens)
    return outcome if isinstance(outcome, Stuck) else None


def _looks_like_statements(text: str, tokens: list[Token]) -> bool:
    if any(token.kind == "_ARROW" for token in tokens) or tokens[0].text in STATEMENTS:
        return True
    cut, _ = blocks(Source(INPUT, text), text, tokens)
    return len(cut) > 1 or bool(cut[0].items)


def _is_wrong(diagnostics: tuple[Diagnostic, ...]) -> bool:
    return any(diagnostic.severity == "error" for diagnostic in diagnostics)
