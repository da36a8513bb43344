"""Results as records, and files of them: what JSON lines, CSV and Parquet hold."""

import csv
import io
import itertools
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from mqlrules.cli.failure import Failure
from mqlrules.cli.writing import check_writable, whole_file
from mqlrules.engine.results import Transition
from mqlrules.language.instants import moment

# Transitions of a store are written where nothing that reads files is installed.
if TYPE_CHECKING:
    from mqlrules.run.incremental_run import Held
    from mqlrules.run.outcome import Outcome

Record = Mapping[str, Any]

ENDINGS = (".jsonl", ".csv", ".parquet")

CSV_COLUMNS = {
    False: ("lead", "from_stage", "to_stage", "at", "rule", "also", "evidence", "fingerprint"),
    True: ("lead", "rule", "at"),
}
"""The columns of transitions, and (True) of the first time each rule held."""


def iso(instant: int) -> str:
    """An instant (microseconds since 1970 UTC) as ISO-8601 text in UTC, with a fraction only where there is one."""
    return moment(instant).isoformat().replace("+00:00", "Z")


def json_record(result: "Transition | Held") -> Record:
    """One object of the JSON lines that `run` prints."""
    match result:
        case Transition():
            return {
                "lead": result.lead,
                "from": result.from_stage,
                "to": result.to_stage,
                "at": iso(result.instant),
                "rule": result.rule,
                "also": result.also,
                "evidence": [{"time": iso(e.at), "event": e.event, "id": e.id} for e in result.evidence],
                "fingerprint": result.fingerprint,
            }
        case _:
            return {"lead": result.lead, "rule": result.rule, "at": iso(result.instant)}


def csv_record(result: "Transition | Held") -> Record:
    """One row of CSV: lists are written so that a person can read them in a spreadsheet."""
    match result:
        case Transition():
            return {
                "lead": result.lead,
                "from_stage": result.from_stage,
                "to_stage": result.to_stage,
                "at": iso(result.instant),
                "rule": result.rule,
                "also": "; ".join(result.also),
                "evidence": "; ".join(f"{iso(e.at)} {e.event}" for e in result.evidence),
                "fingerprint": result.fingerprint,
            }
        case _:
            return {"lead": result.lead, "rule": result.rule, "at": iso(result.instant)}


def write_json_lines(results: "Iterable[Transition | Held]", out: TextIO, *, ascii_only: bool = False) -> None:
    """One JSON object a line."""
    for result in results:
        out.write(json.dumps(json_record(result), ensure_ascii=ascii_only) + "\n")


def check_ending(path: Path) -> None:
    """Raise ``Failure`` for a file to write whose ending says no format, or which can't be written."""
    if path.suffix.lower() not in ENDINGS:
        raise Failure(f"{path} must end in {', '.join(ENDINGS[:-1])} or {ENDINGS[-1]}: the ending says the format")
    check_writable(path)


def write_file(outcome: "Outcome", each_rule: bool, path: Path) -> None:
    """Write all results in the format that the ending says: the whole file, or none. Raises ``Failure``."""
    with whole_file(path) as part:
        match path.suffix.lower():
            case ".jsonl":
                with part.open("w", encoding="utf-8", newline="\n") as out:
                    write_json_lines(outcome, out)
            case ".csv":
                with part.open("w", encoding="utf-8", newline="") as out:
                    writer = csv.DictWriter(out, CSV_COLUMNS[each_rule], lineterminator="\n")
                    writer.writeheader()
                    writer.writerows(map(csv_record, outcome))
            case _:
                _write_parquet(outcome, part)


def _write_parquet(outcome: "Outcome", path: Path) -> None:
    """The tables of ``RuleSet.run`` with the evidence; where there are several, each is a row group."""
    frames = outcome.frames()
    frame = next(frames)
    second = next(frames, None)
    if second is None:
        # Made in memory: to polars a full disk is a faulty file.
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
