"""All records of the language, by the terminal of the grammar that each is written as."""

from mqlrules.language.aggregates import AGGREGATES
from mqlrules.language.operators import OPERATORS
from mqlrules.language.record import Record
from mqlrules.language.restrictions import RESTRICTIONS
from mqlrules.language.tests import PRESENCE, TEXT_TESTS

AGGREGATE_TERMINALS = {record.terminal: record for record in AGGREGATES.values()}
RESTRICTION_TERMINALS = {record.terminal: record for record in RESTRICTIONS.values()}
OPERATOR_TERMINALS = {record.terminal: record for record in OPERATORS.values()}
TEST_TERMINALS = {record.terminal: record for record in (*TEXT_TESTS.values(), *PRESENCE.values())}

RECORDS: dict[str, Record] = {
    **AGGREGATE_TERMINALS,
    **RESTRICTION_TERMINALS,
    **OPERATOR_TERMINALS,
    **TEST_TERMINALS,
}
