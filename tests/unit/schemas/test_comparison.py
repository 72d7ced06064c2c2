"""Differences between drawings: each kind is told, and what says nothing is not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from services.schemas.comparison import differences, settled
from services.schemas.drawing import DIALECTS, Check, Column, Drawing, ForeignKey, Index, Table, Unique
from tests.clinic import clinic


def _column(**more: object) -> Callable[[Drawing], Drawing]:
    def change(drawing: Drawing) -> Drawing:
        patients = drawing.table("patients")
        columns = tuple(replace(c, **more) if c.name == "notes" else c for c in patients.columns)  # type: ignore[arg-type]
        return _table(replace(patients, columns=columns))(drawing)

    return change


def _table(table: Table) -> Callable[[Drawing], Drawing]:
    return lambda drawing: replace(drawing, tables=tuple(table if t.id == table.id else t for t in drawing.tables))


PATIENTS = clinic().table("patients")
PLAIN = replace(PATIENTS.columns[0], data_type="BIGINT", auto_increment=False)
ONE_MORE = ForeignKey("n", "order", ("id",), "patients", ("id",))
CHANGES: list[tuple[str, Callable[[Drawing], Drawing]]] = [
    ("TABLE_MISSING", lambda d: Drawing(d.tables[:-1], d.foreign_keys[:-2])),
    ("TABLE_UNKNOWN", lambda d: replace(d, tables=(*d.tables, Table("x", "x", (Column("a", "a", "INTEGER"),))))),
    ("COLUMN_MISSING", _table(replace(PATIENTS, columns=tuple(c for c in PATIENTS.columns if c.name != "notes")))),
    ("COLUMN_UNKNOWN", _table(replace(PATIENTS, columns=(*PATIENTS.columns, Column("z", "z", "DATE"))))),
    ("TYPE", _column(data_type="VARCHAR(9)")),
    ("NULLABLE", _column(nullable=False)),
    ("DEFAULT", _column(default_value="none")),
    ("COMMENT", _column(comment="said")),
    ("UNIQUE_UNKNOWN", _table(replace(PATIENTS, uniques=(*PATIENTS.uniques, Unique(("first_name", "email")))))),
    ("UNIQUE_MISSING", _table(replace(PATIENTS, uniques=()))),
    ("INDEX_UNKNOWN", _table(replace(PATIENTS, indexes=(*PATIENTS.indexes, Index(("born",)))))),
    ("INDEX_MISSING", _table(replace(PATIENTS, indexes=()))),
    ("CHECK_UNKNOWN", _table(replace(PATIENTS, checks=(*PATIENTS.checks, Check("first_name <> last_name"))))),
    ("CHECK_MISSING", _table(replace(PATIENTS, checks=PATIENTS.checks[:1]))),
    ("FOREIGN_KEY_MISSING", lambda d: replace(d, foreign_keys=d.foreign_keys[1:])),
    (
        "FOREIGN_KEY_UNKNOWN",
        lambda d: replace(d, foreign_keys=(*d.foreign_keys, ForeignKey("n", "order", ("id",), "patients", ("id",)))),
    ),
    (
        "FOREIGN_KEY_ACTION",
        lambda d: replace(d, foreign_keys=(replace(d.foreign_keys[0], on_delete="CASCADE"), *d.foreign_keys[1:])),
    ),
    ("AUTO_INCREMENT", _table(replace(PATIENTS, columns=(PLAIN, *PATIENTS.columns[1:])))),
    ("PRIMARY_KEY", _table(replace(clinic().table("rooms"), key_order=("number", "building")))),
]


@pytest.mark.parametrize(("kind", "change"), CHANGES, ids=[kind for kind, _ in CHANGES])
def test_each_change_is_told(kind: str, change: Callable[[Drawing], Drawing]) -> None:
    found = differences(clinic(), change(clinic()), "postgresql")
    assert kind in {difference.kind for difference in found}
    assert {difference.kind for difference in found} <= {kind, "FOREIGN_KEY_MISSING"}
    assert all(str(difference).startswith(difference.table) for difference in found)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_is_settled_is_settled_and_the_same(dialect: object) -> None:
    once = settled(clinic(), dialect)  # type: ignore[arg-type]
    assert settled(once, dialect) == once  # type: ignore[arg-type]
    assert differences(clinic(), once, dialect) == ()  # type: ignore[arg-type]


def test_order_ids_names_and_spelling_say_nothing() -> None:
    tables = tuple(
        replace(
            table,
            columns=tuple(reversed(table.columns)),
            key_order=tuple(column.id for column in table.primary_key),
            indexes=tuple(replace(index, name="other") for index in table.indexes),
            checks=tuple(replace(check, expression=f"(({check.expression}))") for check in table.checks),
        )
        for table in reversed(clinic().tables)
    )
    assert differences(clinic(), Drawing(tables, tuple(reversed(clinic().foreign_keys))), "postgresql") == ()


def test_a_difference_is_a_sentence() -> None:
    found = differences(clinic(), _column(data_type="DATE")(clinic()), "sqlite")
    assert [str(difference) for difference in found] == ["patients.notes: DATE instead of TEXT"]
