"""Whole files through the columnar engine, beside ClickHouse, DuckDB and Polars by hand, each run a process of its own.

    python benchmarks/columnar.py                          # every part; then docs/performance.md is made of them
    python benchmarks/columnar.py --part number --rounds 3
    python benchmarks/columnar.py --part uuid --part streams --part scaling --part memory --part first-run

The peers, the rules and the events are those of ../shared/bench; ``--yardstick`` or MQLRULES_YARDSTICK names another
folder. What came out is compared every time; a side whose answers are wrong has no times. Each part is kept as JSON.
"""

import argparse
import hashlib
import json
import os
import shlex
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from itertools import product
from pathlib import Path
from typing import Any

import attrs
from columnar_parts import PARTS, QUESTIONS, Setting
from event_files import MILLION, folder
from measuring import machine, stop
from rounds import say
from sides import PEERS
from whole_process import Failed, succeed
from yardstick import FOLDER

import mqlrules

HERE = Path(__file__).parent
FIGURES = HERE / "figures"
BESIDE_PEERS = ("number", "uuid")
PACKAGES = ("mqlrules", "polars", "numba", "numpy", "pyarrow", "duckdb", "chdb", "eql")


def wrong_answers(part: Any) -> bool:
    """Whether an answer in a part is wrong, or a side ended badly."""
    match part:
        case dict():
            return "wrong" in part or "failed" in part or any(map(wrong_answers, part.values()))
        case list():
            return any(map(wrong_answers, part))
    return False


def versions() -> dict[str, str]:
    """Of the packages that are here."""
    found = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


@cache
def sources() -> str:
    """A fingerprint of the package's modules, as they are when the measuring begins."""
    paths = sorted(Path(mqlrules.__file__).parent.rglob("*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()[:16]


def keep(part: str, measured: Mapping[str, Any], where: Path) -> None:
    """Writes a part, with the machine, the versions and the command.

    Cases beside the peers that were not measured this time stay, as long as nothing has changed since.
    """
    where.mkdir(parents=True, exist_ok=True)
    file = where / f"{part}.json"
    command = shlex.join(["python", "benchmarks/columnar.py", *_shown(sys.argv[1:])])
    found = {"command": command, **dict(machine())}
    record: dict[str, Any] = {"part": part, **found, "versions": versions(), "sources": sources(), **measured}
    if part in BESIDE_PEERS:
        old = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
        same = all(old.get(name) == record[name] for name in ("versions", "sources"))
        kept = old["cases"] if same else []
        now = [{**case, **found} for case in measured["cases"]]
        again = {(case["question"], case["events"]) for case in now}
        cases = [*now, *(case for case in kept if (case["question"], case["events"]) not in again)]
        record["cases"] = sorted(cases, key=lambda case: (QUESTIONS.index(case["question"]), case["events"]))
    file.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def _shown(arguments: Sequence[str]) -> list[str]:
    """The command without what is of this machine alone: where files are kept."""
    shown, skip = [], False
    for argument in arguments:
        if not skip and argument.split("=")[0] not in ("--cache", "--yardstick", "--figures"):
            shown.append(argument)
        skip = argument in ("--cache", "--yardstick", "--figures")
    return shown


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split(","))


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(","))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--part", action="append", choices=PARTS, help="measure this part alone; may be given more than once")
    add("--rounds", type=int, default=3, help="how often each side runs (default 3)")
    add("--beyond", type=float, default=2.0, help="peers so many times slower than the best run once (default 2)")
    add("--patience", type=float, default=300, help="seconds after which a peer is given up (default 300)")
    add("--question", action="append", choices=QUESTIONS, help="of number and uuid: the twenty rules, or one")
    add("--peers", type=_words, default=tuple(PEERS), help="which peers (default polars,duckdb,clickhouse)")
    add("--events", type=_numbers, default=(10 * MILLION, MILLION), help="sizes of the parts number and uuid")
    add("--base", type=int, default=MILLION, help="events of the file that the other parts stand on")
    add("--times", type=_numbers, default=(1, 3, 10, 30), help="how many copies of it the scaling part measures")
    add("--rules", type=_numbers, default=(1, 5, 20, 100, 500), help="how many rules the scaling part measures")
    add("--large", type=int, default=50 * MILLION, help="events of the memory part")
    add("--memory", default="1GB", help="what the memory part gives (default 1GB)")
    add("--streamed", type=int, default=200_000, help="events that are fed one at a time")
    add("--streamed-to-eql", type=int, default=5_000, help="events that eql gets")
    add("--cache", type=Path, help="where event files are kept (default: a folder for temporary files)")
    add("--yardstick", type=Path, help="the folder of peers.py (default: MQLRULES_YARDSTICK, or ../shared/bench)")
    add("--figures", type=Path, default=FIGURES, help="where the parts are kept as JSON")
    add("--no-page", action="store_true", help="don't make docs/performance.md")
    return parser.parse_args()


def _portions(parts: Sequence[str], setting: Setting) -> Iterator[tuple[str, Setting]]:
    """The parts, those beside the peers case by case: each is kept as soon as it was measured."""
    for part in parts:
        if part in BESIDE_PEERS:
            for size, question in product(setting.events, setting.questions):
                yield part, attrs.evolve(setting, events=(size,), questions=(question,))
        else:
            yield part, setting


def main() -> None:
    """Measures the parts, keeps them, and makes the page."""
    arguments = _arguments()
    yardstick = arguments.yardstick or Path(os.environ.get("MQLRULES_YARDSTICK") or FOLDER)
    if not (yardstick / "peers.py").is_file():
        stop("peers.py is not here: it is looked for in ../shared/bench, beside the repository; or give --yardstick")
    wrong = False
    with tempfile.TemporaryDirectory() as scratch:
        setting = Setting(
            yardstick=yardstick.resolve(),
            kept=folder(arguments.cache),
            scratch=Path(scratch),
            events=arguments.events,
            rounds=arguments.rounds,
            beyond=arguments.beyond,
            patience=arguments.patience,
            questions=tuple(arguments.question or QUESTIONS),
            peers=tuple(peer for peer in arguments.peers if find_spec(PEERS[peer]) is not None),
            base=arguments.base,
            times=arguments.times,
            rules=arguments.rules,
            large=arguments.large,
            memory=arguments.memory,
            streamed=arguments.streamed,
            streamed_to_eql=arguments.streamed_to_eql,
        )
        sources()
        for part, settings in _portions(arguments.part or tuple(PARTS), setting):
            try:
                measured = PARTS[part](settings)
            except Failed as error:
                stop(str(error))
            keep(part, measured, arguments.figures)
            wrong = wrong or wrong_answers(measured)
    if not arguments.no_page:
        say(succeed([sys.executable, str(HERE / "performance_page.py"), "--figures", str(arguments.figures)]).output)
    sys.exit(wrong)


if __name__ == "__main__":
    main()
