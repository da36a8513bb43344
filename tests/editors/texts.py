"""Rule texts that editors have to get right: everything that the project has, and every keyword as a common word."""

import json
from functools import lru_cache
from pathlib import Path

from mqlrules.ide.tokens import Classified, classify
from mqlrules.syntax.grammar import vocabulary
from mqlrules.syntax.parse import parse
from mqlrules.text.source import Source

ROOT = Path(__file__).parents[2]

# Each `{w}` is a place where the language takes common words: phrases, names, properties.
_PLACES = """\
rule r: {w} => MQL
rule r: ({w} or b) >= 2 => MQL
rule r: {w} >= 2 times => MQL
rule r: {w} = 2 or a => MQL
rule r: no {w} for 2d => MQL
rule r: a then no {w} then {w} => MQL
rule r: a within 3d older than 1d since {w} => MQL
rule r: a after {w} before {w} => MQL
rule r: a during 2026-01-01 to 2026-02-01 and {w} => MQL
rule r: {w} where (x = 1 and y) => MQL
rule r: a where ({w} = 1) => MQL
rule r: a where ({w}) => MQL
rule r: a where (not {w} is known or x.{w} contains "b" ignoring case) => MQL
rule r: a where (x in {w} or y in ("a", 2d)) => MQL
rule r: a where (x starts with "a") and {w} => MQL
rule r: lead.{w} = 1 => MQL
rule r: lead.x.{w} is missing and {w} => MQL
rule r: lead.x in {w} => MQL
rule r: lead.x in {w} ignoring case and {w} => MQL
rule r: lead.x and {w} => MQL
rule r: sum({w} of {w}) > 2 => MQL
rule r: first(x.{w} of ({w} or b)) = "x" => MQL
rule r: last({w} of b) = true and {w} => MQL
rule r: max({w} of b) < 2026-02-01 and {w} => MQL
rule r: days({w}) > 2 => MQL
rule r: {w} then within 3d after 1d {w} => MQL
rule r: {w} with same {w} => MQL
rule r: ({w} with same x.{w}) since {w} => MQL
{w} => {w}
when {w}, {w} => {w}
when {w} for 3d, {w} => recycle to {w}
rule {w} "x": when {w}, {w} => {w}
event {w} = {w}
event {w} = {w} or {w} where ({w} = true)
segment {w} = {w}
segment {w} "d" = {w} and {w}
schema {w} ({w}: text, x.{w}: number)
list {w} from "x.csv" column {w}
list {w} from "x.csv"
lifecycle {w} > {w}, {w}
score {w} "text"|    +1 per {w}|    between 0 and 10
score x|    +2 for {w} within 3d up to 5 halve every 3d
score x|    -1 if {w}|    +3 if lead.x in {w}
score x|    +1 per {w} where ({w} = 1) since {w}
test "x"|    lead ({w}: 1, x.{w}: true)
test "x"|    day 0 10:30 {w} ({w}: 1d)|    as of day 9
test "x"|    2026-01-02 {w}|    2026-01-03T10:00Z {w}
test "x"|    expect {w}|    expect {w} by {w}
test "x"|    expect {w} on day 3 by {w}
test "x"|    expect no {w} on 2026-01-02 by {w}
test "x"|    expect stage {w} on day 3
test "x"|    expect {w} = 3 on 2026-01-03T10:00Z""".replace("|", "\n")

_PHRASES = (
    "signed up", "registered for webinar", "became lead", "joined waiting list", "first purchase", "last day of trial",
    "up to", "is known", "older than", "halve every", "recycle to", "as of", "expect no", "starts with", "day-one",
    "or-else", "no_show", "ok-then", "Größe geändert", "購入 完了", "हिन्दी शब्द",
)  # fmt: skip


def parses(text: str) -> bool:
    return not parse(Source("", text)).diagnostics


@lru_cache
def project_texts() -> tuple[str, ...]:
    """The rules of the examples and of the corpus."""
    files = sorted((ROOT / "examples").rglob("*.mql"))
    texts = [path.read_text("utf-8") for path in files]
    for path in sorted((ROOT / "tests" / "corpus").glob("*.jsonl")):
        texts += [rules for line in path.read_text("utf-8").splitlines() if (rules := json.loads(line)["rules"])]
    return tuple(dict.fromkeys(text for text in texts if parses(text)))


@lru_cache
def word_texts() -> tuple[str, ...]:
    """Every word of the language in every place for common words, alone and among others, where the parser takes it."""
    keywords = sorted({*vocabulary().keywords, "to", "every", "than", "with", "same", "of", "known", "missing", "case"})
    phrases = [phrase for word in keywords for phrase in (word, f"did {word} it")]
    texts = [
        place.replace("{w}", phrase)
        for place in _PLACES.replace("\n    ", "\0    ").splitlines()
        for phrase in (*phrases, *_PHRASES)
    ]
    return tuple(dict.fromkeys(text for text in (text.replace("\0", "\n") for text in texts) if parses(text)))


@lru_cache
def broken_texts() -> tuple[str, ...]:
    """Files with mistakes in them, as the parser's tests have them."""
    texts = [path.read_text("utf-8", "replace") for path in sorted((ROOT / "tests/syntax/bad").glob("*.mql"))]
    return tuple(text for text in texts if "\r" not in text and "\ufffd" not in text)


def tokens(text: str) -> list[tuple[Classified, str]]:
    """The tokens of a text as the parser reads them, and their texts."""
    return [(token, text[token.start : token.end]) for token in classify(text)]


def kinds_in(text: str, token: Classified, kinds: list[str]) -> set[str]:
    """What the characters of a token are, blanks between its words left out. ``kinds`` has one for each character."""
    return {kinds[at] for at in range(token.start, token.end) if not text[at].isspace()}
