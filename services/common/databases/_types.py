"""Column types of four dialects as `ColumnType`s, from the text in which the database or its DDL writes them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from runner.types import BIGINT, BOOL, DATE, FLOAT, INT, JSON, STRING, TEXT, UUID, Type
from services.common.databases.catalog import ColumnType

_NONE: Final[Mapping[str, Any]] = {}
_SIZES: Final = {"tinyint": 8, "smallint": 16, "mediumint": 24, "int": 32, "bigint": 64}


def _split(text: str) -> tuple[str, list[str], str]:
    """`NUMERIC (10, 2) unsigned` → numeric, [10, 2], unsigned."""
    name, _, rest = text.partition("(")
    inner, _, tail = rest.partition(")")
    items = [item.strip() for item in inner.split(",")] if inner.strip() else []
    return " ".join(name.lower().split()), items, " ".join(tail.lower().split())


def _number(items: Sequence[str], place: int = 0) -> int | None:
    return int(items[place]) if len(items) > place and re.fullmatch(r"-?\d+", items[place]) else None


def integer(native: str, bits: int, unsigned: bool = False) -> ColumnType:
    """A whole number of so many bits."""
    smallest, largest = (0, 2**bits - 1) if unsigned else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    wide = largest > 2**31 - 1
    known = BIGINT if wide else INT
    return ColumnType(native, known.kind, known, unsigned=unsigned, smallest=smallest, largest=largest)


def _decimal(native: str, items: Sequence[str], otherwise: tuple[int, int], unsigned: bool = False) -> ColumnType:
    """`otherwise` is what the dialect takes when nothing is said; a precision of 0 is one without limits."""
    precision = _number(items)
    scale = _number(items, 1) or 0
    if precision is None:
        precision, scale = otherwise
    digits = min(max(precision, scale, precision - min(scale, 0)) or 18, 38)
    kept = min(max(scale, 0), digits) if precision else 2
    return ColumnType(native, "decimal", Type("decimal", digits, kept), precision=precision, scale=scale, unsigned=unsigned)


def _text(native: str, length: int | None, fixed: bool = False, octets: int | None = None) -> ColumnType:
    known = Type("string", length=length) if length is not None else TEXT
    return ColumnType(native, known.kind, known, length=length, octets=octets, fixed=fixed)


def _bytes(native: str, length: int | None, fixed: bool = False) -> ColumnType:
    return ColumnType(native, "bytes", Type("bytes"), length=length, fixed=fixed)


def _clock(native: str, kind: str, digits: int | None, most: int, zoned: bool = False) -> ColumnType:
    """A time or datetime: `digits` asked for, `most` when nothing is."""
    asked = max(n for n in (0, 3, 6) if n <= (digits or 0))
    known = Type("time", asked) if kind == "time" else Type("datetime", asked)
    return ColumnType(native, kind, known, precision=most if digits is None else digits, zoned=zoned)


def _plain(native: str, known: Type, kind: str = "") -> ColumnType:
    return ColumnType(native, kind or known.kind, known)


def choices(native: str, kind: str, values: Sequence[str], named: str = "") -> ColumnType:
    """An enum or a set."""
    longest = max(map(len, values), default=0) if kind == "enum" else len(",".join(values))
    return ColumnType(native, kind, Type("string", length=max(longest, 1)), values=tuple(values), named=named)


# --- PostgreSQL ---------------------------------------------------------------------------------------------------------

_PG_ALIASES: Final = {
    "int2": "smallint", "int4": "integer", "int": "integer", "int8": "bigint", "serial": "integer",
    "serial4": "integer", "bigserial": "bigint", "serial8": "bigint", "smallserial": "smallint",
    "serial2": "smallint", "float4": "real", "float8": "double precision", "decimal": "numeric", "dec": "numeric",
    "varchar": "character varying", "char varying": "character varying", "bpchar": "character", "char": "character",
    "nchar": "character", "national character": "character", "bool": "boolean",
    "timestamptz": "timestamp with time zone", "timetz": "time with time zone",
    "timestamp": "timestamp without time zone", "time": "time without time zone", "varbit": "bit varying",
}  # fmt: skip
_PG_RANGES: Final = {
    "int4range": "integer", "int8range": "bigint", "numrange": "numeric", "daterange": "date",
    "tsrange": "timestamp without time zone", "tstzrange": "timestamp with time zone",
}  # fmt: skip
_PG_OTHERS: Final[dict[str, tuple[str, Type | None]]] = {
    "interval": ("interval", STRING), "inet": ("network", STRING), "cidr": ("network", STRING), "macaddr": ("network", STRING),
    "macaddr8": ("network", STRING), "tsvector": ("tsvector", None), "tsquery": ("tsvector", None), "xml": ("xml", TEXT),
    "point": ("geometry", STRING), "line": ("geometry", None), "lseg": ("geometry", None), "box": ("geometry", None),
    "path": ("geometry", None), "polygon": ("geometry", None), "circle": ("geometry", None), "geometry": ("geometry", None),
    "geography": ("geometry", None),
}  # fmt: skip
_PG_PLAIN: Final = {
    "real": FLOAT, "double precision": FLOAT, "boolean": BOOL, "date": DATE, "uuid": UUID, "json": JSON, "jsonb": JSON,
    "text": TEXT, "citext": TEXT, "name": Type("string", length=63),
}  # fmt: skip


def postgresql_name(text: str) -> str:
    """A type as `format_type` writes it: `varchar (45)` is `character varying(45)`."""
    bare = text.strip()
    arrays = re.search(r"((\s*\[\d*\])+|\s+array(\s*\[\d*\])?)\s*$", bare, re.IGNORECASE)
    if arrays:
        return postgresql_name(bare[: arrays.start()]) + "[]"
    name, items, rest = _split(bare)
    if bare.startswith('"') or re.match(r"\w+\.", bare):
        return re.sub(r"^(pg_catalog|public)\.", "", bare)
    size = f"({','.join(items)})" if items else ""
    known = " ".join(f"{name} {rest}".split()) if rest.startswith("varying") else name
    known = _PG_ALIASES.get(known, known)
    if known.startswith(("timestamp", "time ")):
        base = known.split()[0]
        zone = "with" if known.endswith("with time zone") or rest.startswith("with time") else "without"
        return f"{base}{size} {zone} time zone"
    if known == "float" or name == "float":
        return "real" if items and int(items[0]) <= 24 else "double precision"
    if known in ("character", "bit") and not size:
        size = "(1)"
    return f"{known}{size}"


def unquoted_name(native: str) -> str:
    """A type's name without the quotes that `format_type` puts where they are needed."""
    return native[1:-1].replace('""', '"') if len(native) > 1 and native[0] == native[-1] == '"' else native


