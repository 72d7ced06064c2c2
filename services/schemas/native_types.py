"""What the column types of a catalog are as data types of drawings, and what a drawing cannot hold of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from services.common.databases.catalog import ColumnType
from services.schemas.drawing import Column, Dialect
from services.schemas.types import INTEGERS, SIZED, DataType, TypeRefusedError, canonical

_FRACTION: Final = 6
_LONGEST_FIXED: Final = 255
_MOST_DIGITS: Final = 38

Found = tuple[DataType, str]
"""A type, and what is lost with it (a clause such as `UNSIGNED, kept as BIGINT`; "" for nothing)."""


def data_type(kind: ColumnType, dialect: Dialect) -> Found:
    """The nearest type that a drawing has. Never raises."""
    if kind.domain:
        found, lost = _read(kind, dialect)
        return found, lost or f"the domain {kind.domain}, kept as {found}"
    return _read(kind, dialect)


def _read(kind: ColumnType, dialect: Dialect) -> Found:
    reader = _READERS.get(kind.kind)
    return _otherwise(kind) if reader is None else reader(kind, dialect)


def _said(kind: ColumnType) -> DataType | None:
    """The type as its text says it, where a drawing's reader knows the words."""
    try:
        return canonical(Column("", "", kind.native))
    except TypeRefusedError:
        return None


def _integer(kind: ColumnType, dialect: Dialect) -> Found:
    if dialect == "sqlite":  # every integer has 64 bits there, the declared words say what was meant
        said = _said(kind)
        plain = DataType("INTEGER" if kind.kind == "int" else "BIGINT")
        return (DataType(said.name) if said is not None and said.name in INTEGERS else plain), ""
    low, high = kind.smallest or 0, kind.largest or 0
    fits = (name for name, bits in INTEGERS.items() if low >= -(2 ** (bits - 1)) and high < 2 ** (bits - 1))
    found = DataType(next(fits, "BIGINT"))
    return found, f"{kind.native}, kept as {found}" if kind.unsigned or kind.native.lower().startswith("year") else ""


def _decimal(kind: ColumnType, _: Dialect) -> Found:
    known = kind.type
    assert known is not None
    found = DataType("DECIMAL", precision=known.precision, scale=known.scale)
    exact = kind.precision and kind.precision <= _MOST_DIGITS and 0 <= kind.scale <= 30 and not kind.unsigned
    return found, "" if exact else f"{kind.native}, kept as {found}"


def _float(kind: ColumnType, dialect: Dialect) -> Found:
    word = kind.native.lower()
    if dialect == "mysql":
        return DataType("REAL" if word.startswith("float") else "DOUBLE"), ""
    said = _said(kind)
    return (said if said is not None and said.name in ("REAL", "DOUBLE") else DataType("DOUBLE")), ""


def _text(kind: ColumnType, _: Dialect) -> Found:
    if kind.length is None:
        return DataType("TEXT"), "CITEXT, kept as TEXT" if kind.native.lower() == "citext" else ""
    length = max(kind.length, 1)
    return DataType("CHAR" if kind.fixed and length <= _LONGEST_FIXED else "VARCHAR", length=length), ""


def _bytes(kind: ColumnType, _: Dialect) -> Found:
    said = _said(kind)
    known = said is not None and said.name in ("BINARY", "VARBINARY") and kind.length is not None
    return (said if known and said is not None else DataType("BLOB")), ""


def _moment(kind: ColumnType, dialect: Dialect) -> Found:
    said = _said(kind) if dialect == "sqlite" else None
    zoned = kind.zoned or (said is not None and said.name == "TIMESTAMPTZ")
    name = "TIME" if kind.kind == "time" else "TIMESTAMPTZ" if zoned else "TIMESTAMP"
    found = DataType(name, precision=None if kind.precision >= _FRACTION else kind.precision)
    if kind.precision > _FRACTION or (name == "TIME" and zoned):
        return found, f"{kind.native}, kept as {found}"
    return found, ""


def _enum(kind: ColumnType, _: Dialect) -> Found:
    try:
        return canonical(Column("", "", "ENUM", enum_values=kind.values)), ""
    except TypeRefusedError as error:
        found = DataType("VARCHAR", length=max(1, *map(len, kind.values), SIZED["CHAR"]))
        return found, f"its enum, kept as {found}: {error}"


def _array(kind: ColumnType, dialect: Dialect) -> Found:
    item, lost = data_type(kind.item, dialect) if kind.item is not None else (DataType("TEXT"), "the items' type")
    if item.name in ("ARRAY", "ENUM", "JSON"):
        return DataType("JSON"), f"{kind.native}, kept as JSON"
    return DataType("ARRAY", item=item), lost


def _otherwise(kind: ColumnType) -> Found:
    if kind.kind in ("set", "bit") and kind.type is not None and kind.type.kind == "string":
        found = DataType("VARCHAR", length=kind.type.length or kind.length or 255)
    elif kind.kind == "bit":
        found = DataType("BOOLEAN" if kind.length == 1 else "BIGINT")
        return found, "" if kind.length == 1 else f"{kind.native}, kept as {found}"
    elif kind.kind in ("network", "range"):
        found = DataType("VARCHAR", length=100)
    else:
        found = DataType("TEXT")
    return found, f"{kind.native or 'a column without type'}, kept as {found}"


_READERS: Final[Mapping[str, Callable[[ColumnType, Dialect], Found]]] = {
    "int": _integer, "bigint": _integer, "decimal": _decimal, "float": _float, "string": _text, "text": _text, "bytes": _bytes,
    "time": _moment, "datetime": _moment, "enum": _enum, "array": _array,
    "bool": lambda _kind, _dialect: (DataType("BOOLEAN"), ""), "date": lambda _kind, _dialect: (DataType("DATE"), ""),
    "uuid": lambda _kind, _dialect: (DataType("UUID"), ""), "json": lambda _kind, _dialect: (DataType("JSON"), ""),
    "interval": lambda _kind, _dialect: (DataType("INTERVAL"), ""),
}  # fmt: skip
