"""Data types of drawings: what people write, in the words of four databases, and what each database calls it.

The canonical types are those of `DataType.name`. What a database lacks it keeps in the nearest type that it has
(`settled`): a drawing can be created everywhere, and reading it back gives the settled type.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from rapidfuzz import process

from services.schemas.drawing import Column, Dialect

KEY_LENGTH: Final = 255
"""Characters (bytes of binary) of a text without length where a database wants keys to have one."""

_LONGEST_TEXT: Final = 10_485_760
_LONGEST_FIXED: Final = 255
_MOST_DIGITS: Final = 38
_MOST_SCALE: Final = 30
_MOST_VALUES: Final = 1_000
_LONGEST_VALUE: Final = 63
_FRACTION: Final = 6

INTEGERS: Final[Mapping[str, int]] = {"TINYINT": 8, "SMALLINT": 16, "INTEGER": 32, "BIGINT": 64}
"""Whole numbers and their bits."""

TEXTS: Final = frozenset({"CHAR", "VARCHAR", "TEXT"})
BINARIES: Final = frozenset({"BINARY", "VARBINARY", "BLOB"})
MOMENTS: Final = frozenset({"TIME", "TIMESTAMP", "TIMESTAMPTZ"})
SIZED: Final[Mapping[str, int]] = {"CHAR": 1, "VARCHAR": 255, "BINARY": 1, "VARBINARY": 255}
"""Types with a length, and the one they have when none is said."""

CANONICAL: Final = (
    *INTEGERS, "DECIMAL", "REAL", "DOUBLE", "BOOLEAN", "CHAR", "VARCHAR", "TEXT", "BINARY", "VARBINARY", "BLOB", "DATE", "TIME",
    "TIMESTAMP", "TIMESTAMPTZ", "INTERVAL", "UUID", "JSON", "ENUM",
)  # fmt: skip
"""All canonical names; an array is the name of its items' type with `[]` behind it."""


@dataclass(frozen=True, slots=True)
class DataType:
    """A canonical type. `length` is in characters (bytes of binary), `precision` of a DECIMAL in digits and of a moment
    the digits of its fraction (None: six, the most). `values` are of an ENUM, `item` is the type of an ARRAY's items.
    `auto` only where a serial spelling said so."""

    name: str
    length: int | None = None
    precision: int | None = None
    scale: int | None = None
    values: tuple[str, ...] = ()
    item: DataType | None = None
    auto: bool = False

    @property
    def word(self) -> str:
        """The name as a drawing writes it, without length and digits."""
        return f"{self.item}[]" if self.item is not None else self.name

    def __str__(self) -> str:
        """The type with all it says: `DECIMAL(10, 2)`."""
        if self.name == "ENUM":
            return f"ENUM({', '.join(self.values)})"
        sizes = [size for size in (self.length, self.precision, self.scale) if size is not None]
        return f"{self.word}({', '.join(map(str, sizes))})" if sizes else self.word


class TypeRefusedError(ValueError):
    """A type that cannot be: `field` of the column is wrong (`dataType`, `length` …), `unknown` when nobody knows the type."""

    def __init__(self, message: str, field: str = "dataType", suggestion: str = "", unknown: bool = False) -> None:
        super().__init__(message)
        self.field, self.suggestion, self.unknown = field, suggestion, unknown


