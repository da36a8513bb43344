"""Which names the statements of a rule set use."""

from collections.abc import Iterator, Sequence

from mqlrules.language.names import normalise
from mqlrules.lint.trees import nodes, statements
from mqlrules.syntax import tree
from mqlrules.syntax.tree import Parsed


def names_used(files: Sequence[Parsed]) -> set[str]:
    """Normalised names of events, segments, scores and lists that some statement uses, tests too.

    Inside its own definition the name of an event means the raw event, so that doesn't count as a use.
    """
    used: set[str] = set()
    for _, statement in statements(files):
        if not isinstance(statement, (tree.Schema, tree.Lifecycle, tree.Timezone)):
            own = normalise(statement.name.text) if isinstance(statement, tree.EventDefinition) else None
            used |= {name for name in _names(statement) if name != own}
    return used


def _names(statement: tree.Statement) -> Iterator[str]:
    for node in nodes(statement):
        match node:
            case tree.EventPattern(phrase=phrase) | tree.TestEvent(phrase=phrase) if not phrase.quoted:
                yield normalise(phrase.text)
            case tree.OneOf(values=tree.Name(text=text)):
                yield normalise(text)
            case tree.ExpectReached(stage=name) | tree.ExpectScore(score=name):
                yield normalise(name.text)
