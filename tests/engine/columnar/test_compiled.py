"""Loops are compiled once on a machine, and loaded by later processes."""

import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("numba")

import numpy as np

from mqlrules.engine.columnar import code_cache as kept
from mqlrules.engine.columnar import jit as compiled
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


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MQLRULES_CACHE_DIR", str(tmp_path / "loops"))
    return tmp_path / "loops"


def result_of(loop: Callable[..., int], numbers: Any) -> tuple[int, list[int]]:
    out = np.zeros(len(numbers), np.int64)
    return loop(numbers, np.array([[1, 2], [-1, -2]]), np.int32(10), True, out), out.tolist()


EXPECTED = (182, [62, 118, 182])


def test_what_was_compiled_is_kept_and_loaded_without_numba(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = np.array([1, 2, 3], np.int16)
    numbers.flags.writeable = False
    assert EXPECTED == result_of(kernel(weighed), numbers)
    (file,) = folder.iterdir()
    assert file.stat().st_mode & stat.S_IROTH, "whoever else uses this installation reads it"
    monkeypatch.setitem(sys.modules, "numba", None)
    assert EXPECTED == result_of(kernel(weighed), numbers)
    with pytest.raises(ImportError):
        result_of(kernel(weighed), numbers.astype(np.uint8))


def test_arguments_of_each_kind_have_machine_code_of_their_own(folder: Path) -> None:
    loop = kernel(weighed)
    for dtype in (np.int8, np.uint32, np.int64):
        assert EXPECTED == result_of(loop, np.array([1, 2, 3], dtype))
    assert (0, []) == result_of(loop, np.empty(0, np.int64))
    assert 3 == len(list(folder.iterdir()))


def test_a_damaged_file_is_not_loaded(folder: Path) -> None:
    numbers = np.array([1, 2, 3])
    assert EXPECTED == result_of(kernel(weighed), numbers)
    (file,) = folder.iterdir()
    good = file.read_bytes()
    for bad in (b"", good[:-1], good[:500] + b"\xff" + good[501:]):
        file.write_bytes(bad)
        assert kept.kept("test_compiled.weighed") is None
    assert EXPECTED == result_of(kernel(weighed), numbers)
    assert kept.kept("test_compiled.weighed") is not None


def test_machine_code_of_another_source_or_processor_is_not_loaded(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert EXPECTED == result_of(kernel(weighed), np.array([1, 2, 3]))
    monkeypatch.setattr(kept, "_made_of", lambda: bytes(32))
    assert kept.kept("test_compiled.weighed") is None


def test_where_nothing_can_be_kept_it_is_compiled_all_the_same(folder: Path) -> None:
    folder.write_text("a file in the way")
    assert EXPECTED == result_of(kernel(weighed), np.array([1, 2, 3]))


def test_with_a_library_that_has_other_words_it_is_compiled_for_this_process(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def without(*given: Any) -> None:
        raise AttributeError("no such pass")

    monkeypatch.setattr(compiled, "_let_stand_alone", without)
    loop = kernel(weighed)
    assert EXPECTED == result_of(loop, np.array([1, 2, 3]))
    assert EXPECTED == result_of(loop, np.array([1, 2, 3]))
    assert not folder.exists()


def test_an_array_that_is_not_in_one_piece_is_refused(folder: Path) -> None:
    with pytest.raises(ValueError, match="not in one piece"):
        result_of(kernel(weighed), np.arange(6)[::2])


def test_numbers_with_their_bytes_the_other_way_round_are_refused(folder: Path) -> None:
    with pytest.raises(TypeError, match="the other way round"):
        result_of(kernel(weighed), np.array([1, 2, 3], np.dtype(np.int64).newbyteorder()))


def test_a_loop_that_makes_an_array_is_refused(folder: Path) -> None:
    def makes(numbers: Any) -> int:
        return len(np.append(numbers, numbers))

    with pytest.raises(TypeError, match="makes no arrays"):
        kernel(makes)(np.arange(3))


def test_loops_compiled_by_several_processes_are_told_apart(folder: Path) -> None:
    module = "from mqlrules.engine.columnar.jit import kernel\n"
    for name, number in (("first", 1), ("second", 2)):
        (folder.parent / f"{name}.py").write_text(
            f"{module}\n@kernel\ndef {name}(number: int) -> int:\n    return number + {number}\n"
        )
        code = f"import {name}; assert {10 + number} == {name}.{name}(10)"
        subprocess.run([sys.executable, "-c", code], cwd=folder.parent, check=True)
    code = "import first, second; assert (11, 12) == (first.first(10), second.second(10))"
    subprocess.run([sys.executable, "-c", code], cwd=folder.parent, check=True)
