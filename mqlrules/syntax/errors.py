"""The messages of syntax errors (E0xx, E49x), in the order of their codes.

Words between backticks are rule text, as the author wrote it or should write it; words in braces are filled in.
"""

from mqlrules.syntax import limits
from mqlrules.text.diagnostic import Message

UNITS = "The units are `us ms s m h d w`: `90s`, `12h`, `30d`, `2w`."

# -- files and layout (E001 to E009) -------------------------------------------------------------------------------

_SAVE_AS_UTF8 = "Save the file as UTF-8."
NOT_UTF8 = Message(
    "E001",
    "This byte isn't valid UTF-8, the encoding of rule files.",
    f"{_SAVE_AS_UTF8} It may be in an older encoding, such as Windows-1252.",
)
BYTES_NOT_UTF8 = Message(
    "E001", "{count} bytes, the first one here, aren't valid UTF-8, the encoding of rule files.", NOT_UTF8.hint
)
UTF16 = Message("E001", "This file is UTF-16; rule files must be UTF-8.", _SAVE_AS_UTF8)
UNREADABLE = Message("E002", "Can't read this file: {reason}.")
CONTROL_CHARACTER = Message("E003", "Rule files can't contain {character}.", "Delete it.")
INDENTED_STATEMENT = Message(
    "E004",
    "Unexpected indentation: statements start in column 1.",
    "Move this line to column 1. Indent only the lines that continue a statement.",
)
FORGOTTEN_INDENTATION = Message(
    "E005", "No statement starts with `{word}`.", "Indent this line to continue the {keyword} above."
)
ITEM_GOES_ON = Message(
    "E006",
    "No line of a {keyword} starts with `{word}`: each line is complete in itself.",
    "Write it at the end of the previous line, or put a part that needs several lines in parentheses.",
)
NOT_RULES = Message("E007", "`{file}` isn't a rule file: no statement in it can be read.", "Rule files end in `.mql`.")
DATA_FILE = Message(
    "E007", NOT_RULES.text, "Rule files end in `.mql`. Pass events with `--events` and tables of leads with `--leads`."
)

# -- strings and signs (E010 to E019) ------------------------------------------------------------------------------

UNCLOSED_STRING = Message(
    "E010", 'This string has no closing `"`; strings end on the line they start on.', "Close it: `{instead}`."
)
WRONG_QUOTES = Message(
    "E011", "`{written}` isn't in straight double quotes.", "Write it in straight double quotes: `{instead}`."
)
FOREIGN_COMMENT = Message("E012", "`{written}` doesn't start a comment.", "Comments start with `#`.")
FOREIGN_SIGN = Message("E013", "`{written}` isn't valid here.", "Write `{instead}`.")
ARROW_AS_COMPARISON = Message(
    "E013", "`=>` must be followed by a stage, but here a value follows.", "To compare, write `>=`."
)
NEEDLESS_SIGN = Message("E014", "`{written}` isn't needed here.", "Remove it.")
STRAY_SIGN = Message("E014", "`{written}` isn't valid here.", 'Remove it. Put text in quotes: `"like this"`.')
SIGN_IN_NAME = Message(
    "E014",
    "Names without quotes can't contain `{written}`, only letters, digits, `_` and `-`.",
    'If this is the name of an event, put it in quotes: `"{instead}"`.',
)
UNKNOWN_ESCAPE = Message(
    "E015",
    "`{written}` isn't a valid escape sequence.",
    r"For a backslash, write `\{written}`. Valid escape sequences are `\"`, `\\`, `\n` and `\t`.",
)
EMPTY_EVENT_NAME = Message("E016", "This event name is empty.", "Write the name of the event between the quotes.")

# -- statements (E020 to E029) -------------------------------------------------------------------------------------

