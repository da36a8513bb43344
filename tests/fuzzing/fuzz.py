"""Fuzzes what reads files that others wrote, and says what it found.

    python -m tests.fuzzing.fuzz --inputs 100000              # so many of each target
    python -m tests.fuzzing.fuzz --seconds 600 rules csv      # as many as fit, of two targets
    python -m tests.fuzzing.fuzz --again rules:0:1234         # one input once more, as it was reported
    python -m tests.fuzzing.fuzz --guided --seconds 600 rules # led by coverage; needs the extra fuzz

Input N of a target with a seed is the same as long as the files are that it begins with (corpus, examples, pages). A
target is played in a process of its own, whose memory is limited; an input has 5 seconds of processor time. A finding
is an exception that is none of the plain ones, a process that dies, an input that takes too long, or one that takes
more than 256 MB. The exit status is 1 if there is one.
"""

import argparse
import contextlib
import json
import multiprocessing
import os
import random
import re
import resource
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from multiprocessing.connection import Connection
from types import FrameType

os.environ.setdefault("POLARS_MAX_THREADS", "1")

import attrs

from tests.fuzzing.targets import TARGETS, Target

SECONDS_OF_AN_INPUT = 5
MEMORY_OF_AN_INPUT = 256 * 1024
"""In kilobytes: by so much one input may raise the most that the process has ever held."""
ADDRESSES = 12 * 1024**3
"""Libraries reserve much more than they use."""


class TooSlow(BaseException):
    """An input that has used up its processor time."""


@attrs.frozen
class Finding:
    """``name`` says the input (target, seed, number); ``place`` is where it went wrong, the same for the same bug."""

    name: str
    place: str
    text: str


@attrs.define
class Tally:
    """What came of a target: of each place the first finding, and how many there were."""

    inputs: int = 0
    findings: dict[str, Finding] = attrs.field(factory=dict)
    counts: Counter[str] = attrs.field(factory=Counter)
    seconds: float = 0.0

    def add(self, found: Finding) -> None:
        """Counts a finding."""
        self.findings.setdefault(found.place, found)
        self.counts[found.place] += 1


def input_of(target: Target, seed: int, number: int) -> bytes:
    """Input ``number`` of a target."""
    return target.make(random.Random(f"{target.name}:{seed}:{number}"))


def problem(target: Target, name: str, data: bytes) -> Finding | None:
    """What is wrong with how an input is taken."""
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    signal.setitimer(signal.ITIMER_PROF, SECONDS_OF_AN_INPUT)
    try:
        target.play(data)
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        frames = traceback.extract_tb(error.__traceback__)
        last = frames[-1]
        place = f"{type(error).__name__} at {last.filename}:{last.lineno} in {last.name}"
        return Finding(name, place, "".join(traceback.format_exception(error, limit=-12))[-3_000:])
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    more = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - held
    if more > MEMORY_OF_AN_INPUT:
        return Finding(name, "memory", f"{len(data)} bytes of input took {more // 1024} MB")
    return None


def _too_slow(number: int, frame: FrameType | None) -> None:
    raise TooSlow


def _child(target: str, seed: int, first: int, inputs: int, deadline: float, report: Connection) -> None:
    """Plays inputs from a number on; reports each number before it is played, in case the process dies of it."""
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESSES, ADDRESSES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGPROF, _too_slow)
    # What a library writes about its own fall says where it was.
    os.dup2(os.open(_last_words_file(target, seed), os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600), 2)
    chosen = TARGETS[target]
    for data in list(chosen.seeds())[:50]:
        chosen.play(data)
    number = first
    last = os.open(_progress_file(target, seed), os.O_RDWR | os.O_CREAT, 0o600)
    while number < first + inputs and time.monotonic() < deadline:
        os.pwrite(last, f"{number:20d}".encode(), 0)
        found = problem(chosen, f"{target}:{seed}:{number}", input_of(chosen, seed, number))
        if found is not None:
            report.send(found)
        number += 1
    report.send(number)
    report.close()


def _progress_file(target: str, seed: int) -> str:
    return f"{tempfile.gettempdir()}/mqlrules-fuzz-{os.getuid()}-{target}-{seed}"


def _last_words_file(target: str, seed: int) -> str:
    return _progress_file(target, seed) + "-stderr"


def _last_words(target: str, seed: int) -> str:
    """The end of what a process said that has died."""
    try:
        with open(_last_words_file(target, seed), errors="replace") as file:
            return "".join(file.readlines()[-6:])[-1_000:]
    except OSError:
        return ""


