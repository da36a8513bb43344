"""The configuration of a project: which file counts, and what its settings say."""

from pathlib import Path

import pytest

from mqlrules.text.configuration import Configuration, SettingsError, configuration, relative


def project(folder: Path, text: str, name: str = "mqlrules.toml") -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_without_a_file_there_are_no_settings(tmp_path: Path) -> None:
    assert Configuration() == configuration(tmp_path)


def test_the_settings_of_a_file_hold_in_its_folder_and_below(tmp_path: Path) -> None:
    project(tmp_path, 'rules = "rules/"\nevents = ["a.csv", "b.csv"]\nleads = "crm.csv"\nformat = "csv"\n')
    below = tmp_path / "rules" / "deep"
    below.mkdir(parents=True)
    found = configuration(below)
    assert tmp_path / "mqlrules.toml" == found.file
    assert (str(tmp_path / "rules"),) == found.rules
    assert (str(tmp_path / "a.csv"), str(tmp_path / "b.csv")) == found.events
    assert (str(tmp_path / "crm.csv"), "csv") == (found.leads, found.format)


def test_a_nearer_pyproject_that_says_nothing_of_mqlrules_does_not_hide_the_one_above(tmp_path: Path) -> None:
    project(tmp_path, '[tool.mqlrules]\nrules = "rules"\n', "pyproject.toml")
    below = tmp_path / "package"
    below.mkdir()
    project(below, "[tool.other]\nx = 1\n", "pyproject.toml")
    assert (str(tmp_path / "rules"),) == configuration(below).rules
    project(below, '[tool.mqlrules]\nrules = "mine"\n', "pyproject.toml")
    assert (str(below / "mine"),) == configuration(below).rules


def test_mqlrules_toml_comes_before_a_pyproject_in_the_same_folder(tmp_path: Path) -> None:
    project(tmp_path, '[tool.mqlrules]\nrules = "a"\n', "pyproject.toml")
    project(tmp_path, 'rules = "b"\n')
    assert (str(tmp_path / "b"),) == configuration(tmp_path).rules


@pytest.mark.parametrize("ending", ["", "-column", "_column"])
@pytest.mark.parametrize("table", ["columns", "events"])
def test_columns_are_named(tmp_path: Path, ending: str, table: str) -> None:
    project(tmp_path, f'[{table}]\nlead{ending} = "user_id"\nid{ending} = "key"\n')
    assert {"lead": "user_id", "id": "key"} == configuration(tmp_path).columns


def test_events_may_be_a_table_with_everything_about_them(tmp_path: Path) -> None:
    project(tmp_path, '[events]\nfiles = "a.jsonl"\nleads-file = "crm.csv"\nformat = "segment"\nlead = "user_id"\n')
    found = configuration(tmp_path)
    assert ((str(tmp_path / "a.jsonl"),), str(tmp_path / "crm.csv")) == (found.events, found.leads)
    assert ("segment", {"lead": "user_id"}) == (found.format, found.columns)


def test_the_table_of_the_linter_is_handed_on(tmp_path: Path) -> None:
    project(tmp_path, '[tool.mqlrules.lint]\nselect = ["L001"]\n', "pyproject.toml")
    assert {"select": ["L001"]} == configuration(tmp_path).lint


def test_addresses_stay_as_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    project(tmp_path, 'events = ["s3://bucket/events/", "data/a.csv"]\n')
    assert ["s3://bucket/events/", "data/a.csv"] == [relative(path) for path in configuration().events]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("not toml", "can't be read"),
        ("events = 3\n", "events must be text"),
        ('evnts = "a"\n', "there is no setting evnts; the settings are rules, events"),
        ('[events]\nled = "x"\n', "events has no setting led; the settings are files, leads-file, format, lead"),
        ("[events]\nlead = 3\n", "events.lead must be text"),
        ('[columns]\nlead = ""\n', "columns.lead must be text"),
        ("lint = 3\n", "lint must be a table"),
        ("rules = [3]\n", "rules must be text"),
    ],
)
def test_a_file_that_is_wrong_is_one_plain_error(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        configuration(project(tmp_path, text))


@pytest.mark.parametrize("text", ["tool = 3\n", "[tool]\nmqlrules = 3\n"])
def test_a_pyproject_that_is_wrong_is_one_plain_error(tmp_path: Path, text: str) -> None:
    with pytest.raises(SettingsError, match="must be a table"):
        configuration(project(tmp_path, text, "pyproject.toml"))
