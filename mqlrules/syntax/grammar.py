"""From the grammar to the parser's tables: found, built, kept.

``python -m mqlrules.syntax.grammar`` writes the tables anew after the grammar has changed; a test fails if that was
forgotten. Until then they are built at every start, so a changed grammar is never parsed by old tables.
"""

import json
import re
import zlib
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

from mqlrules.syntax.tables import Tables

STARTS = ("statement", "score_line", "test_line", "bare_condition")

_HERE = Path(__file__).parent
_KEPT = _HERE / "tables.json"

_KEYWORD_PATTERN = re.compile(r"(?P<word>[a-z]+)(?P<rest>.*)", re.DOTALL)
_WORD_ENDS = r"(?![\w\-])"

# What no terminal of the grammar takes, told apart for the sake of good messages: a string without its end, figures
# with letters stuck to them, and any other sign.
_STRAYS = (("UNCLOSED", r'"[^\r\n]*'), ("STUCK", r"[0-9][\w.\-:]*"), ("STRAY", r"\S"))


def grammar_text() -> str:
    """The text of ``mql.lark``: in an installed package beside this module, in a checkout in the folder ``grammar``."""
    installed = _HERE / "mql.lark"
    return (installed if installed.is_file() else _HERE.parents[1] / "grammar" / "mql.lark").read_text("utf-8")


@lru_cache(maxsize=1)
def tables() -> Tables:
    """The tables of the grammar: those kept, if they are of this very grammar, else built."""
    text = grammar_text()
    if _KEPT.is_file():
        data = json.loads(_KEPT.read_text("utf-8"))
        if data["grammar"] == fingerprint(text):
            return Tables.from_data(data)
    return Tables.from_data(build(text))


def fingerprint(text: str) -> str:
    """Tells one text of the grammar from another, however its lines end."""
    return f"{zlib.crc32(text.replace(chr(13), '').encode()):08x}"


def build(text: str) -> dict[str, Any]:
    """Make the tables with lark, as JSON data that depends on the grammar alone (states and rules in a fixed order)."""
    from lark import Lark
    from lark.parsers.lalr_analysis import Shift

    parser = Lark(text, parser="lalr", lexer="contextual", start=list(STARTS), maybe_placeholders=False)
    table = parser.parser.parser._parse_table
    rules = sorted(parser.rules, key=lambda rule: (rule.origin.name, [s.name for s in rule.expansion], str(rule.alias)))
    rule_numbers = {rule: number for number, rule in enumerate(rules)}

    order: dict[int, int] = {}
    waiting = [table.start_states[start] for start in STARTS]
    for state in waiting:
        if state in order:
            continue
        order[state] = len(order)
        steps = table.states[state]
        waiting += [steps[symbol][1] for symbol in sorted(steps) if steps[symbol][0] is Shift]

    def action(step: tuple[Any, Any]) -> int:
        return order[step[1]] if step[0] is Shift else -1 - rule_numbers[step[1]]

    return {
        "grammar": fingerprint(text),
        "starts": {start: order[table.start_states[start]] for start in STARTS},
        "ends": {start: order[table.end_states[start]] for start in STARTS},
        "states": [{symbol: action(step) for symbol, step in sorted(table.states[state].items())} for state in order],
        "rules": [_rule_data(rule) for rule in rules],
        **_terminal_data(parser.terminals),
    }


def _rule_data(rule: Any) -> list[Any]:
    is_list = rule.origin.name.startswith("_")
    picks = [
        [index, int(not symbol.is_term and symbol.name.startswith("_"))]
        for index, symbol in enumerate(rule.expansion)
        if rule.options.keep_all_tokens or not (symbol.is_term and symbol.filter_out)
    ]
    callback = None if is_list else rule.alias or rule.origin.name
    return [rule.origin.name, len(rule.expansion), picks, callback, int(rule.options.expand1 and not rule.alias)]


def _terminal_data(terminals: Iterable[Any]) -> dict[str, Any]:
    by_rank = sorted(terminals, key=lambda t: (-t.priority, -t.pattern.max_width, -len(t.pattern.value), t.name))
    keywords: dict[str, list[list[str | None]]] = {}
    signs: dict[str, str] = {}
    shapes: list[tuple[str, str]] = []
    word = ""
    for terminal in by_rank:
        pattern = terminal.pattern.value
        keyword = _KEYWORD_PATTERN.fullmatch(pattern)
        if terminal.pattern.type == "str":
            signs[pattern] = terminal.name
        elif keyword:
            entry = [terminal.name, None if keyword["rest"] == _WORD_ENDS else pattern]
            keywords.setdefault(keyword["word"], []).append(entry)
        elif terminal.name == "WORD":
            word = pattern
        elif terminal.name != "BLANK":
            shapes.append((terminal.name, pattern))
    shapes.append(("SIGN", "|".join(map(re.escape, signs))))
    groups = "|".join(f"(?P<{name}>{pattern})" for name, pattern in (*shapes, *_STRAYS))
    return {"keywords": keywords, "signs": signs, "word": word, "shapes": rf"\s*(?:{groups})"}


if __name__ == "__main__":
    _KEPT.write_text(json.dumps(build(grammar_text()), separators=(",", ":"), ensure_ascii=False) + "\n", "utf-8")