UNKNOWN_STATEMENT = Message("E020", "No statement starts with `{written}`.", "Did you mean `{instead}`?")
STATEMENT_WORD_AS_EVENT = Message(
    "E021",
    "In column 1, `{word}` is a keyword, so this line isn't a rule.",
    "Give the rule a name: `rule my_rule: {instead}`.",
)
WRONG_DIVIDER = Message(
    "E022", "Expected `{instead}` after the name of the {keyword}, not `{written}`.", "Write `{shape}`."
)
LIST_OF_VALUES = Message(
    "E022",
    "Lists are loaded from files; their values can't be written here.",
    "Write the values where they are used, `in ({instead})`, or load the list from a file: "
    '`list {name} from "FILE.csv" column COLUMN`.',
)
MISSING_COLON = Message(
    "E022", "Expected `:` after the name of this rule.", "Write it where the name ends: `rule {name}: …`."
)
UNNAMED_RULE = Message(
    "E023", "This rule has no name.", "Write `rule NAME: CONDITION => STAGE`, or just `CONDITION => STAGE`."
)
MISSING_ARROW = Message("E024", "This rule has no outcome.", "End it with `=>` and a stage, such as `=> MQL`.")
ARROW_FORGOTTEN = Message("E024", "Unexpected `{written}`.", "If it is the stage, write `=> {written}`.")
IF_THEN = Message("E024", "Rules have no `if` and `then`; the stage follows `=>`.", "Write `{instead}`.")
MISSING_STAGE = Message(
    "E024", "Expected a stage after `=>`.", "Write the stage, such as `=> MQL` or `=> recycle to MEL`."
)
OUTCOME_OF_CONDITION = Message(
    "E025", "Expected a condition alone, without an outcome.", "Remove the `=>` and what follows it."
)
SECOND_OUTCOME = Message(
    "E025",
    "Unexpected `{written}`: a rule ends with its only outcome.",
    "Write one rule for `{stage}` and another for `{other}`.",
)
SECOND_ARROW = Message("E025", SECOND_OUTCOME.text, "Write one rule for each stage.")
RESTRICTION_AFTER_OUTCOME = Message(
    "E025",
    "A rule ends with its stage; nothing can follow it.",
    "Move `{written}` before the `=>`, after the condition that it restricts.",
)
RECYCLE_WITHOUT_TO = Message("E026", "Expected `to` after `recycle`.", "Write `=> recycle to {stage}`.")
WHEN_WITHOUT_COMMA = Message("E027", "Expected a comma between `{written}` and the condition.", "Write `{written}, …`.")
WHEN_COMPARES = Message("E027", "`when` takes just a stage.", "Write `when {stage}, …`.")
QUOTED_NAME = Message("E028", "Don't quote names here.", "Write `{instead}`.")
QUOTED_BAD_NAME = Message(
    "E028", QUOTED_NAME.text, "Names consist of letters, digits, `_` and `-`, in one or several words."
)
UNQUOTED_TEXT = Message("E028", "Expected text in quotes.", 'Write `"{instead}"`.')
RESERVED_WORD_IN_NAME = Message(
    "E029",
    "`{written}` is a reserved word and can't be part of this name.",
    "Choose a name without `and or not no then within since after before during where`.",
)

# -- joining and grouping conditions (E030 to E044) ----------------------------------------------------------------