_ALIASES: Final[Mapping[str, str]] = {
    "tinyint": "TINYINT", "int1": "TINYINT", "smallint": "SMALLINT", "int2": "SMALLINT", "year": "SMALLINT", "short": "SMALLINT",
    "tinyint unsigned": "SMALLINT", "smallint unsigned": "INTEGER", "mediumint": "INTEGER", "mediumint unsigned": "INTEGER",
    "int3": "INTEGER", "middleint": "INTEGER", "int": "INTEGER", "integer": "INTEGER", "int4": "INTEGER", "number": "INTEGER",
    "int unsigned": "BIGINT", "integer unsigned": "BIGINT", "bigint": "BIGINT", "int8": "BIGINT", "long": "BIGINT",
    "bigint unsigned": "BIGINT",
    "decimal": "DECIMAL", "numeric": "DECIMAL", "dec": "DECIMAL", "fixed": "DECIMAL", "decimal unsigned": "DECIMAL",
    "real": "REAL", "float4": "REAL", "single": "REAL", "double": "DOUBLE", "double precision": "DOUBLE", "float8": "DOUBLE",
    "float": "DOUBLE", "double unsigned": "DOUBLE", "float unsigned": "DOUBLE",
    "boolean": "BOOLEAN", "bool": "BOOLEAN", "bit": "BOOLEAN",
    "char": "CHAR", "character": "CHAR", "nchar": "CHAR", "national character": "CHAR", "national char": "CHAR",
    "bpchar": "CHAR", "varchar": "VARCHAR", "character varying": "VARCHAR", "char varying": "VARCHAR", "varchar2": "VARCHAR",
    "nvarchar": "VARCHAR", "nvarchar2": "VARCHAR", "national varchar": "VARCHAR", "national character varying": "VARCHAR",
    "string": "VARCHAR",
    "text": "TEXT", "tinytext": "TEXT", "mediumtext": "TEXT", "longtext": "TEXT", "ntext": "TEXT", "clob": "TEXT", "xml": "TEXT",
    "citext": "TEXT",
    "binary": "BINARY", "varbinary": "VARBINARY", "binary varying": "VARBINARY", "blob": "BLOB", "tinyblob": "BLOB",
    "mediumblob": "BLOB", "longblob": "BLOB", "bytea": "BLOB", "image": "BLOB", "bytes": "BLOB",
    "date": "DATE", "time": "TIME", "timetz": "TIME", "time without time zone": "TIME", "time with time zone": "TIME",
    "timestamp": "TIMESTAMP", "timestamp without time zone": "TIMESTAMP", "datetime": "TIMESTAMP", "datetime2": "TIMESTAMP",
    "smalldatetime": "TIMESTAMP", "timestamptz": "TIMESTAMPTZ", "timestamp with time zone": "TIMESTAMPTZ",
    "datetimeoffset": "TIMESTAMPTZ", "interval": "INTERVAL",
    "uuid": "UUID", "guid": "UUID", "uniqueidentifier": "UUID", "json": "JSON", "jsonb": "JSON", "enum": "ENUM",
}  # fmt: skip
_SERIALS: Final[Mapping[str, str]] = {
    "serial": "INTEGER", "serial4": "INTEGER", "bigserial": "BIGINT", "serial8": "BIGINT", "smallserial": "SMALLINT",
    "serial2": "SMALLINT", "identity": "INTEGER", "autoincrement": "INTEGER", "auto_increment": "INTEGER",
}  # fmt: skip
_MONEY: Final[Mapping[str, tuple[int, int]]] = {"money": (19, 4), "smallmoney": (10, 4)}
_WRITTEN: Final = re.compile(r"\s*([A-Za-z_][\w ]*?)\s*(?:\(\s*([^()]*?)\s*\)\s*([A-Za-z ]*?))?\s*", re.ASCII)
_ARRAY: Final = re.compile(r"(?is)\s*(?:(.+?)\s*(?:\[\s*\d*\s*\])+|array\s*<(.+)>|(.+?)\s+array)\s*")
_LABELS: Final = re.compile(r"(?is)\s*enum\s*\((.*)\)\s*")


def canonical(column: Column) -> DataType:
    """What the type of a column means. Raises `TypeRefusedError`.

    Aliases of PostgreSQL, MySQL, SQLite and SQL Server in any case, with or without arguments (`varchar(40)`).
    """
    return _limited(_meant(column))


def _meant(column: Column) -> DataType:
    written = column.data_type
    if found := _LABELS.fullmatch(written):
        return DataType("ENUM", values=column.enum_values or _quoted(found[1]))
    if found := _ARRAY.fullmatch(written):
        inner = replace(column, data_type=found[1] or found[2] or found[3])
        return DataType("ARRAY", item=_item(canonical(inner)))
    name, arguments = _split(written)
    if name in _MONEY:
        precision, scale = _MONEY[name]
        return DataType("DECIMAL", precision=precision, scale=scale)
    known = _SERIALS.get(name) or _ALIASES.get(name)
    if known is None:
        raise _unknown(written, name)
    return _sized(replace(column, data_type=known), _numbers(name, arguments, written), name)


