"""What rules ask of raw events: names, properties and texts, each where it is written, to be compared with data."""

from collections.abc import Iterator

import attrs

from mqlrules.check.program import Program
from mqlrules.language.names import ACTIVITY, normalise
from mqlrules.lint.record import LintContext
from mqlrules.lint.trees import nodes
from mqlrules.profile.profile import EventProfile, Profile, Property
from mqlrules.syntax import tree
from mqlrules.text.source import Source
from mqlrules.text.span import Span


@attrs.frozen
class AskedProperty:
    """A property of an event: its first name as written, and the texts that it is compared with for equality."""

    event: str
    name: str
    span: Span
    source: Source
    texts: tuple[tree.Text, ...]
    ignoring_case: bool
    known: tuple[EventProfile, ...]

    @property
    def found(self) -> list[Property]:
        """The property in those of the events that have it."""
        return [event.properties[self.name] for event in self.known if self.name in event.properties]


def raw_names(program: Program, phrase: tree.Phrase, statement: tree.Statement) -> set[str] | None:
    """The normalised names of the raw events that a phrase stands for; None for ``activity`` and for no event."""
    key = normalise(phrase.text)
    own = isinstance(statement, tree.EventDefinition) and normalise(statement.name.text) == key
    if phrase.quoted or own:
        return {key}
    if key == ACTIVITY or key in program.segments or key in program.scores:
        return None
    if key in program.events:
        names = {alternative.name for alternative in program.events[key].pattern.alternatives}
        return None if None in names else {name for name in names if name is not None}
    return {key}


def properties_asked(context: LintContext, profile: Profile) -> Iterator[AskedProperty]:
    """The properties that ``where`` and aggregates ask for, of events that are in the data."""
    for source, statement, node in context.nodes:
        match node:
            case tree.EventPattern(phrase=phrase, where=where) if where is not None:
                known = _known(context, profile, phrase, statement)
                for test in nodes(where) if known else ():
                    if isinstance(test, (tree.Comparison, tree.OneOf, tree.TextTest, tree.Presence, tree.Bare)):
                        yield _asked(source, phrase.text, test, known)
            case tree.Aggregate(path=tree.Path() as path, pattern=tree.EventPattern(phrase=phrase), value=value):
                known = _known(context, profile, phrase, statement)
                texts = (value,) if isinstance(value, tree.Text) and node.operator == "=" else ()
                if known:
                    yield AskedProperty(phrase.text, path.parts[0], path.span, source, texts, False, known)


def _known(
    context: LintContext, profile: Profile, phrase: tree.Phrase, statement: tree.Statement
) -> tuple[EventProfile, ...]:
    names = raw_names(context.program, phrase, statement)
    if names is None or not names <= set(profile.events):
        return ()
    return tuple(profile.events[name] for name in sorted(names))


def _asked(
    source: Source,
    event: str,
    test: tree.Comparison | tree.OneOf | tree.TextTest | tree.Presence | tree.Bare,
    known: tuple[EventProfile, ...],
) -> AskedProperty:
    texts: tuple[tree.Text, ...] = ()
    ignoring_case = False
    if len(test.path.parts) == 1:
        match test:
            case tree.Comparison(operator="=" | "!=", value=tree.Text() as text):
                texts, ignoring_case = (text,), test.ignoring_case
            case tree.OneOf(values=tuple(values)):
                texts = tuple(value for value in values if isinstance(value, tree.Text))
                ignoring_case = test.ignoring_case
    return AskedProperty(event, test.path.parts[0], test.path.span, source, texts, ignoring_case, known)


def texts_missing(asked: AskedProperty) -> Iterator[tuple[tree.Text, frozenset[str]]]:
    """Texts that no event of the data has, each with those that are there; nothing where these are not all known."""
    found = asked.found
    there: set[str] = set()
    for of in found:
        if of.values is None:
            return
        there |= of.values
    if not there:
        return
    folded = {text.casefold() for text in there} if asked.ignoring_case else set()
    for text in asked.texts:
        if text.value not in there and text.value.casefold() not in folded:
            yield text, frozenset(there)