def postgresql_type(
    native: str, enums: Mapping[str, Sequence[str]] = _NONE, domains: Mapping[str, ColumnType] = _NONE
) -> ColumnType:
    """A type as `format_type` writes it. `domains` are the types behind the domains."""
    if native.endswith("[]"):
        item = postgresql_type(native.removesuffix("[]"), enums, domains)
        known = Type("array", item=item.type) if item.type is not None and item.type.kind != "array" else None
        return ColumnType(native, "array", known, item=item)
    plain = unquoted_name(native)
    if plain in domains:
        return replace(domains[plain], native=native, domain=plain)
    if plain in enums:
        return choices(native, "enum", enums[plain], plain)
    name, items, rest = _split(native)
    if rest.endswith("time zone") and name in ("timestamp", "time"):
        name = f"{name} {rest}"
    if name in _PG_PLAIN:
        return _plain(native, _PG_PLAIN[name])
    if name in _PG_OTHERS:
        kind, known = _PG_OTHERS[name]
        return ColumnType(native, kind, known)
    if name in _PG_RANGES:
        return ColumnType(native, "range", STRING, item=postgresql_type(_PG_RANGES[name]), named=name)
    return _PG_SIZED[name](native, items) if name in _PG_SIZED else ColumnType(native, "other")


_Maker = Callable[[str, list[str]], ColumnType]
_PG_SIZED: Final[dict[str, _Maker]] = {
    "smallint": lambda native, _: integer(native, 16),
    "integer": lambda native, _: integer(native, 32),
    "bigint": lambda native, _: integer(native, 64),
    "oid": lambda native, _: integer(native, 32, unsigned=True),
    "numeric": lambda native, items: _decimal(native, items, (0, 0)),
    "money": lambda native, _: _decimal(native, [], (17, 2)),
    "character varying": lambda native, items: _text(native, _number(items)),
    "character": lambda native, items: _text(native, _number(items) or 1, fixed=True),
    "bytea": lambda native, _: _bytes(native, None),
    "bit": lambda native, items: ColumnType(native, "bit", STRING, length=_number(items) or 1, fixed=True),
    "bit varying": lambda native, items: ColumnType(native, "bit", STRING, length=_number(items)),
    "timestamp without time zone": lambda native, items: _clock(native, "datetime", _number(items), 6),
    "timestamp with time zone": lambda native, items: _clock(native, "datetime", _number(items), 6, zoned=True),
    "time without time zone": lambda native, items: _clock(native, "time", _number(items), 6),
    "time with time zone": lambda native, items: _clock(native, "time", _number(items), 6, zoned=True),
}


