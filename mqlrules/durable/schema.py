"""The tables of a store: one text for every database, and the ways from older formats to this one."""

from mqlrules.durable.protocol import FORMAT

TABLES = """
CREATE TABLE mqlrules_meta (name TEXT PRIMARY KEY, value TEXT NOT NULL, crc BIGINT NOT NULL);
CREATE TABLE mqlrules_offsets (name TEXT PRIMARY KEY, value TEXT NOT NULL, crc BIGINT NOT NULL);
CREATE TABLE mqlrules_partitions (
    number {KEY}, fingerprint TEXT NOT NULL, clock BIGINT, settled BIGINT, counter BIGINT NOT NULL,
    events BIGINT NOT NULL, repeated BIGINT NOT NULL, late BIGINT NOT NULL, crc BIGINT NOT NULL,
    dropped BIGINT NOT NULL DEFAULT 0, unmerged BIGINT NOT NULL DEFAULT 0
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

_MORE = """
CREATE TABLE mqlrules_checkpoints (
    lead {KEY}, at BIGINT NOT NULL, seq BIGINT NOT NULL, layout TEXT NOT NULL, state TEXT NOT NULL, crc BIGINT NOT NULL
);
CREATE TABLE mqlrules_bases (
    lead {KEY}, until BIGINT NOT NULL, last BIGINT NOT NULL, layout TEXT NOT NULL, state TEXT NOT NULL,
    crc BIGINT NOT NULL
);
CREATE INDEX mqlrules_leads_begun ON mqlrules_leads (partition) WHERE stage IS NOT NULL;
CREATE INDEX mqlrules_transitions_withdrawn ON mqlrules_transitions (partition, id) WHERE status = 3
"""
TABLES += ";" + _MORE

_COUNTED = """
ALTER TABLE mqlrules_partitions ADD COLUMN dropped BIGINT NOT NULL DEFAULT 0;
ALTER TABLE mqlrules_partitions ADD COLUMN unmerged BIGINT NOT NULL DEFAULT 0
"""
WITH_DROPPED = 3
"""The format since which partitions count what is dropped."""

UPGRADES: dict[int, str] = {1: _MORE, 2: _COUNTED}
"""What makes a store of a format one of the next format. Each has a test that begins with a store of that format."""


def statements(text: str, key: str) -> list[str]:
    """The single statements; ``key`` is how the database says a whole number that is the primary key."""
    return [statement.strip().replace("{KEY}", key) for statement in text.split(";")]


def steps(found: int) -> list[str]:
    """The texts that take a store of an older format to this one."""
    return [UPGRADES[number] for number in range(found, FORMAT)]
