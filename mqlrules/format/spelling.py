"""How tokens are spelled, and how many blanks stand between two of them on one line."""

from mqlrules.language.calendar import UNITS
from mqlrules.syntax import literals
from mqlrules.syntax.lexer import Token
from mqlrules.syntax.unparse import duration, quoted

_NOTHING_BEFORE = frozenset(("_RPAR", "_COMMA", "_COLON", "_DOT"))
_NOTHING_AFTER = frozenset(("_LPAR", "_DOT"))


def spelled(token: Token) -> str:
    """The token as the one layout has it; it means what it meant. Numbers, dates and words stay as they are."""
    match token.kind:
        case "DURATION":
            return _duration(token.text)
        case "STRING":
            text, _ = literals.string(token.text)
            return quoted(text)
        case _:
            return token.text


def blanks_between(before: Token, after: Token, *, calls: bool) -> int:
    """``calls``: the token before is a function (``sum``), which stands close to its parenthesis."""
    if before.kind in _NOTHING_AFTER or after.kind in _NOTHING_BEFORE or (calls and after.kind == "_LPAR"):
        return 0
    return 1


def _duration(written: str) -> str:
    """In the largest unit that it is a whole number of. Whoever thinks in weeks may: `6w` stays, `42d` too."""
    microseconds = literals.duration(written)
    assert isinstance(microseconds, int), written
    weeks, rest = divmod(microseconds, UNITS["w"])
    return f"{weeks}w" if written.endswith("w") and rest == 0 else duration(microseconds)
