"""What was typed: which of the three it is, and whether more must follow."""

import pytest

from mqlrules.repl.reading import Command, Question, Statements, Wrong, inputs_in, is_complete, read

WHOLE = [
    "visited pricing",
    "visited pricing >= 2 and attended webinar within 30d",
    "a then b within 7d",
    "(a or b) >= 2",
    "no a",
    "lead.x",
    "rule x: a => MQL",
    "a => MQL",
    "event x = a",
    "schema x (\n    a: text)",
    "lifecycle a > b",
    'a where (x = "',  # a string ends with its line: this is a mistake, and nothing can mend it further down
    "a )",
    "a = b c",
    "test drive booked",  # an event, whatever its first word
    "rule broken >= 2",
    ":at end",
    ":tree a and",
    "# a comment",
    "",
    "   ",
    "score e\n    +10 per a\n",
    'test "x"\n    day 0 a\n    expect MQL\n    ',
    "visited pricing and\n    ",  # an empty line ends whatever it is
]
UNFINISHED = [
    "visited pricing >=",
    "visited pricing and",
    "a then",
    "a within",
    "(a or b",
    "no",
    "not",
    "lead.",
    "sum(amount of purchased)",
    "a where (x = 1",
    "rule x:",
    "rule x: a",
    "rule x: a =>",
    "when MQL,",
    "event x =",
    "event x = a or",
    "segment ideal",
    "schema x (",
    "list t from",
    "lifecycle a >",
    "timezone",
    "score e",
    "score e\n    +10 per a",
    'test "x"',
    'test "x"\n    day 0 a',
    "event x = a\nrule y: b and",
]


@pytest.mark.parametrize("text", WHOLE)
def test_a_whole_input_needs_nothing_more(text: str) -> None:
    assert is_complete(text)


@pytest.mark.parametrize("text", UNFINISHED)
def test_an_input_in_which_the_parser_is_stuck_at_the_end_goes_on(text: str) -> None:
    assert not is_complete(text)


@pytest.mark.parametrize("text", UNFINISHED)
def test_an_empty_line_ends_any_input(text: str) -> None:
    assert is_complete(text + "\n")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("visited pricing >= 2", Question),
        ("segment x", Question),
        ("a => MQL", Statements),
        ("event x = a\nrule y: x => MQL", Statements),
        ("  rule y: x\n    => MQL", Statements),
        ("a >= 2 => MLQ", Statements),  # read without a mistake; the check will say that there is no such stage
        ("a >= => MQL", Wrong),
        ("a and and b", Wrong),
        (":Help Me", Command),
        ("# nothing", type(None)),
        ("\n\n", type(None)),
        ("\x00", Wrong),
        ("🙂 >= 2", Wrong),
    ],
)
def test_an_input_is_a_command_statements_or_a_condition(text: str, kind: type) -> None:
    assert kind is type(read(text))


def test_a_command_is_a_word_in_small_letters_and_the_rest() -> None:
    assert Command("at", "2026-01-31 09:30") == read("  :AT  2026-01-31 09:30 ")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a >= => MQL", "Expected a number after `>=`."),
        ("a >= two", "`two` isn't a valid number."),
        ("rule warm visited pricing => MQL", "Expected `:` after the name of this rule."),
        ("a within 30", "`30` has no unit."),
    ],
)
def test_what_is_wrong_is_said_of_what_was_meant(text: str, message: str) -> None:
    typed = read(text)
    assert isinstance(typed, Wrong)
    assert message in typed.diagnostics[0].message


def test_a_script_is_cut_as_a_rule_file_is() -> None:
    lines = ["a >= 2", "", "rule x:", "    a", "", "    => MQL", ":at end", "schema s (", "  a: text", ")", "", "b"]
    inputs = [
        (1, "a >= 2\n"),
        (3, "rule x:\n    a\n\n    => MQL"),
        (7, ":at end"),
        (8, "schema s (\n  a: text\n)\n"),
        (12, "b"),
    ]
    assert inputs == list(inputs_in(line + "\n" for line in lines))


def test_a_script_of_another_system_is_read_as_well() -> None:
    assert [(1, ":at end"), (2, "a\n    and b")] == list(inputs_in(["\ufeff:at end\r\n", "a\r\n", "    and b\r\n"]))


def test_a_command_is_answered_before_the_next_line_is_there() -> None:
    def lines() -> object:
        yield ":at end\n"
        raise AssertionError("more was read than was needed")

    assert (1, ":at end") == next(inputs_in(lines()))  # type: ignore[arg-type]
