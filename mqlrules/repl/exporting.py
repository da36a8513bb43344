"""Writing the leads of an answer to a file: all of them, not only those that are shown."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mqlrules.console.spreadsheet import write_csv
from mqlrules.console.whole_file import whole_file
from mqlrules.engine.histories import by_lead
from mqlrules.language.instants import moment
from mqlrules.repl.parts import Count, Values

ENDINGS = (".csv", ".jsonl")


def rows_of(answer: Count | Values) -> Iterator[dict[str, Any]]:
    """A row for each lead: of a condition when it held first and whether it does now, of a score its value."""
    match answer:
        case Count(census=census):
            for met in sorted(census.met, key=lambda met: (met.first, by_lead(met.lead))):
                first = moment(met.first).isoformat().replace("+00:00", "Z")
                yield {"lead": met.lead, "first": first, "now": met.holds}
        case Values(score=score, values=values):
            for lead, value in values:
                yield {"lead": lead, score: int(value) if value == value.to_integral_value() else float(value)}


def export(answer: Count | Values, path: Path) -> int:
    """Writes the rows as CSV or JSON lines, by the ending of the path; gives how many there are. Raises ``OSError``."""
    rows = list(rows_of(answer))
    with whole_file(path) as part, part.open("w", encoding="utf-8", newline="") as out:
        if path.suffix.lower() == ".csv":
            columns = ["lead", answer.score] if isinstance(answer, Values) else ["lead", "first", "now"]
            write_csv(({key: _cell(value) for key, value in row.items()} for row in rows), columns, out)
        else:
            out.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    return len(rows)


def _cell(value: Any) -> Any:
    return ("true" if value else "false") if isinstance(value, bool) else value
