"""How the results of ``report``, ``backtest``, ``diff`` and ``tune`` are printed and written."""

import contextlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mqlrules.cli.command import Failure, note
from mqlrules.cli.inputs import Inputs, wait_no_longer
from mqlrules.cli.options import Instant
from mqlrules.cli.writing import whole_file
from mqlrules.ruleset import RuleSet
from mqlrules.text.error import Error

# polars and scipy are imported when the call is known to be a good one.
if TYPE_CHECKING:
    from mqlrules.outcomes.rendering import Shown
    from mqlrules.outcomes.study import Study

ENDINGS = (".html", ".md", ".json")
FORMATS = ("text", "markdown", "json", "html")


def study(rules: RuleSet, inputs: Inputs, as_of: Instant | None) -> "Study":
    """The study of a call: its events and leads under its rules."""
    from mqlrules.outcomes.study import Input, Study

    wait_no_longer()
    zone = rules.program.timezone
    given = Input(
        inputs.events,
        inputs.leads,
        None if as_of is None else as_of.within(zone),
        inputs.format,
        inputs.names,
    )
    return Study(rules.program, given, rules.condition)


def show(result: "Shown", output_format: str, out: Path | None) -> None:
    """Prints a result, or writes it in the format that the ending of the file says."""
    if out is None:
        if output_format == "text":
            result.print(sys.stdout)
        else:
            click.echo(rendered(result, output_format), nl=False)
        return
    form = {".html": "html", ".md": "markdown", ".json": "json"}[out.suffix.lower()]
    text = rendered(result, form)
    with whole_file(out) as part:
        part.write_text(text, encoding="utf-8")
    note(f"written to {out}")


def rendered(result: "Shown", form: str) -> str:
    """A result as text of a format."""
    match form:
        case "html":
            return result.html()
        case "markdown":
            return result.markdown()
        case "json":
            return json.dumps(_finite(result.to_dict()), indent=2, ensure_ascii=False) + "\n"
        case _:
            return result.text()


def _finite(value: Any) -> Any:
    """JSON has no NaN: a comparison that can't be made is null."""
    if isinstance(value, dict):
        return {key: _finite(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(inner) for inner in value]
    return None if isinstance(value, float) and value != value else value


@contextlib.contextmanager
def plainly() -> Iterator[None]:
    """Turns what the library refuses about a call's words into a plain line."""
    try:
        yield
    except Error:
        raise
    except (ValueError, LookupError) as error:
        raise Failure(str(error)) from None
