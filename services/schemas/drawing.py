"""A drawing: tables and keys as people draw them in a designer, plain data without any I/O.

Tables and columns have ids of the front end; keys refer to ids, so that a renamed column is the same column in the
next version. Tuples keep the order of the drawing. Types are as written (`varchar`, `VARCHAR`), what they mean is
said in `services.schemas.types`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

Dialect = Literal["postgresql", "mysql", "sqlite", "sqlserver"]
"""MariaDB is `mysql`."""

DIALECTS: Final[tuple[Dialect, ...]] = ("postgresql", "mysql", "sqlite", "sqlserver")
ACTIONS: Final = ("NO ACTION", "RESTRICT", "CASCADE", "SET NULL", "SET DEFAULT")


@dataclass(frozen=True, slots=True)
class Position:
    """Where a table stands on the canvas, in pixels."""

    x: float = 0.0
    y: float = 0.0


@dataclass(frozen=True, slots=True)
class Column:
    """A column. `length` is in characters (bytes for binary), `precision` and `scale` in digits.

    `default_value` is the value as text (`0`, `active`, `true`) or one of the known functions (`CURRENT_TIMESTAMP`); None
    for no default. `generator` is a column entry of the schema language (`{"type": "email", …}`), None where it is guessed.
    `enum_values` are the values of an ENUM.
    """

    id: str
    name: str
    data_type: str
    length: int | None = None
    precision: int | None = None
    scale: int | None = None
    nullable: bool = True
    primary_key: bool = False
    auto_increment: bool = False
    unique: bool = False
    default_value: str | None = None
    generator: Mapping[str, Any] | None = None
    enum_values: tuple[str, ...] = ()
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Unique:
    """Columns (ids) no two rows share; a name is made where it is empty."""

    columns: tuple[str, ...]
    name: str = ""
    id: str = ""


@dataclass(frozen=True, slots=True)
class Index:
    """An index that is not unique, over columns (ids)."""

    columns: tuple[str, ...]
    name: str = ""
    id: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """A condition on the rows of a table, SQL over its column names, without the word CHECK."""

    expression: str
    name: str = ""
    id: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table. The primary key is the columns marked so, in the order of `key_order` (ids) where that is given."""

    id: str
    name: str
    columns: tuple[Column, ...] = ()
    position: Position = Position()
    key_order: tuple[str, ...] = ()
    uniques: tuple[Unique, ...] = ()
    indexes: tuple[Index, ...] = ()
    checks: tuple[Check, ...] = ()
    comment: str = ""

    @property
    def primary_key(self) -> tuple[Column, ...]:
        """The columns of the primary key, in order."""
        marked = [column for column in self.columns if column.primary_key]
        place = {key: number for number, key in enumerate(self.key_order)}
        return tuple(sorted(marked, key=lambda column: place.get(column.id, len(place))))

    def column(self, key: str) -> Column:
        """The column with this id. Raises `KeyError`."""
        for column in self.columns:
            if column.id == key:
                return column
        raise KeyError(key)


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """Columns of a table that refer to columns of a table, all by id, in pairs; actions in capitals."""

    id: str
    source_table: str
    source_columns: tuple[str, ...]
    target_table: str
    target_columns: tuple[str, ...]
    on_delete: str = "NO ACTION"
    on_update: str = "NO ACTION"
    name: str = ""


@dataclass(frozen=True, slots=True)
class Drawing:
    """Tables and the keys between them."""

    tables: tuple[Table, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()

    def table(self, key: str) -> Table:
        """The table with this id. Raises `KeyError`."""
        for table in self.tables:
            if table.id == key:
                return table
        raise KeyError(key)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong with a drawing: `pointer` is a JSON pointer (RFC 6901) into it, `code` one of the registry's."""

    pointer: str
    code: str
    message: str
    suggestion: str = ""


@dataclass(frozen=True, slots=True)
class Definition:
    """What a stored version of a schema holds: the drawing, the user's own version text, and when it was exported."""

    drawing: Drawing = field(default_factory=Drawing)
    version: str = ""
    exported_at: str = ""
