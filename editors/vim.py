"""The files for Vim that hold words of the grammar: templates, with expressions put in for the names of terminals."""

import re
from collections.abc import Mapping
from pathlib import Path

from mqlrules.language.aggregates import AGGREGATES

_TEMPLATES = Path(__file__).parent / "templates"

# From an expression of the grammar to one of Vim's, very magic. Here white space may be a line end, too.
_AS_VIM = (
    (r"(?![\w\-:.])", r"%(\k|[:.-])@!"),
    (r"(?![\w\-])", r"%(\k|-)@!"),
    (r"(?![\w.])", r"%(\k|[.])@!"),
    (r"[^\W\d]", r"%([0-9]@!\k)"),
    (r"(?:", "%("),
    (r"\s", r"\_s"),
    ("=>", r"\=\>"),
    (">=", r"\>\="),
    ("<=", r"\<\="),
    ("!=", r"!\="),
)
_AHEAD = re.compile(r"\(\?=((?:[^()\\]|\\.|\([^()]*\))*)\)")
_LONE_SIGN = re.compile(r"[=<>]")
_NAME = re.compile(r"\{(?P<name>[A-Z_]+)\}")


def _vim(expression: str) -> str:
    if _LONE_SIGN.fullmatch(expression):
        return f"\\{expression}"
    for ours, theirs in _AS_VIM:
        expression = expression.replace(ours, theirs)
    expression = _AHEAD.sub(r"%(\1)@=", expression)
    assert "(?" not in expression, f"no Vim for {expression}"
    return f"<{expression}" if expression[0].isalpha() else expression


def _aggregates(words: Mapping[str, str], takes_property: bool) -> str:
    those = [record for record in AGGREGATES.values() if record.takes_property == takes_property]
    return "|".join(_vim(words[record.terminal]) for record in those)


def _file(name: str, words: Mapping[str, str]) -> str:
    own = {
        "WORD": r"%([0-9]@!\k)%(\k|-\>@!)*",
        "NEVER": "a@!a",
        "AGGREGATE_OF_PROPERTY": _aggregates(words, takes_property=True),
        "AGGREGATE_OF_EVENTS": _aggregates(words, takes_property=False),
    }
    template = (_TEMPLATES / f"{name}.vim").read_text("utf-8")
    return _NAME.sub(lambda found: own.get(found["name"]) or _vim(words[found["name"]]), template)


def syntax_file(words: Mapping[str, str]) -> str:
    """The text of syntax/mql.vim."""
    return _file("syntax", words)


def indent_file(words: Mapping[str, str]) -> str:
    """The text of indent/mql.vim."""
    return _file("indent", words)