CAPITALS = Message(
    "E030",
    "`{written}` must be lowercase.",
    "Write `{instead}`. If an event has `{written}` in its name, put the name in quotes.",
)
UNCLOSED_PARENTHESIS = Message(
    "E031", "This parenthesis is never closed.", "Add `)` after `{last}`, or where the group ends."
)
UNCLOSED_BEFORE = Message(
    "E031", UNCLOSED_PARENTHESIS.text, "Add `)` after `{last}`, before `{next}`, or where the group ends."
)
EXTRA_PARENTHESIS = Message("E032", "This `)` has no opening `(`.", "Remove it, or add the `(` that it closes.")
EMPTY_PARENTHESES = Message("E033", "These parentheses are empty.", "Write a condition or an event in them.")
_WRITE_ONE = "Write one, or remove `{written}`."
NOTHING_BEFORE = Message("E033", "Expected a condition before `{written}`.", _WRITE_ONE)
NOTHING_AFTER = Message("E033", "Expected a condition after `{written}`.", _WRITE_ONE)
NO_CONDITION = Message(
    "E033", "This rule has no condition.", "Write it before the `=>`, such as `visited pricing >= 2 => MQL`."
)
TWO_JOINING_WORDS = Message("E034", "Use one joining word, not `{written}`.", "Write `{instead}`.")
WHERE_WITHOUT_PARENTHESES = Message(
    "E035", "The conditions after `where` must be in parentheses.", "Write `where ({instead})`."
)
WHERE_AFTER_GROUP = Message(
    "E036",
    "`where` applies to one event, not to a group.",
    "Write `where` after each event, or define the group first: `event NAME = a or b`.",
)
NOT_FOR_NO = Message("E037", "An event that must not happen takes `no`, not `not`.", "Write `no`.")
NO_FOR_NOT = Message("E037", "`no` applies to events; conditions take `not`.", "Write `not`.")
NEGATION_IN_WORDS = Message("E038", "`{written}` isn't valid here.", "Write `{instead}`.")
RESTRICTION_AFTER_WITH_SAME = Message(
    "E039",
    "`{written}` must come before `with same`.",
    "Write `{instead}`. To restrict the whole condition, put what comes before it in parentheses.",
)
FOR_ELSEWHERE = Message(
    "E040",
    "`for {duration}` is only valid after `then no EVENT`, as the time without that event.",
    "For the last {duration}, write `within {duration}`.",
)
LONE_FOR = Message(
    "E040",
    "`for {duration}` needs an earlier step to start from: `a then no b for {duration}`.",
    "For the last {duration}, write `no {instead} within {duration}`.",
)
COUNTED_CONDITION = Message(
    "E041",
    "Only events can be counted, but this is a condition.",
    "Count one event, or several joined with `or`: `(attended webinar or downloaded guide) >= 2`.",
)
STEP_NOT_EVENT = Message(
    "E042",
    "`then` joins events, but this isn't an event.",
    "Join conditions with `and`. A step is one event, or several joined with `or` in parentheses.",
)
THEN_AFTER_RESTRICTION = Message(
    "E042",
    "`{written}` can't be followed by `then`.",
    "Move it to the end to restrict the whole sequence. Between two steps, write `then {written} …`.",
)
TWICE = Message("E043", "Duplicate `{written}`.", "Keep one of them.")
DOUBTFUL_PHRASE = Message(
    "E044",
    "`{written}` is read as the name of an event.",
    "Write `{instead}`. If an event really has this name, put it in quotes.",
)

# -- counts and numbers (E045 to E049) -----------------------------------------------------------------------------

COUNT_IN_WORDS = Message(
    "E045",
    "Counts use comparisons, such as `>= 2`.",
    "Write `{instead}`. The operators are `= != < <= > >=`.",
)
COUNT_FUNCTION = Message("E045", COUNT_IN_WORDS.text, "Write `{instead}`.")
COUNTED_ABSENCE = Message("E046", "`no` already means a count of 0 and can't be compared.", "Write `{instead}`.")
TEXT_COMPARED_AS_COUNT = Message(
    "E047",
    "`{written}` is read as an event, and event counts are whole numbers.",
    "For a trait of the lead, write `{instead}`. For a property of an event, write `EVENT where (…)`.",
)
STAGE_COMPARED = Message(
    "E047", "Conditions can't compare the stage of a lead.", "Start the rule with the stage: `when {stage}, … => …`."
)
ODD_NUMBER = Message("E048", "`{written}` isn't a valid number.", "Write `{instead}`.")
AGGREGATE_WITHOUT_OF = Message("E049", "`{function}` takes a property of an event.", "Write `{instead}`.")

# -- durations, windows and dates (E050 to E059) -------------------------------------------------------------------

