"""The extension for VS Code: it can be packaged, and says nothing of rules or the server that isn't so."""

import json
import re
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import attrs
import pytest

import mqlrules
from mqlrules.lsp.editing import FIX_ALL, RUN_TESTS
from mqlrules.lsp.semantic import LEGEND
from mqlrules.lsp.settings import Settings, settings_from
from mqlrules.ruleset import check_text
from mqlrules.syntax.parse import parse_condition
from mqlrules.text.source import Source
from tests.editors.texts import ROOT, parses

FOLDER = ROOT / "editors" / "vscode"
MANIFEST = json.loads((FOLDER / "package.json").read_text("utf-8"))
SNIPPETS = json.loads((FOLDER / "snippets" / "mql.json").read_text("utf-8"))
LANGUAGE = json.loads((FOLDER / "language-configuration.json").read_text("utf-8"))
SETTINGS = MANIFEST["contributes"]["configuration"]["properties"]


def in_node(expression: str) -> Any:
    if shutil.which("node") is None:
        pytest.skip("node is not installed")
    command = ["node", "-e", f"console.log(JSON.stringify({expression}))"]
    return json.loads(subprocess.run(command, capture_output=True, encoding="utf-8", timeout=60, check=True).stdout)


@pytest.fixture(scope="module")
def package(vscode: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The extension, packaged as it would be for the marketplace; the checkout stays as it is."""
    folder = tmp_path_factory.mktemp("vscode") / "extension"
    shutil.copytree(vscode, folder, ignore=shutil.ignore_patterns("node_modules", "dist", "*.vsix"))
    (folder / "node_modules").symlink_to(vscode / "node_modules")
    command = ["npm", "run", "package", "--", "--out", "mqlrules.vsix"]
    done = subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", timeout=180)
    assert 0 == done.returncode, done.stdout + done.stderr
    return folder / "mqlrules.vsix"


def test_vsce_takes_the_extension_and_puts_in_what_it_needs_alone(package: Path) -> None:
    with zipfile.ZipFile(package) as archive:
        packed = {name.removeprefix("extension/") for name in archive.namelist() if name.startswith("extension/")}
    assert {
        "LICENSE.txt",
        "dist/extension.js",
        "language-configuration.json",
        "package.json",
        "readme.md",
        "snippets/mql.json",
        "syntaxes/mql.tmLanguage.json",
    } == packed


def test_the_client_is_one_file_that_asks_for_vs_code_alone(package: Path) -> None:
    with zipfile.ZipFile(package) as archive:
        bundle = archive.read("extension/dist/extension.js").decode()
    asked = set(re.findall(r'require\("([^"]+)"\)', bundle))
    built_in = set(in_node('require("module").builtinModules'))
    assert {"vscode"} == {name.removeprefix("node:") for name in asked} - built_in


def test_every_file_that_the_manifest_names_is_there() -> None:
    named = re.findall(r'"\./([^"]+)"', (FOLDER / "package.json").read_text("utf-8"))
    assert {"dist/extension.js"} == {name for name in named if not (FOLDER / name).is_file()} | {"dist/extension.js"}


def test_the_extension_has_the_version_of_the_project() -> None:
    assert mqlrules.__version__ == MANIFEST["version"]


def test_the_licence_is_that_of_the_project() -> None:
    assert (ROOT / "LICENSE").read_text("utf-8") == (FOLDER / "LICENSE").read_text("utf-8")


def test_the_list_of_packages_names_no_address_to_load_them_from() -> None:
    locked = json.loads((FOLDER / "package-lock.json").read_text("utf-8"))["packages"]
    assert [] == [name for name, package in locked.items() if "resolved" in package]
    assert [] == [name for name, package in locked.items() if name and "integrity" not in package]


def expanded(snippet: dict[str, Any]) -> str:
    """What a snippet writes if nothing is changed in it."""
    body = snippet["body"]
    text = body if isinstance(body, str) else "\n".join(body)
    text = re.sub(r"\$\{\d+\|([^,|]+)[^|]*\|\}", r"\1", text)
    while (simpler := re.sub(r"\$\{\d+:([^${}]*)\}|\$\d+", r"\1", text)) != text:
        text = simpler
    return text


@pytest.mark.parametrize("name", SNIPPETS)
def test_what_a_snippet_writes_is_right(name: str) -> None:
    text = expanded(SNIPPETS[name])
    if name in ("Sequence", "What did not follow", "For one value"):
        assert () == parse_condition(Source("", text))[1]
    elif name == "List":
        assert parses(text)
    else:
        assert [] == [diagnostic.message for diagnostic in check_text(text + "\n").diagnostics]


SET = {
    "rules": ["rules"],
    "events": "events.csv",
    "lint": False,
    "countLeads": False,
    "debounceMilliseconds": 20,
}


def test_every_setting_but_the_path_is_one_of_the_server() -> None:
    assert {f"mqlrules.{name}" for name in SET} | {"mqlrules.path"} == set(SETTINGS)
    plain = attrs.asdict(Settings())
    for name, value in SET.items():
        assert attrs.asdict(settings_from({"mqlrules": {name: value}})) != plain


def test_settings_left_alone_are_those_of_the_server() -> None:
    defaults = {name.removeprefix("mqlrules."): setting["default"] for name, setting in SETTINGS.items()}
    assert Settings() == settings_from({"mqlrules": defaults})


def test_colours_are_said_for_the_kinds_of_tokens_that_the_server_tells() -> None:
    [scopes] = MANIFEST["contributes"]["semanticTokenScopes"]
    known = {*LEGEND.token_types, *(f"{kind}.{m}" for kind in LEGEND.token_types for m in LEGEND.token_modifiers)}
    assert set() == set(scopes["scopes"]) - known


def test_the_client_calls_commands_that_it_or_the_server_has() -> None:
    client = (FOLDER / "client" / "extension.js").read_text("utf-8")
    registered = set(re.findall(r'registerCommand\("([^"]+)"', client))
    assert {command["command"] for command in MANIFEST["contributes"]["commands"]} == registered
    assert {RUN_TESTS, FIX_ALL} == set(re.findall(r'ofThisFile\("([^"]+)"\)', client))


def test_a_double_click_takes_a_whole_name() -> None:
    pattern = json.dumps(LANGUAGE["wordPattern"]["pattern"])
    words = in_node(f'"no-show Größe 購入 x=>y a->b 1.5h day_1".match(new RegExp({pattern}, "gu"))')
    assert ["no-show", "Größe", "購入", "x", "y", "a", "b", "1.5h", "day_1"] == words


@pytest.mark.parametrize(
    ("line", "indentation"),
    [
        ('score warm "Warm"', "indent"),
        ('test "a story"', "indent"),
        ('rule a "b":', "indent"),
        ("segment a =", "indent"),
        ("a => MQL", None),
        ("testing => MQL", None),
        ("# about this:", None),
        ("    a and", None),
        ("    a => MQL", "outdent"),
        ("    when MQL, a => recycle to MEL", "outdent"),
        ('    a where (b = "#") => MQL', "outdent"),
        ("    a =>", None),
        ("    a # => MQL", None),
    ],
)
def test_a_new_line_is_indented_where_a_statement_goes_on(line: str, indentation: str | None) -> None:
    rules = json.dumps(LANGUAGE["onEnterRules"])
    found = f"({rules}.find(rule => new RegExp(rule.beforeText).test({json.dumps(line)}))?.action.indent ?? null)"
    assert indentation == in_node(found)
