"""What fuzzing begins with: the rule files and the data of this project, in small pieces."""

import datetime
import gzip
import io
import json
import re
from decimal import Decimal
from functools import cache
from pathlib import Path

import polars as pl

from mqlrules.ruleset import loads
from tests.strategies import random_case

ROOT = Path(__file__).parents[2]
_STATEMENT = re.compile(r"\n(?=[^\s#])")


@cache
def rule_texts() -> tuple[str, ...]:
    """Statements and small files: the corpus, the examples, the files with mistakes, random rule sets."""
    found: dict[str, None] = {}
    for file in sorted((ROOT / "tests" / "corpus").glob("*.jsonl")):
        found.update(dict.fromkeys(json.loads(line)["rules"] for line in file.read_text(encoding="utf-8").splitlines()))
    for file in sorted(ROOT.glob("examples/**/*.mql")):
        found.update(dict.fromkeys(_STATEMENT.split(file.read_text(encoding="utf-8"))))
    for page in sorted(ROOT.glob("docs/*.md")):
        for block in re.findall(r"```mql[^\n]*\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
            found.update(dict.fromkeys(_STATEMENT.split(block)))
    found.update(dict.fromkeys(random_case(seed).rules for seed in range(60)))
    return tuple(text for text in found if text.strip() and len(text) < 1_500)


@cache
def condition_texts() -> tuple[str, ...]:
    """Conditions: what stands before `=>`."""
    found = {re.sub(r"^(rule [^:\n]*:)", "", text).split("=>")[0].strip() for text in rule_texts() if "=>" in text}
    return tuple(sorted(text for text in found if "\n" not in text))


@cache
def csv_files() -> tuple[bytes, ...]:
    """The first rows of the examples, and small files of other shapes."""
    found = []
    for file in sorted(ROOT.glob("examples/*/*.csv")):
        lines = file.read_bytes().splitlines(keepends=True)
        found += [b"".join(lines[:3]), b"".join([lines[0], *lines[9:14]])]
    found.append(b'lead;time;event;n\na;2026-01-01;"x;y";1,5\nb;2026-01-02 10:00;z;2\n')
    found.append(b"\xef\xbb\xbflead,time,event,id,paid\n7,2026-01-01T00:00:00+02:00,e,1,true\n,,,,\n")
    found.append("lead,time,event\né,2026-01-01,“e”\n".encode("cp1252"))
    found.append(gzip.compress(found[0]))
    return tuple(found)


@cache
def json_files() -> tuple[bytes, ...]:
    """Lines of JSON: the example's, and events with values of every type."""
    lines = (ROOT / "examples" / "ecommerce_cart" / "events.jsonl").read_bytes().splitlines(keepends=True)
    odd = {"lead": 7, "time": 1_767_225_600_000_000, "event": "e", "id": "1",
           "properties": {"a": [1, "x", None, {"b": 2.5}], "c": {"d": True}}}  # fmt: skip
    return (
        b"".join(lines[:2]), b"".join(lines[30:36]), json.dumps(odd).encode(), json.dumps([odd, odd]).encode(),
        gzip.compress(b"".join(lines[:4])),
    )  # fmt: skip


@cache
def segment_files() -> tuple[bytes, ...]:
    """Calls of the Segment spec."""
    at = {"timestamp": "2026-01-01T00:00:00Z", "messageId": "m1"}
    calls = [
        {"type": "track", "event": "Visited Pricing", "userId": "u", "properties": {"path": "/a", "n": 1}, **at},
        {"type": "page", "name": "Home", "anonymousId": "a", "context": {"page": {"path": "/"}}, **at},
        {"type": "identify", "userId": "u", "anonymousId": "a", "traits": {"plan": "pro", "size": {"w": 1}}, **at},
        {"type": "group", "userId": "u", "groupId": "g", "traits": {"employees": 5}, **at},
        {"type": "alias", "userId": "u2", "previousId": "u", **at},
        {"type": "screen", "name": "S", "userId": "u", "properties": None, **at},
    ]
    lines = [json.dumps(call).encode() for call in calls]
    return (b"\n".join(lines), *lines, b"[" + b",".join(lines) + b"]")


def _frames() -> list[pl.DataFrame]:
    start = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    times = [start + datetime.timedelta(hours=n) for n in range(6)]
    base = pl.DataFrame({"lead": list("aabbcc"), "time": times, "event": ["visit", "demo"] * 3})
    more = {
        "n": [1, None, 3, 4, 5, 6],
        "x": [0.5, float("nan"), float("inf"), None, -0.0, 1e300],
        "paid": [True, None] * 3,
        "tags": [["a"], [], None, ["b", "c"], [None], ["d"]],
        "size": [{"w": 1, "h": "x"}] * 6,
        "due": [datetime.date(2026, 1, 1)] * 6,
        "took": [datetime.timedelta(seconds=5)] * 6,
        "price": [Decimal("1.25")] * 6,
        "raw": [b"\xff\x00"] * 6,
        "clock": [datetime.time(12)] * 6,
    }
    frames = [base, base.with_columns(pl.Series("lead", range(6)), pl.col("event").cast(pl.Categorical))]
    frames += [base.with_columns(pl.Series(name, values)) for name, values in more.items()]
    frames.append(base.with_columns(pl.col("time").dt.cast_time_unit("ns"), pl.Series("id", range(6))))
    frames.append(base.with_columns(pl.col("time").dt.replace_time_zone(None).dt.cast_time_unit("ms")))
    frames.append(base.with_columns(pl.col("time").dt.to_string()))
    frames.append(base.with_columns(properties=pl.Series([{"path": "/a", "n": n} for n in range(6)])))
    frames.append(base.with_columns(properties=pl.lit('{"path": "/a"}'), id=pl.lit(None)))
    frames.append(base.clear())
    return frames


@cache
def parquet_files() -> tuple[bytes, ...]:
    """Small Parquet files with columns of every type, packed in several ways."""
    found = []
    for number, frame in enumerate(_frames()):
        file = io.BytesIO()
        frame.write_parquet(file, compression=("uncompressed", "zstd", "snappy", "gzip")[number % 4])
        found.append(file.getvalue())
    return tuple(found)


@cache
def arrow_files() -> tuple[bytes, ...]:
    """The same as Arrow files and streams."""
    found = []
    for number, frame in enumerate(_frames()):
        file, stream = io.BytesIO(), io.BytesIO()
        frame.write_ipc(file, compression=("uncompressed", "zstd", "lz4")[number % 3])
        frame.write_ipc_stream(stream)
        found += [file.getvalue(), stream.getvalue()]
    return tuple(found)


STORE_RULES = """
score engagement
    +10 per visited pricing within 10d up to 40
    +25 for attended webinar halve every 7d

rule warm: visited pricing >= 2 and attended webinar within 30d => MEL
rule cart: added cart then no checked out for 2d => MQL
rule demo: (visited pricing then requested demo within 3d) with same page => SQL
rule recycle: when MQL for 5d, no requested demo within 5d => recycle to MEL
"""


def filled_store(folder: Path) -> bytes:
    """The bytes of a small SQLite store, closed."""
    path = folder / "seed.db"
    names = ("visited pricing", "attended webinar", "added cart", "requested demo")
    with loads(STORE_RULES).engine(store=f"sqlite:///{path}", lateness="1h") as engine:
        engine.feed_many(
            {"lead": f"lead-{n % 4}", "time": 1_767_225_600_000_000 + n * 7_200_000_000, "event": names[n % 3 if n % 5
             else 3], "id": n, "page": "ab"[n % 2]} for n in range(30)
        )  # fmt: skip
        engine.merge("lead-0", "lead-1")
        engine.acknowledge(engine.pending(1))
    return path.read_bytes()
