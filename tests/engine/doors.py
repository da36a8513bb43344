"""The public calls that evaluate rules, and random inputs in every form that they take.

A ``Given`` is an input in plain values that every form can hold unchanged: one type a property, and nothing that a cell
of a CSV file would change. ``forms`` writes it as JSON lines, CSV, Parquet, Arrow and tables in memory, in one and in
several files. ``expected`` is what the reference engine makes of it; ``evaluated``, ``fed`` and ``ran`` are the doors.
"""

import csv
import datetime
import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import attrs
import polars as pl

import mqlrules
from mqlrules.engine import reference
from mqlrules.engine.histories import by_lead, gather
from mqlrules.events.model import as_event
from mqlrules.language.instants import moment
from mqlrules.run.running import EngineChoice, Request, start
from tests.strategies import Case

Row = tuple[Any, ...]
Rows = Sequence[Mapping[str, Any]]
ENGINES: tuple[EngineChoice, ...] = ("incremental", "columnar")
_ROLES = ("lead", "time", "event", "id")


@attrs.frozen
class Given:
    """Events in order of arrival, traits of leads, and an end. ``one_type``: each property has values of one type."""

    events: tuple[Mapping[str, Any], ...]
    leads: Mapping[str | int, Mapping[str, Any]]
    end: int | None
    one_type: bool = False


# -- inputs that every form can hold -------------------------------------------------------------------------------


def given(case: Case) -> Given:
    """A case as it is."""
    return Given(case.events, case.leads, case.end)


def with_numbers_for_leads(of: Given) -> Given:
    """The same with whole numbers for leads."""
    numbers = {lead: 7 * place - 7 for place, lead in enumerate("abcd")}
    return attrs.evolve(
        of,
        events=tuple({**event, "lead": numbers[event["lead"]]} for event in of.events),
        leads={numbers[str(lead)]: traits for lead, traits in of.leads.items()},
    )


def with_repeated_ids(of: Given, chance: random.Random) -> Given:
    """The same with events that come again under their ids: as they were, later, or with other properties."""
    events: list[Mapping[str, Any]] = []
    for number, event in enumerate(of.events):
        one = event if "id" in event else {**event, "id": chance.choice([f"e{number}", number, "", None])}
        events.append(one)
        if chance.random() < 0.4:
            other = chance.choice(of.events)
            content = {key: value for key, value in other.items() if key not in _ROLES}
            again = [one, {**one, "time": other["time"]}, {**other, **{key: one[key] for key in _ROLES}}]
            same = {key: one[key] for key in _ROLES}
            events.insert(chance.randrange(len(events) + 1), chance.choice([*again, {**same, **content}]))
    return attrs.evolve(of, events=tuple(events))


def in_one_type(of: Given, cells: bool) -> Given:
    """The same with only those values of a property that are of the type of its first, and without nulls.

    With ``cells`` only what a CSV file can say: no lists, no objects, no text that reads as something else.
    """
    events = _in_one_type(of.events, cells)
    leads = dict(zip(of.leads, _in_one_type(tuple(of.leads.values()), cells), strict=True))
    return Given(events, leads, of.end, one_type=True)


def _in_one_type(rows: Rows, cells: bool) -> tuple[dict[str, Any], ...]:
    types: dict[str, str] = {}
    mixed_ids = any(isinstance(row.get("id"), str) for row in rows)
    found = []
    for row in rows:
        kept = {}
        for name, value in row.items():
            if name in _ROLES:
                if value is not None:
                    kept[name] = str(value) if name == "id" and mixed_ids else value
                continue
            kind = _kind(value, cells)
            if kind is not None and types.setdefault(name, kind) == kind:
                kept[name] = value
        found.append(kept)
    return tuple(found)


def _kind(value: Any, cells: bool) -> str | None:
    match value:
        case None:
            return None
        case bool():
            return "boolean"
        case int() | float():
            if not -(2**53) <= value <= 2**53 and not isinstance(value, float):
                return None
            return "number"
        case str():
            if not cells:
                return "text"
            if value.strip() != value or not value or _reads_otherwise(value):
                return None
            return "text"
        case [] | {}:
            return None
        case list():
            kinds = {_kind(item, cells) for item in value}
            return f"list of {kinds.pop()}" if len(kinds) == 1 and None not in kinds and not cells else None
        case dict():
            kinds_of = {name: _kind(item, cells) for name, item in value.items()}
            return "object" if None not in kinds_of.values() and not cells else None
    raise TypeError(value)


