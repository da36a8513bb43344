"""Results of `run`: as records for JSON and CSV, as files, and as tables for a person."""

import io
import itertools
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from mqlrules.check.program import Program
from mqlrules.cli.writing import whole_file
from mqlrules.console.spreadsheet import write_csv
from mqlrules.console.terminal import in_short, printable, takes_unicode, when
from mqlrules.engine.results import Transition
from mqlrules.language.instants import moment

# The transitions of a store are printed where nothing is installed that reads files.
if TYPE_CHECKING:
    from rich.table import Table

    from mqlrules.run.outcome import Held, Outcome, Tally

ENDINGS = (".jsonl", ".csv", ".parquet")

CSV_COLUMNS = {
    False: ("lead", "from_stage", "to_stage", "at", "rule", "also", "evidence", "fingerprint"),
    True: ("lead", "rule", "at"),
}
"""The columns of transitions, and (True) of the first time each rule held."""


def iso(instant: int) -> str:
    """An instant (microseconds since 1970 UTC) as ISO-8601 text in UTC, with a fraction only if there is one."""
    return moment(instant).isoformat().replace("+00:00", "Z")


def json_record(result: "Transition | Held") -> Mapping[str, Any]:
    """A result as JSON has it."""
    if not isinstance(result, Transition):
        return {"lead": result.lead, "rule": result.rule, "at": iso(result.instant)}
    return {
        "lead": result.lead,
        "from_stage": result.from_stage,
        "to_stage": result.to_stage,
        "at": iso(result.instant),
        "rule": result.rule,
        "also": result.also,
        "evidence": [{"time": iso(e.at), "event": e.event, "id": e.id} for e in result.evidence],
        "fingerprint": result.fingerprint,
    }


def csv_record(result: "Transition | Held") -> Mapping[str, Any]:
    """A row of CSV: lists are written so that a person can read them in a spreadsheet."""
    row = dict(json_record(result))
    if isinstance(result, Transition):
        row["also"] = "; ".join(result.also)
        row["evidence"] = "; ".join(f"{iso(e.at)} {e.event}" for e in result.evidence)
    return row


def write_json_lines(results: "Iterable[Transition | Held]", out: TextIO) -> None:
    """One JSON object per line; in ASCII if the stream is not UTF-8."""
    ascii_only = not takes_unicode(out)
    for result in results:
        out.write(json.dumps(json_record(result), ensure_ascii=ascii_only) + "\n")


def write_json(results: "Iterable[Transition | Held]", out: TextIO) -> None:
    """One JSON array, an object per line."""
    ascii_only = not takes_unicode(out)
    between = "[\n"
    for result in results:
        out.write(between + json.dumps(json_record(result), ensure_ascii=ascii_only))
        between = ",\n"
    out.write("[]\n" if between == "[\n" else "\n]\n")


def write_file(outcome: "Outcome", each_rule: bool, path: Path, *, guard: bool) -> None:
    """Writes all results in the format of the ending: the whole file, or nothing. Raises ``Failure``.

    ``guard``: cells of CSV that a spreadsheet would run as formulas are made text.
    """
    with whole_file(path) as part:
        match path.suffix.lower():
            case ".jsonl":
                with part.open("w", encoding="utf-8", newline="\n") as out:
                    write_json_lines(outcome, out)
            case ".csv":
                with part.open("w", encoding="utf-8", newline="") as out:
                    write_csv(map(csv_record, outcome), CSV_COLUMNS[each_rule], out, guard=guard)
            case _:
                _write_parquet(outcome, part)


def _write_parquet(outcome: "Outcome", path: Path) -> None:
    """The tables of ``RuleSet.run`` with the evidence; each of several is a row group."""
    frames = outcome.frames()
    frame = next(frames)
    second = next(frames, None)
    if second is None:
        # Written to memory first: polars takes a full disk for a damaged file.
        content = io.BytesIO()
        frame.write_parquet(content)
        path.write_bytes(content.getvalue())
        return
    import pyarrow.parquet

    tables = (each.to_arrow() for each in itertools.chain((frame, second), frames))
    first = next(tables)
    with path.open("wb") as file, pyarrow.parquet.ParquetWriter(file, first.schema, compression="zstd") as writer:
        for table in itertools.chain((first,), tables):
            writer.write_table(table)


# -- tables --------------------------------------------------------------------------------------------------------


def heads(each_rule: bool, zone: str) -> tuple[str, ...]:
    """The columns of the table for a person."""
    if each_rule:
        return "lead", "rule", f"first held ({zone})"
    return "lead", "from_stage", "to_stage", f"at ({zone})", "rule", "because of"


def cells(result: "Transition | Held", zone: str) -> tuple[str, ...]:
    """A row of the table for a person."""
    lead, at = printable(result.lead), when(result.instant, zone)
    if not isinstance(result, Transition):
        return lead, result.rule, at
    return lead, result.from_stage, result.to_stage, at, result.rule, in_short(result.evidence)


def results_table(results: "Iterable[Transition | Held]", each_rule: bool, zone: str) -> "Table":
    """A row for each transition, with its evidence; or for the first time that a rule held. Times are in the zone."""
    from mqlrules.console.tables import table

    columns = heads(each_rule, zone)
    rows = table(*columns, times=[column for column in columns if column.endswith(f"({zone})")])
    for result in results:
        rows.add_row(*cells(result, zone))
    return rows


def markdown(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""
    from mqlrules.explain.document import escaped

    lines = ["| " + " | ".join(heads) + " |", "|" + " --- |" * len(heads)]
    return "\n".join([*lines, *("| " + " | ".join(map(escaped, row)) + " |" for row in rows), ""])


def summary(tally: "Tally", program: Program, leads: int, each_rule: bool) -> "Table":
    """How many leads each rule moved, or held for, and how many leads are in each stage at the end."""
    from rich.table import Table

    from mqlrules.console.tables import table

    counted = "leads" if each_rule else "moves"
    rules = table("rule", counted, right=(counted,))
    for rule in program.rules:
        rules.add_row(rule.name, f"{tally.by_rule.get(rule.name, 0):,}")
    if each_rule:
        return rules
    first, *others = (*program.lifecycle.ladder, *program.lifecycle.outside)
    stages = table("stage", "leads at the end", "ever there", right=("leads at the end", "ever there"))
    for stage in (first, *others):
        # All leads begin in the first stage.
        ever = leads if stage == first else tally.reached.get(stage, 0)
        begun = leads if stage == first else 0
        if ever:
            now = begun + tally.into.get(stage, 0) - tally.out_of.get(stage, 0)
            stages.add_row(stage, f"{now:,}", f"{ever:,}")
    side_by_side = Table.grid(padding=(0, 6))
    side_by_side.add_row(stages, rules)
    return side_by_side
