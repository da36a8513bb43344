"""Loops are compiled once on a machine, and later processes load only machine code that nobody else could write."""

import logging
import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("numba")

import numpy as np

from mqlrules.engine.columnar import code_cache, codes, jit, preload
from mqlrules.engine.columnar.jit import inlined, kernel

FACTOR = 3


@inlined
def _threefold(number: int) -> int:
    return number * FACTOR


def weighed(numbers: Any, table: Any, times: int, twice: bool, out: Any) -> int:
    """A loop of which the tests make kernels."""
    most = 0
    for i in range(len(numbers)):
        value = _threefold(numbers[i]) * times + table[i % 2, 0]
        out[i] = 2 * value if twice else value
        most = max(most, out[i])
    return most


def weighed_otherwise(numbers: Any, table: Any, times: int, twice: bool, out: Any) -> int:
    """A loop with other results."""
    return len(numbers) + len(table) + times + len(out) + 1000


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("MQLRULES_CACHE_DIR", str(tmp_path / "loops"))
    monkeypatch.setattr(code_cache, "_IN_MEMORY", {})
    code_cache._say_that_nothing_is_kept.cache_clear()
    yield tmp_path / "loops"
    code_cache._say_that_nothing_is_kept.cache_clear()


@pytest.fixture
def new_process(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Forgets what this process has compiled or loaded."""
    return lambda: monkeypatch.setattr(code_cache, "_IN_MEMORY", {})


def result_of(loop: Callable[..., int], numbers: Any) -> tuple[int, list[int]]:
    out = np.zeros(len(numbers), np.int64)
    return loop(numbers, np.array([[1, 2], [-1, -2]]), np.int32(10), True, out), out.tolist()


EXPECTED = (182, [62, 118, 182])


def test_a_compiled_loop_is_kept_and_loaded_without_numba(
    folder: Path, new_process: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = np.array([1, 2, 3], np.int16)
    numbers.flags.writeable = False
    assert EXPECTED == result_of(kernel(weighed), numbers)
    (file,) = folder.iterdir()
    assert 0o700 == stat.S_IMODE(folder.stat().st_mode)
    assert not file.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    new_process()
    monkeypatch.setitem(sys.modules, "numba", None)
    assert EXPECTED == result_of(kernel(weighed), numbers)
    with pytest.raises(ImportError):
        result_of(kernel(weighed), numbers.astype(np.uint8))


def test_each_combination_of_argument_kinds_has_its_own_machine_code(folder: Path) -> None:
    loop = kernel(weighed)
    for dtype in (np.int8, np.uint32, np.int64):
        assert EXPECTED == result_of(loop, np.array([1, 2, 3], dtype))
    assert (0, []) == result_of(loop, np.empty(0, np.int64))
    assert 3 == len(list(folder.iterdir()))


def is_kept(loop: Any) -> bool:
    """Whether a new process would load the one file that there is for a loop."""
    return any(code_cache.kept(name, loop.origin) is not None for name, _ in code_cache.everything())


def test_a_damaged_file_is_not_loaded(folder: Path, new_process: Callable[[], None]) -> None:
    loop: Any = kernel(weighed)
    assert EXPECTED == result_of(loop, np.array([1, 2, 3]))
    (file,) = folder.iterdir()
    good = file.read_bytes()
    for bad in (b"", good[:-1], good[:500] + b"\xff" + good[501:]):
        file.write_bytes(bad)
        new_process()
        assert not is_kept(loop)
    assert EXPECTED == result_of(kernel(weighed), np.array([1, 2, 3]))
    new_process()
    assert is_kept(loop)


def test_machine_code_of_another_source_compiler_or_processor_is_not_loaded(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop: Any = kernel(weighed)
    assert EXPECTED == result_of(loop, np.array([1, 2, 3]))
    assert is_kept(loop)
    changed: Any = kernel(weighed_otherwise)
    assert changed.origin != loop.origin
    monkeypatch.setattr(jit, "_compiler_and_processor", lambda: b"another processor")
    other: Any = kernel(weighed)
    assert other.origin != loop.origin
    assert not is_kept(other)


def test_a_changed_constant_or_inlined_function_is_another_source(monkeypatch: pytest.MonkeyPatch) -> None:
    before: Any = kernel(weighed)
    origin = before.origin
    monkeypatch.setitem(globals(), "FACTOR", 4)
    after: Any = kernel(weighed)
    assert origin != after.origin


# -- files that somebody else may have written ---------------------------------------------------------------------


def planted(folder: Path) -> None:
    """Puts the machine code of another loop where that of ``weighed`` is looked for."""
    loop, other = kernel(weighed), kernel(weighed_otherwise)
    numbers = np.array([1, 2, 3])
    result_of(loop, numbers)
    (file,) = folder.iterdir()
    result_of(other, numbers)
    (foreign,) = set(folder.iterdir()) - {file}
    origin: bytes = loop.origin  # type: ignore[attr-defined]
    file.write_bytes(origin + foreign.read_bytes()[len(origin) :])
    foreign.unlink()


def open_folder(folder: Path, file: Path) -> None:
    folder.chmod(0o777)


def group_folder(folder: Path, file: Path) -> None:
    folder.chmod(0o770)


def open_file(folder: Path, file: Path) -> None:
    file.chmod(0o666)


def linked_file(folder: Path, file: Path) -> None:
    file.rename(folder.parent / "elsewhere")
    file.symlink_to(folder.parent / "elsewhere")


def linked_folder(folder: Path, file: Path) -> None:
    folder.rename(folder.parent / "elsewhere")
    folder.symlink_to(folder.parent / "elsewhere", target_is_directory=True)


def file_of_another_user(folder: Path, file: Path) -> None:
    os.chown(file, 12345, 12345)


def folder_of_another_user(folder: Path, file: Path) -> None:
    os.chown(folder, 12345, 12345)


WAYS = (open_folder, group_folder, open_file, linked_file, linked_folder, file_of_another_user, folder_of_another_user)


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="files have no owner and mode here")
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_a_file_that_another_user_may_have_written_is_not_loaded(
    way: Callable[[Path, Path], None], folder: Path, new_process: Callable[[], None]
) -> None:
    if "another_user" in way.__name__ and os.geteuid() != 0:
        pytest.skip("only root can give files away")
    planted(folder)
    new_process()
    numbers = np.array([1, 2, 3])
    assert EXPECTED != result_of(kernel(weighed), numbers), "the planted code works where nobody else can write"
    (file,) = folder.iterdir()
    way(folder, file)
    new_process()
    assert EXPECTED == result_of(kernel(weighed), numbers)


def test_an_unsafe_folder_is_reported_once(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder.mkdir()
    folder.chmod(0o777)
    with caplog.at_level(logging.WARNING, "mqlrules"):
        for dtype in (np.int64, np.int32):
            assert EXPECTED == result_of(kernel(weighed), np.array([1, 2, 3], dtype))
    assert [] == list(folder.iterdir())
    (said,) = (record.getMessage() for record in caplog.records if record.name == "mqlrules")
    assert str(folder) in said
    assert "nobody else can write" in said


def test_machine_code_can_be_handed_to_another_process(
    folder: Path, new_process: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = np.array([1, 2, 3])
    assert EXPECTED == result_of(kernel(weighed), numbers)
    given = codes()
    monkeypatch.setenv("MQLRULES_CACHE_DIR", str(folder.parent / "nothing here"))
    monkeypatch.setitem(sys.modules, "numba", None)
    new_process()
    with pytest.raises(ImportError):
        result_of(kernel(weighed), numbers)
    preload(given)
    assert EXPECTED == result_of(kernel(weighed), numbers)
    assert given == codes()
    with pytest.raises(ImportError):
        result_of(kernel(weighed_otherwise), numbers)


# -- compiling -----------------------------------------------------------------------------------------------------


def test_a_loop_that_can_not_be_kept_is_compiled_all_the_same(folder: Path) -> None:
    folder.write_text("a file in the way")
    assert EXPECTED == result_of(kernel(weighed), np.array([1, 2, 3]))


def test_with_another_version_of_llvmlite_a_loop_is_compiled_for_this_process(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def without(*given: Any) -> None:
        raise AttributeError("no such pass")

    monkeypatch.setattr(jit, "_let_stand_alone", without)
    loop = kernel(weighed)
    assert EXPECTED == result_of(loop, np.array([1, 2, 3]))
    assert EXPECTED == result_of(loop, np.array([1, 2, 3]))
    assert not folder.exists()


def test_an_array_that_is_not_contiguous_is_rejected(folder: Path) -> None:
    with pytest.raises(ValueError, match="contiguous"):
        result_of(kernel(weighed), np.arange(6)[::2])


def test_numbers_in_another_byte_order_are_rejected(folder: Path) -> None:
    with pytest.raises(TypeError, match="byte order"):
        result_of(kernel(weighed), np.array([1, 2, 3], np.dtype(np.int64).newbyteorder()))


def test_a_loop_that_allocates_an_array_is_rejected(folder: Path) -> None:
    def makes(numbers: Any) -> int:
        return len(np.append(numbers, numbers))

    with pytest.raises(TypeError, match="allocate arrays"):
        kernel(makes)(np.arange(3))


def test_loops_compiled_by_several_processes_keep_their_names_apart(folder: Path) -> None:
    module = "from mqlrules.engine.columnar.jit import kernel\n"
    for name, number in (("first", 1), ("second", 2)):
        (folder.parent / f"{name}.py").write_text(
            f"{module}\n@kernel\ndef {name}(number: int) -> int:\n    return number + {number}\n"
        )
        code = f"import {name}; assert {10 + number} == {name}.{name}(10)"
        subprocess.run([sys.executable, "-c", code], cwd=folder.parent, check=True)
    code = "import first, second; assert (11, 12) == (first.first(10), second.second(10))"
    subprocess.run([sys.executable, "-c", code], cwd=folder.parent, check=True)
