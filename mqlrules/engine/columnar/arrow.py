"""From Arrow arrays to those of the loops, and back.

Arrow's own ways ask pandas first, wherever pandas is installed: loading that takes longer than evaluating
a million rows.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

_TYPES = {"int32": pa.int32(), "int64": pa.int64()}


def as_type(array: Any, type: pa.DataType) -> Any:
    """An array or a chunked one as another type; only where it isn't: Arrow's conversions take 40 ms to import."""
    return array if array.type == type else array.cast(type)


def numbers(array: npt.NDArray[Any]) -> pa.Array:
    """The same numbers, of 32 or 64 bits."""
    plain = np.ascontiguousarray(array)
    return pa.Array.from_buffers(_TYPES[plain.dtype.name], len(plain), [None, pa.py_buffer(plain)])


def lists(of: npt.NDArray[Any], values: npt.NDArray[Any], count: int) -> pa.Array:
    """Lists of numbers: ``of`` says, rising, to which of the ``count`` lists each value belongs."""
    ends = numbers(np.searchsorted(of, np.arange(count + 1)).astype(np.int64))
    return pa.LargeListArray.from_arrays(ends, numbers(values))


def raw(array: pa.Array) -> npt.NDArray[Any]:
    """The numbers (int8 to int64, double) of an array. What stands where a value is missing means nothing."""
    dtype = np.dtype(str(array.type).replace("double", "float64"))
    data = array.buffers()[1]
    if data is None:
        return np.zeros(len(array), dtype)
    return in_place(data, dtype)[array.offset : array.offset + len(array)]


def in_place(buffer: pa.Buffer, dtype: Any) -> npt.NDArray[Any]:
    """What a buffer holds, where it stands; or a copy, where each number does not stand as loops want it."""
    found = np.frombuffer(buffer, dtype, count=buffer.size // np.dtype(dtype).itemsize)
    return found if found.flags.aligned else found.copy()


def there(array: pa.Array) -> npt.NDArray[np.bool_]:
    """Which values of an array are not missing."""
    bits = array.buffers()[0]
    if bits is None or not array.null_count:
        return np.full(len(array), array.null_count == 0)
    known = np.unpackbits(np.frombuffer(bits, np.uint8), count=array.offset + len(array), bitorder="little")
    return known[array.offset :].astype(np.bool_)
