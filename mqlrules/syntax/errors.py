"""The diagnostics about text, signs and statements (E001 to E029), all else (E09x) and limits (E49x).

One constructor each. Those about conditions are in ``condition_errors``, those about tests of properties, scores and
test lines in ``line_errors``. Words between backticks are rule text, as the author wrote it or should write it.
"""

from collections.abc import Sequence

from mqlrules.syntax import limits
from mqlrules.text.diagnostic import Diagnostic
from mqlrules.text.source import Source
from mqlrules.text.span import Span

Place = tuple[Source, Span]

_SIGN_NAMES = {
    "\x00": "a NUL byte", "\r": "a carriage return without a line feed", "\u00ad": "a soft hyphen",
    "\u200b": "a zero-width space", "\u200c": "a zero-width non-joiner", "\u200d": "a zero-width joiner",
    "\ufeff": "a byte-order mark",
}  # fmt: skip


def error(code: str, place: Place, message: str, hint: str | None) -> Diagnostic:
    """An error at a place."""
    return Diagnostic(code, "error", message, hint, place[0], place[1])


def quoted(written: str, most: int = 60) -> str:
    """The author's words between backticks, shortened, with nothing in them that a terminal can't show."""
    text = "".join(c if c.isprintable() else f"<U+{ord(c):04X}>" for c in " ".join(written.split()))
    return f"`{text if len(text) <= most else text[: most - 1] + '…'}`"


# -- files ---------------------------------------------------------------------------------------------------------


def not_utf8(place: Place, count: int) -> Diagnostic:
    more = f" (and {count - 1} more)" if count > 1 else ""
    message = f"This byte{more} is not UTF-8, the encoding of rule files."
    return error(
        "E001", place, message, "Save the file as UTF-8. It may be in an older encoding, such as Windows-1252."
    )


def utf16(place: Place) -> Diagnostic:
    return error("E001", place, "This file is UTF-16, and rule files are UTF-8.", "Save the file as UTF-8.")


def no_rule_file(place: Place, data: bool) -> Diagnostic:
    hint = "Rule files end in `.mql`." + (" Event files come after `--events`, tables of leads after `--leads`." * data)
    return error("E007", place, f"`{place[0].name}` is no rule file: nothing in it can be read.", hint)


def unreadable(place: Place, reason: str) -> Diagnostic:
    return error("E002", place, f"This file cannot be read: {reason}.", None)


def control_character(place: Place, character: str) -> Diagnostic:
    name = _SIGN_NAMES.get(character, f"the invisible sign U+{ord(character):04X}")
    return error("E003", place, f"Here stands {name}, which means nothing in a rule file.", "Delete it.")


# -- layout --------------------------------------------------------------------------------------------------------


def indented_statement(place: Place) -> Diagnostic:
    message = "This statement is indented; statements start in column 1."
    return error("E004", place, message, "Move it to the left, and indent only its further lines.")


def forgotten_indentation(place: Place, word: str, keyword: str) -> Diagnostic:
    message = f"A line that starts in column 1 starts a statement, and {quoted(word)} starts none."
    return error("E005", place, message, f"Indent this line: it goes on with the {keyword} above it.")


def item_goes_on(place: Place, word: str, keyword: str) -> Diagnostic:
    message = f"In a {keyword} each line stands for itself, and none starts with {quoted(word)}."
    hint = "Write it at the end of the line above, or put what takes several lines in parentheses."
    return error("E006", place, message, hint)


# -- strings and signs ---------------------------------------------------------------------------------------------


def unclosed_string(place: Place, closed: str) -> Diagnostic:
    message = 'This string has no closing `"`; a string ends in the line in which it starts.'
    return error("E010", place, message, f"Close it: {quoted(closed)}.")


def wrong_quotes(place: Place, written: str, instead: str) -> Diagnostic:
    return error(
        "E011", place, f"{quoted(written)} has the wrong quotes.", f"Write straight double ones: {quoted(instead)}."
    )


def foreign_comment(place: Place, sign: str) -> Diagnostic:
    return error(
        "E012", place, f"{quoted(sign)} starts no comment here.", "A comment starts with `#` and ends with the line."
    )


