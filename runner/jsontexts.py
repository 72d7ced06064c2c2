"""Values as the text of a JSON value, whole columns at once: what nested documents are joined from."""

from __future__ import annotations

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from runner.logical import finish, json_value
from runner.types import Type
from runner.vectors import Array, plain

_TO_ESCAPE = r'["\\\x00-\x1f]'


def json_text(array: Array, type_: Type) -> Array:
    """Physical values as JSON text: texts, dates and times in quotes, numbers and truths bare, json as it is, null `null`."""
    match type_.kind:
        case "string" | "text" | "uuid":
            text = _quoted(array)
        case "json":
            text = plain(array)
        case "bytes":
            text = pa.array([None if v is None else f'"{json_value(v)}"' for v in plain(array).to_pylist()], pa.string())
        case "date" | "time":
            text = pc.binary_join_element_wise('"', pc.cast(finish(array, type_), pa.string()), '"', "")
        case "datetime":
            moment = pc.replace_substring(pc.cast(finish(array, type_), pa.string()), " ", "T")
            text = pc.binary_join_element_wise('"', moment, 'Z"', "")
        case _:
            text = pc.cast(finish(array, type_), pa.string())
    return text.fill_null("null") if text.null_count else text


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