def fuzz(target: str, seed: int, inputs: int, deadline: float) -> Tally:
    """Plays inputs of a target until there were so many, or until a time of the monotonic clock."""
    tally = Tally()
    begun = time.monotonic()
    next_input = 0
    while next_input < inputs and time.monotonic() < deadline:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe(duplex=False)
        child = context.Process(target=_child, args=(target, seed, next_input, inputs - next_input, deadline, theirs))
        child.start()
        theirs.close()
        end: int | None = None
        for said in _messages(ours):
            if isinstance(said, Finding):
                tally.add(said)
            else:
                end = said
        child.join()
        if end is None:
            end = _last_input(target, seed, next_input)
            name = f"{target}:{seed}:{end}"
            words = _last_words(target, seed)
            first = re.sub(r"[0-9]+", "N", words.split("\n")[0])
            tally.add(Finding(name, f"the process ended with {child.exitcode}: {first}", words))
            end += 1
        tally.inputs += end - next_input
        next_input = end
    for file in (_progress_file(target, seed), _last_words_file(target, seed)):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(file)
    tally.seconds = time.monotonic() - begun
    return tally


def _messages(connection: Connection) -> Iterator[Finding | int]:
    while True:
        try:
            yield connection.recv()
        except EOFError:
            return


def _last_input(target: str, seed: int, first: int) -> int:
    try:
        with open(_progress_file(target, seed)) as file:
            return int(file.read())
    except (OSError, ValueError):
        return first


def _again(name: str) -> int:
    target, seed, number = name.split(":")
    data = input_of(TARGETS[target], int(seed), int(number))
    print(repr(data[:3_000]))
    signal.signal(signal.SIGPROF, _too_slow)
    found = problem(TARGETS[target], name, data)
    print(found.text or found.place if found else "nothing is wrong")
    return int(found is not None)


def _guided(names: list[str], seconds: float) -> int:
    """Lets atheris lead one target by what its inputs reach; it keeps what it finds in a folder of the current one."""
    import atheris

    [name] = names
    target = TARGETS[name]
    for module in [module for module in sys.modules if module.startswith("mqlrules")]:
        del sys.modules[module]
    with atheris.instrument_imports(include=["mqlrules"]):
        import importlib

        importlib.reload(sys.modules["tests.fuzzing.targets"])
    target = sys.modules["tests.fuzzing.targets"].TARGETS[name]
    folder = f"fuzz-{name}"
    os.makedirs(folder, exist_ok=True)
    for number, data in enumerate(target.seeds()):
        with open(f"{folder}/seed-{number}", "wb") as file:
            file.write(data)
    options = [f"-max_total_time={int(seconds)}", "-timeout=20", "-rss_limit_mb=4096", "-max_len=4096", "-verbosity=0",
               "-print_final_stats=1"]  # fmt: skip
    atheris.Setup([sys.argv[0], *options, folder], target.play)
    atheris.Fuzz()
    return 0


def main(arguments: list[str] | None = None) -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzzing.fuzz", description=__doc__.split("\n")[0])
    parser.add_argument("targets", nargs="*", help=f"of {', '.join(TARGETS)}; by default all")
    parser.add_argument("--inputs", type=int, default=1 << 62, help="how many inputs of each target")
    parser.add_argument("--seconds", type=float, default=1e9, help="how long, shared evenly by the targets")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--again", metavar="TARGET:SEED:NUMBER", help="play one input, and show it")
    parser.add_argument("--guided", action="store_true", help="led by coverage, with atheris; one target")
    parser.add_argument("--json", action="store_true", help="one JSON object a target")
    given = parser.parse_args(arguments)
    if given.again:
        return _again(given.again)
    names = given.targets or list(TARGETS)
    if wrong := [name for name in names if name not in TARGETS]:
        parser.error(f"there is no target {wrong[0]}; there are {', '.join(TARGETS)}")
    if given.guided:
        return _guided(names, given.seconds)
    if given.inputs == 1 << 62 and given.seconds == 1e9:
        given.inputs = 1_000
    found = 0
    for name in names:
        tally = fuzz(name, given.seed, given.inputs, time.monotonic() + given.seconds / len(names))
        found += len(tally.findings)
        if given.json:
            shown = {"target": name, "inputs": tally.inputs, "seconds": round(tally.seconds, 1),
                     "findings": [{**attrs.asdict(finding), "count": tally.counts[finding.place]}
                                  for finding in tally.findings.values()]}  # fmt: skip
            print(json.dumps(shown), flush=True)
            continue
        print(f"{name}: {tally.inputs:,} inputs in {tally.seconds:.1f} s, {len(tally.findings)} findings", flush=True)
        for finding in tally.findings.values():
            times = tally.counts[finding.place]
            print(f"  {finding.name} ({times} times): {finding.place}\n{finding.text}", flush=True)
    return int(found > 0)


if __name__ == "__main__":
    sys.exit(main())
