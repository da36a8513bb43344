"""``mqlrules explain --batch``: how far all leads are from each stage, and which event brings how many there."""

import io
import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mqlrules.cli.command import note
from mqlrules.cli.results import iso, markdown
from mqlrules.cli.writing import whole_file
from mqlrules.console import tables
from mqlrules.console.spreadsheet import write_csv
from mqlrules.console.terminal import counted, printable, takes_unicode, when
from mqlrules.engine.histories import in_history_order
from mqlrules.explain.batch import Away, BatchExplainer, levers, reaches
from mqlrules.explain.records import plain
from mqlrules.language.names import normalise
from mqlrules.readers import histories
from mqlrules.run.incremental_run import Batch
from mqlrules.run.progress import progress

if TYPE_CHECKING:
    from mqlrules.ruleset import RuleSet

LEVERS_SHOWN = 20

COLUMNS = (
    "lead", "stage", "stage_since", "rule", "to_stage", "verdict", "at", "one_more", "event", "properties", "or_else",
    "why",
)  # fmt: skip
"""The columns of the file: a row for each lead and each rule that may move it up."""


def answer_all(
    rule_set: "RuleSet", batch: Batch, rule: str | None, now: int, out: Path | None, form: str | None, *, guard: bool
) -> None:
    """Writes a row for each lead and rule, if a file is named, and prints the totals in ``form``."""
    rows = list(_rows(rule_set, batch, rule, now))
    if out is not None:
        _write(rows, out, guard)
        note(f"{counted(len(rows), 'row')} written to {out}")
    ladder, zone = rule_set.program.lifecycle.ladder, rule_set.program.timezone
    match form:
        case "json":
            print(json.dumps(_summary(rows, ladder, now), ensure_ascii=not takes_unicode(sys.stdout), indent=2))
        case "markdown":
            title = f"# How far leads are from each stage, as of {when(now, zone)} {zone}\n"
            parts = [markdown(_STAGES, _stage_cells(rows, ladder)), markdown(_LEVERS, _lever_cells(rows, ladder))]
            print("\n".join([title, *parts]), end="")
        case _:
            _show(rows, ladder, now, zone)


def _rows(rule_set: "RuleSet", batch: Batch, rule: str | None, now: int) -> Iterable[Away]:
    names = [normalise(each.name) for each in rule_set.program.rules]
    many = BatchExplainer(rule_set.plan, batch.traits, now, None if rule is None else names.index(normalise(rule)))
    seen = set()
    done = 0
    with progress("explaining", len(batch.table)) as watch:
        for lead, events in histories(batch.table):
            done += len(events)
            seen.add(lead)
            by_then = events if events[-1].at <= now else [event for event in events if event.at <= now]
            yield from many.of(lead, in_history_order(by_then))
            if watch is not None:
                watch(done)
    for lead in batch.traits:
        if lead not in seen:
            yield from many.of(lead, [])


# -- files ---------------------------------------------------------------------------------------------------------


def record(row: Away) -> dict[str, Any]:
    """A row of the file."""
    return {
        "lead": row.lead,
        "stage": row.stage,
        "stage_since": None if row.since is None else iso(row.since),
        "rule": row.rule,
        "to_stage": row.to,
        "verdict": row.distance,
        "at": None if row.at is None else iso(row.at),
        "one_more": row.what,
        "event": None if row.event is None else row.event.event,
        "properties": None if row.event is None else plain(row.event.properties),
        "or_else": list(row.others),
        "why": row.why,
    }


def _write(rows: Sequence[Away], out: Path, guard: bool) -> None:
    with whole_file(out) as part:
        match out.suffix.lower():
            case ".jsonl":
                with part.open("w", encoding="utf-8", newline="\n") as file:
                    for row in rows:
                        file.write(json.dumps(record(row), ensure_ascii=False) + "\n")
            case ".csv":
                with part.open("w", encoding="utf-8", newline="") as file:
                    write_csv(map(_flat, rows), COLUMNS, file, guard=guard)
            case _:
                part.write_bytes(_parquet(rows))