def foreign_sign(place: Place, written: str, instead: str) -> Diagnostic:
    return error("E013", place, f"{quoted(written)} means nothing here.", f"Write {quoted(instead)}.")


def arrow_as_comparison(place: Place) -> Diagnostic:
    return error(
        "E013", place, "`=>` leads to a stage, and what follows it here is a value.", "Write `>=` for at least."
    )


def needless_sign(place: Place, sign: str) -> Diagnostic:
    return error("E014", place, f"{quoted(sign)} is not needed here.", "Leave it out.")


def stray_sign(place: Place, sign: str) -> Diagnostic:
    return error(
        "E014", place, f"The sign {quoted(sign)} means nothing here.", 'Leave it out; text stands in quotes, `"so"`.'
    )


def sign_in_name(place: Place, sign: str, name: str) -> Diagnostic:
    message = f"A name in plain words has no {quoted(sign)} in it: it has letters, digits, `_` and `-`."
    return error(
        "E014",
        place,
        message,
        f"If this is the name of an event, write it in quotes: {quoted(chr(34) + name + chr(34))}.",
    )


def unknown_escape(place: Place, written: str) -> Diagnostic:
    hint = f"For a backslash write {quoted(chr(92) + written)}. In a string there are " r"`\"`, `\\`, `\n` and `\t`."
    return error("E015", place, f"{quoted(written)} stands for nothing in a string.", hint)


def empty_event_name(place: Place) -> Diagnostic:
    return error("E016", place, "This event has no name.", "Write the name of the event between the quotes.")


# -- statements ----------------------------------------------------------------------------------------------------


def misspelled_keyword(place: Place, word: str, meant: str) -> Diagnostic:
    return error("E020", place, f"No statement starts with {quoted(word)}.", f"Did you mean `{meant}`?")


def statement_word_as_event(place: Place, word: str, rest: str) -> Diagnostic:
    article = "an" if word == "event" else "a"
    message = f"A line that starts with `{word}` in column 1 is {article} {word} statement, not a rule."
    return error("E021", place, message, f"Name the rule: {quoted('rule my_rule: ' + rest, 100)}.")


def wrong_divider(place: Place, keyword: str, written: str, instead: str) -> Diagnostic:
    shape = {
        "rule": "rule NAME: CONDITION => STAGE",
        "segment": "segment NAME = CONDITION",
        "event": "event NAME = EVENT",
    }
    message = (
        f"After the name of {'an' if keyword == 'event' else 'a'} {keyword} stands `{instead}`, not {quoted(written)}."
    )
    return error("E022", place, message, f"Write `{shape[keyword]}`.")


def list_of_values(place: Place, name: str, values: str) -> Diagnostic:
    hint = f"Write the values where they are needed, {quoted(f'in ({values})', 100)}, or load the list: "
    load = f'list {name} from "FILE.csv" column COLUMN'
    return error(
        "E022", place, "A list is read from a file, and its values don't stand here.", f"{hint}{quoted(load)}."
    )


def missing_colon(place: Place, name: str) -> Diagnostic:
    message = "There is no `:` after the name of this rule."
    return error("E022", place, message, f"Write it where the name ends, such as {quoted('rule ' + name + ': …')}.")


def unnamed_rule(place: Place) -> Diagnostic:
    hint = "Write `rule NAME: CONDITION => STAGE`, or only `CONDITION => STAGE`."
    return error("E023", place, "This rule has no name.", hint)


def missing_arrow(place: Place) -> Diagnostic:
    return error("E024", place, "This rule has no outcome.", "End it with `=>` and a stage, such as `=> MQL`.")


def arrow_forgotten(place: Place, words: str) -> Diagnostic:
    return error(
        "E024", place, f"{quoted(words)} cannot stand here.", f"If it is the stage, write {quoted('=> ' + words)}."
    )


def if_then(place: Place, instead: str) -> Diagnostic:
    return error(
        "E024",
        place,
        "Rules are written without `if`, and with `=>` before the stage.",
        f"Write {quoted(instead, 100)}.",
    )


def outcome_of_condition(place: Place) -> Diagnostic:
    return error(
        "E025", place, "Here a condition stands alone, without an outcome.", "Leave out the `=>` and what follows it."
    )


