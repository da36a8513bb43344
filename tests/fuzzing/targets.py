"""What is fuzzed: each target takes bytes, and has seeds and a way of making inputs from a number.

A target raises for a bug alone. What may be raised for hostile input (``DataError``, ``EventError``, ``StoreError``,
``ValueError`` of what says so) it catches, and it looks whether the message is one for people.
"""

import contextlib
import json
import random
import re
import tempfile
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import attrs

from mqlrules.check.resolve import check, check_condition
from mqlrules.durable.errors import StoreError
from mqlrules.durable.segment import calls_of
from mqlrules.events.durations import in_microseconds
from mqlrules.events.encoding import event_from_text, event_to_text
from mqlrules.events.errors import DataError
from mqlrules.events.model import as_event
from mqlrules.explain.describe import describe
from mqlrules.format.formatter import formatted
from mqlrules.language.instants import EventError, parse_time
from mqlrules.lint.runner import lint
from mqlrules.lint.settings import choose as choose_rules
from mqlrules.plan.fingerprint import fingerprint
from mqlrules.plan.lower import lower
from mqlrules.readers import blocks, events_of, read_events, read_leads
from mqlrules.readers.inputs import Format, Input
from mqlrules.readers.scan import scan_events
from mqlrules.ruleset import RuleSet, loads
from mqlrules.syntax.parse import parse, parse_condition
from mqlrules.syntax.read import decode
from mqlrules.text.diagnostic import Diagnostic
from mqlrules.text.render import render
from tests.fuzzing import seeds
from tests.fuzzing.mutations import csv_lines, damaged_bytes, damaged_text, json_lines, random_text


@attrs.frozen
class Target:
    """``play`` is given one input; ``make`` makes one with a source of chance."""

    name: str
    play: Callable[[bytes], None]
    seeds: Callable[[], Sequence[bytes]]
    make: Callable[[random.Random], bytes]


# -- rules ---------------------------------------------------------------------------------------------------------


def _as_bytes(texts: Sequence[str]) -> Callable[[], Sequence[bytes]]:
    return lambda: [text.encode() for text in texts]


def _rule_bytes(choose: random.Random) -> bytes:
    texts = seeds.rule_texts()
    kind = choose.randrange(20)
    if kind == 0:
        return random_text(choose).encode("utf-8", "surrogatepass")
    text = choose.choice(texts)
    if kind < 8:
        text = f"{text}\n{choose.choice(texts)}"
    if kind == 19:
        return damaged_bytes(text.encode(), [text.encode()], choose)
    return damaged_text(text, texts, choose).encode("utf-8", "surrogatepass")


_STEERING = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""What may steer a terminal, or turn the order of its text."""


def _said(diagnostics: Sequence[Diagnostic], length: int) -> None:
    for diagnostic in diagnostics:
        assert 0 <= diagnostic.span.start <= diagnostic.span.end <= length, diagnostic
        assert diagnostic.message, diagnostic
        shown = render(diagnostic, width=80)
        assert all(line.isprintable() or not _STEERING.search(line) for line in shown.split("\n")), repr(shown)


def _sound(diagnostics: Sequence[Diagnostic]) -> bool:
    return not any(diagnostic.severity == "error" for diagnostic in diagnostics)


def play_rules(data: bytes) -> None:
    """A rule file: read, parsed, checked, shown; if it is sound laid out, linted, described, lowered."""
    source, unreadable = decode(data, "rules.mql")
    parsed = parse(source)
    program, found = check([parsed], None)
    _said([*unreadable, *parsed.diagnostics, *found], len(source.text))
    if not parsed.diagnostics:
        text = formatted(parsed)
        again = parse(attrs.evolve(source, text=text))
        assert not again.diagnostics, again.diagnostics[0].message
        assert parsed.tree == again.tree, "the layout has changed the rules"
        assert text == formatted(again), "the layout of a layout is another"
    if not _sound(unreadable) or not _sound(found):
        return
    _said([each.diagnostic for each in lint([parsed], program, choose_rules())], len(source.text))
    describe(program)
    fingerprint(lower(program))


_KNOWN = "event warm page = page_viewed where (path matches \"/a*\")\nsegment ideal = lead.employees >= 200\n" \
    "score engagement\n    +10 per visited pricing halve every 7d\nrule r: visited pricing => MQL\n"  # fmt: skip


def play_condition(data: bytes) -> None:
    """A condition, as ``holds`` and the session take it."""
    source, _ = decode(data, "<condition>")
    parsed, diagnostics = parse_condition(source)
    _said(diagnostics, len(source.text))
    if parsed is None:
        return
    program = _rules_for_conditions().program
    condition, found = check_condition(parsed, source, program)
    _said(found, len(source.text))
    if condition is not None and _sound([*diagnostics, *found]):
        from mqlrules.plan.lower import lower_condition

        lower_condition(program, condition)


_kept: dict[str, RuleSet] = {}


def _rules_for_conditions() -> RuleSet:
    if "conditions" not in _kept:
        _kept["conditions"] = loads(_KNOWN)
    return _kept["conditions"]


def _condition_bytes(choose: random.Random) -> bytes:
    texts = seeds.condition_texts()
    return damaged_text(choose.choice(texts), texts, choose).encode("utf-8", "surrogatepass")


# -- readers -------------------------------------------------------------------------------------------------------


def _reads(format: Format) -> Callable[[bytes], None]:
    def play(data: bytes) -> None:
        given = Input("events", None, format, data)
        with contextlib.suppress(DataError):
            # As a file would be: what is packed is unpacked first.
            given = attrs.evolve(given, content=_unpacked(data))
            table = read_events([given], format=format)
            for event in events_of(table):
                assert event.name is not None
            for reject in table.rejects.first(3):
                assert reject.reason

    return play


def _unpacked(data: bytes) -> bytes:
    from mqlrules.readers.inputs import unpacked

    if data.startswith(b"\x1f\x8b"):
        return unpacked("events", data)
    return data


def play_leads(data: bytes) -> None:
    """A table of leads, in the format that its first bytes look like."""
    looks = data.lstrip()[:1] in (b"{", b"[")
    with contextlib.suppress(DataError), _file(data, ".jsonl" if looks else ".csv") as path:
        read_leads(path)


def _scans(format: Format, ending: str) -> Callable[[bytes], None]:
    def play(data: bytes) -> None:
        # Blocks of a few rows, so that small files have several.
        before, blocks.BLOCK = blocks.BLOCK, 256
        try:
            with contextlib.suppress(DataError), _file(data, ending) as path:
                rows = 0
                scan = scan_events(path, format=format)
                for chunk in scan:
                    rows += chunk.num_rows
                assert rows + len(scan.rejects) == scan.rows, "rows were dropped in silence"
        finally:
            blocks.BLOCK = before

    return play


RUN_RULES = """
score interest
    +10 per visit where (paid = true) up to 50
    +5 per demo halve every 7d