def _reads_otherwise(text: str) -> bool:
    """Whether a cell with this text may be read as a number, a boolean or a time."""
    return text.casefold() in ("true", "false", "nan", "inf", "infinity") or not text[0].isalpha()


def loaded(rules: str, files: Mapping[str, str], folder: Path) -> mqlrules.RuleSet:
    """The rule set of a text, with the files beside it that its lists are read from."""
    for name, text in {**files, "rules.mql": rules}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    return mqlrules.load(folder / "rules.mql") if files else mqlrules.loads(rules)


# -- what must come out --------------------------------------------------------------------------------------------


def expected(rules: mqlrules.RuleSet, of: Given) -> list[Row]:
    """All transitions with their evidence, by the reference engine."""
    leads: Any = of.leads
    found = rules.evaluate(_dated(of.events), as_of=_date(of.end), leads=leads, engine="reference")
    return list(map(_shown, found.transitions))


def expected_of_each_rule(rules: mqlrules.RuleSet, of: Given) -> list[Row]:
    """The first time of each rule, by the reference engine."""
    histories, end = gather(_dated(of.events), of.end)
    found = []
    for lead, history in histories.items():
        for place, rule in enumerate(rules.program.rules):
            traits = of.leads.get(lead, {})
            at = reference.first_true(rules.program, rule.condition, history, traits, end or 0)
            if at is not None:
                found.append((at, by_lead(lead), place, (lead, rule.name, at)))
    return [row for *_, row in sorted(found, key=lambda one: one[:3])]


def _shown(move: mqlrules.Transition) -> Row:
    evidence = [(event.at, event.event, _id(event.id)) for event in move.evidence]
    return move.lead, move.from_stage, move.to_stage, move.instant, move.rule, tuple(move.also), evidence


def _id(value: object) -> str | None:
    return None if value in (None, "") else str(value)


# -- the doors -----------------------------------------------------------------------------------------------------


def evaluated(rules: mqlrules.RuleSet, of: Given) -> list[Row]:
    """By ``evaluate``."""
    leads: Any = of.leads
    return list(map(_shown, rules.evaluate(_dated(of.events), as_of=_date(of.end), leads=leads).transitions))


def fed(rules: mqlrules.RuleSet, of: Given) -> list[Row]:
    """By ``engine``, event by event in the order of time, then ``advance``."""
    leads: Any = of.leads
    engine = rules.engine(leads)
    events = sorted(map(as_event, _dated(of.events)), key=lambda event: event.at)
    end = of.end if of.end is not None else max((event.at for event in events), default=0)
    found = [move for event in events if event.at <= end for move in engine.feed(event)]
    found += engine.advance(moment(end))
    return list(map(_shown, sorted(found, key=lambda move: (move.instant, by_lead(move.lead)))))


def ran(rules: mqlrules.RuleSet, inputs: Any, leads: Any, end: int | None, engine: EngineChoice) -> list[Row]:
    """By ``run``: its table, with the evidence that the command line writes."""
    request = Request(rules.plan, rules.fingerprint, inputs, leads, end, evidence=True, engine=engine)
    with start(request, lambda line: None) as running:
        assert not len(running.rejects), list(running.rejects.first(3))
        table = pl.concat(running.outcome().frames())
    without = rules.run(inputs, _date(end), leads, engine=engine)
    assert table.drop("evidence").equals(without)
    return [
        (lead, old, new, _micros(at), rule, tuple(also), [(_micros(e["time"]), e["event"], e["id"]) for e in evidence])
        for lead, old, new, at, rule, also, _, evidence in table.iter_rows()
    ]


def ran_each_rule(rules: mqlrules.RuleSet, inputs: Any, leads: Any, end: int | None, engine: EngineChoice) -> list[Row]:
    """By ``run`` with ``each_rule``."""
    found = rules.run(inputs, _date(end), leads, each_rule=True, engine=engine)
    return [(lead, rule, _micros(at)) for lead, rule, at in found.iter_rows()]


def _date(at: int | None) -> datetime.datetime | None:
    """An instant in a form that can't be taken for another unit."""
    return None if at is None else moment(at)


def _dated(events: Rows) -> list[Mapping[str, Any]]:
    return [{**event, "time": moment(event["time"])} for event in events]


_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


def _micros(at: datetime.datetime) -> int:
    return (at - _EPOCH) // datetime.timedelta(microseconds=1)


# -- the forms -----------------------------------------------------------------------------------------------------


