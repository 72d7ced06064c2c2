"""What people write for data types, and what databases make of it."""

from __future__ import annotations

import pytest

from services.schemas.drawing import DIALECTS, Column, Dialect
from services.schemas.types import (
    CANONICAL,
    SIZED,
    DataType,
    TypeRefusedError,
    canonical,
    described,
    in_key,
    literal,
    native,
    settled,
)


def _meant(written: str, **more: object) -> str:
    return str(canonical(Column("c", "c", written, **more)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("varchar(40)", "VARCHAR(40)"),
        ("VARCHAR", "VARCHAR(255)"),
        ("character varying (7)", "VARCHAR(7)"),
        ("nvarchar(max)", "TEXT"),
        ("varbinary(MAX)", "BLOB"),
        ("char", "CHAR(1)"),
        ("string", "VARCHAR(255)"),
        ("longtext", "TEXT"),
        ("Clob", "TEXT"),
        ("int", "INTEGER"),
        ("INT(11)", "INTEGER"),
        ("int(10) unsigned", "BIGINT"),
        ("TINYINT(1)", "BOOLEAN"),
        ("tinyint(4)", "TINYINT"),
        ("mediumint unsigned zerofill", "INTEGER"),
        ("bigint  unsigned", "BIGINT"),
        ("int8", "BIGINT"),
        ("year", "SMALLINT"),
        ("decimal(10,2)", "DECIMAL(10, 2)"),
        ("numeric( 5 )", "DECIMAL(5, 0)"),
        ("decimal", "DECIMAL(18, 2)"),
        ("money", "DECIMAL(19, 4)"),
        ("float", "DOUBLE"),
        ("float(24)", "REAL"),
        ("float(53)", "DOUBLE"),
        ("double precision", "DOUBLE"),
        ("real", "REAL"),
        ("bit", "BOOLEAN"),
        ("Bool", "BOOLEAN"),
        ("datetime", "TIMESTAMP"),
        ("datetime2(3)", "TIMESTAMP(3)"),
        ("smalldatetime", "TIMESTAMP(0)"),
        ("timestamp(6)", "TIMESTAMP"),
        ("timestamp with time zone", "TIMESTAMPTZ"),
        ("timestamp(0) with time zone", "TIMESTAMPTZ(0)"),
        ("datetimeoffset", "TIMESTAMPTZ"),
        ("time(2) without time zone", "TIME(2)"),
        ("uniqueidentifier", "UUID"),
        ("jsonb", "JSON"),
        ("bytea", "BLOB"),
        ("image", "BLOB"),
        ("binary(16)", "BINARY(16)"),
        ("int[]", "INTEGER[]"),
        ("array<varchar(5)>", "VARCHAR(5)[]"),
        ("text array", "TEXT[]"),
        ("enum('a','it''s')", "ENUM(a, it's)"),
        ("interval", "INTERVAL"),
    ],
)
def test_words_of_four_databases_are_known(written: str, meant: str) -> None:
    assert _meant(written) == meant


def test_sizes_come_from_fields_too() -> None:
    assert _meant("varchar", length=12) == "VARCHAR(12)"
    assert _meant("decimal", precision=9, scale=3) == "DECIMAL(9, 3)"
    assert _meant("timestamptz", precision=3) == "TIMESTAMPTZ(3)"
    assert _meant("enum", enum_values=("x", "y")) == "ENUM(x, y)"


@pytest.mark.parametrize("written", ["serial", "BIGSERIAL", "smallserial"])
def test_serials_number_themselves(written: str) -> None:
    assert canonical(Column("c", "c", written)).auto


@pytest.mark.parametrize(
    ("column", "field", "unknown"),
    [
        (Column("c", "c", "varchr"), "dataType", True),
        (Column("c", "c", ""), "dataType", True),
        (Column("c", "c", "int; drop table x"), "dataType", True),
        (Column("c", "c", "bit(8)"), "dataType", True),
        (Column("c", "c", "varchar(0)"), "length", False),
        (Column("c", "c", "varchar(x)"), "dataType", False),
        (Column("c", "c", "varchar(10)", length=20), "length", False),
        (Column("c", "c", "char(300)"), "length", False),
        (Column("c", "c", "varchar", length=-5), "length", False),
        (Column("c", "c", "decimal(39,0)"), "precision", False),
        (Column("c", "c", "decimal(5,6)"), "scale", False),
        (Column("c", "c", "timestamp(7)"), "precision", False),
        (Column("c", "c", "enum"), "enumValues", False),
        (Column("c", "c", "enum", enum_values=("a", "a")), "enumValues", False),
        (Column("c", "c", "enum", enum_values=("a", "")), "enumValues", False),
        (Column("c", "c", "enum", enum_values=("a\0",)), "enumValues", False),
        (Column("c", "c", "enum", enum_values=("é" * 32,)), "enumValues", False),
        (Column("c", "c", "json[]"), "dataType", False),
    ],
)
def test_what_cannot_be_says_which_field(column: Column, field: str, unknown: bool) -> None:
    with pytest.raises(TypeRefusedError) as refused:
        canonical(column)
    assert (refused.value.field, refused.value.unknown) == (field, unknown)


def test_a_near_word_is_suggested() -> None:
    with pytest.raises(TypeRefusedError, match=r"Did you mean VARCHAR\?") as refused:
        canonical(Column("c", "c", "VARCHR(20)"))
    assert refused.value.suggestion == "VARCHAR"


def _each() -> list[DataType]:
    sized = {"DECIMAL": DataType("DECIMAL", precision=9, scale=2), "ENUM": DataType("ENUM", values=("a", "b\\'c"))}
    found = [sized.get(name, DataType(name, length=5 if name in SIZED else None)) for name in CANONICAL]
    return [*found, DataType("ARRAY", item=DataType("VARCHAR", length=5)), DataType("TIMESTAMP", precision=0)]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_remains_is_a_type_and_remains(dialect: Dialect) -> None:
    for kind in _each():
        rest = settled(kind, dialect)
        assert native(rest, dialect)
        assert settled(rest, dialect) == rest
        assert canonical(described(Column("c", "c", "?"), rest)) == rest


def test_what_databases_lack() -> None:
    lost = {d: {str(k): str(settled(k, d)) for k in _each() if settled(k, d) != k} for d in DIALECTS}
    text = {"INTERVAL": "VARCHAR(64)", "VARCHAR(5)[]": "JSON"}
    assert lost == {
        "postgresql": {"TINYINT": "SMALLINT", "BINARY(5)": "BLOB", "VARBINARY(5)": "BLOB"},
        "mysql": {**text, "UUID": "CHAR(36)"},
        "sqlite": text,
        "sqlserver": {**text, "TINYINT": "SMALLINT"},
    }


def test_keys_have_a_length_where_databases_want_it() -> None:
    text, blob = DataType("TEXT"), DataType("BLOB")
    assert [str(in_key(text, dialect)) for dialect in DIALECTS] == ["TEXT", "VARCHAR(255)", "TEXT", "VARCHAR(255)"]
    assert [str(in_key(blob, dialect)) for dialect in DIALECTS] == ["BLOB", "VARBINARY(255)", "BLOB", "VARBINARY(255)"]
    assert str(settled(DataType("VARCHAR", length=20_000), "mysql")) == "TEXT"
    assert str(settled(DataType("VARCHAR", length=20_000), "postgresql")) == "VARCHAR(20000)"


def test_texts_are_quoted() -> None:
    assert [literal("it's \\", dialect) for dialect in DIALECTS] == ["'it''s \\'", "'it''s \\\\'", "'it''s \\'", "N'it''s \\'"]