rule known: (visit >= 2 within 7d or sum n of demo > 3) and lead.size.h = "x" => MEL
rule warm: interest >= 15 or (visit then demo within 3d) with same tags => MQL
rule cold: when MQL for 5d, no demo where (price >= 1 and path matches "/a*") within 5d => recycle to MEL
"""


def _runs(ending: str) -> Callable[[bytes], None]:
    def play(data: bytes) -> None:
        rules = _kept.setdefault("run", loads(RUN_RULES))
        with contextlib.suppress(DataError), warnings.catch_warnings(), _file(data, ending) as path:
            warnings.simplefilter("ignore")
            frame = rules.run(path, as_of="2026-02-01", engine="columnar", memory=1 << 30)
            assert frame.rows() is not None

    return play


@contextlib.contextmanager
def _file(data: bytes, ending: str) -> Any:
    with tempfile.NamedTemporaryFile(suffix=ending, dir=_folder()) as file:
        file.write(data)
        file.flush()
        yield Path(file.name)


def _folder() -> str | None:
    """Where small files are written: memory, if the machine has such a folder."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


def _bytes_of(make: Callable[[], Sequence[bytes]], other: Callable[[random.Random], bytes] | None = None,
              share: float = 0.0) -> Callable[[random.Random], bytes]:  # fmt: skip
    def made(choose: random.Random) -> bytes:
        if other is not None and choose.random() < share:
            data = other(choose)
            return damaged_bytes(data, [data], choose) if choose.randrange(4) == 0 else data
        files = make()
        return damaged_bytes(choose.choice(files), files, choose)

    return made


# -- events, calls, stores -----------------------------------------------------------------------------------------


def play_calls(data: bytes) -> None:
    """What a webhook brings: JSON, then calls of the Segment spec, then events that a store keeps."""
    try:
        values = json.loads(data)
    except (ValueError, RecursionError):
        return
    values = values if isinstance(values, list) else [values]
    with contextlib.suppress(EventError):
        calls_of(values)
    for value in values:
        try:
            event = as_event(value)
            text = event_to_text(event)
        except EventError:
            continue
        assert text == event_to_text(event_from_text(event.lead, event.at, text)), "an event is kept as another"


def play_times(data: bytes) -> None:
    """A time or a duration, as text."""
    text = data.decode("utf-8", "replace")
    with contextlib.suppress(EventError):
        parse_time(text)
    with contextlib.suppress(ValueError):
        in_microseconds(text, "lateness")


def _time_bytes(choose: random.Random) -> bytes:
    texts = ("2026-01-31T09:30:00Z", "2026-01-31", "2026-01-31 09:30:00.123456+02:00", "1.5h", "30s", "36500d")
    return damaged_text(choose.choice(texts), texts, choose).encode("utf-8", "replace")


