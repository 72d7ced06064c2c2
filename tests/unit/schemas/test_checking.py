"""What is found wrong with drawings: code and pointer of each, all at once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.schemas.checking import check
from services.schemas.drawing import Check, Column, Dialect, Drawing, ForeignKey, Index, Table, Unique

ID = Column("id", "id", "INTEGER", nullable=False, primary_key=True)
REFERENCE = Column("ref", "ref", "INTEGER")


def _one(*columns: Column, **more: object) -> Drawing:
    return Drawing((Table("t", "t", columns, **more),))  # type: ignore[arg-type]


def _two(source: Column = REFERENCE, target: Column = ID, **more: object) -> Drawing:
    """A table `c` whose second column refers to the first of a table `p`."""
    key = ForeignKey("k", "c", (source.id,), "p", (target.id,))
    return Drawing((Table("p", "p", (target,)), Table("c", "c", (ID, source))), (replace(key, **more),))  # type: ignore[arg-type]


def _plain(name: str = "a", kind: str = "INTEGER", **more: object) -> Column:
    return Column(name, name, kind, **more)  # type: ignore[arg-type]


def _checked(**actions: str) -> Drawing:
    """A check over a column that refers, its key with these actions."""
    drawing = _two(replace(REFERENCE, nullable=True), **actions)
    condition = Check(f"{REFERENCE.name} > 0")
    return replace(drawing, tables=(drawing.tables[0], replace(drawing.tables[1], checks=(condition,))))


CASES: list[tuple[str, Drawing, str, str]] = [
    ("check of what is set null", _checked(on_delete="SET NULL"), "/tables/1/checks/0/expression", "VALIDATION_ERROR"),
    ("check of what is cascaded", _checked(on_update="CASCADE"), "/tables/1/checks/0/expression", "VALIDATION_ERROR"),
    ("no columns", _one(), "/tables/0/columns", "VALIDATION_ERROR"),
    ("no name", Drawing((Table("t", " ", (ID,)),)), "/tables/0/name", "MISSING_REQUIRED_FIELD"),
    ("NUL in a name", Drawing((Table("t", "a\0b", (ID,)),)), "/tables/0/name", "VALIDATION_ERROR"),
    ("half a character", Drawing((Table("t", "a\ud800", (ID,)),)), "/tables/0/name", "VALIDATION_ERROR"),
    ("64 bytes", Drawing((Table("t", "é" * 32, (ID,)),)), "/tables/0/name", "VALIDATION_ERROR"),
    ("space at the end", _one(ID, _plain("a ")), "/tables/0/columns/1/name", "VALIDATION_ERROR"),
    ("emoji", _one(ID, _plain("😀")), "/tables/0/columns/1/name", "VALIDATION_ERROR"),
    ("sqlite's name", Drawing((Table("t", "SQLite_x", (ID,)),)), "/tables/0/name", "VALIDATION_ERROR"),
    ("our name", Drawing((Table("t", "_mockcraft_x", (ID,)),)), "/tables/0/name", "VALIDATION_ERROR"),
    ("temporary", Drawing((Table("t", "#x", (ID,)),)), "/tables/0/name", "VALIDATION_ERROR"),
    ("two tables", Drawing((Table("a", "t", (ID,)), Table("b", "t", (ID,)))), "/tables/1/name", "VALIDATION_ERROR"),
    ("case of tables", Drawing((Table("a", "Ärzte", (ID,)), Table("b", "ärzte", (ID,)))), "/tables/1/name", "VALIDATION_ERROR"),
    ("two ids", Drawing((Table("a", "t", (ID,)), Table("a", "u", (ID,)))), "/tables/1/id", "VALIDATION_ERROR"),
    ("case of columns", _one(ID, _plain("ID")), "/tables/0/columns/1/name", "VALIDATION_ERROR"),
    ("id of columns", _one(ID, replace(_plain(), id="id")), "/tables/0/columns/1/id", "VALIDATION_ERROR"),
    ("unknown type", _one(ID, _plain(kind="varchr")), "/tables/0/columns/1/dataType", "UNSUPPORTED_DATA_TYPE"),
    ("no type", _one(ID, _plain(kind="")), "/tables/0/columns/1/dataType", "MISSING_REQUIRED_FIELD"),
    ("length", _one(ID, _plain(kind="varchar", length=0)), "/tables/0/columns/1/length", "VALIDATION_ERROR"),
    ("scale", _one(ID, _plain(kind="decimal(3,5)")), "/tables/0/columns/1/scale", "VALIDATION_ERROR"),
    ("no values", _one(ID, _plain(kind="enum")), "/tables/0/columns/1/enumValues", "MISSING_REQUIRED_FIELD"),
    ("default", _one(ID, _plain(default_value="abc")), "/tables/0/columns/1/defaultValue", "VALIDATION_ERROR"),
    ("large default", _one(ID, _plain(default_value="3000000000")), "/tables/0/columns/1/defaultValue", "VALIDATION_ERROR"),
    ("SQL as default", _one(ID, _plain(default_value="1; DROP TABLE t")), "/tables/0/columns/1/defaultValue", "VALIDATION_ERROR"),
    (
        "long default",
        _one(ID, _plain(kind="char(2)", default_value="abc")),
        "/tables/0/columns/1/defaultValue",
        "VALIDATION_ERROR",
    ),
    ("default of blob", _one(ID, _plain(kind="blob", default_value="a")), "/tables/0/columns/1/defaultValue", "VALIDATION_ERROR"),
    ("null key", _one(replace(ID, nullable=True)), "/tables/0/columns/0/nullable", "VALIDATION_ERROR"),
    (
        "numbered text",
        _one(replace(ID, data_type="text", auto_increment=True)),
        "/tables/0/columns/0/autoIncrement",
        "VALIDATION_ERROR",
    ),
    ("numbered beside", _one(ID, _plain(auto_increment=True)), "/tables/0/columns/1/autoIncrement", "VALIDATION_ERROR"),
    ("serial beside", _one(ID, _plain(kind="serial")), "/tables/0/columns/1/dataType", "VALIDATION_ERROR"),
    (
        "numbered twice",
        _one(replace(ID, auto_increment=True), replace(ID, id="b", name="b", auto_increment=True)),
        "/tables/0/columns/1/autoIncrement",
        "VALIDATION_ERROR",
    ),
    (
        "default of numbered",
        _one(replace(ID, auto_increment=True, default_value="1")),
        "/tables/0/columns/0/defaultValue",
        "VALIDATION_ERROR",
    ),
    ("unique json", _one(ID, _plain(kind="json", unique=True)), "/tables/0/columns/1/unique", "VALIDATION_ERROR"),
    ("key order", _one(ID, _plain(), key_order=("id", "a")), "/tables/0/primaryKey/1", "VALIDATION_ERROR"),
    ("key order left out", _one(ID, replace(ID, id="b", name="b"), key_order=("b",)), "/tables/0/primaryKey", "VALIDATION_ERROR"),
    ("empty unique", _one(ID, uniques=(Unique(()),)), "/tables/0/uniques/0/columnIds", "MISSING_REQUIRED_FIELD"),
    ("unique of nothing", _one(ID, uniques=(Unique(("id", "zz")),)), "/tables/0/uniques/0/columnIds/1", "VALIDATION_ERROR"),
    ("index twice", _one(ID, indexes=(Index(("id", "id")),)), "/tables/0/indexes/0/columnIds/1", "VALIDATION_ERROR"),
    ("index's name", _one(ID, indexes=(Index(("id",), "a\nb"),)), "/tables/0/indexes/0/name", "VALIDATION_ERROR"),
    ("comment", _one(ID, comment="x" * 1025), "/tables/0/comment", "VALIDATION_ERROR"),
    ("empty check", _one(ID, checks=(Check(""),)), "/tables/0/checks/0/expression", "MISSING_REQUIRED_FIELD"),
    *(
        (f"check {sql}", _one(ID, _plain("a", "TEXT"), checks=(Check(sql),)), "/tables/0/checks/0/expression", "VALIDATION_ERROR")
        for sql in (
            "id > 0; DROP TABLE t",
            "id > (SELECT 1)",
            "id > 0 -- x",
            "id /* x */ > 0",
            "nothing > 0",
            "t.id > 0",
            "id",
            "a > 5",
            "id LIKE 'x'",
            "pg_sleep(5) > 0",
            "id = a",
            "id > 0 AND a",
            "id IN (SELECT id FROM t)",
            "random() > 0.5",
            "a::int > 5",
            "(id > 0",
            "DROP TABLE t",
            "id > 1e99",
            "a LIKE 'x' ESCAPE '!'",
            "id > @@version",
        )
    ),
    ("no target", _two(target_table=""), "/foreignKeys/0/targetTableId", "MISSING_REQUIRED_FIELD"),
    ("unknown target", _two(target_table="q"), "/foreignKeys/0/targetTableId", "FOREIGN_KEY_ERROR"),
    ("unknown source", _two(source_table="q"), "/foreignKeys/0/sourceTableId", "FOREIGN_KEY_ERROR"),
    ("no column", _two(target_columns=("",)), "/foreignKeys/0/targetColumnId", "MISSING_REQUIRED_FIELD"),
    ("unknown column", _two(source_columns=("zz",)), "/foreignKeys/0/sourceColumnId", "FOREIGN_KEY_ERROR"),
    ("counts", _two(source_columns=("id", "ref")), "/foreignKeys/0/targetColumnIds", "FOREIGN_KEY_ERROR"),
    ("types", _two(replace(REFERENCE, data_type="BIGINT")), "/foreignKeys/0/sourceColumnId", "FOREIGN_KEY_ERROR"),
    ("not unique", _two(target=_plain("x")), "/foreignKeys/0/targetColumnId", "FOREIGN_KEY_ERROR"),
    ("action", _two(on_delete="EXPLODE"), "/foreignKeys/0/onDelete", "VALIDATION_ERROR"),
    ("set null", _two(replace(REFERENCE, nullable=False), on_delete="SET NULL"), "/foreignKeys/0/onDelete", "FOREIGN_KEY_ERROR"),
    (
        "set default",
        _two(replace(REFERENCE, nullable=False), on_update="SET DEFAULT"),
        "/foreignKeys/0/onUpdate",
        "FOREIGN_KEY_ERROR",
    ),
    ("numbered reference", _two(replace(REFERENCE, data_type="serial")), "/foreignKeys/0/sourceColumnId", "FOREIGN_KEY_ERROR"),
]


@pytest.mark.parametrize(("drawing", "pointer", "code"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_it_is_found_where_it_is(drawing: Drawing, pointer: str, code: str) -> None:
    found = check(drawing)
    assert (pointer, code) in {(finding.pointer, finding.code) for finding in found}
    assert all(finding.message.endswith((".", "?")) and finding.message.encode() for finding in found)


@pytest.mark.parametrize("drawing", [_one(ID), _two(), _two(_plain("r", "SMALLINT"), replace(ID, data_type="int2")), Drawing()])
def test_nothing_is_wrong(drawing: Drawing) -> None:
    assert check(drawing) == ()


def test_all_is_found_at_once() -> None:
    parts = [case[1] for case in CASES if case[3] != "FOREIGN_KEY_ERROR" and len(case[1].tables) == 1][:20]
    tables = tuple(replace(part.tables[0], id=f"i{n}") for n, part in enumerate(parts))
    found = {finding.pointer.split("/")[2] for finding in check(Drawing(tables))}
    assert found == {str(number) for number in range(len(tables))}


@pytest.mark.parametrize(
    ("dialect", "drawing", "pointer"),
    [
        ("mysql", _one(ID, _plain("a", "varchar(800)", unique=True)), "/tables/0/columns/1/unique"),
        ("mysql", _one(ID, *(_plain(f"a{n}", "varchar(5000)") for n in range(4))), "/tables/0/columns"),
        ("mysql", _two(on_delete="SET DEFAULT"), "/foreignKeys/0/onDelete"),
        ("sqlite", _one(replace(ID, auto_increment=True), replace(ID, id="b", name="b")), "/tables/0/columns/0/autoIncrement"),
    ],
)
def test_what_one_database_does_not_do(dialect: Dialect, drawing: Drawing, pointer: str) -> None:
    assert check(drawing) == ()
    assert [finding.pointer for finding in check(drawing, dialect)] == [pointer]


def test_suggestions() -> None:
    found = check(_two(replace(REFERENCE, data_type="BIGINT"), on_delete="CASCADES"))
    assert [finding.suggestion for finding in found] == ["CASCADE", "INTEGER"]


def test_a_check_may_name_a_column_whose_key_leaves_it_as_it_is() -> None:
    assert check(_checked(on_delete="CASCADE", on_update="RESTRICT")) == ()
