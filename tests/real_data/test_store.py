"""Real events through an engine with a store, in batches, opened anew now and then: nothing comes out differently."""

import random
from pathlib import Path

import polars as pl
import pytest

import mqlrules
from mqlrules.events.model import as_event
from tests.real_data.data import HERE, path_of


@pytest.mark.parametrize(("name", "events"), [("receipt", 8_577), ("bpic2012", 12_000)])
def test_a_store_gives_what_an_engine_in_memory_gives(tmp_path: Path, name: str, events: int) -> None:
    rows = pl.read_csv(path_of(f"{name}/events.csv.gz"), infer_schema_length=None).head(events)
    made = [{key: value for key, value in row.items() if value is not None} for row in rows.iter_rows(named=True)]
    history = sorted(map(as_event, made), key=lambda event: event.at)
    rules = mqlrules.load(HERE / f"{name}.mql")
    end = history[-1].at
    alone = rules.engine()
    expected = [t for event in history for t in alone.feed(event)] + alone.advance(end)
    where = f"sqlite:///{tmp_path}/leads.db"
    engine = rules.engine(store=where)
    choose, fed = random.Random(1), 0
    while fed < events:
        size = choose.choice((1, 100, 1000))
        engine.feed_many(history[fed : fed + size], offset=fed + size)
        fed += size
        if choose.random() < 0.2:
            engine.close()
            engine = rules.engine(store=where)
    engine.advance(end)
    got = [pending.transition for pending in engine.pending()]
    assert len(expected) > 1000
    assert sorted(expected, key=lambda t: str(t.lead)) == sorted(got, key=lambda t: str(t.lead))
    engine.close()
