"""The tables of a store, in SQL that every database understands, and the upgrades from older formats."""

from mqlrules.durable.rows import FORMAT

_FORMAT_1 = """
CREATE TABLE mqlrules_meta (name TEXT PRIMARY KEY, value TEXT NOT NULL, crc BIGINT NOT NULL);
CREATE TABLE mqlrules_offsets (name TEXT PRIMARY KEY, value TEXT NOT NULL, crc BIGINT NOT NULL);
CREATE TABLE mqlrules_partitions (
    number {KEY}, fingerprint TEXT NOT NULL, clock BIGINT, settled BIGINT, counter BIGINT NOT NULL,
    events BIGINT NOT NULL, repeated BIGINT NOT NULL, late BIGINT NOT NULL, crc BIGINT NOT NULL
);
CREATE TABLE mqlrules_leads (
    number {KEY}, lead TEXT NOT NULL UNIQUE, partition BIGINT NOT NULL, version BIGINT NOT NULL, stage TEXT,
    due BIGINT, settled BIGINT, traits TEXT NOT NULL, layout TEXT NOT NULL, merged_into BIGINT, crc BIGINT NOT NULL,
    state TEXT NOT NULL
);
CREATE INDEX mqlrules_leads_due ON mqlrules_leads (partition, due) WHERE due IS NOT NULL;
CREATE INDEX mqlrules_leads_merged ON mqlrules_leads (merged_into) WHERE merged_into IS NOT NULL;
CREATE TABLE mqlrules_history (
    seq {KEY}, lead BIGINT NOT NULL, at BIGINT NOT NULL, identity TEXT, body TEXT NOT NULL, crc BIGINT NOT NULL
);
CREATE INDEX mqlrules_history_order ON mqlrules_history (lead, at, seq);
CREATE UNIQUE INDEX mqlrules_history_identity ON mqlrules_history (lead, identity) WHERE identity IS NOT NULL;
CREATE TABLE mqlrules_held (
    seq {KEY}, partition BIGINT NOT NULL, lead TEXT NOT NULL, at BIGINT NOT NULL, body TEXT NOT NULL,
    reason TEXT NOT NULL, crc BIGINT NOT NULL
);
CREATE INDEX mqlrules_held_order ON mqlrules_held (partition, at, seq);
CREATE TABLE mqlrules_dead_letters (
    seq {KEY}, partition BIGINT NOT NULL, lead TEXT NOT NULL, at BIGINT NOT NULL, body TEXT NOT NULL,
    reason TEXT NOT NULL, crc BIGINT NOT NULL
);
CREATE INDEX mqlrules_dead_letters_lead ON mqlrules_dead_letters (lead, seq);
CREATE TABLE mqlrules_transitions (
    id {KEY}, partition BIGINT NOT NULL, lead BIGINT NOT NULL, instant BIGINT NOT NULL, status BIGINT NOT NULL,
    body TEXT NOT NULL, crc BIGINT NOT NULL
);
CREATE INDEX mqlrules_transitions_lead ON mqlrules_transitions (lead, id);
CREATE INDEX mqlrules_transitions_pending ON mqlrules_transitions (partition, id) WHERE status = 0
"""

UPGRADES: dict[int, str] = {
    1: """
CREATE TABLE mqlrules_checkpoints (
    lead {KEY}, at BIGINT NOT NULL, seq BIGINT NOT NULL, layout TEXT NOT NULL, state TEXT NOT NULL, crc BIGINT NOT NULL
);
CREATE TABLE mqlrules_bases (
    lead {KEY}, until BIGINT NOT NULL, last BIGINT NOT NULL, layout TEXT NOT NULL, state TEXT NOT NULL,
    crc BIGINT NOT NULL
);
CREATE INDEX mqlrules_leads_begun ON mqlrules_leads (partition) WHERE stage IS NOT NULL;
CREATE INDEX mqlrules_transitions_withdrawn ON mqlrules_transitions (partition, id) WHERE status = 3
""",
    2: """
ALTER TABLE mqlrules_partitions ADD COLUMN dropped BIGINT NOT NULL DEFAULT 0;
ALTER TABLE mqlrules_partitions ADD COLUMN unmerged BIGINT NOT NULL DEFAULT 0
""",
    3: """
CREATE TABLE mqlrules_floors (
    lead BIGINT NOT NULL, partition BIGINT NOT NULL, settled BIGINT NOT NULL, crc BIGINT NOT NULL,
    PRIMARY KEY (lead, partition)
);
CREATE TABLE mqlrules_claims (
    id {KEY}, lead BIGINT NOT NULL, until BIGINT NOT NULL, attempts BIGINT NOT NULL, note TEXT NOT NULL,
    crc BIGINT NOT NULL
);
CREATE INDEX mqlrules_claims_lead ON mqlrules_claims (lead);
CREATE INDEX mqlrules_transitions_undeliverable ON mqlrules_transitions (partition, id) WHERE status = 6
""",
}
"""What turns a store of one format into one of the next. Each has a test that starts from a store of its format."""

WITH_DROPPED = 3
"""The first format whose partitions count what is dropped."""

WITH_FLOORS = 4
"""The first format in which names keep their home partitions when they are merged."""


def statements(found: int | None, key: str) -> list[str]:
    """The statements that make a store (``found`` is None), or that upgrade one of format ``found``.

    ``key`` is how the database declares a whole number as primary key.
    """
    steps = [UPGRADES[number] for number in range(found or 1, FORMAT)]
    text = ";".join(steps if found is not None else [_FORMAT_1, *steps])
    return [statement.strip().replace("{KEY}", key) for statement in text.split(";")]
