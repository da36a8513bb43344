"""How the house is laid out: imports go downward, engines stand apart, names say something."""

import ast
import graphlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = sorted(path.relative_to(ROOT) for path in (ROOT / "mqlrules").rglob("*.py"))
TREES = {path: ast.parse((ROOT / path).read_text(encoding="utf-8")) for path in MODULES}

# The floors of docs/architecture.md, from the ground up. A room imports from its own floor and from those below.
FLOORS = (
    {"text"},
    {"language", "syntax"},
    {"check", "plan"},
    {"events", "readers", "engine", "proof"},
    {"console", "run", "explain", "lint", "format", "testing", "profile"},
    {"durable", "outcomes", "spark", "ide", "ruleset", ""},
    {"repl", "lsp", "web", "cli", "__main__"},
)
CORE = {"text", "language", "syntax", "check", "plan", "events", "engine", "proof", "lint", "format"}
ENGINES = ("mqlrules.engine.reference", "mqlrules.engine.incremental", "mqlrules.engine.columnar")
VAGUE = {"util", "utils", "helper", "helpers", "common", "misc"}


def module_name(path: Path) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def within(module: str, prefix: str) -> bool:
    return module == prefix or module.startswith(prefix + ".")


def room(module: str) -> str:
    """The first name below the package; empty for the package itself."""
    return module.removeprefix("mqlrules").lstrip(".").partition(".")[0]


def floor(module: str) -> int:
    found = [number for number, rooms in enumerate(FLOORS) if room(module) in rooms]
    assert found, f"{module} is on no floor: add its room to FLOORS"
    return found[0]


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
        if within(imported, "mqlrules") and floor(imported) > floor(module_name(path))
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


def test_no_room_is_part_of_a_circle() -> None:
    arrows: dict[str, set[str]] = {}
    for path in MODULES:
        here = module_name(path)
        for _, imported in imports(path):
            if within(imported, "mqlrules") and room(imported) != room(here):
                arrows.setdefault(room(here), set()).add(room(imported))
    assert list(graphlib.TopologicalSorter(arrows).static_order())


def test_no_module_is_part_of_a_circle() -> None:
    arrows: dict[str, set[str]] = {}
    for path in MODULES:
        for _, imported in imports(path):
            if within(imported, "mqlrules") and imported != module_name(path):
                arrows.setdefault(module_name(path), set()).add(imported)
    assert list(graphlib.TopologicalSorter(arrows).static_order())


def test_ruleset_is_the_only_module_outside_a_room() -> None:
    loose = {path.name for path in MODULES if len(path.parts) == 2}
    assert loose <= {"__init__.py", "__main__.py", "ruleset.py", "partition.py"}


def test_the_core_imports_only_lark_and_attrs() -> None:
    foreign = [
        f"{place}: {imported}"
        for path in MODULES
        if room(module_name(path)) in CORE and not within(module_name(path), "mqlrules.engine.columnar")
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


def test_names_of_files_and_folders_say_something() -> None:
    vague = [
        str(path.relative_to(ROOT))
        for folder in ("mqlrules", "tests", "examples", "benchmarks", "editors", "docs")
        for path in (ROOT / folder).rglob("*")
        if path.stem in VAGUE and "node_modules" not in path.parts
    ]
    assert [] == vague
