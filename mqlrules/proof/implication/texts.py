"""Whether one test of text includes another: every text that meets the narrower meets the wider.

Each test is a glob: runs of any characters (``*``), single ones (``?``), and characters that stand for themselves.
"""

from mqlrules.check.program import TextTest

_LONGEST = 300
"""Longer globs are not compared, but for being equal."""

_RUN, _ONE = 0, 1
_Symbol = str | int


def includes(wider: TextTest, narrower: TextTest, only_text: bool) -> bool:
    """Whether what meets the narrower test meets the wider one, of the same property.

    ``contains`` asks lists for a member too; ``only_text`` says that the value is known to be no list.
    """
    if wider == narrower:
        return True
    if narrower.record.asks_members and not only_text:
        # Of a list: a member that is this text is one that ignores case as well, and no other.
        return wider.record is narrower.record and (
            wider.text.casefold() == narrower.text.casefold() if wider.ignoring_case else False
        )
    if narrower.ignoring_case and not wider.ignoring_case:
        return False
    inner, outer = _glob(narrower), _glob(wider)
    if wider.ignoring_case:
        if not narrower.ignoring_case and _ONE in inner:
            # One character may be several when case is folded.
            return False
        inner, outer = _folded(inner), _folded(outer)
    return len(inner) <= _LONGEST and len(outer) <= _LONGEST and _covers(outer, inner)


def exclude(one: TextTest, other: TextTest) -> bool:
    """Whether no text meets both tests: they begin, or end, with other characters."""
    if one.ignoring_case != other.ignoring_case:
        return False
    first, second = _glob(one), _glob(other)
    if one.ignoring_case:
        first, second = _folded(first), _folded(second)
    return _apart(first, second) or _apart(first[::-1], second[::-1])


def _glob(test: TextTest) -> tuple[_Symbol, ...]:
    match test.record.end:
        case "start":
            return (*test.text, _RUN)
        case "end":
            return (_RUN, *test.text)
        case "any":
            return (_RUN, *test.text, _RUN)
        case "glob":
            return tuple({"*": _RUN, "?": _ONE}.get(c, c) for c in test.text)


def _folded(glob: tuple[_Symbol, ...]) -> tuple[_Symbol, ...]:
    folded: list[_Symbol] = []
    for symbol in glob:
        folded += symbol.casefold() if isinstance(symbol, str) else [symbol]
    return tuple(folded)


def _apart(one: tuple[_Symbol, ...], other: tuple[_Symbol, ...]) -> bool:
    for first, second in zip(one, other, strict=False):
        if first == _RUN or second == _RUN:
            return False
        if first != second and _ONE not in (first, second):
            return True
    return False


def _covers(wider: tuple[_Symbol, ...], narrower: tuple[_Symbol, ...]) -> bool:
    """The wider glob matches the narrower one as if that were a text, in which only ``*`` matches ``*``."""
    at = place = mark = after_run = 0
    seen_run = False
    while at < len(narrower):
        if place < len(wider) and wider[place] == _RUN:
            seen_run, after_run, mark = True, place + 1, at
            place += 1
        elif place < len(wider) and _takes(wider[place], narrower[at]):
            at, place = at + 1, place + 1
        elif seen_run:
            mark += 1
            at, place = mark, after_run
        else:
            return False
    return all(symbol == _RUN for symbol in wider[place:])


def _takes(wider: _Symbol, narrower: _Symbol) -> bool:
    return narrower != _RUN if wider == _ONE else wider == narrower
