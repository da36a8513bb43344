"""Results as polars tables."""

import polars as pl

from mqlrules.engine.results import Transition
from mqlrules.events.model import Lead
from mqlrules.run.incremental_run import Held

OF_EVIDENCE = pl.List(pl.Struct({"time": pl.Datetime("us", "UTC"), "event": pl.String, "id": pl.String}))
"""The type of a column of evidence."""


def transitions_frame(transitions: list[Transition], evidence: bool = False) -> pl.DataFrame:
    """The columns lead, from_stage, to_stage, at (Datetime, microseconds, UTC), rule, also (list), fingerprint; and
    ``evidence`` where it is asked for.
    """
    frame = pl.DataFrame(
        {
            "lead": _leads([move.lead for move in transitions]),
            "from_stage": pl.Series([move.from_stage for move in transitions], dtype=pl.String),
            "to_stage": pl.Series([move.to_stage for move in transitions], dtype=pl.String),
            "at": _instants([move.instant for move in transitions]),
            "rule": pl.Series([move.rule for move in transitions], dtype=pl.String),
            "also": pl.Series([move.also for move in transitions], dtype=pl.List(pl.String)),
            "fingerprint": pl.Series([move.fingerprint for move in transitions], dtype=pl.String),
        }
    )
    if not evidence:
        return frame
    rests_on = [
        [{"time": e.time, "event": e.event, "id": None if e.id is None else str(e.id)} for e in move.evidence]
        for move in transitions
    ]
    return frame.with_columns(pl.Series("evidence", rests_on, dtype=OF_EVIDENCE))


def held_frame(held: list[Held]) -> pl.DataFrame:
    """The columns lead, rule, at (Datetime, microseconds, UTC)."""
    return pl.DataFrame(
        {
            "lead": _leads([one.lead for one in held]),
            "rule": pl.Series([one.rule for one in held], dtype=pl.String),
            "at": _instants([one.instant for one in held]),
        }
    )


def _leads(leads: list[Lead]) -> pl.Series:
    whole = all(type(lead) is int for lead in leads) and bool(leads)
    return pl.Series(leads if whole else [str(lead) for lead in leads], dtype=pl.Int64 if whole else pl.String)


def _instants(instants: list[int]) -> pl.Series:
    return pl.Series(instants, dtype=pl.Int64).cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
