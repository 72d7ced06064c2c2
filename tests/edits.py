"""Random edits of drawings, such as people make between two versions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from services.schemas.checking import check
from services.schemas.drawing import Check, Column, Drawing, ForeignKey, Index, Table, Unique
from tests.drawings import drawings

_WORDS: Final = st.sampled_from(["alpha", "beta", "gamma", "it's", 'a "b"', "select", "Order", "名前", "x\\y", "delta", "eps"])
_TYPES: Final = (
    "SMALLINT",
    "INTEGER",
    "BIGINT",
    "DECIMAL(12,3)",
    "VARCHAR(80)",
    "TEXT",
    "BOOLEAN",
    "DATE",
    "TIMESTAMP",
    "UUID",
    "JSON",
    "DOUBLE",
    "BLOB",
    "ENUM('a','b''c')",
    "ENUM('b''c','d')",
    "TIME",
    "TIMESTAMPTZ",
    "CHAR(8)",
    "INTEGER[]",
)


def _with(drawing: Drawing, table: Table) -> Drawing:
    return replace(drawing, tables=tuple(table if known.id == table.id else known for known in drawing.tables))


def _with_column(table: Table, column: Column) -> Table:
    return replace(table, columns=tuple(column if known.id == column.id else known for known in table.columns))


def _a_table(draw: DrawFn, drawing: Drawing) -> Table:
    return draw(st.sampled_from(drawing.tables))


def _a_column(draw: DrawFn, drawing: Drawing) -> tuple[Table, Column]:
    table = _a_table(draw, drawing)
    return table, draw(st.sampled_from(table.columns))


def _add_table(draw: DrawFn, drawing: Drawing) -> Drawing:
    made = draw(drawings(1)).tables[0]
    name = f"new {draw(st.integers(0, 999))}"
    keys = [c for c in made.columns if not c.id.startswith("fk")]
    return replace(drawing, tables=(*drawing.tables, replace(made, id=name, name=name, columns=tuple(keys))))


def _drop_table(draw: DrawFn, drawing: Drawing) -> Drawing:
    gone = _a_table(draw, drawing).id
    keys = tuple(key for key in drawing.foreign_keys if gone not in (key.source_table, key.target_table))
    return Drawing(tuple(table for table in drawing.tables if table.id != gone), keys)


def _rename_table(draw: DrawFn, drawing: Drawing) -> Drawing:
    return _with(drawing, replace(_a_table(draw, drawing), name=draw(_WORDS)))


def _swap_tables(draw: DrawFn, drawing: Drawing) -> Drawing:
    one, other = _a_table(draw, drawing), _a_table(draw, drawing)
    return _with(_with(drawing, replace(one, name=other.name)), replace(other, name=one.name)) if one is not other else drawing


def _add_column(draw: DrawFn, drawing: Drawing) -> Drawing:
    table = _a_table(draw, drawing)
    number = draw(st.integers(0, 99_999))
    made = Column(
        f"c{number}", f"col {number}", draw(st.sampled_from(_TYPES)), nullable=draw(st.booleans()), unique=draw(st.booleans())
    )
    return _with(drawing, replace(table, columns=(*table.columns, made)))


def _drop_column(draw: DrawFn, drawing: Drawing) -> Drawing:
    table, gone = _a_column(draw, drawing)
    return _with(
        drawing,
        replace(
            table,
            columns=tuple(column for column in table.columns if column is not gone),
            uniques=tuple(unique for unique in table.uniques if gone.id not in unique.columns),
            indexes=tuple(index for index in table.indexes if gone.id not in index.columns),
            key_order=tuple(key for key in table.key_order if key != gone.id),
            checks=(),
        ),
    )


def _rename_column(draw: DrawFn, drawing: Drawing) -> Drawing:
    table, column = _a_column(draw, drawing)
    return _with(drawing, replace(_with_column(table, replace(column, name=draw(_WORDS))), checks=()))


def _swap_columns(draw: DrawFn, drawing: Drawing) -> Drawing:
    table, one = _a_column(draw, drawing)
    other = draw(st.sampled_from(table.columns))
    made = _with_column(_with_column(table, replace(one, name=other.name)), replace(other, name=one.name))
    return _with(drawing, replace(made, checks=()))


def _retype(draw: DrawFn, drawing: Drawing) -> Drawing:
    table, column = _a_column(draw, drawing)
    plain = replace(column, length=None, precision=None, scale=None, enum_values=(), default_value=None, auto_increment=False)
    return _with(drawing, replace(_with_column(table, replace(plain, data_type=draw(st.sampled_from(_TYPES)))), checks=()))


def _requalify(draw: DrawFn, drawing: Drawing) -> Drawing:
    """Another nullability, default, uniqueness, comment, part of the key or numbering."""
    table, column = _a_column(draw, drawing)
    changed = draw(
        st.sampled_from(
            [
                replace(column, nullable=not column.nullable),
                replace(column, unique=not column.unique),
                replace(column, default_value=None if column.default_value else "1"),
                replace(column, primary_key=not column.primary_key, nullable=column.primary_key),
                replace(column, auto_increment=not column.auto_increment, default_value=None),
                replace(column, comment="said\tnow"),
                replace(column, enum_values=(*column.enum_values[1:], "newly")),
            ]
        )
    )
    return _with(drawing, replace(_with_column(table, changed), key_order=()))


def _regroup(draw: DrawFn, drawing: Drawing) -> Drawing:
    """Uniques, indexes and checks come or go."""
    table, column = _a_column(draw, drawing)
    quoted = '"' + column.name.replace('"', '""') + '"'
    other = draw(st.sampled_from(table.columns))
    group = (column.id, other.id) if other is not column else (column.id,)
    return _with(
        drawing,
        draw(
            st.sampled_from(
                [
                    replace(table, uniques=table.uniques[1:]),
                    replace(table, uniques=(*table.uniques, Unique(group))),
                    replace(table, indexes=table.indexes[1:]),
                    replace(table, indexes=(*table.indexes, Index(group))),
                    replace(table, checks=table.checks[1:]),
                    replace(table, checks=(*table.checks, Check(f"{quoted} IS NOT NULL"))),
                    replace(table, comment="about\tthis"),
                ]
            )
        ),
    )


def _drop_key(draw: DrawFn, drawing: Drawing) -> Drawing:
    gone = draw(st.integers(0, max(len(drawing.foreign_keys) - 1, 0)))
    return replace(drawing, foreign_keys=(*drawing.foreign_keys[:gone], *drawing.foreign_keys[gone + 1 :]))


def _add_key(draw: DrawFn, drawing: Drawing) -> Drawing:
    source, (target, column) = _a_table(draw, drawing), _a_column(draw, drawing)
    number = draw(st.integers(0, 99_999))
    made = replace(
        column,
        id=f"r{number}",
        name=f"r {number}",
        nullable=True,
        primary_key=False,
        unique=False,
        auto_increment=False,
        default_value=None,
    )
    key = ForeignKey(f"r{number}", source.id, (made.id,), target.id, (column.id,), "SET NULL")
    changed = _with(drawing, replace(source, columns=(*source.columns, made)))
    return replace(changed, foreign_keys=(*changed.foreign_keys, key))


_EDITS: Final[tuple[Callable[[DrawFn, Drawing], Drawing], ...]] = (
    _add_table,
    _drop_table,
    _rename_table,
    _swap_tables,
    _add_column,
    _add_column,
    _drop_column,
    _rename_column,
    _swap_columns,
    _retype,
    _retype,
    _requalify,
    _requalify,
    _requalify,
    _regroup,
    _regroup,
    _drop_key,
    _add_key,
    _add_key,
)


@st.composite
def _versions(draw: DrawFn, most: int) -> tuple[Drawing, ...]:
    found = [draw(drawings(4))]
    for _ in range(draw(st.integers(1, most))):
        made = found[-1]
        for edit in draw(st.lists(st.sampled_from(_EDITS), min_size=1, max_size=5)):
            changed = edit(draw, made)
            made = changed if changed.tables and not check(changed) and all(table.columns for table in changed.tables) else made
        found.append(made)
    return tuple(found)


def versions(most: int = 3) -> SearchStrategy[tuple[Drawing, ...]]:
    """A drawing and up to so many later versions of it, all without findings, some edits between one and the next."""
    return _versions(most)
