"""The documentation of keywords, signs and functions: one record each, shown on hover and beside completions."""

import re
from functools import lru_cache

import attrs

from mqlrules.language.by_terminal import RECORDS
from mqlrules.syntax.grammar import vocabulary


@attrs.frozen
class Keyword:
    """``words`` is how it is written, ``says`` what it means in a sentence or two, ``example`` a piece of rule text."""

    words: str
    says: str
    example: str


def _records(*rows: tuple[str, str, str]) -> dict[str, Keyword]:
    return {terminal: Keyword(words_of(terminal), says, example) for terminal, says, example in rows}


@lru_cache(maxsize=1)
def _spelled() -> dict[str, str]:
    known = vocabulary()
    found = {terminal: sign for sign, terminal in known.signs.items()}
    for word, entries in known.keywords.items():
        for entry in entries:
            spaced = re.match(r"[a-z]+(?:\\s\+[a-z]+)*", entry.pattern or word)
            found[entry.terminal] = (spaced[0] if spaced else word).replace(r"\s+", " ")
    return found


def words_of(terminal: str) -> str:
    """How the keyword or sign of a terminal is written; several words stand one blank apart."""
    return _spelled()[terminal]


@lru_cache(maxsize=1)
def keywords() -> dict[str, Keyword]:
    """All keywords, signs and functions, by the terminal of the grammar."""
    found = _records(
        # -- statements
        ("_LIFECYCLE", "The stages of a lead in their order, the first one first. Stages after a comma stand outside "
         "of the order: who gets there stays there.", "lifecycle lead > MQL > customer, disqualified"),
        ("_TIMEZONE", "The time zone in which dates and days begin and end.", 'timezone "Europe/Berlin"'),
        ("_SCHEMA", "Which properties an event has, and of which types. Once there is a schema for any event, every "
         "event needs one; `schema lead` is for the traits of leads.",
         "schema page_viewed (path: text, duration: number)"),
        ("_EVENT", "A name of your own for events that are sent.",
         'event visited pricing = page_viewed where (path matches "/pricing*")'),
        ("_LIST", "Values from a column of a CSV file beside the rules.",
         'list target_accounts from "lists/accounts.csv" column domain'),
        ("_SEGMENT", "A name for a condition. A lead is in the segment while the condition holds.",
         "segment ideal_customer = lead.employees >= 200"),
        ("_SCORE", "Points, one line for each reason. A score has a value at every moment.",
         "score engagement\n    +10 per visited pricing up to 30\n    between 0 and 100"),
        ("_RULE", "Moves a lead to a stage as soon as a condition holds.",
         "rule warm: visited pricing >= 2 => MQL"),
        ("_TEST", "An example of what must come out: events in their order, then what is expected.",
         'test "two visits"\n    day 0 visited pricing\n    day 1 visited pricing\n    expect MQL on day 1'),
        ("_WHEN", "At the beginning of a rule: only leads that are in exactly this stage.",
         "rule gone: when MQL for 30d, no activity within 30d => recycle to MCL"),
        ("_ARROW", "Leads to the stage to which a rule moves a lead.", "requested demo => SQL"),
        ("_RECYCLE_TO", "Moves a lead down to a stage, and starts afresh: only what it does from then on counts.",
         "when MQL, no activity within 60d => recycle to MCL"),
        ("_FROM", "The file of a list; its path starts at the folder of the rule file.",
         'list partners from "lists/partners.csv"'),
        ("_COLUMN", "The column of the file that holds the values of a list.",
         'list partners from "lists/partners.csv" column domain'),
        # -- conditions
        ("_AND", "Both must hold. It binds tighter than `or`.", "visited pricing and attended webinar"),
        ("_OR", "One of them must hold.", "requested demo or called sales"),
        ("_NOT", "The condition after it must not hold. For an event that must not have happened there is `no`.",
         "not ideal_customer"),
        ("_NO", "The event must not have happened. It is the same as `= 0`.", "no unsubscribed within 90d"),
        ("_THEN", "A sequence: one event, and later another. Others may happen in between.",
         "visited pricing then attended webinar within 14d"),
        ("_TO", "The last date of `during`.", "visited pricing during 2026-03-01 to 2026-03-31"),
        ("_FOR", "For how long: a stage that a lead has been in, or an event that has stayed away after a step.",
         "added cart then no checked out for 2d"),
        ("_WITH_SAME", "Looks at the events of each value of a property by themselves.",
         "(viewed product then purchased within 7d) with same sku"),
        ("TIMES", "May stand after a count, and means nothing more.", "visited pricing >= 3 times"),
        ("_WHERE", "What the properties of the event must be like; the parentheses are needed.",
         'purchased where (amount >= 100 and currency = "EUR")'),
        ("_OF", "The events whose property is looked at.", "sum(amount of purchased) >= 500"),
        ("_LEAD", "A trait: what is known of the lead at the moment.", "lead.employees >= 200"),
        # -- tests of properties
        ("_IN", "One of these values, or one of those in a list.", 'lead.industry in ("software", "fintech")'),
        ("IGNORING_CASE", "After a test of text: capital and small letters are the same.",
         'lead.role contains "head" ignoring case'),
        ("TRUE", "The value of a property that is a boolean.", "lead.subscribed = true"),
        ("FALSE", "The value of a property that is a boolean.", "lead.subscribed = false"),
        # -- scores
        ("_PER", "Points for each such event.", "+10 per visited pricing up to 30"),
        ("_FOR_THE_LATEST", "Points once, for the latest such event.", "+25 for attended webinar within 90d"),
        ("_IF", "Points while a condition holds.", "+15 if ideal_customer"),
        ("_UP_TO", "The most that a line can give.", "+10 per visited pricing up to 30"),
        ("_HALVE_EVERY", "The points of an event are halved again and again, each time that so long has passed.",
         "+5 per opened email halve every 30d"),
        ("_BETWEEN", "The last line of a score: its value is never below the one and never above the other.",
         "between 0 and 100"),
        # -- tests
        ("_LEAD_WITH", "The traits of the lead of a test, from the beginning.", "lead (employees: 250)"),
        ("_EXPECT", "A stage that must be reached, a segment or a score.", "expect MQL on day 3"),
        ("_EXPECT_NO", "A stage that must never be reached, or a segment that the lead must not be in.",
         "expect no SQL"),
        ("_EXPECT_STAGE", "The stage that the lead must be in at a time.", "expect stage MQL on day 5"),
        ("_AS_OF", "When the test ends; else it ends with the last time that it names.", "as of day 40"),
        ("_DAY", "Days from the beginning of the test, the first one is day 0; no clock means noon.",
         "day 3 10:30 visited pricing"),
        ("_ON", "The day or time of what is expected.", "expect MQL on day 3"),
        ("_BY", "The rule that must have made the move.", "expect MQL on day 3 by warm"),
    )  # fmt: skip
    for terminal, record in RECORDS.items():
        found[terminal] = Keyword(record.name, record.means, record.example)
    return found
