"""What an edit costs in an editor: from the change of a 2,000-line file to its diagnostics, over the protocol.

python benchmarks/editing.py [--lines 2000] [--edits 20] [--lints 3] [--markdown]

The server runs in a process of its own, as an editor starts it. It is told to wait no time after an edit (by itself it
waits 150 ms for the next one), so what is measured is what comes after that.
"""

import argparse
import itertools
import json
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
from made_rules import made_rules
from measuring import Table, command_line, report, stop

from mqlrules.format.formatter import formatted
from mqlrules.syntax.parse import parse
from mqlrules.text.source import Source

TARGET = 0.1


class Editor:
    """Speaks to a server; one file is open."""

    def __init__(self, folder: Path, settings: dict[str, Any]) -> None:
        self._server = subprocess.Popen(
            [*command_line(), "lsp"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self._numbers = itertools.count(1)
        self.uri = (folder / "made.mql").as_uri()
        self.version = 0
        self.text = ""
        self.ask("initialize", {
            "processId": None, "rootUri": None, "capabilities": {"general": {"positionEncodings": ["utf-32"]}},
            "workspaceFolders": [{"uri": folder.as_uri(), "name": "made"}], "initializationOptions": settings,
        })  # fmt: skip
        self.tell("initialized", {})

    def tell(self, method: str, params: Any, number: int | None = None) -> None:
        message = {"jsonrpc": "2.0", "method": method, "params": params} | ({} if number is None else {"id": number})
        body = json.dumps(message).encode()
        assert self._server.stdin is not None
        self._server.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self._server.stdin.flush()

    def ask(self, method: str, params: Any) -> Any:
        """The answer to a request."""
        number = next(self._numbers)
        self.tell(method, params, number)
        return self.until(lambda message: message.get("id") == number and "method" not in message)["result"]

    def until(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The next message that is wanted."""
        assert self._server.stdout is not None
        while True:
            length = 0
            while line := self._server.stdout.readline().strip():
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            if not length:
                stop("the server has ended")
            message = json.loads(self._server.stdout.read(length))
            if wanted(message):
                return message

    def open(self, text: str) -> float:
        """Open the file; the seconds until its diagnostics are there."""
        self.text, self.version = text, 1
        document = {"uri": self.uri, "languageId": "mql", "version": 1, "text": text}
        start = time.perf_counter()
        self.tell("textDocument/didOpen", {"textDocument": document})
        self._diagnostics()
        return time.perf_counter() - start

    def edit(self, offset: int, length: int, new: str) -> float:
        """Put a text in place of so many characters; the seconds until the diagnostics of that are there."""
        around = {"start": self._position(offset), "end": self._position(offset + length)}
        self.text = self.text[:offset] + new + self.text[offset + length :]
        self.version += 1
        document = {"uri": self.uri, "version": self.version}
        start = time.perf_counter()
        self.tell(
            "textDocument/didChange", {"textDocument": document, "contentChanges": [{"range": around, "text": new}]}
        )
        self._diagnostics()
        return time.perf_counter() - start

    def linted(self, since: float) -> float:
        """The seconds since a moment until findings of the linter are there."""
        self._diagnostics(lambda found: any(str(one.get("code", "")).startswith("L") for one in found))
        return time.perf_counter() - since

    def _diagnostics(self, wanted: Callable[[list[Any]], bool] = lambda _: True) -> None:
        self.until(
            lambda message: (
                message.get("method") == "textDocument/publishDiagnostics"
                and message["params"].get("version") == self.version
                and wanted(message["params"]["diagnostics"])
            )
        )

    def _position(self, offset: int) -> dict[str, int]:
        line = self.text.count("\n", 0, offset)
        return {"line": line, "character": offset - self.text.rfind("\n", 0, offset) - 1}

    def processor(self) -> float:
        """The seconds of the processor that the server has used so far; 0 where the system does not say."""
        try:
            fields = Path(f"/proc/{self._server.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        except OSError:
            return 0.0
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def end(self) -> None:
        self.ask("shutdown", None)
        self.tell("exit", None)
        self._server.wait(30)


def only_rules(lines: int) -> str:
    """A file of nearly nothing but rules, one a line."""
    text, rules = "", lines
    while text.count("\n") < lines or rules == lines:
        text = made_rules(rules)
        if text.count("\n") > lines + 60:
            rules, text = rules - 50, ""
        elif text.count("\n") >= lines:
            break
        else:
            rules += 10
    return text


def as_in_practice(lines: int) -> str:
    """The one layout, a comment above every fifth rule, and a test of six lines for every second."""
    rules = max(20, lines // 8)
    while True:
        parts = []
        for number, statement in enumerate(formatted(parse(Source("made.mql", made_rules(rules)))).split("\nrule ")):
            comment = f"\n# Asked for by sales, request {number}." if number % 5 == 0 else ""
            parts.append(f"{comment}\nrule {statement}" if number else statement)
            if number and number % 2 == 0:
                parts.append(_test(number))
        text = "\n".join(parts)
        parsed = parse(Source("made.mql", text))
        if parsed.diagnostics:
            stop(f"the rules that were made are wrong: {parsed.diagnostics[0].message}")
        if text.count("\n") >= lines:
            return text
        rules += max(1, rules // 20)


def _test(number: int) -> str:
    return (
        f'\ntest "the lead of request {number}"\n'
        f"    lead (employees: {100 + number})\n"
        "    day 0        booked survey\n"
        "    day 2 10:30  saved quote (amount: 120)\n"
        "    day 9        booked survey\n"
        "    expect no customer\n"
    )


@attrs.frozen
class Kind:
    """A kind of edit: what is looked for after the middle of the file, and what is put there, and back."""

    name: str
    mark: str
    old: str
    new: str


KINDS = (
    Kind("a sign in a condition", ">= ", "", "1"),
    Kind("a mistake, and mending it", "d => ", "d", ""),
    Kind("a sign in a rule's name", "rule made_", "", "x"),
    Kind("a rule pasted, and taken out", "\nrule ", "", "\nrule pasted: booked survey >= 2 within 7d => MQL"),
    Kind("a sign in an event definition", "event interest_1 =", "", ""),
)


@attrs.frozen
class Measured:
    """Seconds: of opening the file, of each edit by its kind, and of the processor for an edit on average."""

    opened: float
    edits: dict[str, list[float]]
    processor: float

    @property
    def all_edits(self) -> list[float]:
        """Those of all kinds."""
        return [seconds for of_kind in self.edits.values() for seconds in of_kind]


def measured(text: str, edits: int, settings: dict[str, Any]) -> Measured:
    """Opens a file and edits it; edits of all kinds in turn."""
    taken: dict[str, list[float]] = {kind.name: [] for kind in KINDS}
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "made.mql").write_text(text, encoding="utf-8")
        editor = Editor(Path(folder), {"debounceMilliseconds": 0, **settings})
        opened = editor.open(text)
        before = editor.processor()
        for number in range(edits):
            for kind in KINDS:
                middle = len(editor.text) * (number % 8 + 1) // 10
                if kind.mark.startswith("event"):
                    at = editor.text.index(" or ", editor.text.index(kind.mark))
                    old, new = " or ", " or printed quote or "
                else:
                    at = editor.text.index(kind.mark, middle) + len(kind.mark) * (kind.mark != "d => ")
                    at -= kind.mark == "\nrule " and len(kind.mark)
                    old, new = kind.old, kind.new
                taken[kind.name].append(editor.edit(at, len(old), new))
                taken[kind.name].append(editor.edit(at, len(new), old))
        processor = (editor.processor() - before) / (2 * edits * len(KINDS))
        editor.end()
    return Measured(opened, taken, processor)


def linted(text: str, runs: int) -> list[float]:
    """The seconds from an edit until what the linter finds is there."""
    with tempfile.TemporaryDirectory() as folder:
        editor = Editor(Path(folder), {"debounceMilliseconds": 0})
        editor.open(text)
        editor.linted(0)
        taken = []
        for number in range(runs):
            at = editor.text.index(">= ", len(editor.text) // 2) + 3
            start = time.perf_counter()
            editor.edit(at, 0, "1" if number % 2 == 0 else "")
            taken.append(editor.linted(start))
        editor.end()
    return taken


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--markdown", action="store_true", help="print the tables as Markdown")
    parser.add_argument("--lines", type=int, default=2000, help="how long the files are (default 2000)")
    parser.add_argument("--edits", type=int, default=20, help="how often each kind of edit is made, and undone")
    parser.add_argument("--lints", type=int, default=3, help="how often the linter is waited for")
    arguments = parser.parse_args()
    tables = []
    for name, made in (("as in practice", as_in_practice), ("nothing but rules", only_rules)):
        text = made(arguments.lines)
        statements = len(parse(Source("made.mql", text)).tree.statements)
        alone = measured(text, arguments.edits, {"lint": False})
        beside = measured(text, max(1, arguments.edits // 4), {})
        target = f"{TARGET * 1e3:.0f}" if arguments.lines == 2000 else ""
        rows = [
            *((kind, *_figures(seconds), "", "") for kind, seconds in alone.edits.items()),
            ("all of them", *_figures(alone.all_edits), f"{alone.processor * 1e3:.1f}", target),
            (
                "all of them, the linter at work beside",
                *_figures(beside.all_edits),
                f"{beside.processor * 1e3:.1f}",
                "",
            ),
            ("opening the file", *_figures([alone.opened]), "", ""),
            ("from an edit to the linter's findings", *_figures(linted(text, arguments.lints)), "", ""),
        ]
        lines = text.count("\n")
        tables.append(
            Table(
                f"A file of {lines:,} lines, {name} ({statements:,} statements), milliseconds",
                ("edit", "median", "least", "most", "processor", "at most"),
                rows,
                (
                    f"{2 * arguments.edits} edits of each kind, in turn; without the wait after an edit.",
                    "processor: that of the server, for an edit on average.",
                ),
            )
        )
    report("Editing", tables, markdown=arguments.markdown)


def _figures(seconds: list[float]) -> tuple[str, str, str]:
    return tuple(f"{value * 1e3:.1f}" for value in (statistics.median(seconds), min(seconds), max(seconds)))  # type: ignore[return-value]


if __name__ == "__main__":
    main()
