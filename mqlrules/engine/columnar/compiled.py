"""How the loops of this engine are compiled: once on a machine, kept on disk, and free of Python's lock."""

import os
from collections.abc import Callable
from typing import Any, TypeVar

import numba
import numpy as np

F = TypeVar("F", bound=Callable[..., Any])

FOREVER = 2**62
"""Later than any instant: the end of what does not end."""

DUE = np.int32(-1)
"""In place of a row: an instant that no event marks. It comes before the events of its time."""


_KERNELS: list[Any] = []


def kernel(function: F) -> F:
    """Compiles a loop over arrays to machine code when it is first called, and keeps that for later processes."""
    compiled: Any = numba.njit(cache=True, nogil=True)(function)
    _KERNELS.append(compiled)
    return compiled  # type: ignore[no-any-return]


def is_compiled() -> bool:
    """Whether loops have been compiled on this machine before; else the first run takes some seconds longer."""
    try:
        return any(kernel.signatures or os.path.exists(kernel._cache._cache_file._index_path) for kernel in _KERNELS)
    except AttributeError:  # numba keeps these things elsewhere than it did
        return True


def inlined(function: F) -> F:
    """A small piece of several kernels, compiled into each of them."""
    compiled: Any = numba.njit(inline="always")(function)
    return compiled  # type: ignore[no-any-return]
