"""How the house is laid out: imports go downward, engines stand apart, names say something."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = sorted(path.relative_to(ROOT) for path in (ROOT / "mqlrules").rglob("*.py"))
TREES = {path: ast.parse((ROOT / path).read_text(encoding="utf-8")) for path in MODULES}

# From the bottom up. A module belongs to the layer with the longest prefix of its name; it may import from its own
# layer and from those below. A new room must say here where it stands.
LAYERS = (
    "mqlrules.text",
    "mqlrules.events",
    "mqlrules.language",
    "mqlrules.events.traits",
    "mqlrules.syntax",
    "mqlrules.check",
    "mqlrules.plan",
    "mqlrules.engine",
    "mqlrules.result",
    "mqlrules.evaluation",
    "mqlrules.terminal",
    "mqlrules.unheard",
    "mqlrules.writing",
    "mqlrules.explain",
    "mqlrules.lint",
    "mqlrules.format",
    "mqlrules.memory",
    "mqlrules.events.readers",
    "mqlrules.engine.columnar",
    "mqlrules.progress",
    "mqlrules.tables",
    "mqlrules.explained",
    "mqlrules.testing",
    "mqlrules.batch",
    "mqlrules.profiling",
    "mqlrules.frames",
    "mqlrules.outcome",
    "mqlrules.pieces",
    "mqlrules.bulk",
    "mqlrules.running",
    "mqlrules.explain",
    "mqlrules.explain.timeline.terminal",
    "mqlrules.durable",
    "mqlrules.ruleset",
    "mqlrules",
    "mqlrules.ide",
    "mqlrules.lsp",
    "mqlrules.repl",
    "mqlrules.cli",
)
ENGINES = ("mqlrules.engine.reference", "mqlrules.engine.incremental", "mqlrules.engine.columnar")
VAGUE = {"util", "utils", "helper", "helpers", "common", "misc"}


def module_name(path: Path) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def within(module: str, prefix: str) -> bool:
    return module == prefix or module.startswith(prefix + ".")


def layer(module: str) -> str:
    if module == "mqlrules":
        return module
    prefixes = [prefix for prefix in LAYERS if prefix != "mqlrules" and within(module, prefix)]
    assert prefixes, f"{module} stands in no layer: name one for it in LAYERS"
    return max(prefixes, key=len)


def is_module(name: str) -> bool:
    path = ROOT.joinpath(*name.split("."))
    return path.with_suffix(".py").exists() or (path / "__init__.py").exists()


def imports(path: Path) -> Iterator[tuple[str, str]]:
    """The place and the full module name of each import of a file, those inside functions too."""
    for node in ast.walk(TREES[path]):
        match node:
            case ast.Import(names=names):
                yield from ((f"{path}:{node.lineno}", alias.name) for alias in names)
            case ast.ImportFrom(module=str(module), names=names, level=0):
                for alias in names:
                    deeper = f"{module}.{alias.name}"
                    yield f"{path}:{node.lineno}", deeper if is_module(deeper) else module
            case ast.ImportFrom():
                raise AssertionError(f"{path}:{node.lineno}: imports here are absolute")


def test_imports_go_downward() -> None:
    upward = [
        f"{place}: {imported}"
        for path in MODULES
        for place, imported in imports(path)
        if within(imported, "mqlrules") and LAYERS.index(layer(imported)) > LAYERS.index(layer(module_name(path)))
    ]
    assert [] == upward


@pytest.mark.parametrize("engine", ENGINES)
def test_engines_never_import_each_other(engine: str) -> None:
    others = [other for other in ENGINES if other != engine]
    crossing = [
        f"{place}: {imported}"
        for path in MODULES
        if within(module_name(path), engine)
        for place, imported in imports(path)
        if any(within(imported, other) for other in others)
    ]
    assert [] == crossing


def test_under_the_readers_only_lark_and_attrs_are_imported() -> None:
    core = LAYERS[: LAYERS.index("mqlrules.memory")]
    foreign = [
        f"{place}: {imported}"
        for path in MODULES
        if layer(module_name(path)) in core
        for place, imported in imports(path)
        if imported.partition(".")[0] not in {"mqlrules", "attr", "attrs", "lark"} | sys.stdlib_module_names
    ]
    assert [] == foreign


def test_imports_stand_above_definitions() -> None:
    late = []
    for path, tree in TREES.items():
        defined = False
        for node in tree.body:
            defined = defined or isinstance(node, ast.FunctionDef | ast.ClassDef)
            if defined and isinstance(node, ast.Import | ast.ImportFrom):
                late.append(f"{path}:{node.lineno}")
    assert [] == late


def test_every_module_says_its_subject() -> None:
    assert [] == [str(path) for path, tree in TREES.items() if not ast.get_docstring(tree)]


def test_no_module_is_longer_than_500_lines() -> None:
    long = {str(path): len((ROOT / path).read_text(encoding="utf-8").splitlines()) for path in MODULES}
    assert {} == {path: lines for path, lines in long.items() if lines > 500}


def test_names_of_files_and_folders_say_something() -> None:
    vague = [
        str(path.relative_to(ROOT))
        for folder in ("mqlrules", "tests", "examples", "benchmarks", "editors", "docs")
        for path in (ROOT / folder).rglob("*")
        if path.stem in VAGUE and "node_modules" not in path.parts
    ]
    assert [] == vague
