"""Damage: random changes of texts and of bytes, mostly small, now and then huge."""

import gzip
import random
from collections.abc import Sequence

WORDS = (
    "and", "or", "not", "no", "then", "within", "since", "after", "before", "during", "where", "with same", "when",
    "for", "per", "if", "up to", "halve every", "between", "to", "older than", "first", "last", "sum", "avg", "min",
    "max", "distinct", "days", "of", "is missing", "is known", "contains", "starts with", "ends with", "matches",
    "ignoring case", "in", "lead", "activity", "identify", "rule", "score", "segment", "event", "list", "schema",
    "lifecycle", "timezone", "test", "expect", "as of", "day", "recycle to", "by", "=>", ">=", "<=", "!=", "=", "<",
    ">", "(", ")", "+", "-", ".", ",", ":", '"', "\\", "#", "*", "?", "“", "”", "$", "%", "{", "}", "[", "]", "|", ";",
    "true", "false", "1", "0", "-1", "30d", "1us", "36500d", "0.000001", "2026-01-31", "2026-02-30", "9999-12-31",
    "2026-01-31T09:30:00Z", "0001-01-01T00:00:00+14:00", "12:30", "text", "number", "MQL", "visited pricing",
)  # fmt: skip

NUMBERS = (
    "0", "-0", "1", "-1", "00", "1e5", "1e999", "1e-999", "0.1", ".5", "5.", "1_000", "1,000", "9" * 19, "9" * 25,
    "9" * 26, "9" * 400, "-9223372036854775808", "9223372036854775807", "9223372036854775808", "18446744073709551616",
    "0.0000001", "0." + "0" * 30 + "1", "1.7976931348623157e308", "NaN", "Infinity", "-inf", "0x10", "٣", "½", "１２",
    "1767225600", "1767225600000", "1767225600000000", "1767225600000000000", "253402300800000000",
    "-62135596800000001", "99999999999999999999d", "2026-13-01", "0000-00-00", "2026-01-01T24:00:00", "10000-01-01",
    "2026-01-01T00:00:00+99:99", "2026-01-01T00:00:60Z",
)  # fmt: skip

CHARACTERS = (
    "\x00", "\x01", "\x07", "\x08", "\x0b", "\x0c", "\x1b[2J", "\x1b]0;x\x07", "\x7f", "\x80", "\x85", "\x9b", "\xa0",
    "\xad", "\u0130", "\u0131", "\u00df", "\u017f", "\u0301" * 9, "\u034f", "\u061c", "\u180e", "\u200b", "\u200d",
    "\u200e", "\u202e", "\u2028", "\u2029", "\u2060", "\u2066", "\u2764\ufe0f", "\u3000", "\ufdfa", "\ufeff", "\ufffd",
    "\ufffe", "\uffff", "\ud800", "\udcff", "\U0001d7d8", "\U0001f469\u200d\U0001f4bb", "\U000e0001", "\U0010ffff",
    "價", "ﬀ", "ẞ", "Ⅷ", "𒀀", "\r", "\r\n", "\n", "\n\n", "\t", "\n    ", "\n\t", " " * 40,
)  # fmt: skip

INTERESTING = (b"\x00", b"\xff", b"\x7f", b"\x80", b"\xff\xff\xff\xff", b"\x00\x00\x00\x00", b"\x7f\xff\xff\xff",
               b"\xff\xff\xff\x7f", b"\x00" * 8, b"\xff" * 8, b"\x15\x04\x19", b"PAR1", b"ARROW1", b"\x1f\x8b\x08",
               b"SQLite", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\xed\xa0\x80", b"\xc0\x80", b"\n", b'"', b",",
               b"{", b"[", b"}", b"\\u0000", b"\\ud800", b"null", b"1e999", b"\xe2\x80\xa8")  # fmt: skip


