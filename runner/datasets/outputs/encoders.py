"""How a table of records is written as text: JSON Lines, a JSON array, CSV, or plain text for people."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from runner.datasets.outputs.layout import is_json
from runner.datasets.spec import METADATA
from runner.formats.common.base import Piece
from runner.formats.csv import quoted
from runner.formats.text.cells import Style, cell
from runner.formats.text.jsons import STYLE as JSON_STYLE
from runner.formats.text.strings import base64
from runner.jsontexts import lists
from runner.pieces import Part, Pool, gather, joined, nullable, texts_of
from runner.types import Type
from runner.vectors import Array, Mask, null_mask

_TEXT, _JSON = Type("string"), Type("json")
_TYPES = {pa.int64(): Type("bigint"), pa.float64(): Type("float"), pa.bool_(): Type("bool")}
_ZERO = {pa.int64(): 0, pa.float64(): 0.0, pa.bool_(): False}


@dataclass(frozen=True)
class Encoder:
    """A text format: what stands before the first row, between rows and after the last, and how rows are written."""

    extension: str
    content_type: str
    rows: Callable[[pa.Table, int], list[Piece]]
    header: Callable[[pa.Schema], bytes] = lambda schema: b""
    footer: Callable[[int], bytes] = lambda rows: b""


def _parts(array: Array, field: pa.Field, style: Style) -> list[Part]:
    if pa.types.is_list(array.type):
        return cell(_conversation(array), _JSON, style)
    return cell(array, _JSON if is_json(field) else _TYPES.get(field.type, _TEXT), style)


def _conversation(array: Array) -> Array:
    """Lists of messages as JSON arrays; null stays null."""
    turns = pc.list_flatten(array)
    members: list[Part] = []
    for at, field in enumerate(turns.type):
        before = (b"," if at else b"{") + orjson.dumps(field.name) + b":"
        members += [before, *cell(turns.field(at), _TEXT, JSON_STYLE)]
    objects = joined([*members, b"}"], len(turns))
    sizes = pc.list_value_length(array).fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
    text = pc.binary_join_element_wise("[", pc.binary_join(lists(sizes, objects), ","), "]", "")
    return pc.if_else(pc.is_valid(array), text, pa.scalar(None, pa.string())) if array.null_count else text


def _members(table: pa.Table) -> list[Part]:
    """The members of each row's object; those that are null are left out."""
    row: list[Part] = []
    begun: Mask | None = np.zeros(table.num_rows, np.bool_)  # rows that have a member already; None: all
    for field, column in zip(table.schema, table.columns, strict=True):
        array = _single(column)
        null = null_mask(array)
        if null is not None and null.all():
            continue
        filled = _filled(array) if null is not None else array
        comma = _comma(begun)
        row += nullable([comma, orjson.dumps(field.name) + b":", *_parts(filled, field, JSON_STYLE)], null, b"")
        begun = None if null is None or begun is None else begun | ~null
    return row


def _comma(begun: Mask | None) -> Part:
    """A comma where a member stands before."""
    if begun is None:
        return b","
    return Pool(texts_of([b"", b","]), begun.astype(np.int32)) if begun.any() else b""


def _single(column: pa.ChunkedArray) -> Array:
    return column.chunk(0) if column.num_chunks == 1 else pa.concat_arrays(column.chunks or [pa.array([], column.type)])


def _filled(array: Array) -> Array:
    """Without nulls: any value stands where one was."""
    if pa.types.is_list(array.type):
        return pa.ListArray.from_arrays(_offsets(array), pc.list_flatten(array), type=array.type)
    return array.fill_null(_ZERO.get(array.type, ""))


def _offsets(array: Array) -> Array:
    sizes = pc.list_value_length(array).fill_null(0).to_numpy(zero_copy_only=False)
    return pa.array(np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32))


def _json_lines(table: pa.Table, first: int) -> list[Piece]:
    return list(gather([b"{", *_members(table), b"}\n"], table.num_rows))


def _json_objects(table: pa.Table, first: int) -> list[Piece]:
    """Objects, each after a comma but the very first of the file."""
    pieces: list[Piece] = list(gather([b",\n{", *_members(table), b"}"], table.num_rows))
    if first == 0 and pieces:
        pieces[0] = memoryview(pieces[0])[2:]
    return pieces


_quoted = partial(quoted, delimiter=b",", null=b"", formula_safe=False)
_CSV = Style(b"", escape=_quoted, bytes_text=base64, json=_quoted)


def _csv_header(schema: pa.Schema) -> bytes:
    names = _quoted(pa.array([name.encode() for name in schema.names], pa.binary()))
    return b",".join(names.to_pylist()) + b"\n"


def _csv_rows(table: pa.Table, first: int) -> list[Piece]:
    row: list[Part] = []
    for field, column in zip(table.schema, table.columns, strict=True):
        row += [b","] if row else []
        row += _parts(_single(column), field, _CSV) or [b""]
    return list(gather([*row, b"\n"], table.num_rows))


_PLAIN = Style(b"", escape=lambda texts: texts, bytes_text=base64, json=lambda texts: texts)
_SPEAKER = {"system": "System", "user": "User", "assistant": "Assistant"}


def _txt_rows(table: pa.Table, first: int) -> list[Piece]:
    """Each record as paragraphs `Name: value`, a text alone as it is, and a blank line after it."""
    row: list[Part] = []
    shown = [field for field in table.schema if field.name not in METADATA]
    for field in shown:
        array = _single(table.column(field.name))
        null = null_mask(array)
        filled = _filled(array) if null is not None else array
        name = b"" if field.name in ("messages", "text") else field.name.capitalize().replace("_", " ").encode() + b": "
        if pa.types.is_list(array.type):
            parts: list[Part] = [*cell(_script(filled), _TEXT, _PLAIN)]
        else:
            parts = [name, *_parts(filled, field, _PLAIN), b"\n"]
        row += nullable(parts, _left_out(null, filled), b"")
    return list(gather([*row, b"\n"], table.num_rows))


def _left_out(null: Mask | None, filled: Array) -> Mask | None:
    """Where nothing is to be said: no value, or an empty text."""
    if not pa.types.is_string(filled.type):
        return null
    empty = np.asarray(pc.equal(filled, "").to_numpy(zero_copy_only=False))
    both = empty if null is None else empty | null
    return both if both.any() else None


def _script(array: Array) -> Array:
    """Conversations as lines `User: …`."""
    turns = pc.list_flatten(array)
    roles = turns.field("role")
    for role, speaker in _SPEAKER.items():
        roles = pc.if_else(pc.equal(roles, role), speaker, roles)
    lines = pc.binary_join_element_wise(roles, ": ", turns.field("content"), "\n", "")
    sizes = pc.list_value_length(array).to_numpy(zero_copy_only=False).astype(np.int64)
    return pc.binary_join(lists(sizes, lines), "")


ENCODERS: Mapping[str, Encoder] = {
    "jsonl": Encoder("jsonl", "application/x-ndjson", _json_lines),
    "json": Encoder(
        "json", "application/json", _json_objects, header=lambda schema: b"[\n", footer=lambda rows: b"\n]\n" if rows else b"]\n"
    ),
    "csv": Encoder("csv", "text/csv; charset=utf-8", _csv_rows, header=_csv_header),
    "txt": Encoder("txt", "text/plain; charset=utf-8", _txt_rows),
}