def _flat(row: Away) -> dict[str, Any]:
    made = record(row)
    properties = made["properties"]
    made["properties"] = json.dumps(properties, ensure_ascii=False) if properties else None
    made["or_else"] = "; ".join(made["or_else"])
    return made


def _parquet(rows: Sequence[Away]) -> bytes:
    import polars as pl

    instants = {"stage_since": [row.since for row in rows], "at": [row.at for row in rows]}
    flat = [_flat(row) for row in rows]
    columns: dict[str, Any] = {}
    for name in COLUMNS:
        if name in instants:
            columns[name] = pl.Series(name, instants[name], dtype=pl.Int64).cast(pl.Datetime("us", "UTC"))
        elif name == "lead":
            whole = all(isinstance(row.lead, int) for row in rows)
            leads = [row.lead if whole else str(row.lead) for row in rows]
            columns[name] = pl.Series(name, leads, dtype=pl.Int64 if whole else pl.String)
        else:
            columns[name] = pl.Series(name, [each[name] for each in flat], dtype=pl.String)
    content = io.BytesIO()
    pl.DataFrame(columns).write_parquet(content)
    return content.getvalue()


# -- totals -------------------------------------------------------------------------------------------------------


def _summary(rows: Sequence[Away], ladder: Sequence[str], now: int) -> dict[str, Any]:
    return {
        "at": iso(now),
        "leads": len({row.lead for row in rows}),
        "stages": [
            {
                "stage": reach.stage, "leads_below": reach.below, "holds": reach.holds, "pending": reach.pending,
                "one_event_away": reach.one_event, "further": reach.more, "cannot": reach.cannot,
            }
            for reach in reaches(rows, ladder)
        ],
        "one_event": [
            {"stage": lever.stage, "one_more": lever.what, "leads": lever.leads, "rules": list(lever.rules)}
            for lever in levers(rows, ladder)
        ],
    }  # fmt: skip


_STAGES = ("stage", "leads below", "by time alone", "one event away", "further", "not any more")
_LEVERS = ("to", "one more", "leads", "by")


def _stage_cells(rows: Sequence[Away], ladder: Sequence[str]) -> list[list[str]]:
    return [
        [r.stage, f"{r.below:,}", f"{r.pending + r.holds:,}", f"{r.one_event:,}", f"{r.more:,}", f"{r.cannot:,}"]
        for r in reaches(rows, ladder)
    ]


def _lever_cells(rows: Sequence[Away], ladder: Sequence[str]) -> list[list[str]]:
    return [[of.stage, of.what, f"{of.leads:,}", ", ".join(of.rules)] for of in levers(rows, ladder)]


def _show(rows: Sequence[Away], ladder: Sequence[str], now: int, zone: str) -> None:
    console = tables.console(sys.stdout)
    leads = len({row.lead for row in rows})
    above = len({row.lead for row in rows if row.distance == "nothing above"})
    rest = f"; no rule moves {counted(above, 'lead')} any higher" if above else ""
    console.print(f"{counted(leads, 'lead')} as of {when(now, zone)} {zone}{rest}\n")
    stages = tables.table(*_STAGES, right=_STAGES[1:])
    for cells in _stage_cells(rows, ladder):
        stages.add_row(*map(printable, cells))
    if not stages.row_count:
        return
    console.print(stages)
    found = _lever_cells(rows, ladder)
    if found:
        console.print()
        table = tables.table(*_LEVERS, right=("leads",))
        for cells in found[:LEVERS_SHOWN]:
            table.add_row(*map(printable, cells))
        console.print(table)
    if len(found) > LEVERS_SHOWN:
        console.print(f"… and {len(found) - LEVERS_SHOWN:,} more: --output-format json lists them all")
