"""Machine code that is kept for later processes, a file a loop: beside the bytecode of this package, or where that
can't be written, in the cache folder of the user. ``MQLRULES_CACHE_DIR`` names another folder.

A file says of which source and for which processor it was made, and is taken only if it is whole.
"""

import hashlib
import importlib.util
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path

import attrs
import llvmlite
import llvmlite.binding as llvm

_SUFFIX = ".loop"
_DIGEST = hashlib.sha256().digest_size


@attrs.frozen
class Code:
    """An object file, and the name of the loop in it."""

    symbol: str
    object: bytes


def kept(name: str, kinds: Sequence[tuple[str, int]] | None = None) -> Code | None:
    """The machine code of a loop for arguments of these kinds, or of any; None where there is none."""
    pattern = f"{name}-*{_SUFFIX}" if kinds is None else _file(name, kinds)
    for folder in _folders():
        for path in folder.glob(pattern) if kinds is None else (folder / pattern,):
            with suppress(OSError, UnicodeDecodeError):
                code = _read(path.read_bytes())
                if code is not None:
                    return code
    return None


def keep(code: Code, name: str, kinds: Sequence[tuple[str, int]]) -> None:
    """Keeps it, if there is a folder for it; else it will be compiled again."""
    symbol = code.symbol.encode()
    content = len(symbol).to_bytes(4, "little") + symbol + code.object
    for folder in _folders():
        with suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            # Others may read it while it is written, or write the same.
            with tempfile.NamedTemporaryFile(dir=folder, suffix=".new", delete=False) as file:
                try:
                    file.write(_made_of() + hashlib.sha256(content).digest() + content)
                    file.close()
                    # As bytecode is: who installed the package compiles for all.
                    os.chmod(file.name, 0o644)
                    os.replace(file.name, folder / _file(name, kinds))
                except BaseException:
                    os.unlink(file.name)
                    raise
            return


def _read(content: bytes) -> Code | None:
    origin, digest, rest = content[:_DIGEST], content[_DIGEST : 2 * _DIGEST], content[2 * _DIGEST :]
    if origin != _made_of() or digest != hashlib.sha256(rest).digest():
        return None
    end = 4 + int.from_bytes(rest[:4], "little")
    return Code(rest[4:end].decode(), rest[end:])


def _file(name: str, kinds: Sequence[tuple[str, int]]) -> str:
    shown = "-".join(f"{dtype}{'x' * dimensions}" for dtype, dimensions in kinds)
    # The kinds of all arguments may be more than a name can hold.
    return f"{name}-{hashlib.sha256(shown.encode()).hexdigest()[:16]}{_SUFFIX}"


def _folders() -> Iterator[Path]:
    """Where machine code is looked for, and kept if it can be."""
    given = os.environ.get("MQLRULES_CACHE_DIR")
    if given:
        yield Path(given)
        return
    yield Path(importlib.util.cache_from_source(__file__)).parent
    from platformdirs import user_cache_path

    yield user_cache_path("mqlrules", appauthor=False)


@cache
def _made_of() -> bytes:
    """What machine code depends on: the source of this engine, who compiles, and the processor."""
    about = hashlib.sha256()
    for part in (llvmlite.__version__, llvm.get_process_triple(), llvm.get_host_cpu_name()):
        about.update(part.encode() + b"\n")
    about.update(llvm.get_host_cpu_features().flatten().encode())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        about.update(path.read_bytes())
    return about.digest()