def damaged_text(text: str, seeds: Sequence[str], choose: random.Random) -> str:
    """A text with a few changes: pieces cut, doubled, moved, put in, taken from others, nested, made huge."""
    for _ in range(choose.choice((1, 1, 1, 2, 3, 6))):
        start = choose.randrange(len(text) + 1)
        stop = min(len(text), start + choose.choice((0, 0, 1, 1, 3, 8, 25, 80)))
        kind = choose.randrange(1_000)
        if kind < 250:
            put = choose.choice(WORDS)
            put = f" {put} " if choose.random() < 0.7 else put
        elif kind < 380:
            put = choose.choice(CHARACTERS)
        elif kind < 480:
            put = choose.choice(NUMBERS)
        elif kind < 600:
            put = ""
        elif kind < 700:
            put = text[start:stop] * choose.choice((2, 2, 3))
        elif kind < 850:
            other = choose.choice(seeds)
            at = choose.randrange(len(other) + 1)
            put = other[at : at + choose.choice((4, 15, 60))]
        elif kind < 900:
            put = "\n" + choose.choice(seeds)
        elif kind < 950:
            put = "(" * choose.choice((1, 2, 5)) + text[start:stop] + ")" * choose.choice((1, 2, 5))
        elif kind < 996:
            put = chr(choose.randrange(choose.choice((128, 0x800, 0x11_0000))))
        else:
            deep = choose.choice((60, 120, 3_000))
            left, right = choose.choice((("(", ")"), ("not ", ""), ("a then ", ""), ("a or ", ""), ("(no ", ")")))
            put = left * deep + text[start:stop] + right * deep
        text = text[:start] + put + text[stop:]
    return text


def random_text(choose: random.Random) -> str:
    """Words, numbers and odd characters in a row."""
    pieces = []
    for _ in range(choose.choice((1, 3, 8, 20, 40))):
        pieces.append(choose.choice(choose.choice((WORDS, WORDS, WORDS, NUMBERS, CHARACTERS))))
        pieces.append(choose.choice((" ", " ", " ", "", "\n", "\n    ")))
    return "".join(pieces)


def damaged_bytes(data: bytes, seeds: Sequence[bytes], choose: random.Random) -> bytes:
    """Bytes with a few changes: bits flipped, pieces cut off, doubled, moved or overwritten; perhaps packed."""
    changed = bytearray(data)
    for _ in range(choose.choice((1, 1, 1, 2, 4, 12))):
        at = choose.randrange(len(changed) + 1)
        size = choose.choice((1, 1, 2, 4, 8, 32, 200))
        match choose.randrange(10):
            case 0 | 1 | 2:
                if at < len(changed):
                    changed[at] ^= 1 << choose.randrange(8)
            case 3:
                del changed[at:]
            case 4:
                del changed[at : at + size]
            case 5:
                changed[at:at] = changed[at : at + size]
            case 6 | 7:
                put = choose.choice(INTERESTING)
                changed[at : at + (len(put) if choose.random() < 0.5 else 0)] = put
            case 8:
                changed[at : at + size] = choose.randbytes(min(size, 8))
            case _:
                other = choose.choice(seeds)
                start = choose.randrange(len(other) + 1)
                changed[at : at + size] = other[start : start + size]
    found = bytes(changed)
    if choose.randrange(20) == 0:
        found = gzip.compress(found, 1)
        if choose.random() < 0.5:
            return damaged_bytes(found, [found], choose)
    return found


# -- JSON and CSV, well made but of odd things ---------------------------------------------------------------------

