"""The command that installs an extra fits how mqlrules was installed."""

import json
from importlib import metadata

import attrs
import pytest

from mqlrules.events.errors import MissingExtra
from mqlrules.events.extras import install_command


@attrs.frozen
class Installed:
    """The files of an installation's metadata."""

    files: dict[str, str]

    def read_text(self, name: str) -> str | None:
        return self.files.get(name)


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        (None, "pip install 'mqlrules[files]'"),
        ({"url": "file:///home/ada/mqlrules", "dir_info": {"editable": True}}, "-e '/home/ada/mqlrules[files]'"),
        ({"url": "file:///home/ada/my%20rules", "dir_info": {}}, "pip install '/home/ada/my rules[files]'"),
        (
            {
                "url": "https://example.com/m.git",
                "vcs_info": {"vcs": "git", "commit_id": "abc", "requested_revision": "v1"},
            },
            "pip install 'mqlrules[files] @ git+https://example.com/m.git@v1'",
        ),
        (
            {"url": "file:///tmp/mqlrules-0.1.0-py3-none-any.whl", "archive_info": {}},
            "pip install 'mqlrules[files] @ file:///tmp/mqlrules-0.1.0-py3-none-any.whl'",
        ),
    ],
    ids=["index", "editable", "folder", "repository", "archive"],
)
def test_the_command_names_where_mqlrules_came_from(
    monkeypatch: pytest.MonkeyPatch, origin: dict[str, object] | None, expected: str
) -> None:
    files = {"INSTALLER": "pip\n"} | ({} if origin is None else {"direct_url.json": json.dumps(origin)})
    monkeypatch.setattr(metadata, "distribution", lambda name: Installed(files))
    assert install_command("files").endswith(expected)


def test_uv_installs_what_uv_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata, "distribution", lambda name: Installed({"INSTALLER": "uv"}))
    assert "uv pip install 'mqlrules[repl]'" == install_command("repl")


def test_without_an_installation_it_comes_from_the_index(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "distribution", missing)
    assert "pip install 'mqlrules[repl]'" == install_command("repl")
    error = MissingExtra("the prompt needs prompt_toolkit", "repl")
    assert "the prompt needs prompt_toolkit; install it with: pip install 'mqlrules[repl]'" == str(error)
    assert "repl" == error.extra
