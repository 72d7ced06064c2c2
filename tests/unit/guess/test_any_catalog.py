"""Whatever a database looks like: the schema that is guessed is valid, and never has more rows than asked for."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runner.types import Type
from services.common.databases.catalog import (
    Bounds,
    Catalog,
    CatalogColumn,
    CatalogTable,
    Check,
    Choices,
    ColumnType,
    Comparison,
    ForeignKey,
    ParsedCheck,
    Unique,
)
from services.common.guess import GuessError, Wanted, guess

TYPES = (
    ColumnType("smallint", "int", Type("int"), smallest=-32768, largest=32767),
    ColumnType("int", "int", Type("int"), smallest=-(2**31), largest=2**31 - 1),
    ColumnType("tinyint unsigned", "int", Type("int"), unsigned=True, smallest=0, largest=255),
    ColumnType("bigint", "bigint", Type("bigint"), smallest=-(2**63), largest=2**63 - 1),
    ColumnType("numeric(5,2)", "decimal", Type("decimal", 5, 2), precision=5, scale=2),
    ColumnType("numeric(30,10)", "decimal", Type("decimal", 30, 10), precision=30, scale=10),
    ColumnType("numeric(3,3)", "decimal", Type("decimal", 3, 3), precision=3, scale=3),
    ColumnType("double", "float", Type("float")),
    ColumnType("varchar(1)", "string", Type("string", length=1), length=1),
    ColumnType("varchar(7)", "string", Type("string", length=7), length=7),
    ColumnType("varchar(60)", "string", Type("string", length=60), length=60),
    ColumnType("text", "text", Type("text")),
    ColumnType("bool", "bool", Type("bool")),
    ColumnType("date", "date", Type("date")),
    ColumnType("timestamp", "datetime", Type("datetime")),
    ColumnType("time", "time", Type("time")),
    ColumnType("uuid", "uuid", Type("uuid")),
    ColumnType("json", "json", Type("json")),
    ColumnType("bytea", "bytes", Type("bytes")),
    ColumnType("mood", "enum", Type("text"), values=("sad", "it's", "${x}", "yes"), named="mood"),
    ColumnType("text[]", "array", Type("array", item=Type("text")), item=ColumnType("text", "text", Type("text"))),
    ColumnType("inet", "network", Type("text")),
    ColumnType("pair", "composite"),
)
NAMES = (
    "id", "name", "title", "first_name", "last_name", "email", "status", "code", "price", "qty", "created_at",
    "updated_at", "start_date", "end_date",
    "is_active", "country", "address2", "select", "Odd Name", "größe", "year", "lat", "note",
    "x",
    "password",
    "deleted_at", "billing_city", "tags", "age", "null", "as_of",
)  # fmt: skip
NUMBERS = ("int", "bigint", "decimal")


@st.composite
def tables(draw: st.DrawFn, number: int, before: list[CatalogTable]) -> CatalogTable:
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=7, unique_by=str.lower))
    columns = [CatalogColumn(name, draw(st.sampled_from(TYPES)), nullable=draw(st.booleans())) for name in names]
    makeable = [c.name for c in columns if c.type.kind not in ("composite", "json", "array", "bytes")]
    key = tuple(draw(st.lists(st.sampled_from(makeable), max_size=2, unique=True))) if makeable else ()
    distinct = st.lists(st.sampled_from(makeable), min_size=1, max_size=3, unique=True)
    uniques = [Unique("u", tuple(draw(distinct)))] if makeable else []
    columns = [replace(c, nullable=c.nullable and c.name not in key) for c in columns]
    foreign: list[ForeignKey] = []
    table_name = draw(st.sampled_from(("customers", "country", "orders", "store", "t"))) + str(number)
    parents = [t for t in before if len(t.primary_key) == 1]
    for n in range(draw(st.integers(0, 2))):
        if parents:
            parent = draw(st.sampled_from(parents))
            above = parent.column(parent.primary_key[0])
            columns.append(CatalogColumn(f"to_{n}", above.type, nullable=draw(st.booleans())))
            foreign.append(ForeignKey(f"fk{number}_{n}", (f"to_{n}",), parent.key, parent.primary_key))
    if foreign and draw(st.sampled_from((True, False))):
        uniques.append(Unique("pairs", tuple(key.columns[0] for key in foreign)))
    checks = tuple(Check("c", "…", parsed=parsed) for parsed in draw(st.lists(conditions(columns), max_size=2)))
    return CatalogTable(table_name, "", "table", tuple(columns), key, tuple(foreign), tuple(uniques), checks)


@st.composite
def conditions(draw: st.DrawFn, columns: list[CatalogColumn]) -> ParsedCheck:
    column = draw(st.sampled_from(columns))
    other = draw(st.sampled_from(columns))
    if column.type.kind in NUMBERS:
        low = draw(st.integers(-5, 50))
        return ParsedCheck(bounds=(Bounds(column.name, low, low + draw(st.integers(0, 9)), high_open=False),))
    if column.type.kind in ("string", "text"):
        values = draw(st.lists(st.sampled_from(("a", "b", "null", "1")), min_size=1, max_size=3, unique=True))
        return ParsedCheck(choices=(Choices(column.name, tuple(values)),))
    if other is not column and {column.type.kind, other.type.kind} <= {"date"}:
        return ParsedCheck(comparisons=(Comparison(column.name, "<", other.name),))
    return ParsedCheck(not_null=(column.name,), unparsed=(f"strange({column.name})",))


@st.composite
def catalogs(draw: st.DrawFn) -> Catalog:
    made: list[CatalogTable] = []
    for number in range(draw(st.integers(1, 5))):
        made.append(draw(tables(number, made)))
    return Catalog(draw(st.sampled_from(("postgresql", "mysql", "sqlite"))), tables=tuple(made))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(catalogs(), st.sampled_from((1, 50, 3000, 10**6)))
def test_every_catalog_becomes_a_valid_schema(catalog: Catalog, rows: int) -> None:
    try:
        made = guess(catalog, Wanted(rows))
    except GuessError as error:
        assert "no table" in str(error)
        return
    assert made.checked.plan is not None
    assert made.checked.plan.total_rows == made.rows <= max(rows, len(catalog.tables))
    left = {table.key for table in catalog.tables} - {table.name for table in made.checked.plan.tables}
    assert left == set(made.skipped)
