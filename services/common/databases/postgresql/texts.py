"""Rows as COPY TEXT (PostgreSQL, "COPY", File Formats): any type a column may have, in the words the server reads."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from runner.formats.text.cells import Style, cell
from runner.formats.text.literals import LITERALS
from runner.formats.text.strings import escaping, hexadecimal
from runner.pieces import Part, gather
from runner.types import Type
from runner.vectors import Array
from services.common.databases.postgresql.tables import PgType
from services.common.databases.postgresql.values import suited

_ESCAPE = escaping((b"\\", b"\\\\"), (b"\b", b"\\b"), (b"\t", b"\\t"), (b"\n", b"\\n"), (b"\r", b"\\r"))
_STYLE = Style(
    null=rb"\N",
    escape=_ESCAPE,
    json=_ESCAPE,
    bytes_text=hexadecimal,
    open_bytes=rb"\\x",
    array=LITERALS["postgresql"].style.array,
    true=b"t",
    false=b"f",
    special_floats=(b"NaN", b"Infinity", b"-Infinity"),
)


def rendered(arrays: Sequence[Array], types: Sequence[Type], to: Sequence[PgType], n: int) -> list[pa.Buffer]:
    """n lines of COPY TEXT, as buffers that follow each other."""
    row: list[Part] = []
    for array, type_, kind in zip(arrays, types, to, strict=True):
        row += [b"\t" if row else b"", *cell(*suited(array, type_, kind), _STYLE)]
    return gather([*row, b"\n"], n)
