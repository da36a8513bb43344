"""The diagnostics about tests of properties, and lines of scores and tests (E060 to E089): one constructor each."""

from mqlrules.syntax.errors import Place, error, quoted
from mqlrules.text.diagnostic import Diagnostic

# -- tests of properties and traits --------------------------------------------------------------------------------


def other_test(place: Place, written: str, instead: str, like: bool = False) -> Diagnostic:
    hint = f"Write `{instead}`" + ("; `*` stands for any run, `?` for one character." if like else ".")
    return error("E060", place, f"There is no test {quoted(written)}.", hint)


def negated_test(place: Place, written: str, instead: str) -> Diagnostic:
    return error(
        "E061", place, f"{quoted(written)}: `not` stands before the property.", f"Write {quoted(instead + ' …')}."
    )


def missing_operator(place: Place, instead: str) -> Diagnostic:
    return error("E062", place, "Between a property and a value there has to be a test.", f"Write {quoted(instead)}.")


def unquoted_value(place: Place, text: str) -> Diagnostic:
    return error(
        "E063",
        place,
        f"Text stands in quotes, and {quoted(text)} doesn't.",
        f"Write {quoted(chr(34) + text + chr(34))}.",
    )


def boolean(place: Place, written: str, instead: str) -> Diagnostic:
    return error("E063", place, f"{quoted(written)} is no value.", f"Write `{instead}`, in small letters.")


def list_without_parentheses(place: Place, inner: str) -> Diagnostic:
    return error("E064", place, "The values after `in` stand in parentheses.", f"Write {quoted('in (' + inner + ')')}.")


def several_texts(place: Place, test: str, instead: str) -> Diagnostic:
    return error("E064", place, f"`{test}` takes one text.", f"Write {quoted(instead, 100)}.")


def range_test(place: Place, instead: str) -> Diagnostic:
    return error("E065", place, "There is no test `between`.", f"Write {quoted(instead)}.")


def missing_value(place: Place, operator: str, number: bool) -> Diagnostic:
    kind = "number" if number else "value"
    return error("E066", place, f"There is no {kind} after `{operator}`.", f"Write the {kind} to compare with.")


# -- lines of scores -----------------------------------------------------------------------------------------------


def points_without_sign(place: Place, number: str) -> Diagnostic:
    return error("E070", place, f"Points have a sign, and `{number}` has none.", f"Write `+{number}`, or `-{number}`.")


def sign_apart(place: Place, written: str, instead: str) -> Diagnostic:
    return error("E070", place, f"{quoted(written)}: the sign stands right before the number.", f"Write `{instead}`.")


def needless_word(place: Place, word: str) -> Diagnostic:
    return error("E071", place, f"{quoted(word)} is not needed here.", "Leave it out.")


def how_points_count(place: Place, word: str, instead: str) -> Diagnostic:
    message = f"After points stands `per`, `for` or `if`, not {quoted(word)}."
    return error("E072", place, message, f"Write {quoted(instead)}.")


def points_without_word(place: Place, instead: str) -> Diagnostic:
    message = "After points stands `per` (each time), `for` (once) or `if` (while a condition holds)."
    return error("E072", place, message, f"Write {quoted(instead)}.")


def other_words(place: Place, written: str, instead: str) -> Diagnostic:
    return error("E073", place, f"{quoted(written)} is not how it is written here.", f"Write {quoted(instead)}.")


def adjusted_condition(place: Place, written: str) -> Diagnostic:
    message = f"{quoted(written)} is for points of events, after `per` or `for`: a condition gives its points once."
    return error("E074", place, message, "Leave it out.")


# -- lines of tests, and schemas -----------------------------------------------------------------------------------


def colon_between(place: Place, written: str, instead: str) -> Diagnostic:
    return error("E080", place, f"Before {quoted(written)} there has to be a `:`.", f"Write {quoted(instead)}.")


def colon_instead(place: Place, written: str, instead: str) -> Diagnostic:
    return error("E080", place, f"A `:` stands here, not {quoted(written)}.", f"Write {quoted(instead)}.")


def missing_comma(place: Place, before: str, after: str) -> Diagnostic:
    return error("E081", place, "There is no comma before this.", f"Write {quoted(before + ', ' + after)}.")


def moment_needed(place: Place, word: str) -> Diagnostic:
    hint = "Write `day 3`, `day 3 10:30`, `2026-01-31` or an instant."
    return error("E082", place, f"After {quoted(word)} there is no number of a day.", hint)
