"""A real terminal for tests: what a command shows in it, byte for byte."""

import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import attrs

BIN = Path(sys.executable).parent


@attrs.frozen
class Shown:
    """What stood on the terminal (line ends as ``\\n``), and the exit status."""

    text: str
    status: int


def in_a_terminal(
    script: str, folder: Path, variables: Mapping[str, str] | None = None, interrupt_after: str | None = None
) -> Shown:
    """Run a shell script in a terminal of 100 columns. As soon as a text has been shown, Ctrl-C may be pressed."""
    environment = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR")}
    environment |= {"COLUMNS": "100", "LINES": "50", "TERM": "xterm-256color", **(variables or {})}
    environment["PATH"] = f"{BIN}{os.pathsep}{environment['PATH']}"
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        ["bash", "-c", script],
        cwd=folder,
        env=environment,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    ) as process:
        os.close(theirs)
        shown = b""
        while True:
            try:
                piece = os.read(ours, 65536)
            except OSError:  # Linux says EIO where the other side of a terminal has gone
                break
            if not piece:
                break
            shown += piece
            if interrupt_after is not None and interrupt_after.encode() in shown:
                interrupt_after = None
                time.sleep(0.1)
                os.killpg(process.pid, signal.SIGINT)
        status = process.wait(timeout=60)
    os.close(ours)
    return Shown(shown.decode().replace("\r\n", "\n"), status)
