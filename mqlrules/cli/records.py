"""Results as records: what JSON lines, CSV and Parquet hold of a transition."""

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

from mqlrules.cli.failure import Failure
from mqlrules.engine.results import Transition
from mqlrules.events.model import Event, moment

Record = Mapping[str, Any]

ENDINGS = (".jsonl", ".csv", ".parquet")


def iso(instant: int) -> str:
    """An instant (microseconds since 1970 UTC) as ISO-8601 text in UTC, with a fraction only where there is one."""
    return moment(instant).isoformat().replace("+00:00", "Z")


def json_record(transition: Transition) -> Record:
    """One object of the JSON lines that `run` prints."""
    return {
        "lead": transition.lead,
        "from": transition.from_stage,
        "to": transition.to_stage,
        "at": iso(transition.instant),
        "rule": transition.rule,
        "also": transition.also,
        "evidence": [{"time": iso(event.at), "event": event.event, "id": event.id} for event in transition.evidence],
        "fingerprint": transition.fingerprint,
    }


def csv_record(transition: Transition) -> Record:
    """One row of CSV: lists are written so that a person can read them in a spreadsheet."""
    return {
        "lead": transition.lead,
        "from_stage": transition.from_stage,
        "to_stage": transition.to_stage,
        "at": iso(transition.instant),
        "rule": transition.rule,
        "also": "; ".join(transition.also),
        "evidence": "; ".join(f"{iso(event.at)} {event.event}" for event in transition.evidence),
        "fingerprint": transition.fingerprint,
    }


def write_json_lines(records: Iterable[Record], out: TextIO) -> None:
    """One JSON object a line, in UTF-8 as it is."""
    for record in records:
        out.write(json.dumps(record, ensure_ascii=False) + "\n")


def write_csv(records: Sequence[Record], columns: Sequence[str], out: TextIO) -> None:
    """A line of column names, then a line a record."""
    writer = csv.DictWriter(out, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(records)
