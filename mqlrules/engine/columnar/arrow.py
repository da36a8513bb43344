"""Arrow arrays as numpy arrays and back, without a copy where possible.

Arrow's own conversions import pandas where it is installed, which takes longer than evaluating a million rows.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

_TYPES = {"int32": pa.int32(), "int64": pa.int64()}


def as_type(array: Any, type: pa.DataType) -> Any:
    """An array, or a chunked one, as another type. Arrow's conversions take 40 ms to import, so only if it must be."""
    return array if array.type == type else array.cast(type)


def numbers(array: npt.NDArray[Any]) -> pa.Array:
    """The same numbers, of 32 or 64 bits."""
    plain = np.ascontiguousarray(array)
    return pa.Array.from_buffers(_TYPES[plain.dtype.name], len(plain), [None, pa.py_buffer(plain)])


def lists(of: npt.NDArray[Any], values: npt.NDArray[Any], count: int) -> pa.Array:
    """``count`` lists of numbers; ``of`` is the list of each value, in rising order."""
    ends = numbers(np.searchsorted(of, np.arange(count + 1)).astype(np.int64))
    return pa.LargeListArray.from_arrays(ends, numbers(values))


def raw(array: pa.Array) -> npt.NDArray[Any]:
    """The numbers (int8 to int64, double) of an array, with anything where a value is missing."""
    dtype = np.dtype(str(array.type).replace("double", "float64"))
    data = array.buffers()[1]
    if data is None:
        return np.zeros(len(array), dtype)
    return in_place(data, dtype)[array.offset : array.offset + len(array)]


def in_place(buffer: pa.Buffer, dtype: Any) -> npt.NDArray[Any]:
    """The content of a buffer, copied only if its numbers aren't aligned."""
    found = np.frombuffer(buffer, dtype, count=buffer.size // np.dtype(dtype).itemsize)
    return found if found.flags.aligned else found.copy()


def present(array: pa.Array) -> npt.NDArray[np.bool_]:
    """Which values of an array are not null."""
    bits = array.buffers()[0]
    if bits is None or not array.null_count:
        return np.full(len(array), array.null_count == 0)
    known = np.unpackbits(np.frombuffer(bits, np.uint8), count=array.offset + len(array), bitorder="little")
    return known[array.offset :].astype(np.bool_)
