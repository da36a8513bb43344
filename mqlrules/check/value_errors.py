"""The diagnostics about types and values (E2xx): one constructor each."""

from collections.abc import Sequence

from mqlrules.check.errors import Place, did_you_mean, finding, here, listed
from mqlrules.language.aggregates import AggregateRecord
from mqlrules.text.diagnostic import Diagnostic


def unknown_property(place: Place, path: str, owner: str, close: str | None, known: Sequence[str]) -> Diagnostic:
    otherwise = f"Its schema has {listed(known)}." if known else "Its schema has no properties."
    return finding("E201", place, f"`{owner}` has no property `{path}`.", did_you_mean(close, otherwise))


def wrong_type(place: Place, path: str, type_: str, literal: str, hint: str) -> Diagnostic:
    """A literal that a property of this type never equals (section 4)."""
    return finding("E202", place, f"`{path}` is {of_type(type_)}, and this is {of_type(literal)}.", hint)


def wrong_test(place: Place, path: str, type_: str, test: str, needs: str, hint: str) -> Diagnostic:
    """A test that asks for another type: ``contains`` of a number, a bare path of text."""
    return finding("E203", place, f"`{path}` is {of_type(type_)}, and `{test}` needs {needs}.", hint)


def bare_property(place: Place, path: str, type_: str) -> Diagnostic:
    """A bare path asks for true (section 4)."""
    return finding(
        "E209",
        place,
        f"`{path}` is {of_type(type_)}, and a property alone asks whether it is true.",
        f"Compare it, or write `{path} is known`.",
    )


def case_of_no_text(place: Place) -> Diagnostic:
    return finding(
        "E204", place, "`ignoring case` is for text alone.", 'Leave it out, or compare with text: `"software"`.'
    )


def count_not_whole(place: Place, shown: str, hint: str) -> Diagnostic:
    return finding("E205", place, f"Events are counted in whole numbers from 0 on, and this is {shown}.", hint)


def wrong_literal_of_aggregate(place: Place, record: AggregateRecord, literal: str) -> Diagnostic:
    """A literal that what an aggregate gives is never compared with (section 5)."""
    gives = "a number or a time" if "date" in record.literals else "a number"
    *others, last = map(of_type, record.literals)
    wanted = f"{', '.join(others)} or {last}" if others else last
    hint = f"Compare it with {wanted}: `>= 30`."
    if record.picks is not None and literal in _EXAMPLES:
        hint += f" To look at one value use `first` or `last`: `last(property of event) = {_EXAMPLES[literal]}`."
    return finding("E206", place, f"`{record.name}` gives {gives}, and this is {of_type(literal)}.", hint)


def aggregate_of_no_number(place: Place, function: str, path: str, type_: str) -> Diagnostic:
    return finding(
        "E207",
        place,
        f"`{function}` needs numbers, and `{path}` is {of_type(type_)}.",
        f"Count its values with `distinct({path} of …)`, or take a property that is a number.",
    )


def no_single_value(place: Place, path: str, word: str) -> Diagnostic:
    """``with same`` and ``distinct`` of a list."""
    return finding("E208", place, f"`{word}` needs a single value, and `{path}` is a list.", "Take another property.")


def too_many_decimals(place: Place, what: str) -> Diagnostic:
    return finding("E210", place, f"{what} at most six decimals.", "Round the number.")


def negative_cap(place: Place, shown: str) -> Diagnostic:
    return finding(
        "E211",
        place,
        "`up to` is the size of a line, and a size is not negative.",
        f"Write `up to {shown}`; it holds for lines with minus too.",
    )


def between_reversed(place: Place, low: str, high: str) -> Diagnostic:
    return finding(
        "E212", place, f"`between {low} and {high}` leaves no number between.", f"Write `between {high} and {low}`."
    )


def during_reversed(place: Place, first: str, last: str) -> Diagnostic:
    return finding(
        "E213", place, f"{last} is before {first}.", f"Write the earlier date first: `during {last} to {first}`."
    )


def list_of_text(place: Place, path: str, type_: str, name: str, defined: Place | None) -> Diagnostic:
    return finding(
        "E214",
        place,
        f"`{path}` is {of_type(type_)}, and the list `{name}` holds nothing of that type.",
        "Take a property that is text.",
        notes=here(defined, "the list is defined here"),
    )


def of_type(type_: str) -> str:
    """A type with its article."""
    return type_ if type_ == "text" else f"a {type_}"


_EXAMPLES = {"text": '"pro"', "boolean": "true"}
