"""What the project's files promise of one another."""

import re
import tomllib
from pathlib import Path

import mqlrules
from mqlrules.cli.application import COMMANDS, EXTRAS

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_ci_runs_the_test_command_of_the_readme() -> None:
    start = r"^pip install -U pip && pip install -e '\.\[all\]' --group dev && "
    [command] = re.findall(start + r"(.+)$", text("README.md"), re.MULTILINE)
    assert f"step {command}\n" in text(".ci/run")


def test_the_version_is_the_same_everywhere() -> None:
    assert PROJECT["version"] == mqlrules.__version__
    assert f"## {PROJECT['version']}" in text("CHANGELOG.md")


def test_hooks_call_commands_that_exist() -> None:
    called = re.findall(r"^  entry: mqlrules (\S+)", text(".pre-commit-hooks.yaml"), re.MULTILINE)
    assert called
    assert set(called) <= set(COMMANDS)


def test_hooks_bring_what_the_command_line_needs() -> None:
    terminal = PROJECT["optional-dependencies"]["terminal"]
    assert f"additional_dependencies: {terminal}".replace("'", '"') in text(".pre-commit-hooks.yaml")


def test_the_extras_are_those_that_are_spoken_of() -> None:
    extras = PROJECT["optional-dependencies"]
    assert {extra for extra in extras if extra != "all"} == set(EXTRAS.values())
    assert [f"mqlrules[{','.join(sorted(set(EXTRAS.values())))}]"] == extras["all"]
    for package, extra in EXTRAS.items():
        assert any(requirement.startswith(package) for requirement in extras[extra])
        assert f"`mqlrules[{extra}]`" in text("README.md")


def test_the_readme_names_every_command_or_shows_it() -> None:
    assert [] == [name for name in COMMANDS if f"mqlrules {name}" not in text("README.md")]


def test_the_index_of_the_documentation_has_every_page() -> None:
    pages = {path.name for path in (ROOT / "docs").glob("*.md")} - {"index.md"}
    assert pages == set(re.findall(r"\]\(([\w-]+\.md)\)", text("docs/index.md")))


def test_links_from_page_to_page_lead_somewhere() -> None:
    for page in (
        ROOT / "README.md",
        ROOT / "CHANGELOG.md",
        *(ROOT / "docs").glob("*.md"),
        *ROOT.glob("examples/**/*.md"),
    ):
        for link in re.findall(r"\]\(([^)#\s:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            assert (page.parent / link).exists(), f"{page.relative_to(ROOT)}: {link}"