# --- MySQL and MariaDB --------------------------------------------------------------------------------------------------

_MYSQL_ALIASES: Final = {
    "integer": "int", "dec": "decimal", "numeric": "decimal", "fixed": "decimal", "real": "double",
    "double precision": "double", "float4": "float", "float8": "double", "int1": "tinyint", "int2": "smallint",
    "int3": "mediumint", "int4": "int", "int8": "bigint", "middleint": "mediumint", "character": "char",
    "character varying": "varchar", "nvarchar": "varchar", "nchar": "char", "national varchar": "varchar",
    "national char": "char", "long": "mediumtext", "long varchar": "mediumtext",
}  # fmt: skip
_OCTETS: Final = {"tiny": 2**8 - 1, "": 2**16 - 1, "medium": 2**24 - 1, "long": 2**32 - 1}
_SHAPES: Final = frozenset(
    "geometry point linestring polygon multipoint multilinestring multipolygon geometrycollection geomcollection".split()
)


def quoted_items(text: str) -> tuple[str, ...]:
    """The texts of a list such as `('a','it''s')`."""
    found = re.findall(r"'((?:[^'\\]|''|\\.)*)'", text, re.DOTALL)
    return tuple(re.sub(r"\\(.)", r"\1", item.replace("''", "'")) for item in found)


def mysql_type(native: str) -> ColumnType:
    """A type as `information_schema.columns.column_type` or DDL writes it."""
    word = native.strip()
    if match := re.match(r"(enum|set)\s*\(", word, re.IGNORECASE):
        return choices(native, match[1].lower(), quoted_items(word))
    name, items, rest = _split(word)
    name, _, tail = name.partition(" unsigned")
    unsigned = "unsigned" in rest or "zerofill" in rest or bool(tail) or word.lower().endswith(" unsigned")
    name = _MYSQL_ALIASES.get(name, name)
    if name in ("bool", "boolean") or (name == "tinyint" and items == ["1"] and not unsigned):
        return replace(integer(native, 8), kind="bool", type=BOOL)
    if name == "serial":
        return integer(native, 64, unsigned=True)
    if name in _SIZES:
        return integer(native, _SIZES[name], unsigned)
    if match := re.fullmatch(r"(tiny|medium|long|)(text|blob)", name):
        most = _OCTETS[match[1]]
        return _text(native, None, octets=most) if match[2] == "text" else _bytes(native, most)
    if name in _SHAPES or name not in _MYSQL_SIZED:
        return ColumnType(native, "geometry" if name in _SHAPES else "other")
    made = _MYSQL_SIZED[name](native, items)
    return replace(made, unsigned=unsigned or made.unsigned)


