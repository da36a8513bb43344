"""Machine code of loops, kept for later processes, one file a loop and kind of arguments.

Importing numba takes longer than evaluating most inputs, and compiling all loops takes half a minute, so compiled loops
are kept. Machine code runs with the rights of the process that loads it. It is therefore loaded only from a file and a
folder that this user or root owns and nobody else can write. Owner and mode are read from the opened file, not from its
path, and links are not followed. Where no folder is safe, each process compiles its loops, and the log says so once.

Files are in the bytecode folder of this package or, if that can't be used, in the user's cache folder;
``MQLRULES_CACHE_DIR`` names another folder. A file starts with the digest of what its code was made from (loop,
compiler, processor) and with a digest of its content, which finds damage and is no protection.
"""

import hashlib
import importlib.util
import logging
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

import attrs

_SUFFIX = ".loop"
_DIGEST = hashlib.sha256().digest_size
_IN_MEMORY: dict[str, bytes] = {}
"""The content of files by name: what this process compiled, loaded or was given."""


@attrs.frozen
class Code:
    """An object file and the name of the function in it."""

    symbol: str
    object: bytes


def kept(name: str, origin: bytes) -> Code | None:
    """The machine code under a name, if it was made from this origin and is undamaged."""
    for content in _contents(name):
        code = _unpacked(content, origin)
        if code is not None:
            _IN_MEMORY[name] = content
            return code
    return None


def keep(code: Code, name: str, origin: bytes) -> None:
    """Keeps machine code for this process and, where a folder is safe, for later ones."""
    symbol = code.symbol.encode()
    content = len(symbol).to_bytes(4, "little") + symbol + code.object
    content = origin + hashlib.sha256(content).digest() + content
    _IN_MEMORY[name] = content
    for folder in _folders():
        with suppress(OSError):
            folder.mkdir(0o755 if folder.name == "__pycache__" else 0o700, parents=True, exist_ok=True)
            with _opened(folder) as inside:
                inside.write(name + _SUFFIX, content)
            return
    _say_that_nothing_is_kept()


def everything() -> Iterator[tuple[str, bytes]]:
    """The machine code of loops, by name: what this process has used, then what earlier ones left on this machine."""
    yield from _IN_MEMORY.items()
    for folder in _folders():
        with suppress(OSError), _opened(folder) as inside:
            for file in inside.files():
                with suppress(OSError):
                    yield file.removesuffix(_SUFFIX), inside.read(file)


def codes() -> dict[str, bytes]:
    """The machine code of all loops that were compiled on this machine, for ``preload`` in another process.

    Loops are compiled when they are first needed, so run rules like yours before.
    """
    found: dict[str, bytes] = {}
    for name, content in everything():
        found.setdefault(name, content)
    return found


def preload(given: Mapping[str, bytes]) -> None:
    """Takes machine code that ``codes`` gave in another process.

    Machine code can do anything: take it only from a process that you trust. Code for another processor, compiler or
    version of this package is not used; those loops are compiled here.
    """
    _IN_MEMORY.update(given)


def _unpacked(content: bytes, origin: bytes) -> Code | None:
    digest, rest = content[_DIGEST : 2 * _DIGEST], content[2 * _DIGEST :]
    if content[:_DIGEST] != origin or digest != hashlib.sha256(rest).digest():
        return None
    end = 4 + int.from_bytes(rest[:4], "little")
    return Code(rest[4:end].decode(), rest[end:])


# -- folders -------------------------------------------------------------------------------------------------------


def _folders() -> Iterator[Path]:
    """The folders to look in, the preferred one first."""
    given = os.environ.get("MQLRULES_CACHE_DIR")
    if given:
        yield Path(given)
        return
    yield Path(importlib.util.cache_from_source(__file__)).parent
    from platformdirs import user_cache_path

    yield user_cache_path("mqlrules", appauthor=False)


def _contents(name: str) -> Iterator[bytes]:
    if name in _IN_MEMORY:
        yield _IN_MEMORY[name]
    for folder in _folders():
        with suppress(OSError), _opened(folder) as inside:
            yield inside.read(name + _SUFFIX)


class _Unsafe(OSError):
    """A file or folder that someone else could have written."""


def _check(opened: int) -> None:
    """Raises ``_Unsafe`` for what this user or root doesn't own, or others can write.

    Windows has neither owners nor modes of this kind. There the default folders are as private as the installation.
    """
    if hasattr(os, "geteuid"):
        found = os.fstat(opened)
        if found.st_uid not in (0, os.geteuid()) or found.st_mode & 0o022:
            raise _Unsafe
    elif os.environ.get("MQLRULES_CACHE_DIR"):
        raise _Unsafe


_NO_LINKS = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)


@attrs.frozen
class _Folder:
    """An open folder that is safe. Files in it are opened from it, so that its path may change meanwhile."""

    path: Path
    opened: int | None
    """The folder's descriptor, None on systems that can't open files from one."""

    def _open(self, file: str, flags: int) -> int:
        at = file if self.opened is not None else os.fspath(self.path / file)
        return os.open(at, flags | _NO_LINKS, 0o644, dir_fd=self.opened)

    def files(self) -> list[str]:
        names = os.listdir(self.path if self.opened is None else self.opened)
        return [name for name in names if name.endswith(_SUFFIX)]

    def read(self, file: str) -> bytes:
        with open(self._open(file, os.O_RDONLY), "rb") as content:
            _check(content.fileno())
            return content.read()

    def write(self, file: str, content: bytes) -> None:
        # Others may read the file while it is written, or write the same one.
        new = f"{secrets.token_hex(8)}.new"
        try:
            with open(self._open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL), "wb") as out:
                out.write(content)
            if self.opened is None:
                os.replace(self.path / new, self.path / file)
            else:
                os.replace(new, file, src_dir_fd=self.opened, dst_dir_fd=self.opened)
        except BaseException:
            with suppress(OSError):
                os.unlink(new if self.opened is not None else self.path / new, dir_fd=self.opened)
            raise


@contextmanager
def _opened(path: Path) -> Iterator[_Folder]:
    """A folder that is safe. Raises ``OSError`` for any other."""
    if os.open not in os.supports_dir_fd:
        _check(-1)
        yield _Folder(path, None)
        return
    opened = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        _check(opened)
        yield _Folder(path, opened)
    finally:
        os.close(opened)


@cache
def _say_that_nothing_is_kept() -> None:
    logging.getLogger("mqlrules").warning(
        "compiled loops are not kept, so each process compiles them again: %s must be a folder that you own and that "
        "nobody else can write (MQLRULES_CACHE_DIR names another one)",
        " or ".join(map(str, _folders())),
    )