def forms(of: Given, folder: Path, chance: random.Random) -> Iterator[tuple[str, Any]]:
    """The events in each form that holds them unchanged: its name, and what ``run`` takes.

    An input of one type a property is given as Parquet, Arrow and tables in memory, and as CSV where cells can say all
    of it; any other as JSON lines. Each form is one file or table, or several.
    """
    if not of.one_type:
        for nested in (False, True):
            events = [_nested(event, chance) for event in of.events] if nested else of.events
            yield from _in_parts("nested JSON lines" if nested else "JSON lines", events, _jsonl, folder, chance)
        return
    if of == in_one_type(of, cells=True):
        yield from _in_parts("CSV", of.events, _csv, folder, chance)
    types = dict(_frame(of.events).schema)

    def typed(write: Callable[[pl.DataFrame, Path], Any]) -> Callable[[Rows, Path], Any]:
        return lambda rows, file: write(_frame(rows).cast({name: types[name] for name in _names(rows)}), file)

    for name, write in _TYPED.items():
        yield from _in_parts(name, of.events, typed(write), folder, chance)


def _in_parts(
    name: str, events: Rows, write: Callable[[Rows, Path], Any], folder: Path, chance: random.Random
) -> Iterator[tuple[str, Any]]:
    cuts = sorted({chance.randrange(1, len(events)) for _ in range(chance.choice([0, 1, 2]))} if events[1:] else ())
    edges = pairwise([0, *cuts, len(events)])
    parts = [write(events[begin:end], folder / f"{number} {name}") for number, (begin, end) in enumerate(edges)]
    yield f"{name}, {len(parts)} of them", parts if parts[1:] or chance.random() < 0.5 else parts[0]


def forms_of_leads(of: Given, folder: Path) -> Iterator[Any]:
    """The traits of the leads: as a mapping, and where each is of one type as tables and files."""
    yield dict(of.leads)
    if of.one_type and of.leads:
        rows = [{"lead": lead, **traits} for lead, traits in of.leads.items()]
        yield _frame(rows)
        yield _jsonl(rows, folder / "leads")
        yield (
            _csv(rows, folder / "leads")
            if of == in_one_type(of, cells=True)
            else _parquet(_frame(rows), folder / "leads")
        )


def _nested(event: Mapping[str, Any], chance: random.Random) -> dict[str, Any]:
    """An event with some of its properties in ``properties``."""
    found: dict[str, Any] = {key: value for key, value in event.items() if key in _ROLES}
    inner = {}
    for name, value in event.items():
        if name not in _ROLES:
            (found if chance.random() < 0.3 else inner)[name] = value
    return {**found, "properties": inner}


def _text(at: int) -> str:
    return moment(at).isoformat()


def _jsonl(rows: Rows, file: Path) -> Path:
    file = file.with_suffix(".jsonl")
    said = [{**row, "time": _text(row["time"])} if "time" in row else row for row in rows]
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in said), encoding="utf-8")
    return file


def _csv(rows: Rows, file: Path) -> Path:
    file = file.with_suffix(".csv")
    names = _names(rows)
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(names)
        writer.writerows([_cell(name, row.get(name)) for name in names] for row in rows)
    return file


def _cell(name: str, value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case int() if name == "time":
            return _text(value)
        case _:
            return str(value)


def _names(rows: Rows) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row))


def _frame(rows: Rows) -> pl.DataFrame:
    return pl.DataFrame([_series(name, [row.get(name) for row in rows]) for name in _names(rows)])


def _series(name: str, values: list[Any]) -> pl.Series:
    there = [value for value in values if value is not None]
    if name == "time":
        return pl.Series(name, values, dtype=pl.Int64).cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    if name == "id" and not all(isinstance(value, int) for value in there):
        return pl.Series(name, [None if value is None else str(value) for value in values], dtype=pl.String)
    if any(isinstance(value, float) for value in there):
        return pl.Series(name, values, dtype=pl.Float64, strict=False)
    return pl.Series(name, values)


def _parquet(frame: pl.DataFrame, file: Path) -> Path:
    file = file.with_suffix(".parquet")
    frame.write_parquet(file, row_group_size=3)
    return file


def _arrow(frame: pl.DataFrame, file: Path) -> Path:
    file = file.with_suffix(".arrow")
    frame.write_ipc(file, compression="uncompressed", record_batch_size=4)
    return file


_TYPED: dict[str, Callable[[pl.DataFrame, Path], Any]] = {
    "Parquet": _parquet,
    "Arrow": _arrow,
    "polars": lambda frame, _: frame,
    "pyarrow": lambda frame, _: frame.to_arrow(),
    "pandas": lambda frame, _: frame.to_pandas(),
}
