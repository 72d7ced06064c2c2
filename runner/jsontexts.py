"""Values as the text of a JSON value, whole columns at once: what nested documents are joined from."""

from __future__ import annotations

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from runner.draws import I64
from runner.logical import finish, json_value
from runner.types import Type
from runner.vectors import Array, integers, plain

_TO_ESCAPE = r'["\\\x00-\x1f]'


def json_text(array: Array, type_: Type) -> Array:
    """Physical values as JSON text: texts, dates and times in quotes, numbers and truths bare, json as it is, null `null`."""
    return logical_json(finish(array, type_), type_)


def logical_json(array: Array, type_: Type) -> Array:
    """The same of logical values."""
    match type_.kind:
        case "string" | "text" | "uuid":
            text = _quoted(array)
        case "json":
            text = plain(array)
        case "bytes":
            text = pa.array([None if v is None else f'"{json_value(v)}"' for v in plain(array).to_pylist()], pa.string())
        case "date" | "time":
            text = pc.binary_join_element_wise('"', pc.cast(array, pa.string()), '"', "")
        case "datetime":
            moment = pc.replace_substring(pc.cast(array, pa.string()), " ", "T")
            text = pc.binary_join_element_wise('"', moment, 'Z"', "")
        case "array":
            text = json_list(array, type_)
        case _:
            text = pc.cast(array, pa.string())
    return text.fill_null("null") if text.null_count else text


def json_list(array: Array, type_: Type) -> Array:
    """Lists of logical values as JSON arrays; null stays null."""
    assert type_.item is not None
    return bracketed(array, logical_json(pc.list_flatten(array), type_.item), "[", "]")


def bracketed(array: Array, items: Array, opening: str, closing: str) -> Array:
    """The texts of all items of the lists, one after another, as one text a list; null where the list is null."""
    sizes = integers(pc.cast(pc.list_value_length(array), pa.int64()))
    joined = pc.binary_join(lists(sizes, items), ",")
    text = pc.binary_join_element_wise(opening, joined, closing, "")
    return pc.if_else(pc.is_valid(array), text, pa.scalar(None, pa.string())) if array.null_count else text


def lists(sizes: I64, items: Array) -> Array:
    """Items cut into lists of these sizes."""
    offsets = np.zeros(len(sizes) + 1, dtype=np.int32)
    np.cumsum(sizes, out=offsets[1:])
    return pa.ListArray.from_arrays(pa.array(offsets), items)


def _quoted(array: Array) -> Array:
    """Text in quotes, escaped; of a dictionary each entry once."""
    if isinstance(array, pa.DictionaryArray):
        return _quoted(array.dictionary).take(array.indices)
    quoted = pc.binary_join_element_wise('"', array, '"', "")
    special = pc.match_substring_regex(array, _TO_ESCAPE)
    if not pc.any(special).as_py():
        return quoted
    escaped = [orjson.dumps(v).decode() for v in array.filter(special).to_pylist()]
    return pc.replace_with_mask(quoted, special.fill_null(False), pa.array(escaped, pa.string()))
