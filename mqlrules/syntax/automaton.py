"""The LALR automaton: walks the grammar's tables over tokens, and calls the builder for each reduction.

It is lark's algorithm over lark's tables (the tests hold it against lark itself), with what the language needs and lark
has not: keywords that depend on the parser's state *and* on what follows them, spans for every value, and an error that
is a value.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs

from mqlrules.syntax.tables import END, Tables
from mqlrules.syntax.tokens import Token

Callback = Callable[[list[Any], int, int], Any]
"""Makes a node from its children and the offsets where its first token starts and its last one ends."""


@attrs.frozen
class Stuck:
    """The index of the token that no rule can take (or of the end), and the terminals that could stand there."""

    index: int
    expected: frozenset[str]


def run(
    tables: Tables, start: str, text: str, tokens: Sequence[Token], callbacks: Mapping[str, Callback]
) -> Any | Stuck:
    """Parse tokens (of ``text``) as the symbol ``start``: the node that the callbacks made, or where it got stuck."""
    states, rules, end_state = tables.states, tables.rules, tables.ends[start]
    stack = [tables.starts[start]]
    values: list[Any] = []
    begins: list[int] = []
    ends: list[int] = []
    index, count = 0, len(tokens)
    while True:
        accepted = states[stack[-1]]
        if index < count:
            token = tokens[index]
            terminal, width = terminal_of(tables, accepted, text, tokens, index)
        else:
            terminal, width = END, 1
        action = accepted.get(terminal)
        while action is not None and action < 0:
            rule = rules[-1 - action]
            size = rule.size
            if rule.only_passes:
                stack.pop()
            else:
                children: list[Any] = []
                for at, spliced in rule.picks:
                    value = values[at - size]
                    if not spliced:
                        children.append(value)
                    elif children:
                        children += value
                    else:
                        children = value  # a list belongs to one rule alone: it may grow in place
                begin, end = begins[-size], ends[-1]
                if rule.callback is None:
                    value = children
                elif rule.passes and len(children) == 1:
                    value = children[0]
                else:
                    value = callbacks[rule.callback](children, begin, end)
                if size == 1:
                    stack.pop()
                    values[-1] = value
                else:
                    del stack[-size:], values[-size:], begins[-size:], ends[-size:]
                    values.append(value)
                    begins.append(begin)
                    ends.append(end)
            state = states[stack[-1]][rule.origin]
            stack.append(state)
            if state == end_state and terminal == END:
                return values[-1]
            action = states[state].get(terminal)
        if action is None:
            return Stuck(index, _expected(tables, start, text, tokens, index))
        stack.append(action)
        begins.append(token.start)
        if width == 1:
            ends.append(token.end)
            values.append(token if token.kind == terminal else Token(terminal, token.text, token.start, token.end))
        else:
            last = tokens[index + width - 1]
            ends.append(last.end)
            values.append(Token(terminal, text[token.start : last.end], token.start, last.end))
        index += width


def terminal_of(
    tables: Tables, accepted: Mapping[str, int], text: str, tokens: Sequence[Token], index: int
) -> tuple[str, int]:
    """Which terminal a token is where the parser accepts these, and how many tokens it takes (``up to`` takes two).

    Words that follow in the text and are not among the tokens belong to another item.
    """
    kind, word, start, end = tokens[index]
    if kind != "WORD" and kind != "NAME":
        return kind, 1
    for keyword in tables.keywords.get(word, ()):
        if keyword.terminal in accepted:
            stop = keyword.match_end(text, start)
            if stop is not None and stop <= tokens[-1].end:
                width = 1
                while stop > end:
                    end = tokens[index + width].end
                    width += 1
                return keyword.terminal, width
    return ("NAME" if kind == "WORD" and "WORD" not in accepted else kind), 1


def follow(tables: Tables, start: str, stack: Sequence[int], terminal: str) -> list[int] | None:
    """The stack of states after a terminal is taken, without making nodes; None if it can't stand there.

    ``stack`` stays as it is. At the end of a text (``END``) it is the stack with which the text is accepted.
    """
    states, rules, end_state = tables.states, tables.rules, tables.ends[start]
    after = list(stack)
    action = states[after[-1]].get(terminal)
    while action is not None and action < 0:
        rule = rules[-1 - action]
        del after[-rule.size :]
        after.append(states[after[-1]][rule.origin])
        if terminal == END and after[-1] == end_state:
            return after
        action = states[after[-1]].get(terminal)
    if action is None:
        return None
    after.append(action)
    return after


def expected(tables: Tables, start: str, stack: Sequence[int]) -> frozenset[str]:
    """The terminals that could stand next: those whose reductions end in a shift, or in the end of the text."""
    terminals = [name for name in tables.states[stack[-1]] if name.lstrip("_").isupper() or name == END]
    return frozenset(name for name in terminals if follow(tables, start, stack, name) is not None)


def _expected(tables: Tables, start: str, text: str, tokens: Sequence[Token], stuck: int) -> frozenset[str]:
    """The terminals that could stand at a token.

    The stack is made anew, for the parser may have reduced by what the tables of an LALR automaton allow too much of.
    """
    stack = [tables.starts[start]]
    index = 0
    while index < stuck:
        terminal, width = terminal_of(tables, tables.states[stack[-1]], text, tokens, index)
        stack = follow(tables, start, stack, terminal) or stack
        index += width
    return expected(tables, start, stack)
