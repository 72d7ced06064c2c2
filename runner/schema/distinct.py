"""Which values are distinct on every row by construction: what `unique` and keys rest on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from runner.ops import Call, Column, Const, Decade, Join, Lookup, Nulls, Op, ParentRow, Permute, Rescale, Row, Text, Uuid
from runner.schema.document import Node
from runner.schema.model import ColumnSpec, TableSpec
from runner.schema.references import follows_layout
from runner.types import INTEGERS

IsUnique = Callable[[str, str], bool]


def wanted(table: TableSpec, column: ColumnSpec, declared: bool = False) -> bool:
    """Whether the schema asks for this column alone to be distinct; `declared`: on all rows, not only those of a condition."""
    keys = [table.primary_key, *((names for names, _ in table.unique) if declared else table.distinct)]
    return column.unique or (column.name,) in keys or _key_of_several(table, column, keys)


def _key_of_several(table: TableSpec, column: ColumnSpec, keys: Iterable[Iterable[str]]) -> bool:
    """Whether a key is made of the reference of several columns that this is one of, which therefore must not repeat a row.

    The one row of its own parent does not, however its columns repeat.
    """
    ref = column.ref
    if ref is None or set(ref.columns) not in map(set, keys):
        return False
    return len(ref.columns) == 1 or not follows_layout(table, ref) or not only_child(table)


def asked_at(column: ColumnSpec) -> Node:
    """Where the schema asks for the column to be distinct."""
    field = next((f for f in ("unique", "unique_where") if column.node.kind == "map" and column.node.get(f) is not None), "")
    return column.node.key(field) if field else column.source


def described(table: TableSpec, column: ColumnSpec) -> str:
    """The column's name for messages, and that it is the key where that is why it must be distinct."""
    key = " (the primary key)" if not column.unique and table.primary_key == (column.name,) else ""
    return f"{table.name}.{column.name}{key}"


def injective(op: Op, table: TableSpec, is_unique: IsUnique) -> bool:
    """Whether the operation gives every row of the table another value (nulls aside)."""

    def inner(of: Op) -> bool:
        return injective(of, table, is_unique)

    match op:
        case Row() | Uuid(at=Row()):
            return True
        case ParentRow():
            return only_child(table)
        case Permute(of=of) | Decade(of=of) | Text(of=of) | Nulls(of=of):
            return inner(of)
        case Rescale(of=of, digits_from=before, digits_to=after):
            return after >= before and inner(of)
        case Column(name):
            return is_unique(table.name, name)
        case Lookup(parent, column, row):
            return is_unique(parent, column) and inner(row)
        case Call():
            return _injective_call(op, inner)
        case Join(parts):
            return _one_varies(tuple(p for p in parts if isinstance(p, Op)), inner)
    return False


def _injective_call(op: Call, inner: Callable[[Op], bool]) -> bool:
    match op:
        case Call("add" | "subtract" | "negate", args):
            return _one_varies(args, inner)
        case Call("multiply", args):
            return _one_varies(args, inner) and Const(0) not in args
        case Call("pad_left" | "pad_right" as side, (Text() as number, _, Const(fill))):
            written = number.type.kind in INTEGERS and (fill == " " or (fill == "0" and side == "pad_left"))
            return written and inner(number)  # numbers are written without zeros or spaces in front
    return False


def _one_varies(args: tuple[Op, ...], inner: Callable[[Op], bool]) -> bool:
    varying = [a for a in args if not isinstance(a, Const)]
    return len(varying) == 1 and inner(varying[0])


def implied(names: tuple[str, ...], table: TableSpec, tables: Mapping[str, TableSpec], is_unique: IsUnique) -> bool:
    """Whether a set of columns is distinct because of what it is made of.

    That is so when one of them is, when it holds all columns of a unique reference, or when it holds
    the key of the row's own parent together with the row's number among its children.
    """
    columns = [table.columns[n] for n in names if n in table.columns]
    if any(is_unique(table.name, c.name) for c in columns):
        return True
    for ref in table.refs.values():
        parent = tables.get(ref.parent)
        whole = set(ref.columns) <= set(names) and parent is not None
        if not whole or parent is None or not follows_layout(table, ref) or ref.null_rate:
            continue
        keyed = any(is_unique(parent.name, t) for t in ref.targets)
        keyed = keyed or set(ref.targets) == set(parent.primary_key)
        if keyed and (only_child(table) or any(is_ordinal(c) for c in columns)):
            return True
    return False


def only_child(table: TableSpec) -> bool:
    """Whether no parent has more than one row here."""
    return table.per is not None and max(table.per.counts) <= 1


def is_ordinal(column: ColumnSpec) -> bool:
    """Whether the column is the row's number among its parent's children, never null."""
    return column.kind == "gen" and column.source.text.strip().lower() == "ordinal" and not column.null_rate