def _mysql_bits(native: str, items: list[str]) -> ColumnType:
    bits = _number(items) or 1
    return ColumnType(native, "bit", BOOL if bits == 1 else BIGINT, length=bits, unsigned=True)


def _mysql_instant(native: str, items: list[str]) -> ColumnType:
    made = _clock(native, "datetime", _number(items), 0, zoned=True)
    return replace(made, earliest="1970-01-01 00:00:01", latest="2038-01-19 03:14:07")


def _given(items: list[str]) -> int:
    digits = _number(items)
    return 1 if digits is None else digits


_MYSQL_SIZED: Final[dict[str, _Maker]] = {
    "decimal": lambda native, items: _decimal(native, items, (10, 0)),
    "float": lambda native, _: _plain(native, FLOAT),
    "double": lambda native, _: _plain(native, FLOAT),
    "char": lambda native, items: _text(native, _given(items), fixed=True),
    "varchar": lambda native, items: _text(native, _given(items)),
    "binary": lambda native, items: _bytes(native, _given(items), fixed=True),
    "varbinary": lambda native, items: _bytes(native, _given(items)),
    "date": lambda native, _: ColumnType(native, "date", DATE, earliest="1000-01-01"),
    "time": lambda native, items: _clock(native, "time", _number(items), 0),
    "datetime": lambda native, items: replace(_clock(native, "datetime", _number(items), 0), earliest="1000-01-01 00:00:00"),
    "timestamp": _mysql_instant,
    "year": lambda native, _: ColumnType(native, "int", INT, smallest=1901, largest=2155),
    "json": lambda native, _: _plain(native, JSON),
    "uuid": lambda native, _: _plain(native, UUID),
    "bit": _mysql_bits,
    "inet4": lambda native, _: ColumnType(native, "network", STRING),
    "inet6": lambda native, _: ColumnType(native, "network", STRING),
}


# --- SQLite -------------------------------------------------------------------------------------------------------------


def sqlite_type(declared: str) -> ColumnType:
    """A declared type, which may be any words: what they mean elsewhere, kept within what their affinity stores."""
    name, items, _ = _split(declared)
    digits = _number(items)
    if not name:
        return ColumnType(declared, "other", TEXT)
    if "bool" in name:
        return replace(integer(declared, 64), kind="bool", type=BOOL)
    if "datetime" in name or "timestamp" in name:
        return _clock(declared, "datetime", digits, 6)
    if re.search(r"\bdate\b", name):
        return _plain(declared, DATE)
    if re.search(r"\btime\b", name):
        return _clock(declared, "time", digits, 6)
    if "uuid" in name or "guid" in name or name == "uniqueidentifier":
        return _plain(declared, UUID)
    if "json" in name:
        return _plain(declared, JSON)
    return _sqlite_by_affinity(declared, name, items, digits)


def _sqlite_by_affinity(declared: str, name: str, items: list[str], digits: int | None) -> ColumnType:
    if "int" in name:
        known = BIGINT if "big" in name or "8" in name else INT
        return replace(integer(declared, 64), kind=known.kind, type=known, unsigned="unsigned" in name)
    if "char" in name or "clob" in name or "text" in name:
        return _text(declared, digits if "char" in name else None, fixed=name in ("char", "character", "nchar"))
    if "blob" in name or "binary" in name:
        return _bytes(declared, digits)
    if re.search("real|floa|doub", name):
        return _plain(declared, FLOAT)
    if re.search("dec|num|money", name):
        return _decimal(declared, items, (0, 0))
    return ColumnType(declared, "other", TEXT)


