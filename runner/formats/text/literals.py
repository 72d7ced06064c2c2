"""SQL literals and session words of each dialect.

Text is exact in all of them. PostgreSQL has no text with U+0000, which is refused; SQLite and SQL Server get such
text by a function for that character. Floats without a literal (not a number, infinity) become NULL where the database
cannot hold them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from runner.formats.common.base import UnencodableValue
from runner.formats.common.dialects import Dialect
from runner.formats.text.cells import Escape, Style
from runner.formats.text.scan import holds_any
from runner.formats.text.strings import escaping, hexadecimal, valid_text
from runner.jsontexts import bracketed
from runner.types import Type
from runner.vectors import Array


@dataclass(frozen=True)
class Literals:
    """How a dialect writes values, and statements around the rows."""

    style: Style
    begin: str
    commit: str
    before: str = ""
    after: str = ""


_QUOTE = (b"'", b"''")
_DOUBLED = escaping(_QUOTE)


def _postgresql_text(texts: Array) -> Array:
    if holds_any(texts, b"\0"):
        raise UnencodableValue("PostgreSQL text cannot hold the character U+0000.")
    return _DOUBLED(texts)


_MYSQL_TEXT = escaping((b"\\", b"\\\\"), _QUOTE, (b"\0", b"\\0"), (b"\n", b"\\n"), (b"\r", b"\\r"), (b"\x1a", b"\\Z"))
_SQLSERVER_TEXT = escaping(_QUOTE, (b"\0", b"'+NCHAR(0)+N'"))
_SQLITE_TEXT = escaping(_QUOTE, (b"\0", b"'||char(0)||'"))


def _postgresql_array(array: Array, kind: Type) -> Array:
    """`{"a","b",NULL}`; numbers and truths bare (PostgreSQL: array input syntax)."""
    assert kind.item is not None
    items = pc.list_flatten(array)
    match kind.item.kind:
        case "bytes":
            text = _hexadecimal_items(items)
        case "string" | "text" | "uuid" | "json":
            text = items
        case _:
            text = pc.cast(items, pa.string())
    if kind.item.kind not in _BARE:
        text = pc.replace_substring(pc.replace_substring(text, "\\", "\\\\"), '"', '\\"')
        text = pc.binary_join_element_wise('"', text, '"', "")
    return bracketed(array, text.fill_null("NULL"), "{", "}")


def _hexadecimal_items(items: Array) -> Array:
    text = pc.binary_join_element_wise("\\x", hexadecimal(valid_text(items)).cast(pa.string()), "")
    return pc.if_else(pc.is_valid(items), text, pa.scalar(None, pa.string()))


_BARE = frozenset({"int", "bigint", "float", "decimal", "bool"})


def _style(text: Escape, **words: Any) -> Style:
    quotes = {"open": b"'", "close": b"'", "open_instant": b"'", "close_instant": b"'"}
    words = {**quotes, "open_bytes": b"X'", "close_bytes": b"'", **words}
    json = {"open_json": words["open"], "close_json": words["close"]}
    return Style(null=b"NULL", escape=text, json=text, bytes_text=hexadecimal, **json, **words)


_NUMBERS = {"true": b"1", "false": b"0"}
_NO_FLOATS = (b"NULL", b"NULL", b"NULL")

LITERALS: Mapping[Dialect, Literals] = {
    "postgresql": Literals(
        _style(
            _postgresql_text,
            array=_postgresql_array,
            open_bytes=rb"'\x",
            special_floats=(b"'NaN'", b"'Infinity'", b"'-Infinity'"),
        ),
        before="SET client_encoding = 'UTF8';\nSET standard_conforming_strings = on;\n",
        begin="BEGIN;\n",
        commit="COMMIT;\n",
    ),
    "mysql": Literals(
        _style(_MYSQL_TEXT, special_floats=_NO_FLOATS, **_NUMBERS),
        before="SET NAMES utf8mb4;\nSET @mockcraft_sql_mode = @@SESSION.sql_mode;\n"
        "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO';\n",
        begin="START TRANSACTION;\n",
        commit="COMMIT;\n",
        after="SET SESSION sql_mode = @mockcraft_sql_mode;\n",
    ),
    "sqlite": Literals(
        _style(_SQLITE_TEXT, special_floats=(b"NULL", b"9e999", b"-9e999"), **_NUMBERS),
        begin="BEGIN;\n",
        commit="COMMIT;\n",
    ),
    "sqlserver": Literals(
        _style(
            _SQLSERVER_TEXT, open=b"N'", open_bytes=b"0x", close_bytes=b"", between=b"T", special_floats=_NO_FLOATS, **_NUMBERS
        ),
        before="SET NOCOUNT ON;\nSET XACT_ABORT ON;\nSET QUOTED_IDENTIFIER ON;\n",
        begin="BEGIN TRANSACTION;\n",
        commit="COMMIT TRANSACTION;\n",
    ),
}