KEYS = (
    "lead", "time", "event", "id", "properties", "type", "userId", "anonymousId", "previousId", "messageId",
    "timestamp", "traits", "context", "sentAt", "path", "n", "sku", "$", "", "lead ", "LEAD", "a.b", "\\u0000", "é",
    "traits.x", "name", "category", "__proto__",
)  # fmt: skip
_VALUES = (
    '"a"', '"2026-01-01T00:00:00Z"', '"2026-01-02"', "1767225600000000", '"visited pricing"', "1", "1.5", "true",
    "false", "null", '""', '" "', "[]", "{}", '["a","b"]', '[1,"a",null]', '{"a":{"b":1}}', '{"$":"decimal","":"x"}',
    '{"$":"map","":[[1]]}', "-0.0", "1e999", "-1e999", "NaN", "Infinity", "9" * 30, "9" * 400, "1e-400", '"\\ud800"',
    '"\\u0000"', '"\\u202e"', '"track"', '"page"', '"screen"', '"identify"', '"group"', '"alias"', '"$pageview"', "07",
    '"true"', '"1"', '"\x1b[31m"', "'a'", "undefined", '"\ttab"', "--1", "1.", "0.1e",
)  # fmt: skip


def json_text(choose: random.Random, level: int = 0) -> str:
    """A JSON value, or nearly one."""
    kind = choose.randrange(30)
    if kind == 0 and level < 3:
        return "[" + ",".join(json_text(choose, level + 1) for _ in range(choose.randrange(4))) + "]"
    if kind == 1 and level < 3:
        return json_object(choose, level + 1)
    if kind == 2 and choose.randrange(20) == 0:
        deep = choose.choice((50, 300, 5_000))
        return choose.choice(('{"a":', "[")) * deep + "1" + choose.choice(("}", "]")) * deep
    if kind == 3:
        return '"' + choose.choice(CHARACTERS).replace("\n", "\\n").replace('"', '\\"') + '"'
    return choose.choice(_VALUES)


def json_object(choose: random.Random, level: int = 0) -> str:
    """A JSON object that looks like an event, more or less."""
    keys = [choose.choice(KEYS) for _ in range(choose.randrange(5))]
    if level == 0 and choose.random() < 0.8:
        keys += choose.choice((("lead", "time", "event"), ("type", "userId", "timestamp", "event", "messageId")))
    likely = {"lead": '"a"', "time": '"2026-01-01T00:00:00Z"', "event": '"visit"', "type": '"track"', "userId": '"u"',
              "timestamp": '"2026-01-01T00:00:00Z"'}  # fmt: skip
    values = [likely[key] if key in likely and choose.random() < 0.7 else json_text(choose, level + 1) for key in keys]
    return "{" + ",".join(f'"{key}":{value}' for key, value in zip(keys, values, strict=True)) + "}"


def json_lines(choose: random.Random) -> bytes:
    """A few lines of JSON objects, or an array of them."""
    lines = [json_object(choose) for _ in range(choose.choice((1, 1, 2, 3, 6)))]
    if choose.randrange(12) == 0:
        return ("[" + ",".join(lines) + "]").encode("utf-8", "surrogatepass")
    return choose.choice(("\n", "\n", "\r\n", "\n\n")).join(lines).encode("utf-8", "surrogatepass")


def csv_lines(choose: random.Random) -> bytes:
    """A few lines of CSV: odd cells under columns that are nearly right."""
    delimiter = choose.choice((",", ",", ",", ";", "\t", "|"))
    names = ["lead", "time", "event", *[choose.choice(KEYS) for _ in range(choose.randrange(3))]]
    if choose.randrange(10) == 0:
        names.pop(choose.randrange(len(names)))
    lines = [delimiter.join(names)]
    for _ in range(choose.choice((0, 1, 1, 2, 3, 6))):
        cells = ["a", "2026-01-01T00:00:00Z", "visit", *[_cell(choose) for _ in names[3:]]]
        if choose.random() < 0.5:
            cells[choose.randrange(len(cells))] = _cell(choose)
        if choose.randrange(15) == 0:
            cells = cells[: choose.randrange(len(cells))] or cells * 2
        lines.append(delimiter.join(cells))
    return choose.choice(("\n", "\n", "\r\n", "\r")).join(lines).encode("utf-8", "surrogatepass")


def _cell(choose: random.Random) -> str:
    found = choose.choice(choose.choice((NUMBERS, CHARACTERS, WORDS, _VALUES)))
    return '"' + found.replace('"', '""') + '"' if choose.random() < 0.3 else found
