"""Text from rules and events, made safe to show, and estimates of its width."""

import unicodedata

_JOINERS = "\N{ZERO WIDTH JOINER}\N{ZERO WIDTH NON-JOINER}"
"""Not printable by themselves, but emoji of families and Persian words are made with them."""

_RIGHT_TO_LEFT = frozenset(("R", "AL", "AN"))
_NARROW = frozenset("iljtfrI.,:;'|!()[]{} ")
_BROAD = frozenset("mwMW%@—…→")


def shown(value: object) -> str:
    """Text on one line in which nothing steers a viewer: white space becomes spaces; characters that can't be printed,
    or that turn the direction of writing, are spelled out as ``\\x07``.
    """
    return "".join(map(_shown, str(value))).strip()


def _shown(character: str) -> str:
    if character.isspace():
        return " "
    if character.isprintable() or character in _JOINERS:
        return character
    return character.encode("unicode_escape").decode()


def isolated(text: str) -> str:
    """Text with right-to-left parts, isolated so that it doesn't reorder the text around it."""
    if any(unicodedata.bidirectional(character) in _RIGHT_TO_LEFT for character in text):
        return f"\N{LEFT-TO-RIGHT ISOLATE}{text}\N{POP DIRECTIONAL ISOLATE}"
    return text


def width(text: str, size: float) -> float:
    """About how wide text of this size is in a sans-serif font; rather too much, since the viewer's font is unknown."""
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
    """Text cut to a width, ending in ``…`` if something is missing."""
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
    """Text broken between words into at most ``most`` lines; what is left over is cut."""
    found: list[str] = []
    words = text.split()
    while words:
        count = 1
        while count < len(words) and width(" ".join(words[: count + 1]), size) <= room:
            count += 1
        if len(found) == most - 1:
            count = len(words)
        found.append(fitted(" ".join(words[:count]), room, size))
        words = words[count:]
    return found