def play_store(data: bytes) -> None:
    """The file of a store: damaged, it is refused or goes on, and everything that it says is a ``StoreError``."""
    rules = _kept.setdefault("store", loads(seeds.STORE_RULES))
    with tempfile.TemporaryDirectory(dir=_folder()) as folder:
        path = Path(folder, "store.db")
        path.write_bytes(data)
        engine = None
        try:
            engine = rules.engine(store=f"sqlite:///{path}?synchronous=normal&timeout=0")
            engine.feed({"lead": "lead-2", "time": "2026-02-01", "event": "visited pricing", "id": "new"})
            engine.advance("2026-02-03")
            engine.pending()
            engine.history("lead-1")
            engine.dead_letters()
            engine.stats()
            engine.verify()
        except StoreError:
            pass
        finally:
            if engine is not None:
                engine.close()


def _store_seeds() -> Sequence[bytes]:
    if not _store:
        with tempfile.TemporaryDirectory() as folder:
            _store.append(seeds.filled_store(Path(folder)))
    return _store


_store: list[bytes] = []


def _store_bytes(choose: random.Random) -> bytes:
    """The file with a changed cell (as a program would change it) or with changed bytes (as a disk would)."""
    [data] = _store_seeds()
    if choose.random() < 0.4:
        return damaged_bytes(data, [data], choose)
    import sqlite3

    connection = sqlite3.connect(":memory:")
    try:
        # In memory there is no write-ahead log, which the header speaks of.
        connection.deserialize(data[:18] + b"\x01\x01" + data[20:])
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        table = choose.choice(tables)
        columns = [row[1] for row in connection.execute(f'PRAGMA table_info("{table}")')]
        rows = connection.execute(f'SELECT rowid, * FROM "{table}"').fetchall()
        if rows:
            row = choose.choice(rows)
            number = choose.randrange(len(columns))
            value = row[number + 1]
            put: Any = choose.choice((None, 0, -1, 2**62, -(2**63), 0.5, "", "x", "[]", "{}", "null", b"\xff", "NaN"))
            if isinstance(value, str) and choose.random() < 0.7:
                put = damaged_text(value, [value], choose).encode("utf-8", "replace").decode()
            with contextlib.suppress(sqlite3.Error):
                connection.execute(f'UPDATE "{table}" SET "{columns[number]}" = ? WHERE rowid = ?', (put, row[0]))
                connection.commit()
        return connection.serialize()
    finally:
        connection.close()


def _some(text: str) -> Callable[[], Sequence[bytes]]:
    return lambda: [text.encode()]


TARGETS = {
    target.name: target
    for target in (
        Target("rules", play_rules, lambda: _as_bytes(seeds.rule_texts())(), _rule_bytes),
        Target("condition", play_condition, lambda: _as_bytes(seeds.condition_texts())(), _condition_bytes),
        Target("csv", _reads("csv"), seeds.csv_files, _bytes_of(seeds.csv_files, csv_lines, 0.5)),
        Target("jsonl", _reads("jsonl"), seeds.json_files, _bytes_of(seeds.json_files, json_lines, 0.6)),
        Target("parquet", _reads("parquet"), seeds.parquet_files, _bytes_of(seeds.parquet_files)),
        Target("arrow", _reads("arrow"), seeds.arrow_files, _bytes_of(seeds.arrow_files)),
        Target("segment", _reads("segment"), seeds.segment_files, _bytes_of(seeds.segment_files, json_lines, 0.5)),
        Target("leads", play_leads, seeds.csv_files, _bytes_of(seeds.csv_files, csv_lines, 0.5)),
        Target("csv_blocks", _scans("csv", ".csv"), seeds.csv_files, _bytes_of(seeds.csv_files, csv_lines, 0.4)),
        Target("jsonl_blocks", _scans("jsonl", ".jsonl"), seeds.json_files,
               _bytes_of(seeds.json_files, json_lines, 0.5)),
        Target("parquet_scan", _scans("parquet", ".parquet"), seeds.parquet_files, _bytes_of(seeds.parquet_files)),
        Target("arrow_scan", _scans("arrow", ".arrow"), seeds.arrow_files, _bytes_of(seeds.arrow_files)),
        Target("parquet_run", _runs(".parquet"), seeds.parquet_files, _bytes_of(seeds.parquet_files)),
        Target("arrow_run", _runs(".arrow"), seeds.arrow_files, _bytes_of(seeds.arrow_files)),
        Target("calls", play_calls, seeds.segment_files, _bytes_of(seeds.segment_files, json_lines, 0.6)),
        Target("times", play_times, _some("2026-01-31T09:30:00Z"), _time_bytes),
        Target("store", play_store, _store_seeds, _store_bytes),
    )
}  # fmt: skip
