"""Arrow arrays seen as NumPy vectors and back, without copies where there are no nulls."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from runner.draws import I64

if find_spec("dateutil") is None:
    # pyarrow tries to import it for every Python scalar it is given, a third of a millisecond each time in vain
    sys.modules.setdefault("dateutil", None)  # type: ignore[arg-type]  # None means: not there

Mask = npt.NDArray[np.bool_]
Array = Any  # pyarrow has no complete stubs; every Array here is a pa.Array


def integers(array: Array) -> I64:
    """The int64 values; 0 where null."""
    if array.null_count:
        array = array.fill_null(0)
    view: I64 = array.to_numpy(zero_copy_only=True)
    return view


def null_mask(array: Array) -> Mask | None:
    """True where null; None when nothing is."""
    if not array.null_count:
        return None
    mask: Mask = np.asarray(array.is_null().to_numpy(zero_copy_only=False))
    return mask


def from_integers(values: npt.NDArray[Any], mask: Mask | None = None) -> Array:
    """A NumPy vector as an Arrow array, null where the mask is true."""
    return pa.array(values, mask=mask) if mask is not None else pa.array(values)


def with_nulls(array: Array, mask: Mask) -> Array:
    """The array with further nulls."""
    if isinstance(array, pa.DictionaryArray):
        return pa.DictionaryArray.from_arrays(with_nulls(array.indices, mask), array.dictionary)
    if pa.types.is_list(array.type):
        return pc.if_else(pa.array(mask), pa.scalar(None, array.type), array)
    if array.null_count:
        mask = mask | np.asarray(array.is_null().to_numpy(zero_copy_only=False))
    validity = pa.py_buffer(np.packbits(~mask, bitorder="little"))
    return pa.Array.from_buffers(array.type, len(array), [validity, *_rebased(array).buffers()[1:]], int(mask.sum()))


def _rebased(array: Array) -> Array:
    return array if array.offset == 0 else pa.concat_arrays([array])


def plain(array: Array) -> Array:
    """A dictionary array as its values; others as they are."""
    return array.dictionary.take(array.indices) if isinstance(array, pa.DictionaryArray) else array


def fixed_width_text(matrix: npt.NDArray[np.uint8]) -> Array:
    """Rows of a (n, width) byte matrix (UTF-8) as a string array."""
    n, width = matrix.shape
    offsets = np.arange(0, (n + 1) * width, width, dtype=np.int32) if width else np.zeros(n + 1, dtype=np.int32)
    return pa.Array.from_buffers(pa.string(), n, [None, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(matrix))])
