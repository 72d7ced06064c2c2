"""Columns of existing tables: what they are, how a value is written into them and read back out of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from runner.types import INTEGERS, TEXTS, Type
from services.common.databases import DatabaseError, StoredColumn
from services.common.databases.mysql.script import quoted
from services.common.databases.mysql.session import Session

BAD: Final = "@mockcraft_bad"
"""Counts geometries that cannot be read, where the server makes them null without a word."""
SPATIAL: Final = frozenset(
    "geometry point linestring polygon multipoint multilinestring multipolygon geometrycollection geomcollection".split()
)
BINARY: Final = frozenset({"binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob"})
WHOLE: Final = frozenset({"tinyint", "smallint", "mediumint", "int", "bigint"})
_MOST_DIGITS, _MOST_SCALE = 65, 30  # of a DECIMAL
_HEXADECIMAL: Final = "'^([0-9A-Fa-f][0-9A-Fa-f])+$'"


@dataclass(frozen=True, slots=True)
class Field:
    """A column that can be written. `kind` is the type's first word, `srid` the reference system of a spatial
    column; a `counted` one is auto-incremented."""

    name: str
    kind: str
    declared: str
    required: bool
    counted: bool = False
    srid: int = 0
    mariadb: bool = True

    @property
    def stored(self) -> StoredColumn:
        """As the port has it."""
        return StoredColumn(self.name, self.declared, self.required)


def fields_of(session: Session, table: str) -> tuple[Field, ...]:
    """The columns of a table that can be written; empty when there is no such table."""
    srid = "NULL" if session.mariadb else "SRS_ID"
    sql = (
        "SELECT COLUMN_NAME, DATA_TYPE, COLUMN_TYPE, IS_NULLABLE, COLUMN_DEFAULT IS NULL, EXTRA, "  # noqa: S608 - a constant
        f"{srid} FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ? ORDER BY ORDINAL_POSITION"
    )
    return tuple(
        Field(name, kind.lower(), declared, _required(nullable, bare, extra), _counted(extra), srid or 0, session.mariadb)
        for name, kind, declared, nullable, bare, extra, srid in session.query(sql, (table,))
        if not _GENERATED.search(extra)
    )


_GENERATED: Final = re.compile(r"\b(?:VIRTUAL|STORED|PERSISTENT) GENERATED\b|\bINVISIBLE\b.*\bROW (?:START|END)\b", re.IGNORECASE)


def _required(nullable: str, bare: int, extra: str) -> bool:
    return nullable == "NO" and bool(bare) and not _counted(extra) and "DEFAULT_GENERATED" not in extra


def _counted(extra: str) -> bool:
    return "auto_increment" in extra.lower()


def chosen(fields: tuple[Field, ...], table: str, names: list[str]) -> list[Field]:
    """The fields of these names. Raises `DatabaseError` when one is gone."""
    known = {field.name.lower(): field for field in fields}
    lost = [name for name in names if name.lower() not in known]
    if lost:
        raise DatabaseError("TARGET_MISMATCH", f"the table {table} is gone, or has no column {', '.join(lost)} any more")
    return [known[name.lower()] for name in names]


def written(type_: Type, field: Field) -> str:
    """What is stored, as an expression of the value `{v}` (text, a number, bytes); `{v}` alone when it is as it comes."""
    if field.kind in SPATIAL:
        return _geometry(type_, field)
    if field.kind == "bit" and type_.kind != "bytes":
        return "CAST(CONV({v}, 2, 10) AS UNSIGNED)" if type_.kind in TEXTS else "CAST({v} AS UNSIGNED)"
    if field.kind == "year" and type_.kind in INTEGERS:
        return "CAST({v} AS UNSIGNED)"
    if _is_short_uuid(type_, field):
        return "IFNULL(UNHEX(REPLACE({v}, '-', '')), CAST({v} AS BINARY))"
    return "{v}"


def _is_short_uuid(type_: Type, field: Field) -> bool:
    return type_.kind == "uuid" and field.declared.lower() in ("binary(16)", "varbinary(16)")


def _geometry(type_: Type, field: Field) -> str:
    system = f", {field.srid}, 'axis-order=long-lat'" if field.srid else ""
    read = f"ST_GeomFromWKB({{v}}{system})"
    if type_.kind != "bytes":
        words = f"ST_GeomFromText({{v}}{system})"
        read = f"IF({{v}} REGEXP {_HEXADECIMAL}, ST_GeomFromWKB(UNHEX({{v}}){system}), {words})"
    if not field.mariadb:
        return read
    return f"IF(({BAD} := {BAD} + ({{v}} IS NOT NULL AND {read} IS NULL)) > 0, NULL, {read})"


def counts_bad(expressions: list[str]) -> bool:
    """Whether any of them counts unreadable geometries."""
    return any(BAD in text for text in expressions)


def shown(type_: Type, field: Field) -> str:
    """What is selected, so that `values` can read it as this type."""
    name = quoted(field.name)
    if field.kind in SPATIAL:
        axes = ", 'axis-order=long-lat'" if field.srid else ""
        return f"ST_AsBinary({name}{axes})" if type_.kind == "bytes" else f"ST_AsText({name}{axes})"
    if field.kind == "bit" and type_.kind != "bytes":
        digits = f"LPAD(BIN({name}), {re.sub(r'[^0-9]', '', field.declared) or 1}, '0')"
        return digits if type_.kind in TEXTS else f"CAST({name} AS UNSIGNED)"
    if _is_short_uuid(type_, field):
        pieces = ", ".join(f"SUBSTR(HEX({name}), {at}, {size})" for at, size in ((1, 8), (9, 4), (13, 4), (17, 4), (21, 12)))
        return (
            f"LOWER(CONCAT_WS('-', {pieces}))" if field.required else f"IF({name} IS NULL, NULL, LOWER(CONCAT_WS('-', {pieces})))"
        )
    if field.kind in ("enum", "set") and type_.kind in INTEGERS:
        return f"{name} + 0"
    return _cast(type_, name)


def _cast(type_: Type, name: str) -> str:
    match type_.kind:
        case "decimal" if type_.precision <= _MOST_DIGITS and type_.scale <= _MOST_SCALE:
            return f"CAST({name} AS DECIMAL({type_.precision}, {type_.scale}))"
        case "date":
            return f"CAST({name} AS DATE)"
        case "time" | "datetime":
            return f"CAST({name} AS {type_.kind.upper()}({type_.precision}))"
    return name
