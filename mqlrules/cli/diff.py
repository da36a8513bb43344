"""``mqlrules diff``: what a change of rules does to the leads of an input."""

import re
import subprocess
import tempfile
from pathlib import Path

import click

from mqlrules.cli.command import Command, Failure
from mqlrules.cli.inputs import Inputs
from mqlrules.cli.options import Instant, as_of_option, event_inputs, out_option, output_format_option
from mqlrules.cli.rules import load_rules
from mqlrules.cli.study_results import ENDINGS, FORMATS, show
from mqlrules.ruleset import RuleSet

_GIT = re.compile(r"git:([^:]+):(.+)")


@click.command(cls=Command, page="outcomes", examples="""
mqlrules diff warm.mql rules/ --events events.csv
mqlrules diff warm.mql cold.mql --events events.csv --outcome 'attended webinar' --out pr.md
mqlrules diff warm.mql rules/ --events events.csv --fail-if 'moved > 5%'
""")  # fmt: skip
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
@event_inputs()
@as_of_option
@click.option("--outcome", metavar="CONDITION", help="Ask this of the leads that differ: did they ever have it?")
@click.option(
    "--fail-if", metavar="'moved > 5%'", help="Exit with 1 if more leads than this are in another stage at the end."
)
@click.option("--anonymous", is_flag=True, help="Number the leads instead of naming them.")
@out_option(
    *ENDINGS, help="Write the result to an .html, .md or .json file. Markdown fits a comment of a pull request."
)
@output_format_option(*FORMATS)
def command(
    old: str,
    new: str,
    inputs: Inputs,
    as_of: Instant | None,
    outcome: str | None,
    fail_if: str | None,
    anonymous: bool,
    out: Path | None,
    output_format: str,
) -> int:
    """Compare two versions of a rule set on events: which leads move, when, and by which rule.

    OLD and NEW are rule files or folders; git:REVISION:PATH takes a version from git. Rule sets with the same meaning
    are recognised before any event is read.
    """
    limit = _limit(fail_if)
    before, after = _load(old), _load(new)
    result = before.diff(
        after,
        inputs.events,
        leads=inputs.leads,
        as_of=None if as_of is None else as_of.within(after.program.timezone),
        outcome=outcome,
        anonymous=anonymous,
        format=inputs.format,
        columns=inputs.names,
    )
    show(result, output_format, out)
    return 1 if limit is not None and result.total and result.moved > limit * result.total else 0


def _limit(text: str | None) -> float | None:
    if text is None:
        return None
    found = re.fullmatch(r"\s*moved\s*>\s*(\d+(?:\.\d+)?)\s*%\s*", text)
    if found is None:
        raise click.BadParameter("write it as 'moved > 5%'", param_hint="--fail-if")
    return float(found[1]) / 100


def _load(where: str) -> RuleSet:
    found = _GIT.fullmatch(where)
    if found is None:
        return load_rules([where], "compared")
    revision, path = found.groups()
    with tempfile.TemporaryDirectory() as folder:
        return load_rules([str(_from_git(revision, path, Path(folder)))], "compared")


def _from_git(revision: str, path: str, folder: Path) -> Path:
    """A version of a file or folder, taken from git into a folder."""
    if revision.startswith("-") or path.startswith("-"):
        raise Failure(f"git:{revision}:{path} is not a version of a path")
    root = _git("rev-parse", "--show-prefix").strip()
    whole = str(Path(root, path)).replace("\\", "/")
    names = [
        name for name in _git("ls-tree", "-r", "-z", "--name-only", "--full-tree", revision, whole).split("\0") if name
    ]
    if not names:
        raise Failure(f"git has no {path} in {revision}")
    for name in names:
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(_git_bytes("cat-file", "blob", f"{revision}:{name}"))
    return folder / whole


def _git(*arguments: str) -> str:
    return _git_bytes(*arguments).decode("utf-8", "replace")


def _git_bytes(*arguments: str) -> bytes:
    try:
        done = subprocess.run(["git", *arguments], capture_output=True, check=False)
    except OSError:
        raise Failure("git can't be run, and git:REVISION:PATH needs it") from None
    if done.returncode:
        raise Failure(done.stderr.decode("utf-8", "replace").strip().splitlines()[-1])
    return done.stdout
