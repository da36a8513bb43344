"""What may happen to a server: nonsense, an interrupt, a client that goes away. Nothing but the protocol is printed."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

SECONDS = 60


class Raw:
    """A server, and bytes."""

    def __init__(self, folder: Path) -> None:
        command = [sys.executable, "-m", "mqlrules", "lsp"]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=folder
        )
        self.number = 0
        self.ask("initialize", {"processId": None, "rootUri": folder.as_uri(), "capabilities": {}})
        self.tell("initialized", {})

    def send(self, body: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.process.stdin.flush()

    def tell(self, method: str, params: Any) -> None:
        self.send(json.dumps({"jsonrpc": "2.0", "method": method, "params": params}).encode())

    def ask(self, method: str, params: Any) -> dict[str, Any]:
        self.number += 1
        self.send(json.dumps({"jsonrpc": "2.0", "id": self.number, "method": method, "params": params}).encode())
        while True:
            message = self.receive()
            if message.get("id") == self.number:
                return message

    def receive(self) -> dict[str, Any]:
        """The next message; all that is printed must be messages."""
        assert self.process.stdout is not None
        header = self.process.stdout.readline()
        assert header.startswith(b"Content-Length: "), header
        while self.process.stdout.readline().strip():
            pass
        message: dict[str, Any] = json.loads(self.process.stdout.read(int(header.split()[1])))
        return message


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Raw]:
    raw = Raw(tmp_path)
    yield raw
    raw.process.kill()
    raw.process.wait(SECONDS)
    for stream in (raw.process.stdin, raw.process.stdout, raw.process.stderr):
        if stream is not None:
            stream.close()


def test_nonsense_is_survived(server: Raw, tmp_path: Path) -> None:
    uri = (tmp_path / "a.mql").as_uri()
    document = {"uri": uri, "languageId": "mql", "version": 1, "text": "rule a: b => MQL\n"}
    server.send(b"{{{")
    server.tell("textDocument/didChange", {"nonsense": True})
    server.tell("textDocument/didClose", {"textDocument": {"uri": "nowhere:///%%%"}})
    server.tell("no/such", {})
    server.tell("workspace/didChangeConfiguration", {"settings": {"mqlrules": {"rules": 3, "events": 7, "lint": "x"}}})
    server.tell("textDocument/didOpen", {"textDocument": document})
    backwards = {"start": {"line": 7, "character": 9}, "end": {"line": 0, "character": 0}}
    change = {"textDocument": {"uri": uri, "version": 2}, "contentChanges": [{"range": backwards, "text": "# c\n"}]}
    server.tell("textDocument/didChange", change)
    place = {"textDocument": {"uri": uri}, "position": {"line": 0, "character": 8}}
    assert "**b**" in server.ask("textDocument/hover", place)["result"]["contents"]["value"]
    assert "error" in server.ask("no/such", {})
    assert "error" in server.ask("workspace/executeCommand", {"command": "mqlrules.runTest", "arguments": []})
    outside = {"textDocument": {"uri": uri}, "position": {"line": 999, "character": 999}}
    assert server.ask("textDocument/completion", outside)["result"]["items"]


def test_an_interrupt_ends_it(server: Raw) -> None:
    server.process.send_signal(signal.SIGINT)
    assert 130 == server.process.wait(SECONDS)


def test_it_ends_when_the_client_is_gone(server: Raw) -> None:
    assert server.process.stdin is not None
    server.process.stdin.close()
    assert 0 == server.process.wait(SECONDS)


def test_it_ends_when_it_is_told_so(server: Raw) -> None:
    assert server.ask("shutdown", None)["result"] is None
    server.tell("exit", None)
    assert 0 == server.process.wait(SECONDS)
