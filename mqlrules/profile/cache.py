"""Profiles of event files, computed once and kept in the user's cache until a file or the way to read it changes.

Looking one up reads no events and imports nothing that does, so that ``check`` stays fast. A profile is plain JSON.
"""

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from glob import glob, has_magic
from pathlib import Path

from mqlrules.check.program import Program
from mqlrules.console.whole_file import whole_file
from mqlrules.profile.profile import EventProfile, Profile, Property

FORMAT = 1

Read = Callable[[], tuple[Profile, Sequence[str]]]
"""Reads the events: their profile, and lines about rows and cells that can't be read."""


def kept_profile(paths: Sequence[str], reading: object, program: Program, read: Read) -> tuple[Profile, Sequence[str]]:
    """The profile of files, folders and globs, from the cache if nothing has changed.

    ``reading`` is whatever else decides how they are read, such as names of columns. Raises what ``read`` raises.
    """
    schemas = sorted((name, sorted(schema.properties.items())) for name, schema in program.schemas.items())
    key = [FORMAT, _stamps(paths), repr(reading), schemas]
    name = hashlib.sha256(json.dumps(key, default=str).encode()).hexdigest()
    file = cache_folder() / f"{name}.json"
    with suppress(OSError, ValueError, KeyError, TypeError):
        return _loaded(file.read_text("utf-8"))
    profile, lines = read()
    # Without a place for it, it is computed again the next time.
    with suppress(OSError):
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with whole_file(file) as part:
            part.write_text(_dumped(profile, lines), "utf-8")
        file.chmod(0o600)
    return profile, lines


def cache_folder() -> Path:
    """``mqlrules/profiles`` in the cache folder of XDG, by default ``~/.cache``."""
    given = os.environ.get("XDG_CACHE_HOME", "")
    folder = Path(given) if os.path.isabs(given) else Path.home() / ".cache"
    return folder / "mqlrules" / "profiles"


def _stamps(paths: Sequence[str]) -> list[tuple[str, int, int]]:
    found: set[Path] = set()
    for path in paths:
        for each in map(Path, glob(path, recursive=True) if has_magic(path) and not Path(path).exists() else [path]):
            found |= {file for file in each.rglob("*") if file.is_file()} if each.is_dir() else {each}
    stamps = []
    for file in sorted(found):
        with suppress(OSError):
            status = file.stat()
            stamps.append((str(file.resolve()), status.st_mtime_ns, status.st_size))
    return stamps


def _dumped(profile: Profile, lines: Sequence[str]) -> str:
    events = {
        key: [
            event.name,
            event.count,
            {
                name: [None if of.values is None else sorted(of.values), of.others]
                for name, of in event.properties.items()
            },
        ]
        for key, event in profile.events.items()
    }
    return json.dumps({"events": events, "first": profile.first, "last": profile.last, "lines": list(lines)})


def _loaded(text: str) -> tuple[Profile, Sequence[str]]:
    known = json.loads(text)
    events = {
        key: EventProfile(
            name,
            count,
            {
                path: Property(None if values is None else frozenset(values), others)
                for path, (values, others) in of.items()
            },
        )
        for key, (name, count, of) in known["events"].items()
    }
    return Profile(events, known["first"], known["last"]), known["lines"]
