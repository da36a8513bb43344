"""Text from rules and events, made safe to be shown, and how much room it takes."""

import unicodedata

_JOINERS = "\N{ZERO WIDTH JOINER}\N{ZERO WIDTH NON-JOINER}"
"""Not printable by themselves, but families of emoji and Persian words are made with them."""

_RIGHT_TO_LEFT = frozenset(("R", "AL", "AN"))
_NARROW = frozenset("iljtfrI.,:;'|!()[]{} ")
_BROAD = frozenset("mwMW%@—…→")


def shown(value: object) -> str:
    """Text on one line in which nothing steers a viewer: blanks are spaces; what can't be printed, and what turns the
    direction of writing, is spelled out as ``\\x07``.
    """
    return "".join(map(_shown, str(value))).strip()


def _shown(character: str) -> str:
    if character.isspace():
        return " "
    if character.isprintable() or character in _JOINERS:
        return character
    return character.encode("unicode_escape").decode()


def isolated(text: str) -> str:
    """A phrase in which something is written from right to left, kept in order, and from turning what is beside it."""
    if any(unicodedata.bidirectional(character) in _RIGHT_TO_LEFT for character in text):
        return f"\N{LEFT-TO-RIGHT ISOLATE}{text}\N{POP DIRECTIONAL ISOLATE}"
    return text


def width(text: str, size: float) -> float:
    """About how wide text is in a font without serifs of this size: nobody knows which one a viewer has, so it is
    rather too much than too little.
    """
    return size * sum(map(_em, text))


def _em(character: str) -> float:
    if ord(character) < 0x7F:
        if character in _NARROW:
            return 0.36
        if character in _BROAD:
            return 0.95
        return 0.72 if character.isupper() else 0.6
    if unicodedata.combining(character) or character in _JOINERS or unicodedata.category(character) == "Mn":
        return 0.0
    if unicodedata.east_asian_width(character) in "WF":
        return 1.05
    return 1.3 if ord(character) > 0xFFFF else 0.95 if character in _BROAD else 0.75


def fitted(text: str, room: float, size: float) -> str:
    """Text cut to a width, with ``…`` where something is missing."""
    if width(text, size) <= room:
        return text
    kept = ""
    left = room - width("…", size)
    for character in text:
        left -= width(character, size)
        if left < 0:
            break
        kept += character
    return kept.rstrip(_JOINERS + " ") + "…"


def lines(text: str, room: float, size: float, most: int) -> list[str]:
    """Text broken between words into at most so many lines; the last one is cut."""
    found: list[str] = []
    words = text.split()
    while words and len(found) < most:
        count = 1
        while count < len(words) and width(" ".join(words[: count + 1]), size) <= room:
            count += 1
        if len(found) == most - 1:
            count = len(words)
        found.append(fitted(" ".join(words[:count]), room, size))
        words = words[count:]
    return found
