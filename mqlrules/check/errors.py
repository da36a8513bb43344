"""The diagnostics about names (E1xx): one constructor each; and what all constructors are made with.

What is wrong with values is in ``value_errors``, with conditions in ``condition_errors``, with sizes in
``limit_errors``. Words between backticks are rule text, as the author wrote it or should write it.
"""

from collections.abc import Iterable, Sequence

from mqlrules.language.suggest import did_you_mean as did_you_mean
from mqlrules.text.diagnostic import Diagnostic, Note, Severity
from mqlrules.text.source import Source
from mqlrules.text.span import Span

Place = tuple[Source, Span]


def finding(
    code: str, place: Place, message: str, hint: str | None, *, notes: Iterable[Note] = (), severity: Severity = "error"
) -> Diagnostic:
    """A diagnostic at a place."""
    return Diagnostic(code, severity, message, hint, place[0], place[1], tuple(notes))


def here(place: Place | None, message: str) -> tuple[Note, ...]:
    """The note that points at a second place, where there is one."""
    return () if place is None else (Note(place[0], place[1], message),)


def listed(names: Sequence[str], most: int = 8) -> str:
    """Names for a sentence: all of them if they are few."""
    shown = ", ".join(f"`{name}`" for name in names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"


def a(kind: str) -> str:
    """A kind with its article."""
    return f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"


# -- one name space ------------------------------------------------------------------------------------------------


def defined_twice(place: Place, name: str, kind: str, first_kind: str, first: Place | None) -> Diagnostic:
    """One name for two things: events, segments, scores, lists and rules share one name space (section 1)."""
    what = f"as {a(first_kind)} and as {a(kind)}" if kind != first_kind else f"both times as {a(kind)}"
    hint = "Give one of them another name."
    if kind != first_kind:
        hint += " Events, segments, scores, lists and rules share one set of names."
    return finding("E101", place, f"`{name}` is defined twice, {what}.", hint, notes=here(first, "first defined here"))


def activity_defined(place: Place, kind: str) -> Diagnostic:
    """``activity`` is always there (section 2)."""
    return finding(
        "E102",
        place,
        f"{a(kind).capitalize()} can't be called `activity`: that name is built in and means every event.",
        'Give it another name. An event that is sent under this name is written as a string: `"activity"`.',
    )


def event_cycle(place: Place, names: Sequence[str], places: Iterable[tuple[str, Place]]) -> Diagnostic:
    """Definitions of events that lead back to themselves (section 4)."""
    circle = " -> ".join(f"`{name}`" for name in names)
    return finding(
        "E103",
        place,
        f"The definitions of these events go round in a circle: {circle}.",
        f'One of them must stand for what is really sent, and that is written as a string: `"{names[0]}"`.',
        notes=(Note(*there, f"`{name}` is defined here") for name, there in places),
    )


def segment_cycle(place: Place, names: Sequence[str], places: Iterable[tuple[str, Place]]) -> Diagnostic:
    """Segments and scores that lead back to themselves (sections 5 and 7)."""
    circle = " -> ".join(f"`{name}`" for name in names)
    alone = len(names) == 2
    return finding(
        "E104",
        place,
        f"`{names[0]}` asks for itself."
        if alone
        else f"These segments and scores ask for each other in a circle: {circle}.",
        f'If an event of that name is meant, write it as a string: `"{names[0]}"`.'
        if alone
        else "Take one of them out of the circle.",
        notes=(Note(*there, f"`{name}` is defined here") for name, there in places),
    )


# -- names that are not there, or are something else ---------------------------------------------------------------


def unknown_list(place: Place, name: str, close: str | None) -> Diagnostic:
    return finding(
        "E105",
        place,
        f"There is no list called `{name}`.",
        did_you_mean(
            close, f'Load one: `list {name} from "file.csv" column name`. Or write the values: `in ("one", "two")`.'
        ),
    )


def not_a_list(place: Place, name: str, kind: str, defined: Place | None) -> Diagnostic:
    return finding(
        "E106",
        place,
        f"`{name}` is {a(kind)}, and `in` needs a list.",
        'Write the values, `in ("one", "two")`, or the name of a list.',
        notes=here(defined, f"the {kind} is defined here"),
    )


def unknown_stage(
    place: Place, name: str, close: str | None, stages: Sequence[str], defined: Place | None
) -> Diagnostic:
    return finding(
        "E107",
        place,
        f"There is no stage called `{name}`.",
        did_you_mean(
            close,
            f"The stages are {listed(stages, 20)}. Others are declared with `lifecycle`, in any file of the rule set.",
        ),
        notes=here(defined, "the stages are declared here"),
    )


def when_after_outcome(place: Place, stage: str, outcome: str) -> Diagnostic:
    """``when`` after the outcome, where it reads as a word of the stage's name (section 8)."""
    return finding(
        "E107",
        place,
        "A rule ends with its stage, and asks for the stage of a lead at its beginning.",
        f"Write `when {stage}, … {outcome}`.",
    )


def outside_the_ladder(place: Place, name: str, ladder: Sequence[str]) -> Diagnostic:
    """``recycle to`` a stage outside the ladder (section 8)."""
    return finding(
        "E108",
        place,
        f"`recycle to` moves down the ladder, and `{name}` stands outside it.",
        f"Write `=> {name}` to end there, or recycle to one of {listed(ladder, 20)}.",
    )


def event_without_schema(place: Place, name: str, close: str | None) -> Diagnostic:
    """A raw event without a schema in a rule set with schemas (section 2)."""
    declare = f"f it is sent under this name, declare it: `schema {_spelled(name)} (property: text)`."
    return finding(
        "E109",
        place,
        f"No schema and no definition knows an event called `{name}`.",
        f"I{declare}" if close is None else f"Did you mean `{close}`? I{declare}",
    )


def not_an_event(place: Place, name: str, kind: str, hint: str, defined: Place | None) -> Diagnostic:
    """A segment, score or list where an event is needed."""
    return finding(
        "E110",
        place,
        f"`{name}` is {a(kind)}, and an event is needed here.",
        hint,
        notes=here(defined, f"the {kind} is defined here"),
    )


def rule_in_condition(place: Place, name: str, defined: Place | None) -> Diagnostic:
    return finding(
        "E111",
        place,
        f"`{name}` is a rule, and a condition can't ask for a rule.",
        "To use its condition twice, make a segment of it, `segment name = …`, and ask for that. "
        f'If an event is meant, write it as a string: `"{name}"`.',
        notes=here(defined, "the rule is defined here"),
    )


def list_in_condition(place: Place, name: str, defined: Place | None) -> Diagnostic:
    return finding(
        "E112",
        place,
        f"`{name}` is a list, and a list alone is no condition.",
        f"Say what must be in it: `lead.domain in {name}`.",
        notes=here(defined, "the list is defined here"),
    )


def one_slip(place: Place, name: str, close: str) -> Diagnostic:
    """A warning: a name used once that is one slip away from another (section 10)."""
    return finding(
        "E113",
        place,
        f"`{name}` is named only here, and it is nearly `{close}`.",
        f'Did you mean `{close}`? If this is another event, write it as a string: `"{name}"`.',
        severity="warning",
    )


def bare_name_taken(place: Place, name: str, defined: Place | None) -> Diagnostic:
    """The name that a bare rule gets from its file and place is in use (section 1)."""
    return finding(
        "E114",
        place,
        f"This rule has no name, so it is called `{name}`, and that name is in use.",
        "Give the rule a name: `rule name: condition => STAGE`.",
        notes=here(defined, "the same name is used here"),
    )


def unknown_name(place: Place, name: str, kind: str, close: str | None, otherwise: str | None = None) -> Diagnostic:
    """A segment, score or rule that a ``test`` speaks of (section 9)."""
    return finding(
        "E115",
        place,
        f"There is no {kind} called `{name}`.",
        did_you_mean(close, otherwise or "If it is defined in another file, give that file too, or the whole folder."),
    )


def stage_in_condition(place: Place, name: str) -> Diagnostic:
    """A warning: conditions speak of events, only ``when`` and outcomes speak of stages (section 8)."""
    return finding(
        "E116",
        place,
        f"`{name}` is a stage, and here it is read as an event of that name.",
        f"To ask for the stage, begin the rule with `when {name},`. "
        f'If the event is meant, write it as a string: `"{name}"`.',
        severity="warning",
    )


def score_nowhere_defined(place: Place, name: str) -> Diagnostic:
    """A warning: a name that sounds like a score, compared as scores are, and no score (sections 5 and 7)."""
    return finding(
        "E117",
        place,
        f"There is no score called `{name}`, so this counts events of that name.",
        f"A score is defined by `score {name}` with lines of points below it, in any file of the rule set; is that "
        f'file given? If the event is meant, write it as a string: `"{name}"`.',
        severity="warning",
    )


# -- statements that stand once ------------------------------------------------------------------------------------


def statement_twice(place: Place, word: str, first: Place) -> Diagnostic:
    """``lifecycle`` and ``timezone`` hold for the whole rule set."""
    return finding(
        "E120",
        place,
        f"`{word}` stands twice in this rule set.",
        "Keep one of them: it holds for all files.",
        notes=here(first, "the first one is here"),
    )


def stage_twice(place: Place, name: str, first: Place) -> Diagnostic:
    return finding(
        "E121",
        place,
        f"The stage `{name}` stands twice in the lifecycle.",
        "Leave one of them out.",
        notes=here(first, "first named here"),
    )


def lonely_stage(place: Place) -> Diagnostic:
    return finding(
        "E122",
        place,
        "A lifecycle of one stage leaves nowhere to move to.",
        "Name two stages at least: `lifecycle lead > customer`.",
    )


def unknown_timezone(place: Place, name: str, close: str | None) -> Diagnostic:
    return finding(
        "E123",
        place,
        f"There is no time zone called `{name}`.",
        did_you_mean(
            close, 'Write a name of the IANA list, such as `"Europe/Berlin"`, `"America/New_York"` or `"UTC"`.'
        ),
    )


def schema_twice(place: Place, name: str, first: Place) -> Diagnostic:
    return finding(
        "E124",
        place,
        f"`{name}` has two schemas.",
        "Write all its properties in one.",
        notes=here(first, "the first one is here"),
    )


def property_twice(place: Place, name: str, first: Place) -> Diagnostic:
    return finding(
        "E125",
        place,
        f"The property `{name}` stands twice in this schema.",
        "Leave one of them out.",
        notes=here(first, "first declared here"),
    )


def unknown_type(place: Place, name: str, close: str | None) -> Diagnostic:
    return finding(
        "E126",
        place,
        f"There is no type called `{name}`.",
        did_you_mean(close, "The types are `text`, `number`, `boolean`, `time`, `duration` and `list`."),
    )


def schema_of_definition(place: Place, name: str, defined: Place | None) -> Diagnostic:
    """A schema describes what is sent, a definition what the rule set makes of it."""
    return finding(
        "E127",
        place,
        f"`{name}` is defined in this rule set, and a schema describes an event as it is sent.",
        f"Write the schema of the event that the definition is made of. "
        f'If `{name}` is sent too, write it as a string: `schema "{name}" (…)`.',
        notes=here(defined, "the definition is here"),
    )


def schema_of_activity(place: Place) -> Diagnostic:
    return finding(
        "E128",
        place,
        "`activity` means every event, so it has no schema.",
        "Write a schema for each event: `schema page_viewed (path: text)`.",
    )


# -- lists from files ----------------------------------------------------------------------------------------------


def list_without_folder(place: Place) -> Diagnostic:
    return finding(
        "E130",
        place,
        "A list is read from the folder of the rule files, and these rules are not in a file.",
        'Load the rules from a file, or write the values where they are needed: `in ("one", "two")`.',
    )


def list_outside_folder(place: Place, file: str) -> Diagnostic:
    return finding(
        "E131",
        place,
        f"`{file}` is outside the folder of these rules, and a list is read from inside it alone.",
        'Put the file beside the rules and write its path from there: `"lists/accounts.csv"`.',
    )


def list_not_found(place: Place, file: str, close: str | None) -> Diagnostic:
    return finding(
        "E132",
        place,
        f"There is no file `{file}`.",
        did_you_mean(close, "The path starts at the folder of this rule file."),
    )


def list_not_readable(place: Place, file: str, why: str) -> Diagnostic:
    return finding("E133", place, f"`{file}` can't be read: {why}.", "A list is a CSV file.")


def list_not_utf8(place: Place, file: str, line: int) -> Diagnostic:
    return finding(
        "E134",
        place,
        f"`{file}` is not in UTF-8 (line {line}).",
        "Save it again as UTF-8; in Excel that is `CSV UTF-8 (Comma delimited)`.",
    )


def list_without_column(place: Place, file: str, column: str, close: str | None, columns: Sequence[str]) -> Diagnostic:
    return finding(
        "E135",
        place,
        f"`{file}` has no column `{column}`.",
        did_you_mean(close, f"Its first line names {listed(columns)}."),
    )


def list_empty(place: Place, file: str, column: str | None) -> Diagnostic:
    what = f"The column `{column}` of `{file}` is empty" if column else f"`{file}` is empty"
    return finding("E136", place, f"{what}, so nothing would ever be in this list.", "Fill it, or take the list out.")


def list_of_columns(place: Place, file: str, columns: Sequence[str]) -> Diagnostic:
    return finding(
        "E137",
        place,
        f"`{file}` has {len(columns)} columns.",
        f"Say which one holds the values: `column {_spelled(columns[0])}`.",
    )


def _spelled(name: str) -> str:
    """A name as it is written in a rule: a string where words can't spell it."""
    words = name.split()
    plain = words and all(word.replace("-", "_").isidentifier() for word in words)
    return name if plain else f'"{name}"'