NO_UNIT = Message("E050", "`{written}` has no unit.", f"For {{number}} days, write `{{word}} {{number}}d`. {UNITS}")
SPELLED_UNIT = Message("E051", "`{written}` isn't a valid duration.", f"Write `{{instead}}`. {UNITS}")
UNKNOWN_UNIT = Message("E051", "Unknown unit `{unit}`.", UNITS)
MISSPELLED_UNIT = Message("E051", UNKNOWN_UNIT.text, f"Did you mean `{{instead}}`? {UNITS}")
QUOTED_DURATION = Message("E051", "Don't quote durations.", "Write `{instead}`.")
SIGNED_DURATION = Message("E051", "Durations have no sign.", "Write `{instead}`.")
CALENDAR_UNIT = Message(
    "E052", "`{written}` isn't a valid duration: months and years vary in length.", "Write it in days: `{instead}`."
)
CALENDAR_WINDOW = Message(
    "E052",
    "`{written}` isn't a valid time window: windows don't start with a calendar month or week.",
    "Write its length, `within {duration}`, or both dates, `during 2026-03-01 to 2026-03-31`.",
)
WINDOW_IN_WORDS = Message("E053", "Time windows are written `within 30d`.", "Write `{instead}`.")
CALENDAR_WINDOW_IN_WORDS = Message(
    "E053", WINDOW_IN_WORDS.text, "Write `{instead}`. Months and years have no unit, because they vary in length."
)
ANCHOR_WITH_DURATION = Message("E054", "`{word}` takes an event, not the duration `{duration}`.", "Write `{instead}`.")
AFTER_WITH_DURATION = Message(
    "E054",
    ANCHOR_WITH_DURATION.text,
    "For a step that comes later, write `then after {duration}`. For events that are older, write `{instead}`.",
)
ANCHOR_WITH_DATE = Message("E054", "`{word}` takes an event, not the date `{date}`.", "Write both ends: `{instead}`.")
INTERVAL = Message("E055", "Intervals of dates are written `during DATE to DATE`.", "Write `{instead}`.")
ONE_DATE = Message(
    "E055", "`during` takes two dates, the first and the last.", "For one day, write `during {date} to {date}`."
)
ODD_DATE = Message("E056", "`{written}` isn't a valid date.", "Write `{instead}`.")
NO_SUCH_DATE = Message("E056", ODD_DATE.text, "Write year, month and day: `2026-01-31`.")
NO_SUCH_INSTANT = Message(
    "E057", "`{written}` isn't a valid time.", "Write it as `2026-01-31T09:30:00+01:00`, or with `Z` for UTC."
)
INSTANT_WITHOUT_OFFSET = Message(
    "E057", "`{written}` has no offset from UTC.", "Write `{written}Z` for UTC, or the offset: `{written}+01:00`."
)
NO_SUCH_CLOCK = Message("E057", "`{written}` isn't a valid time of day.", "Write a time such as `09:30` or `21:05:30`.")
TOO_LONG = Message("E058", "The duration `{written}` is too long.", "The longest duration is `36500d`.")
TOO_SHORT = Message("E058", "The duration `{written}` is too short.", "The shortest duration is `1us`, a microsecond.")
TOO_FINE = Message(
    "E058", "The duration `{written}` is too precise.", "Durations are whole microseconds, such as `0.001ms`."
)
WINDOW_OF_EVENT = Message(
    "E059",
    "`{written}` isn't valid: a time window ends now, not at another event.",
    "Write `{instead}`, or swap the two events.",
)

# -- tests of properties and traits (E060 to E066) -----------------------------------------------------------------