def _item(item: DataType) -> DataType:
    if item.name in ("ARRAY", "ENUM", "JSON"):
        raise TypeRefusedError(f"An array cannot hold items of the type {item.name}.", suggestion="JSON")
    return item


def _split(written: str) -> tuple[str, str]:
    """`Numeric (10, 2) UNSIGNED` → `numeric unsigned`, `10, 2`."""
    found = _WRITTEN.fullmatch(written)
    if found is None:
        raise _unknown(written, written)
    words = " ".join(f"{found[1]} {found[3] or ''}".lower().split()).replace(" zerofill", " unsigned")
    return words.replace(" unsigned unsigned", " unsigned"), found[2] or ""


def _unknown(written: str, name: str) -> TypeRefusedError:
    close = process.extractOne(name.lower(), [*_ALIASES, *_SERIALS, *_MONEY], score_cutoff=60)
    suggestion = str(close[0]).upper() if close else ""
    hint = f" Did you mean {suggestion}?" if suggestion else ""
    shown = written.strip()[:80]
    return TypeRefusedError(
        f"There is no data type `{shown}`.{hint}" if shown else "The data type is empty.", suggestion=suggestion, unknown=True
    )


def _quoted(text: str) -> tuple[str, ...]:
    found = re.findall(r"'((?:[^']|'')*)'|([^\s,'][^,']*)", text)
    return tuple(quoted.replace("''", "'") or plain.strip() for quoted, plain in found)


def _numbers(name: str, arguments: str, written: str) -> tuple[int, ...]:
    if not arguments:
        return ()
    if arguments.lower() == "max":
        return (-1,)
    parts = [part.strip() for part in arguments.split(",")]
    if len(parts) > 2 or not all(re.fullmatch(r"\d{1,9}", part) for part in parts):
        raise TypeRefusedError(f"`{written.strip()[:80]}` has arguments that {name.upper()} does not take.")
    return tuple(map(int, parts))


def _sized(column: Column, arguments: tuple[int, ...], alias: str) -> DataType:
    """The type with its length and digits, from the arguments of its spelling or the fields of the column."""
    name = column.data_type
    if name in SIZED:
        if arguments == (-1,):
            return DataType("TEXT" if name in TEXTS else "BLOB")
        length = _said("length", arguments[:1], column.length)
        return DataType(name, length=SIZED[name] if length is None else length)
    if name == "DECIMAL":
        precision = _said("precision", arguments[:1], column.precision)
        scale = _said("scale", arguments[1:], column.scale)
        return _decimal(precision, scale)
    if name in MOMENTS:
        digits = _said("precision", arguments[:1], column.precision)
        return DataType(name, precision=0 if alias == "smalldatetime" and digits is None else digits)
    if alias == "float" and _said("precision", arguments[:1], column.precision) in range(1, 25):
        return DataType("REAL")
    if alias == "bit" and arguments and arguments[0] > 1:
        raise TypeRefusedError(f"BIT({arguments[0]}) is no data type of drawings.", suggestion="VARBINARY", unknown=True)
    if alias == "tinyint" and arguments == (1,):
        return DataType("BOOLEAN", auto=False)
    return DataType(name, values=column.enum_values if name == "ENUM" else (), auto=alias in _SERIALS)


def _said(field: str, argument: tuple[int, ...], value: int | None) -> int | None:
    if argument and value is not None and argument[0] != value:
        raise TypeRefusedError(f"The data type says {argument[0]} and `{field}` says {value}.", field)
    return argument[0] if argument else value


def _decimal(precision: int | None, scale: int | None) -> DataType:
    if precision is None:
        return DataType("DECIMAL", precision=18, scale=2 if scale is None else scale)
    return DataType("DECIMAL", precision=precision, scale=scale or 0)


def _limited(kind: DataType) -> DataType:
    """The type, once its length and digits have been found possible."""
    name = kind.name
    if kind.length is not None:
        _within("length", kind.length, 1, _LONGEST_FIXED if name in ("CHAR", "BINARY") else _LONGEST_TEXT, name)
    if name == "DECIMAL":
        _within("precision", kind.precision or 0, 1, _MOST_DIGITS, name)
        _within("scale", kind.scale or 0, 0, min(_MOST_SCALE, kind.precision or 0), name)
    if name in MOMENTS and kind.precision is not None:
        _within("precision", kind.precision, 0, _FRACTION, name)
        return replace(kind, precision=None) if kind.precision == _FRACTION else kind
    if name == "ENUM":
        _check_values(kind.values)
    return kind