# --- SQL Server ---------------------------------------------------------------------------------------------------------

_TSQL_OTHERS: Final[dict[str, tuple[str, Type | None]]] = {
    "xml": ("xml", TEXT), "geometry": ("geometry", None), "geography": ("geometry", None),
    "hierarchyid": ("other", None), "sql_variant": ("other", None), "rowversion": ("other", None),
    "timestamp": ("other", None),
}  # fmt: skip


def sqlserver_type(native: str) -> ColumnType:
    """A type as SQL Server's DDL writes it, with or without brackets and `sys.`/`dbo.`."""
    name, items, _ = _split(re.sub(r"^(sys|dbo)\.", "", native.replace("[", "").replace("]", "").strip(), flags=re.IGNORECASE))
    if name in _TSQL_OTHERS:
        return ColumnType(native, *_TSQL_OTHERS[name])
    return _TSQL_SIZED[name](native, items) if name in _TSQL_SIZED else ColumnType(native, "other")


def _tsql_length(items: list[str]) -> int | None:
    return None if [item.lower() for item in items] == ["max"] else _given(items)


def _tsql_moment(digits: int, earliest: str, latest: str = "") -> _Maker:
    return lambda native, _: replace(_clock(native, "datetime", None, digits), earliest=earliest, latest=latest)


_TSQL_TEXT: Final[_Maker] = lambda native, items: _text(native, _tsql_length(items))  # noqa: E731 - an entry of the table
_TSQL_FIXED: Final[_Maker] = lambda native, items: _text(native, _tsql_length(items), fixed=True)  # noqa: E731
_TSQL_SIZED: Final[dict[str, _Maker]] = {
    "tinyint": lambda native, _: integer(native, 8, unsigned=True),
    "smallint": lambda native, _: integer(native, 16),
    "int": lambda native, _: integer(native, 32),
    "integer": lambda native, _: integer(native, 32),
    "bigint": lambda native, _: integer(native, 64),
    "bit": lambda native, _: _plain(native, BOOL),
    "decimal": lambda native, items: _decimal(native, items, (18, 0)),
    "numeric": lambda native, items: _decimal(native, items, (18, 0)),
    "dec": lambda native, items: _decimal(native, items, (18, 0)),
    "money": lambda native, _: _decimal(native, [], (19, 4)),
    "smallmoney": lambda native, _: _decimal(native, [], (10, 4)),
    "float": lambda native, _: _plain(native, FLOAT),
    "real": lambda native, _: _plain(native, FLOAT),
    "double precision": lambda native, _: _plain(native, FLOAT),
    "uniqueidentifier": lambda native, _: _plain(native, UUID),
    "json": lambda native, _: _plain(native, JSON),
    "char": _TSQL_FIXED,
    "nchar": _TSQL_FIXED,
    "character": _TSQL_FIXED,
    "varchar": _TSQL_TEXT,
    "nvarchar": _TSQL_TEXT,
    "character varying": _TSQL_TEXT,
    "text": lambda native, _: _text(native, None),
    "ntext": lambda native, _: _text(native, None),
    "sysname": lambda native, _: _text(native, 128),
    "binary": lambda native, items: _bytes(native, _tsql_length(items), fixed=True),
    "varbinary": lambda native, items: _bytes(native, _tsql_length(items)),
    "image": lambda native, _: _bytes(native, None),
    "date": lambda native, _: _plain(native, DATE),
    "time": lambda native, items: _clock(native, "time", _number(items), 7),
    "datetime": _tsql_moment(3, "1753-01-01 00:00:00"),
    "smalldatetime": _tsql_moment(0, "1900-01-01 00:00:00", "2079-06-06 23:59:00"),
    "datetime2": lambda native, items: _clock(native, "datetime", _number(items), 7),
    "datetimeoffset": lambda native, items: _clock(native, "datetime", _number(items), 7, zoned=True),
}