OTHER_TEST = Message("E060", "`{written}` isn't a valid test.", "Write `{instead}`.")
LIKE = Message("E060", OTHER_TEST.text, "Write `{instead}`. `*` matches any text, `?` one character.")
NEGATED_TEST = Message("E061", "In `{written}`, `not` must come before the property.", "Write `{instead} …`.")
MISSING_TEST = Message("E062", "Expected a test between the property and the value.", "Write `{instead}`.")
UNQUOTED_VALUE = Message("E063", "Put text values in quotes.", 'Write `"{instead}"`.')
BOOLEAN = Message("E063", "`{written}` isn't a valid value.", "Write `{instead}`.")
VALUES_WITHOUT_PARENTHESES = Message("E064", "The values after `in` must be in parentheses.", "Write `in ({instead})`.")
SEVERAL_TEXTS = Message("E064", "`{test}` takes one text.", "Write `{instead}`.")
BETWEEN = Message("E065", "`between` isn't a valid test.", "Write `{instead}`.")
MISSING_VALUE = Message("E066", "Expected a value after `{written}`.", "Write the value to compare with.")
MISSING_NUMBER = Message("E066", "Expected a number after `{written}`.", "Write the number to compare with.")

# -- lines of scores (E070 to E074) --------------------------------------------------------------------------------

POINTS_WITHOUT_SIGN = Message("E070", "Points need a sign.", "Write `+{written}` or `-{written}`.")
SIGN_APART = Message("E070", "Don't put a space after the sign.", "Write `{instead}`.")
NEEDLESS_WORD = Message("E071", "`{written}` isn't needed here.", "Remove it.")
HOW_POINTS_COUNT = Message(
    "E072", "Expected `per`, `for` or `if` after the points, not `{written}`.", "Write `{instead}`."
)
POINTS_WITHOUT_WORD = Message(
    "E072",
    "Expected `per` (each time), `for` (once) or `if` (while a condition holds) after the points.",
    "Write `{instead}`.",
)
OTHER_WORDS = Message("E073", "`{written}` isn't valid here.", "Write `{instead}`.")
ADJUSTED_CONDITION = Message(
    "E074", "`{written}` only applies to points for events, after `per` or `for`.", "Remove it."
)

# -- lines of tests, and schemas (E080 to E082) --------------------------------------------------------------------

MISSING_PROPERTY_COLON = Message("E080", "Expected `:` before `{written}`.", "Write `{instead}`.")
COLON_INSTEAD = Message("E080", "Expected `:`, not `{written}`.", "Write `{instead}`.")
MISSING_COMMA = Message("E081", "Expected a comma here.", "Write `{instead}`.")
MOMENT_NEEDED = Message(
    "E082", "Expected a day or a date after `{written}`.", "Write `day 3`, `day 3 10:30`, `2026-01-31` or an instant."
)

# -- all else (E090, E091) -----------------------------------------------------------------------------------------

UNEXPECTED = Message("E090", "Unexpected `{written}`.", "Expected {expected}.")
UNEXPECTED_END = Message("E090", "Unexpected end of the statement.", "Expected {expected}.")
UNFINISHED = Message("E091", "This statement is incomplete.", "Complete it: `{shape}`.")

# -- limits (E490 to E494) -----------------------------------------------------------------------------------------

FILE_TOO_LONG = Message(
    "E490",
    f"This file has more than {limits.FILE_CHARACTERS:,} characters, the limit for a rule file.",
    "Split it into several files.",
)
STATEMENT_TOO_LONG = Message(
    "E491",
    f"This statement has more than {limits.STATEMENT_CHARACTERS:,} characters, the limit for a statement.",
    'Split it into segments. Move long lists of values to a file: `list NAME from "FILE"`.',
)
NESTED_TOO_DEEP = Message(
    "E492",
    f"Parentheses and `not` are nested more than {limits.NESTING} levels deep, the limit.",
    "Name the inner parts with `segment NAME = …` or `event NAME = …`.",
)
TOO_MANY_ERRORS = Message(
    "E493", f"This file has more than {limits.MISTAKES:,} errors; the rest of it was not read.", None
)
TOO_MANY_DIGITS = Message("E494", f"This number has more than {limits.DIGITS} digits, the limit.", None)