def _within(field: str, value: int, low: int, high: int, name: str) -> None:
    if not low <= value <= high:
        raise TypeRefusedError(f"The {field} of {name} is {value}; it can be {low} to {high}.", field)


def _check_values(values: tuple[str, ...]) -> None:
    if not values:
        raise TypeRefusedError("An ENUM needs its values.", "enumValues")
    if len(values) > _MOST_VALUES:
        raise TypeRefusedError(f"An ENUM can have {_MOST_VALUES} values, not {len(values)}.", "enumValues")
    if len(set(values)) < len(values):
        raise TypeRefusedError("An ENUM has a value twice.", "enumValues")
    for value in values:
        if fault := _value_fault(value):
            raise TypeRefusedError(f"A value of the ENUM {fault}.", "enumValues")


def _value_fault(value: str) -> str:
    if not value or value != value.strip():
        return "is empty or begins or ends with spaces"
    if any(ord(c) < 32 or 0x7F <= ord(c) < 0xA0 or 0xD800 <= ord(c) < 0xE000 for c in value):
        return "holds control characters"
    if any(ord(c) > 0xFFFF for c in value):
        return "holds characters beyond U+FFFF, which MySQL does not take there"
    return f"is longer than {_LONGEST_VALUE} bytes" if len(value.encode()) > _LONGEST_VALUE else ""


# --- what the databases call them ---------------------------------------------------------------------------------------

_Words = Mapping[str, str | Callable[[DataType], str]]


def _fraction(word: str, digits: int | None) -> str:
    return f"{word}({_FRACTION if digits is None else digits})"


def _bounded(word: str, most: int, otherwise: str) -> Callable[[DataType], str]:
    return lambda kind: f"{word}({kind.length})" if (kind.length or 0) <= most else otherwise


_POSTGRESQL: Final[_Words] = {
    "TINYINT": "SMALLINT", "DOUBLE": "DOUBLE PRECISION", "BINARY": "BYTEA", "VARBINARY": "BYTEA", "BLOB": "BYTEA",
    "TIME": lambda kind: f"TIME{_asked(kind)} WITHOUT TIME ZONE", "JSON": "JSONB",
    "TIMESTAMP": lambda kind: f"TIMESTAMP{_asked(kind)} WITHOUT TIME ZONE",
    "TIMESTAMPTZ": lambda kind: f"TIMESTAMP{_asked(kind)} WITH TIME ZONE",
    "ARRAY": lambda kind: f"{native(kind.item or kind, 'postgresql')}[]",
}  # fmt: skip
_MYSQL: Final[_Words] = {
    "REAL": "FLOAT", "BOOLEAN": "TINYINT(1)", "TEXT": "LONGTEXT", "BLOB": "LONGBLOB", "UUID": "CHAR(36)",
    "VARCHAR": _bounded("VARCHAR", 16_000, "LONGTEXT"), "VARBINARY": _bounded("VARBINARY", 65_000, "LONGBLOB"),
    "TIME": lambda kind: _fraction("TIME", kind.precision), "TIMESTAMP": lambda kind: _fraction("DATETIME", kind.precision),
    "TIMESTAMPTZ": lambda kind: _fraction("TIMESTAMP", kind.precision), "INTERVAL": "VARCHAR(64)", "ARRAY": "JSON",
    "ENUM": lambda kind: f"ENUM({', '.join(literal(value, 'mysql') for value in kind.values)})",
}  # fmt: skip
_SQLITE: Final[_Words] = {
    "INTERVAL": "VARCHAR(64)", "ARRAY": "JSON", "ENUM": lambda kind: f"VARCHAR({max(map(len, kind.values))})",
}  # fmt: skip
_SQLSERVER: Final[_Words] = {
    "TINYINT": "SMALLINT", "DOUBLE": "FLOAT(53)", "BOOLEAN": "BIT", "CHAR": lambda kind: f"NCHAR({kind.length})",
    "VARCHAR": _bounded("NVARCHAR", 4_000, "NVARCHAR(max)"), "TEXT": "NVARCHAR(max)",
    "VARBINARY": _bounded("VARBINARY", 8_000, "VARBINARY(max)"), "BLOB": "VARBINARY(max)",
    "TIME": lambda kind: _fraction("TIME", kind.precision), "TIMESTAMP": lambda kind: _fraction("DATETIME2", kind.precision),
    "TIMESTAMPTZ": lambda kind: _fraction("DATETIMEOFFSET", kind.precision), "INTERVAL": "NVARCHAR(64)",
    "UUID": "UNIQUEIDENTIFIER", "JSON": "NVARCHAR(max)", "ARRAY": "NVARCHAR(max)",
    "ENUM": lambda kind: f"NVARCHAR({max(map(len, kind.values))})",
}  # fmt: skip
_WORDS: Final[Mapping[Dialect, _Words]] = {
    "postgresql": _POSTGRESQL, "mysql": _MYSQL, "sqlite": _SQLITE, "sqlserver": _SQLSERVER,
}  # fmt: skip


