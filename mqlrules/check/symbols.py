"""The one name space of a rule set: which names are defined, as what, and where (section 1)."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal

import attrs

from mqlrules.check import errors, limit_errors, limits
from mqlrules.check.errors import Place
from mqlrules.check.program import Program
from mqlrules.language.names import ACTIVITY, normalise
from mqlrules.syntax import tree
from mqlrules.syntax.tree import Parsed
from mqlrules.text.diagnostic import Diagnostic
from mqlrules.text.source import Source

Kind = Literal["event", "segment", "score", "list", "rule"]


@attrs.frozen
class Symbol:
    """A defined name, as it is written, and where."""

    kind: Kind
    name: str
    place: Place | None


@attrs.frozen
class Symbols:
    """What names mean. ``by_name`` goes by normalised name, in the order of the files.

    ``unread`` are normalised names that statements with syntax errors would have defined: nothing is known of them, so
    nothing is said about their use.
    """

    by_name: Mapping[str, Symbol]
    unread: frozenset[str] = frozenset()
    _named: dict[tuple[Kind, ...], list[str]] = attrs.field(init=False, factory=dict, repr=False)

    def find(self, name: str) -> Symbol | None:
        """The symbol that a name (in any spelling) stands for."""
        return self.by_name.get(normalise(name))

    def named(self, *kinds: Kind) -> list[str]:
        """The names of some kinds, as written."""
        if kinds not in self._named:
            self._named[kinds] = [symbol.name for symbol in self.by_name.values() if symbol.kind in kinds]
        return self._named[kinds]


@attrs.frozen
class Named:
    """A statement with its source; ``key`` is the normalised name that it defines, ``first`` if none did before it."""

    source: Source
    node: tree.Statement
    name: str = ""
    key: str = ""
    first: bool = True


def collect(files: Sequence[Parsed], folder: Path | None) -> tuple[Symbols, list[Named], list[Diagnostic]]:
    """The name space of all files, their statements in order, and what is doubly defined."""
    diagnostics: list[Diagnostic] = []
    symbols: dict[str, Symbol] = {}
    statements: list[Named] = []
    bare: list[tuple[int, str]] = []
    stems = _bare_names(files, folder)
    for file, stem in zip(files, stems, strict=True):
        unnamed = 0
        room = limits.STATEMENTS - len(statements)
        for node in file.tree.statements[:room]:
            kind, name = _defines(node)
            if kind is not None and name is not None:
                statements.append(_define(symbols, diagnostics, file.source, node, kind, name))
                continue
            if kind is not None:
                unnamed += 1
                bare.append((len(statements), f"{stem}_{unnamed}"))
            statements.append(Named(file.source, node))
        if len(file.tree.statements) > room:
            diagnostics.append(limit_errors.too_many_statements((file.source, file.tree.statements[room].span)))
            break
    # Bare rules come last: a name that an author wrote goes before one that is made.
    for at, made in bare:
        source, node = statements[at].source, statements[at].node
        key = normalise(made)
        taken = symbols.get(key)
        if taken is not None:
            diagnostics.append(errors.bare_name_taken((source, node.span), made, taken.place))
        else:
            symbols[key] = Symbol("rule", made, (source, node.span))
        statements[at] = Named(source, node, made, key, taken is None)
    unread = frozenset(name for file in files if file.diagnostics for name in _unread(file.source, symbols))
    return Symbols(symbols, unread), statements, diagnostics


def of_program(program: Program) -> Symbols:
    """The name space of a checked program, for a condition that is written later."""
    symbols: dict[str, Symbol] = {}
    of_kind: list[tuple[Kind, Mapping[str, object]]] = [
        ("event", program.events),
        ("segment", program.segments),
        ("score", program.scores),
        ("list", program.lists),
        ("rule", {normalise(rule.name): rule for rule in program.rules}),
    ]
    for kind, definitions in of_kind:
        for key, definition in definitions.items():
            source, span = getattr(definition, "source", None), getattr(definition, "span", None)
            place = None if source is None or span is None else (source, span)
            symbols[key] = Symbol(kind, getattr(definition, "name", key), place)
    return Symbols(symbols)


def _define(
    symbols: dict[str, Symbol],
    diagnostics: list[Diagnostic],
    source: Source,
    node: tree.Statement,
    kind: Kind,
    written: tree.Name | tree.Phrase,
) -> Named:
    key = normalise(written.text)
    place = (source, written.span)
    earlier = symbols.get(key)
    if key == ACTIVITY:
        diagnostics.append(errors.activity_defined(place, kind))
        return Named(source, node, written.text, key, False)
    if earlier is not None:
        diagnostics.append(errors.defined_twice(place, written.text, kind, earlier.kind, earlier.place))
    else:
        symbols[key] = Symbol(kind, written.text, place)
    return Named(source, node, written.text, key, earlier is None)


def _defines(node: tree.Statement) -> tuple[Kind | None, tree.Name | tree.Phrase | None]:
    match node:
        case tree.RuleDefinition():
            return "rule", node.name
        case tree.EventDefinition():
            return "event", node.name
        case tree.SegmentDefinition():
            return "segment", node.name
        case tree.ScoreDefinition():
            return "score", node.name
        case tree.ListDefinition():
            return "list", node.name
        case _:
            return None, None


def _bare_names(files: Sequence[Parsed], folder: Path | None) -> Iterator[str]:
    """What the bare rules of each file are called after: its stem, with its folders where two files share one."""
    paths = [file.source.path for file in files]
    stems = [None if path is None else normalise(path.stem) for path in paths]
    for path, stem in zip(paths, stems, strict=True):
        if path is None:
            yield "rule"
        elif stems.count(stem) == 1 or folder is None or not path.is_relative_to(folder):
            yield _as_word(path.stem)
        else:
            yield "_".join(map(_as_word, path.relative_to(folder).with_suffix("").parts))


def _as_word(text: str) -> str:
    return re.sub(r"[^\w-]+", "_", text)


_DEFINITION = re.compile(r'^(?:event|segment|score|list|rule)[ \t]+([^\W\d][^=:"#\r\n(]*)', re.MULTILINE)


def _unread(source: Source, known: Mapping[str, Symbol]) -> Iterable[str]:
    """Names that a file defines by its look, though the statement was not read."""
    for match in _DEFINITION.finditer(source.text):
        name = normalise(re.split(r"\sfrom\s", match[1] + " ")[0])
        if name and name not in known:
            yield name
