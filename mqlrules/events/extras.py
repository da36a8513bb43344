"""Extras: the command that installs one, for an installation from an index, a folder, a repository or an archive."""

import json
import shlex
from collections.abc import Mapping
from importlib import metadata
from typing import Any
from urllib.parse import unquote, urlsplit


def install_command(extra: str) -> str:
    """The command that installs an extra, with the installer and from the place that mqlrules itself came from."""
    try:
        installed = metadata.distribution("mqlrules")
    except metadata.PackageNotFoundError:
        return f"pip install 'mqlrules[{extra}]'"
    installer = (installed.read_text("INSTALLER") or "pip").strip()
    pip = "uv pip install" if installer == "uv" else "pip install"
    origin = installed.read_text("direct_url.json")
    return f"{pip} {_requirement(extra, {} if origin is None else json.loads(origin))}"


def _requirement(extra: str, origin: Mapping[str, Any]) -> str:
    """What to install: the extra from where mqlrules came from (PEP 610), or from the index."""
    url, folder, repository = str(origin.get("url", "")), origin.get("dir_info"), origin.get("vcs_info")
    if folder is not None and url.startswith("file://"):
        path = unquote(urlsplit(url).path)
        return f"{'-e ' if folder.get('editable') else ''}{shlex.quote(f'{path}[{extra}]')}"
    if repository is not None:
        url = f"{repository['vcs']}+{url}@{repository.get('requested_revision') or repository['commit_id']}"
    return f"'mqlrules[{extra}] @ {url}'" if url else f"'mqlrules[{extra}]'"