def _asked(kind: DataType) -> str:
    return "" if kind.precision is None else f"({kind.precision})"


def native(kind: DataType, dialect: Dialect) -> str:
    """How the database's DDL writes the type. PostgreSQL's ENUMs have a name of their own, given by `ddl`."""
    word = _WORDS[dialect].get(kind.name)
    if word is None:
        return str(kind)
    return word if isinstance(word, str) else word(kind)


_NEAREST: Final[Mapping[Dialect, Mapping[str, DataType]]] = {
    "postgresql": {"TINYINT": DataType("SMALLINT"), "BINARY": DataType("BLOB"), "VARBINARY": DataType("BLOB")},
    "mysql": {
        "UUID": DataType("CHAR", length=36), "INTERVAL": DataType("VARCHAR", length=64), "ARRAY": DataType("JSON"),
    },
    "sqlite": {"INTERVAL": DataType("VARCHAR", length=64), "ARRAY": DataType("JSON")},
    "sqlserver": {
        "TINYINT": DataType("SMALLINT"), "INTERVAL": DataType("VARCHAR", length=64), "ARRAY": DataType("JSON"),
    },
}  # fmt: skip
_BOUNDS: Final[Mapping[Dialect, Mapping[str, tuple[int, str]]]] = {
    "postgresql": {}, "sqlite": {},
    "mysql": {"VARCHAR": (16_000, "TEXT"), "VARBINARY": (65_000, "BLOB")},
    "sqlserver": {"VARCHAR": (4_000, "TEXT"), "VARBINARY": (8_000, "BLOB")},
}  # fmt: skip


def settled(kind: DataType, dialect: Dialect) -> DataType:
    """The type that remains of `kind` in a database: itself where that has it."""
    most, beyond = _BOUNDS[dialect].get(kind.name, (None, ""))
    if most is not None and (kind.length or 0) > most:
        return DataType(beyond)
    return _NEAREST[dialect].get(kind.name, replace(kind, auto=False))


def in_key(kind: DataType, dialect: Dialect) -> DataType:
    """The type of a column that is part of a key or index: MySQL and SQL Server want a length."""
    if dialect in ("mysql", "sqlserver") and settled(kind, dialect).name in ("TEXT", "BLOB"):
        return DataType("VARCHAR" if kind.name in TEXTS else "VARBINARY", length=KEY_LENGTH)
    return kind


def described(column: Column, kind: DataType) -> Column:
    """The column with this type in canonical spelling."""
    named = kind.item or kind
    sizes: dict[str, Any] = {"length": named.length, "precision": named.precision, "scale": named.scale}
    if kind.item is not None:
        return replace(column, data_type=f"{named.name}[]", enum_values=(), **sizes)
    return replace(column, data_type=kind.name, enum_values=kind.values, **sizes)


def literal(text: str, dialect: Dialect) -> str:
    """A text as SQL: quoted so that nothing in it can end it."""
    doubled = text.replace("'", "''")
    if dialect == "mysql":
        return f"'{doubled.replace(chr(92), chr(92) * 2)}'"
    return f"N'{doubled}'" if dialect == "sqlserver" else f"'{doubled}'"
