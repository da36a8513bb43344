"""What the make_events.py scripts share: seeded chance, a diary for each lead, and files that come out the same.

Standard library only. Each lead has its own stream of chance, seeded by its name: changing one persona moves no other.
All chance is drawn from ``random.Random.random``, the one method whose numbers Python promises to keep.
"""

import argparse
import csv
import json
import random
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")
Row = dict[str, Any]


class Dice:
    """A stream of chance that is the same for the same name."""

    def __init__(self, name: str) -> None:
        self._next = random.Random(name).random

    def chance(self, probability: float) -> bool:
        return self._next() < probability

    def between(self, low: float, high: float) -> float:
        return low + (high - low) * self._next()

    def whole(self, low: int, high: int) -> int:
        """A whole number from low to high, both included."""
        return low + int((high - low + 1) * self._next())

    def pick(self, options: Sequence[T]) -> T:
        return options[int(len(options) * self._next())]


class Diary:
    """What one lead does, and when: a moment that only moves on, and the events noted so far."""

    def __init__(self, lead: str, start: datetime, dice: Dice) -> None:
        self.lead = lead
        self.now = start
        self.dice = dice
        self.rows: list[tuple[datetime, Row]] = []

    def wait(self, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0) -> None:
        """Let about that much time pass: between 60 % and 140 % of it, in whole seconds."""
        mean = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds).total_seconds()
        self.now += timedelta(seconds=max(1, round(mean * self.dice.between(0.6, 1.4))))

    def office_hours(self) -> None:
        """Move on to a moment in working hours (Monday to Friday, 8 to 17), if it is not in one."""
        if self.now.hour >= 17:
            self._next_day(8, 10)
        elif self.now.hour < 8:
            self._today(8, 10)
        while self.now.weekday() >= 5:
            self._next_day(8, 10)

    def evening(self) -> None:
        """Move on to an evening, or to a weekend's day."""
        if self.now.weekday() >= 5 and 9 <= self.now.hour < 22:
            return
        if self.now.hour >= 22:
            self._next_day(18, 21)
        elif self.now.hour < 18:
            self._today(18, 21)

    def note(self, event: str, known_after: timedelta = timedelta(), **properties: Any) -> None:
        """Write down an event; ``known_after`` is how much later it reaches the file: a list imported the next day."""
        row = {"lead": self.lead, "time": self.now.strftime("%Y-%m-%dT%H:%M:%SZ"), "event": event, **properties}
        self.rows.append((self.now + known_after, row))

    def _today(self, first_hour: int, last_hour: int) -> None:
        hour = self.dice.whole(first_hour, last_hour)
        self.now = self.now.replace(hour=hour, minute=self.dice.whole(0, 59), second=self.dice.whole(0, 59))

    def _next_day(self, first_hour: int, last_hour: int) -> None:
        self.now += timedelta(days=1)
        self._today(first_hour, last_hour)


def day(year: int, month: int, date: int) -> datetime:
    """The first instant of a day, UTC."""
    return datetime(year, month, date, tzinfo=UTC)


def as_they_arrived(diaries: Iterable[Diary], until: datetime) -> list[Row]:
    """The events of all leads, in the order in which they reached the file by ``until``."""
    arrivals = [arrival for diary in diaries for arrival in diary.rows]
    arrivals.sort(key=lambda arrival: arrival[0])
    return [row for arrived, row in arrivals if arrived <= until]


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
        writer.writeheader()
        for row in rows:
            writer.writerow({name: _cell(value) for name, value in row.items()})


def write_jsonl(path: Path, rows: Iterable[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


def main(description: str, make: Callable[[Path], None], folder: Path) -> None:
    """Write an example's files into its own folder, or into the one given."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--out", type=Path, default=folder, help="the folder to write to (default: the example's own)")
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    make(out)


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else value