def missing_stage(place: Place) -> Diagnostic:
    return error(
        "E024", place, "After `=>` there is no stage.", "Write the stage, such as `=> MQL` or `=> recycle to MEL`."
    )


def second_arrow(place: Place, sign: str, stage: str, other: str) -> Diagnostic:
    hint = f"Write one rule for {quoted(stage)}" + (f", and one for {quoted(other)}." if other else ".")
    return error("E025", place, f"A rule has one outcome, and ends with it; {quoted(sign)} follows it here.", hint)


def restriction_after_outcome(place: Place, written: str) -> Diagnostic:
    message = "A rule ends with its stage; nothing can follow it."
    return error(
        "E025", place, message, f"Write {quoted(written)} before the `=>`, after the condition that it is about."
    )


def recycle_without_to(place: Place, stage: str) -> Diagnostic:
    return error("E026", place, "`recycle` needs a `to`.", f"Write {quoted('=> recycle to ' + stage)}.")


def when_without_comma(place: Place, head: str) -> Diagnostic:
    message = "Between the stage after `when` and the condition there has to be a comma."
    return error("E027", place, message, f"Write {quoted(head + ', …')}.")


def when_compares(place: Place, stage: str) -> Diagnostic:
    return error("E027", place, "`when` takes a stage alone.", f"Write {quoted('when ' + stage + ', …')}.")


def quoted_name(place: Place, written: str, plain: str | None) -> Diagnostic:
    hint = f"Write {quoted(plain)}." if plain else "Names have letters, digits, `_` and `-`, in one word or several."
    return error("E028", place, f"{quoted(written)} is in quotes, and names here are not.", hint)


def unquoted_text(place: Place, text: str) -> Diagnostic:
    return error("E028", place, f"{quoted(text)} has to stand in quotes.", f"Write {quoted(chr(34) + text + chr(34))}.")


def reserved_word_in_name(place: Place, word: str) -> Diagnostic:
    message = f"{quoted(word)} cannot be a word of this name: it means something else in conditions."
    return error(
        "E029", place, message, "Choose a name without `and or not no then within since after before during where`."
    )


# -- all else ------------------------------------------------------------------------------------------------------


def unfinished(place: Place, keyword: str, shape: str) -> Diagnostic:
    article = "An" if keyword == "event" else "A"
    return error("E091", place, "This statement is not finished.", f"{article} {keyword} is written `{shape}`.")


def unexpected(place: Place, found: str | None, expected: Sequence[str]) -> Diagnostic:
    """What was found (None: the end), and what could stand there, in the author's words."""
    message = "Something is missing at the end of this." if found is None else f"{quoted(found)} cannot stand here."
    if not expected:
        return error("E090", place, message, "Here the statement should end.")
    listed = expected[0] if len(expected) == 1 else ", ".join(expected[:-1]) + " or " + expected[-1]
    return error("E090", place, message, f"Here could stand {listed}.")


# -- limits (E4xx) -------------------------------------------------------------------------------------------------


def file_too_long(place: Place) -> Diagnostic:
    message = f"This file has more than {limits.FILE_CHARACTERS:,} characters, the most that a rule file may have."
    return error("E490", place, message, "Split it into several files.")


def statement_too_long(place: Place) -> Diagnostic:
    message = f"This statement has more than {limits.STATEMENT_CHARACTERS:,} characters, the most that one may have."
    return error(
        "E491",
        place,
        message,
        'Split it, with segments; long lists of values belong in a file: `list NAME from "FILE"`.',
    )


def nested_too_deep(place: Place) -> Diagnostic:
    message = f"Here parentheses and `not` are nested more than {limits.NESTING} levels deep, which is the limit."
    return error("E492", place, message, "Give the inner parts names, with `segment NAME = …` or `event NAME = …`.")


def too_many_mistakes(place: Place) -> Diagnostic:
    message = f"There are more than {limits.MISTAKES:,} mistakes in this file; from here on it was not read."
    return error("E493", place, message, None)


def too_many_digits(place: Place) -> Diagnostic:
    return error("E494", place, f"This number has more than {limits.DIGITS} digits, which is the limit.", None)
