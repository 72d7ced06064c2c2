"""Whether the rows of a database keep to a drawing: every rule asked for in plain SQL, whatever the database enforces."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from runner.formats.ddl.names import quoted
from services.schemas import conditions
from services.schemas.checking import check
from services.schemas.comparison import settled
from services.schemas.ddl import condition_names
from services.schemas.drawing import Dialect, Drawing, ForeignKey, Table

Ask = Callable[[str], list[tuple[object, ...]]]


def violations(ask: Ask, drawing: Drawing, dialect: Dialect) -> dict[str, int]:
    """What the drawing demands, each with how many rows break it."""
    assert not check(drawing)
    kept = settled(drawing, dialect)
    found = {}
    for what, sql in _questions(kept, dialect):
        (row,) = ask(sql)
        found[what] = int(str(row[0]))
    return found


def rows(ask: Ask, drawing: Drawing, dialect: Dialect) -> dict[str, int]:
    """How many rows each table has."""
    return {t.name: int(str(ask(f"SELECT count(*) FROM {quoted(t.name, dialect)}")[0][0])) for t in drawing.tables}


def _questions(drawing: Drawing, dialect: Dialect) -> Iterator[tuple[str, str]]:
    for table in drawing.tables:
        for columns in _distinct(table):
            listed = ", ".join(quoted(table.column(key).name, dialect) for key in columns)
            known = " AND ".join(f"{quoted(table.column(key).name, dialect)} IS NOT NULL" for key in columns)
            doubled = f"SELECT {listed} FROM {quoted(table.name, dialect)} WHERE {known} GROUP BY {listed} HAVING count(*) > 1"
            yield f"{table.name}: distinct {listed}", f"SELECT count(*) FROM ({doubled}) d"
        for what, condition in _conditions(table, dialect):
            yield f"{table.name}: {what}", f"SELECT count(*) FROM {quoted(table.name, dialect)} WHERE NOT ({condition})"
    for key in drawing.foreign_keys:
        yield _reference(key, drawing, dialect)


def _distinct(table: Table) -> Iterator[tuple[str, ...]]:
    if table.primary_key:
        yield tuple(column.id for column in table.primary_key)
    yield from ((column.id,) for column in table.columns if column.unique)
    yield from (unique.columns for unique in table.uniques)


def _conditions(table: Table, dialect: Dialect) -> Iterator[tuple[str, str]]:
    for rule in table.checks:
        yield rule.expression, conditions.sql(conditions.parse(rule.expression, condition_names(table)), dialect)
    for column in table.columns:
        name = quoted(column.name, dialect)
        if not column.nullable:
            yield f"{column.name} is there", f"{name} IS NOT NULL"
        if column.enum_values:
            values = ", ".join("'" + value.replace("'", "''") + "'" for value in column.enum_values)
            yield f"{column.name} is of its values", f"{name} IN ({values})"


def _reference(key: ForeignKey, drawing: Drawing, dialect: Dialect) -> tuple[str, str]:
    source, target = drawing.table(key.source_table), drawing.table(key.target_table)
    own = [f"s.{quoted(source.column(column).name, dialect)}" for column in key.source_columns]
    theirs = [f"t.{quoted(target.column(column).name, dialect)}" for column in key.target_columns]
    same = " AND ".join(f"{a} = {b}" for a, b in zip(own, theirs, strict=True))
    known = " AND ".join(f"{a} IS NOT NULL" for a in own)
    found = f"SELECT 1 FROM {quoted(target.name, dialect)} t WHERE {same}"
    lost = f"SELECT count(*) FROM {quoted(source.name, dialect)} s WHERE {known} AND NOT EXISTS ({found})"
    return f"{source.name} refers to {target.name} by {', '.join(own)}", lost
